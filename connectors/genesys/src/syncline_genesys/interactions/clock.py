"""What time it is by the vendor's clock, for what the vendor gives no time of its own.

A recording that pauses, an attribute, the end of a hold: a snapshot shows that they changed, and
not when. The frame came some moments later, by another clock. How much later, others say that came
with it and tell of a time. The smallest of the differences seen for minutes is what lies between
the clocks, with the time that a frame takes at least.
"""

from __future__ import annotations

from datetime import datetime, timedelta

SPAN = timedelta(minutes=5)
"""So long, and at most twice as long, a difference counts: clocks drift."""
MOMENT = timedelta(seconds=2)
"""So long, and at most twice as long, a frame says how long others are on their way."""


class _Least:
    """The smallest difference of late."""

    def __init__(self, span: timedelta) -> None:
        self._span = span
        self._since: datetime | None = None
        self._least: timedelta | None = None
        self._before: timedelta | None = None

    def learn(self, behind: timedelta, observed: datetime) -> None:
        since = observed - self._since if self._since is not None else self._span
        if not timedelta(0) <= since < self._span:
            self._before = self._least if since < 2 * self._span else None
            self._since, self._least = observed, None
        if self._least is None or behind < self._least:
            self._least = behind

    def known(self) -> timedelta | None:
        return min((one for one in (self._least, self._before) if one is not None), default=None)

    def at(self, observed: datetime) -> timedelta | None:
        """Return it where it is not too long ago."""
        if self._since is None or observed - self._since >= 2 * self._span:
            return None
        return self.known()


class VendorClock:
    """Learns from frames that tell of a time, and judges by it when others were sent."""

    def __init__(self) -> None:
        self._ever, self._now = _Least(SPAN), _Least(MOMENT)

    def learn(self, happened: datetime, observed: datetime, *, fresh: bool = True) -> None:
        """Take in a frame that told of something new, and when it happened.

        Args:
            fresh: it had just happened; whoever hears of a conversation first hears old things.
        """
        behind = observed - happened
        self._ever.learn(behind, observed)
        if fresh:
            self._now.learn(behind, observed)

    def judge(self, observed: datetime) -> datetime | None:
        """Return when a frame was sent, by the vendor's clock; None while nothing is known."""
        behind = self._now.at(observed)
        if behind is None:
            behind = self._ever.known()
        return None if behind is None else observed - behind

    @property
    def least(self) -> timedelta | None:
        """What lies between the clocks, with the time that a frame takes at least."""
        return self._ever.known()


__all__ = ["MOMENT", "SPAN", "VendorClock"]
