"""The port of a place that events come from, live."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from attrs import field, frozen

from ..model import JSON
from .event import Event
from .privacy import Privacy


def _nothing() -> None:
    """Where a source remembers nothing, there is nothing to settle."""


@frozen(kw_only=True)
class Batch:
    """Events that came together."""

    events: Sequence[Event]
    """In order for each key; never empty."""
    settle: Callable[[], None] = field(default=_nothing, eq=False, repr=False)
    """Called once all of them are durable: only then does the source count them as seen."""
    complete_until: datetime | None = None
    """Whatever happened up to here is in this batch or an earlier one; None says nothing of it.

    It stands still while a gap is being read again. What was missed before a start is looked for
    from the latest such time that is durable.
    """


class EventSource(Protocol):
    """A live stream of events; it connects again by itself, and tells what it may have missed."""

    def batches(self) -> AsyncIterator[Batch]:
        """Yield what happens, from now on, until closed.

        Nothing is read while nobody asks for the next batch, apart from what buffers hold: the
        vendor is pushed back, and drops what it cannot keep. Whatever was missed is read again
        where the vendor lets it be read; a `listener.gap` says which interval that was, and what
        could not be had. Outages of the vendor raise nothing.

        Raises:
            Forbidden: the credential is refused for good.
            ConfigError: the topics cannot be had.
        """
        ...

    async def aclose(self) -> None: ...


class OpenKeys(Protocol):
    """Which keys (conversations) had begun and had not ended, as far as is durable."""

    def open(self) -> Iterable[str]:
        """Return them, those seen last first."""
        ...

    @property
    def complete_until(self) -> datetime | None:
        """The latest `Batch.complete_until` that is durable; None before there was one."""
        ...


class Envelopes(Protocol):
    """Makes events of a vendor's messages, whatever queue they come out of."""

    def read(self, envelope: Mapping[str, JSON]) -> Sequence[Event] | None:
        """Return what a message says that was not told yet; None when it is somebody else's.

        Raises:
            Rejected: it makes no sense.
        """
        ...


@frozen(kw_only=True)
class Subscription:
    """What a job wants of a source."""

    job: str
    topics: tuple[str, ...]
    """As the job says them; patterns are the source's to expand."""
    listener: str = "a"
    """Which of several listeners this is: they tell the same events with the same ids."""
    privacy: Privacy = field(factory=Privacy)
    known: OpenKeys | None = None
    """What was open when this process last ended; None where nothing is remembered."""


__all__ = ["Batch", "Envelopes", "EventSource", "OpenKeys", "Subscription"]
