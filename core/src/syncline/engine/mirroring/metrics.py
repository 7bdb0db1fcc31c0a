"""What is counted of a stream, for metrics and for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter

from attrs import define, field

from ...events import Event, interaction

_type = attrgetter("type")
SOON = timedelta(seconds=2)
"""Within which an event is delivered, unless the sink is away."""
_LAGS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Upper bounds of the histogram of lags, in seconds."""


@define(eq=False)
class Lags:
    """How long after they were heard events were durable: a histogram, one entry for a batch."""

    counts: list[int] = field(factory=lambda: [0] * (len(_LAGS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.total += seconds
        for index, bound in enumerate(_LAGS):
            if seconds <= bound:
                self.counts[index] += 1
                return
        self.counts[-1] += 1

    def buckets(self) -> list[tuple[str, int]]:
        """Return the cumulated counts by upper bound, as Prometheus has them."""
        found, below = [], 0
        for bound, count in zip((*map(str, _LAGS), "+Inf"), self.counts, strict=True):
            below += count
            found.append((bound, below))
        return found


@define(eq=False)
class StreamMetrics:
    """Counts since the process began, and where the stream stands now."""

    heard: Counter[str] = field(factory=lambda: Counter[str]())
    """Events by their type, as the source told them."""
    delivered: int = 0
    """Events that the sink has made durable."""
    spooled: int = 0
    """Events that were written to disk, because the sink did not answer."""
    rejected: int = 0
    """Events in the dead-letter file."""
    repeats: int = 0
    """Events that had been told before, and were dropped."""
    gaps: int = 0
    unrepaired: int = 0
    """Conversations that could not be read again after a gap."""
    lags: Lags = field(factory=Lags)
    last_heard: datetime | None = None
    last_delivered: datetime | None = None
    spool_bytes: int = 0
    spool_size: int = 0
    in_flight: int = 0
    """Calls of the sink that have not answered."""
    sink_error: str | None = None
    """Why the sink takes nothing at present; None when it does."""
    sink_said: str | None = None
    """What the sink said of itself since something was delivered last: it may be on the mend."""
    disk_error: str | None = None
    """Why nothing can be kept on disk at present, or read there; None where it can."""
    lost_on_disk: int = 0
    """Bytes that waited on disk and are damaged or gone."""
    full: bool = False
    """The spool is full, and the source is asked for nothing."""
    channels: Mapping[str, float] = field(factory=dict)
    """What the source tells of itself, by name."""
    deaf_since: datetime | None = None
    """Since when no channel has been open; None where one is, and where there are none at all."""

    def note_heard(self, events: Iterable[Event], now: datetime) -> None:
        """Count what came from the source."""
        self.heard.update(map(_type, events))
        self.last_heard = now

    def note_gaps(self, events: Iterable[Event]) -> None:
        """Count gaps, and what could not be repaired of them."""
        for event in events:
            if event.type == interaction.GAP:
                unrepaired = event.data.get("unrepaired")
                self.gaps += 1
                self.unrepaired += len(unrepaired) if isinstance(unrepaired, list) else 0

    def note_delivered(self, events: int, oldest: datetime, now: datetime) -> None:
        """Count what the sink has made durable; `oldest` is when the first of it was heard."""
        self.delivered += events
        self.sink_said = None
        self.last_delivered = now
        self.lags.add(max(0.0, (now - oldest).total_seconds()))

    merged: Counter[str] = field(factory=lambda: Counter[str]())
    """What a merge stage has done with events, by its own words."""
    waiting_since: datetime | None = None
    """When the oldest event was heard that is not delivered; None where all are."""

    def dropped(self, repeats: int) -> None:
        """Count events that had been told before."""
        self.repeats += repeats

    def observe(self, event: str, fields: Mapping[str, object], now: datetime) -> None:
        """Take what a source or a stage tells of itself."""
        match event:
            case "frames":
                self.repeats += _count(fields, "repeats")
            case "channels":
                self.channels = {name: float(_count(fields, name)) for name in fields}
                # Before the topics are listed, nobody knows how many there will be.
                deaf = not self.channels.get("open") and self.channels.get("planned") != 0
                self.deaf_since = (self.deaf_since or now) if deaf else None
            case "sink.trouble":
                self.sink_said = str(fields.get("error", ""))
            case "merge.committed":
                self.merged.update({name: _count(fields, name) for name in fields})
                self.repeats += _count(fields, "repeats")

    def waits_because(self, now: datetime) -> str | None:
        """Return why events wait for the sink, as far as it says; None where none does for long."""
        return self.sink_error or (self.sink_said if self.lag(now) > SOON else None)

    def trouble(self, now: datetime) -> str | None:
        """Return what is amiss with the disk, or else with the sink; None where nothing is."""
        return self.disk_error or self.waits_because(now)

    def ended(self, now: datetime) -> None:
        """Take note that nothing is at work any more; what waits on disk waits on."""
        if self.channels:
            self.channels = {**self.channels, "open": 0.0}
            self.deaf_since = self.deaf_since or now
        self.in_flight, self.full, self.disk_error = 0, False, None

    def lag(self, now: datetime) -> timedelta:
        """Return how long the oldest event has waited that is not delivered."""
        if self.waiting_since is None:
            return timedelta()
        return max(timedelta(), now - self.waiting_since)


def _count(fields: Mapping[str, object], name: str) -> int:
    value = fields.get(name)
    return value if isinstance(value, int) else 0


__all__ = ["Lags", "StreamMetrics"]
