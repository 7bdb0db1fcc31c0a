"""What time it is by the vendor's clock, for what the vendor gives no time of its own.

A recording that pauses, an attribute, the end of a hold: a snapshot shows that they changed, and
not when. The frame came some moments later, by another clock. The smallest of the differences seen
lately is what lies between the clocks, with the time that a frame takes at least.
"""

from __future__ import annotations

from datetime import datetime, timedelta

SPAN = timedelta(minutes=5)
"""So long, and at most twice as long, a difference counts: clocks drift."""


class VendorClock:
    """Learns from frames that tell of a time, and judges by it when others were sent."""

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._least: timedelta | None = None
        self._before: timedelta | None = None

    def learn(self, happened: datetime, observed: datetime) -> None:
        """Take in a frame that told of something new, and when it happened."""
        if self._since is None or not timedelta(0) <= observed - self._since < SPAN:
            self._since, self._before, self._least = observed, self._least, None
        behind = observed - happened
        if self._least is None or behind < self._least:
            self._least = behind

    def judge(self, observed: datetime) -> datetime | None:
        """Return when a frame was sent, by the vendor's clock; None while nothing is known."""
        known = self._known()
        return observed - min(known) if known else None

    @property
    def least(self) -> timedelta:
        """The smallest difference seen lately; none while nothing is known."""
        return min(self._known(), default=timedelta(0))

    def _known(self) -> list[timedelta]:
        return [one for one in (self._least, self._before) if one is not None]


__all__ = ["SPAN", "VendorClock"]
