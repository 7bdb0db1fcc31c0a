"""The progress bar of a pass, on stderr, when that is a terminal."""

from __future__ import annotations

import argparse
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import define, field

from .output import safe

_WINDOW = 15.0
"""Seconds over which rates are averaged."""


@define(kw_only=True)
class Meter:
    """What is known about a pass from its events: pure but for the clock it is given."""

    now: Callable[[], float] = time.monotonic
    total: int | None = None
    """How many items the engine said that it will examine."""
    first: bool = False
    """True when there are no pairs yet: then everything that is listed is examined."""
    examined: int = 0
    listed: dict[str, int] = field(factory=dict)
    calls: dict[str, int] = field(factory=dict)
    budgets: dict[str, float] = field(factory=dict)
    """Calls per minute that each connection paces itself to."""
    waiting: str = ""
    _recent: dict[str, deque[float]] = field(factory=dict, init=False)

    def event(self, event: str, **fields: object) -> None:
        """Take note of one event of the engine or of the HTTP layer."""
        match event:
            case "due":
                self.total = _number(fields.get("count"))
            case "known":
                self.first = _number(fields.get("pairs")) == 0
            case "listed":
                side = str(fields.get("side", ""))
                self.listed[side] = self.listed.get(side, 0) + _number(fields.get("count"))
            case "examined":
                self.examined += 1
                self._happened("items")
            case "budget":
                pace = fields.get("per_minute")
                if isinstance(pace, int | float):
                    self.budgets[str(fields.get("connection", ""))] = pace
            case "http.call":
                connection = str(fields.get("connection", ""))
                self.calls[connection] = self.calls.get(connection, 0) + 1
                self._happened(connection)
                self.waiting = ""
            case "http.pause" | "waiting" | "http.retry":
                self.waiting = _wait(event, fields)

    def _happened(self, what: str) -> None:
        recent = self._recent.setdefault(what, deque())
        recent.append(self.now())
        while recent and recent[0] < self.now() - _WINDOW:
            recent.popleft()

    def rate(self, what: str = "items") -> float:
        """Return how often per second something happened lately."""
        recent = self._recent.get(what, ())
        since = [at for at in recent if at >= self.now() - _WINDOW]
        if not since:
            return 0.0
        return len(since) / max(1.0, self.now() - since[0])

    @property
    def due(self) -> int | None:
        """How many items the pass will examine in all; None while nobody knows."""
        if self.total is None and self.first and self.examined:
            return max(self.examined, sum(self.listed.values()))
        return self.total

    @property
    def left(self) -> float | None:
        """Seconds until everything is examined; None while it cannot be told."""
        if self.due is None or not (rate := self.rate()):
            return None
        return max(0, self.due - self.examined) / rate

    def line(self) -> str:
        """Return the state of the pass in one line."""
        parts = [self._items()]
        parts += [self._budget(name, self.budgets.get(name)) for name in self.calls]
        if (left := self.left) is not None:
            parts.append(f"{_span(left)} left")
        return "  ".join(part for part in [*parts, self.waiting] if part)

    def _items(self) -> str:
        if not self.examined:
            return ", ".join(f"{count:,} listed on the {side}" for side, count in
                             self.listed.items())  # fmt: skip
        of = f" of {self.due:,}" if self.due is not None else ""
        return f"{self.examined:,}{of} items, {self.rate():.0f}/s"

    def _budget(self, name: str, budget: float | None) -> str:
        per_minute = f"{self.rate(name) * 60:,.0f}"
        limit = f" of {budget:,.0f}" if budget else ""
        return f"{name}: {self.calls[name]:,} calls, {per_minute}{limit}/min"


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _wait(event: str, fields: dict[str, object]) -> str:
    seconds = fields.get("seconds")
    span = _span(float(seconds)) if isinstance(seconds, int | float) else "a moment"
    why = {"http.pause": "the rate limit was met", "http.retry": "a call is repeated"}
    return f"waiting {span}: {safe(str(fields.get('why') or why.get(event, '')))}"


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"


@contextmanager
def shown(args: argparse.Namespace, total: int | None = None) -> Iterator[Callable[..., None]]:
    """Yield the progress callback of a session; it draws where somebody can see it."""
    meter = Meter(total=total)
    off = args.json or getattr(args, "no_progress", False) or args.verbose
    if off or not sys.stderr.isatty():
        yield _quiet
        return
    with _bar(meter) as event:
        yield event


def _quiet(event: str, **fields: object) -> None:
    """Show nothing."""


@contextmanager
def _bar(meter: Meter) -> Iterator[Callable[..., None]]:
    # 60 ms of import that only somebody who looks at a terminal pays.
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), BarColumn(bar_width=24), TextColumn("{task.fields[line]}"))
    with Progress(*columns, console=console, transient=True, refresh_per_second=5) as progress:
        task = progress.add_task("", total=None, line="")

        def event(name: str, **fields: object) -> None:
            meter.event(name, **fields)
            line = escape(meter.line())
            progress.update(task, total=meter.due, completed=meter.examined, line=line)

        yield event


__all__ = ["Meter", "shown"]
