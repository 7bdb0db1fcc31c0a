"""What a watcher sees: live tables in a terminal, lines elsewhere."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from typing import Protocol

from attrs import define, field
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from syncline.testing.host import Host

from .audience import STAGES, Heard, share
from .measures import Measures, read

_EVERY = 1.0
"""Seconds between two looks at the processes."""
_LINES = 2.0
_NEWS = 9


@define(kw_only=True)
class Standing:
    """Figures of everything that takes part, as of the last look."""

    hosts: Mapping[str, Host]
    heard: Heard
    began: float = field(factory=time.monotonic)
    rate: float = 0.0
    """Events a second in the clean topic."""
    measures: dict[str, Measures | None] = field(factory=dict)
    _seen: int = field(default=0, init=False)
    _at: float = field(factory=time.monotonic, init=False)

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return time.monotonic() - self.began

    def look(self) -> None:
        """Look again, if it is time."""
        now, seen = time.monotonic(), len(self.heard.lines)
        if now - self._at < _EVERY:
            return
        self.rate = (seen - self._seen) / (now - self._at)
        self._seen, self._at = seen, now
        self.measures = {name: read(host.pages) for name, host in self.hosts.items()}


class View(Protocol):
    """Shows what goes on."""

    def say(self, line: str) -> None:
        """Show what has just happened."""
        ...

    def update(self, standing: Standing) -> None:
        """Show where everything stands; called a few times a second."""
        ...


class Lines:
    """Plain lines, for a file or a pipe."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._at = self._began

    def say(self, line: str) -> None:
        """Print what has just happened."""
        self._print(line)

    def update(self, standing: Standing) -> None:
        """Print the figures, now and then."""
        if time.monotonic() - self._at < _LINES:
            return
        self._at = time.monotonic()
        self._print(f"  {summary(standing)}")

    def _print(self, line: str) -> None:
        seconds = time.monotonic() - self._began
        self._console.print(
            f"{seconds:5.1f} s  {line}", markup=False, highlight=False, soft_wrap=True
        )


class Tables:
    """Tables that change in their place."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._began = time.monotonic()
        self._news: deque[str] = deque(maxlen=_NEWS)

    def say(self, line: str) -> None:
        """Show it below the tables."""
        self._news.append(f"{time.monotonic() - self._began:5.1f} s  {line}")

    def update(self, standing: Standing) -> None:
        """Show the figures."""
        news = Text("\n".join(self._news))
        self._live.update(Group(*tables(standing), news), refresh=True)


def summary(standing: Standing) -> str:
    """Return the figures in one line. Pure."""
    heard, counts = standing.heard, standing.heard.counts()
    stages = ", ".join(f"{counts[word]} {word}" for word in STAGES)
    known = [one for one in standing.measures.values() if one]
    return (
        f"{standing.rate:,.0f} events/s, {len(heard.lines):,} in all, lag"
        f" {share(heard.lags, 0.5):.2f} s | {stages} |"
        f" {sum(one.channels for one in known)} channels,"
        f" {sum(one.repeats for one in known):,} repeats dropped,"
        f" {heard.repeats:,} {'dropped by the reader' if heard.drop else 'twice'},"
        f" gaps told: {heard.gaps}"
    )


def tables(standing: Standing) -> list[RenderableType]:
    """Return the figures as tables. Pure."""
    return [_stream(standing), _conversations(standing.heard), _processes(standing)]


def _stream(standing: Standing) -> Table:
    heard = standing.heard
    columns = ("clean topic", "events/s", "lag p50", "lag p99", "twice", "gaps", "repaired")
    table = Table(*columns, expand=True)
    table.add_row(
        f"{len(heard.lines):,} events",
        f"{standing.rate:,.0f}",
        f"{share(heard.lags, 0.5):.2f} s",
        f"{share(heard.lags, 0.99):.2f} s",
        str(heard.repeats),
        str(heard.gaps),
        f"{heard.repaired:,}",
    )
    return table


def _conversations(heard: Heard) -> Table:
    counts = heard.counts()
    table = Table("conversations", *STAGES, expand=True)
    table.add_row(f"{counts.total():,}", *(f"{counts[word]:,}" for word in STAGES))
    return table


def _processes(standing: Standing) -> Table:
    columns = ("process", "", "channels", "topics", "heard", "written", "repeats", "lag", "spooled")
    table = Table(*columns, expand=True)
    for name, host in standing.hosts.items():
        found = standing.measures.get(name)
        table.add_row(name, _state(host, found), *_figures(found or Measures()))
    return table


def _state(host: Host, found: Measures | None) -> Text:
    if not host.alive:
        return Text("away", style="red")
    return Text("runs", style="green") if found else Text("starts", style="yellow")


def _figures(found: Measures) -> list[str]:
    return [
        str(found.channels or ""),
        str(found.topics or ""),
        f"{found.heard:,}" if found.heard else "",
        f"{found.told or found.delivered:,}",
        f"{found.repeats:,}",
        f"{found.lag:.2f} s",
        f"{found.spooled:,}" if found.spooled else "",
    ]


__all__ = ["Lines", "Standing", "Tables", "View", "summary", "tables"]
