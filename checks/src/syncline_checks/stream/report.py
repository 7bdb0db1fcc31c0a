"""What came of a stream, for people. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .trial import Outcome

_MEGABYTE = 1024 * 1024


def lines(outcome: Outcome) -> Iterator[str]:
    """Yield what was seen, line by line."""
    verdict = outcome.verdict
    rate = verdict.done / outcome.seconds
    yield (
        f"{verdict.done:,} facts in {outcome.seconds:.0f} s ({rate:,.0f}/s),"
        f" merged {outcome.drained:.0f} s after the last"
    )
    counted = Counter(outcome.happened)
    yield "accidents: " + (", ".join(f"{kind} {n}" for kind, n in counted.items()) or "none")
    yield (
        f"{outcome.told:,} events told by two listeners, {verdict.heard:,} in the clean topic:"
        f" {outcome.told - verdict.heard:,} repeats dropped; {verdict.late:,} late,"
        f" {verdict.repaired:,} repaired"
    )
    yield (
        f"{len(verdict.gaps)} gaps; excused {verdict.excused.total():,}"
        f" {dict(verdict.excused) or ''}"
    )
    yield f"zombies: {verdict.finalised} finalised, {verdict.zombies} not"
    peaks = ", ".join(f"{name} {peak / _MEGABYTE:.0f} MB" for name, peak in outcome.peaks.items())
    yield f"memory at most: {peaks}"
    if outcome.unfinished:
        yield f"given up: {outcome.unfinished}"
    yield f"faults: {dict(verdict.faults) or 'none'}"
    for (name, kind), count in sorted(verdict.types.items()):
        yield f"  {name} {kind}: {count}"
    for name, examples in verdict.examples.items():
        for example in examples:
            yield f"  {name}: {example}"


__all__ = ["lines"]
