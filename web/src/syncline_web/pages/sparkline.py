"""The last passes of a job as a small drawing, and as words."""

from __future__ import annotations

import json
from collections.abc import Sequence

from attrs import frozen

from syncline.state.records import Run

WIDTH, HEIGHT = 120, 28
_BAR = 4
_ERRORS = ("failed", "stale", "incomplete", "broke_off")


@frozen(kw_only=True)
class Bar:
    """One pass: how tall its writes and its errors stand, in units of the drawing."""

    x: int
    writes: float
    errors: float


@frozen(kw_only=True)
class Sparkline:
    """Writes and errors of the last passes, oldest first; polls that found nothing are left out."""

    bars: tuple[Bar, ...]
    text: str
    """The same in words."""
    width: int = WIDTH
    height: int = HEIGHT


def sparkline(runs: Sequence[Run]) -> Sparkline:
    """Return the drawing of runs that are given newest first."""
    shown = [numbers(run) for run in reversed(runs[: WIDTH // _BAR])]
    top = max((max(pair) for pair in shown), default=0) or 1
    bars = tuple(
        Bar(x=i * _BAR, writes=_height(writes, top), errors=_height(errors, top))
        for i, (writes, errors) in enumerate(shown)
    )
    return Sparkline(bars=bars, text=_words(shown))


def _height(value: int, top: int) -> float:
    # What happened at all can be seen.
    return max(2.0, round(value / top * HEIGHT, 1)) if value else 0.0


def numbers(run: Run) -> tuple[int, int]:
    """Return how many writes and how many errors a run has."""
    counts = counts_of(run)
    return counts.get("writes", 0), sum(counts.get(name, 0) for name in _ERRORS)


def counts_of(run: Run) -> dict[str, int]:
    """Return the counts of a run."""
    found = json.loads(run.counts)
    return {str(name): int(count) for name, count in found.items()}


def _words(shown: Sequence[tuple[int, int]]) -> str:
    if not shown:
        return "No pass yet."
    writes, errors = (sum(pair[i] for pair in shown) for i in (0, 1))
    last_writes, last_errors = shown[-1]
    most = max(pair[0] for pair in shown)
    passes = "The last pass" if len(shown) == 1 else f"The last {len(shown)} passes"
    return (
        f"{passes}: {_several(writes, 'write')} (at most {most:,} in one),"
        f" {_several(errors, 'error')}. The latest: {_several(last_writes, 'write')},"
        f" {_several(last_errors, 'error')}."
    )


def _several(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


__all__ = ["HEIGHT", "WIDTH", "Bar", "Sparkline", "counts_of", "numbers", "sparkline"]
