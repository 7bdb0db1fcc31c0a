"""The simulator's time: the wall clock until a test moves it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime


class SimClock:
    """Aware UTC time that runs by itself and can be moved forwards or backwards."""

    def __init__(self) -> None:
        self._shift = timedelta()
        self._skipped = 0.0
        self._second: datetime | None = None
        self._date = ""

    def now(self) -> datetime:
        """The simulated time, aware and in UTC."""
        return datetime.now(timezone.utc) + self._shift

    def http_date(self) -> str:
        """The simulated time as the `Date` header tells it: how clients learn of a skew."""
        second = self.now().replace(microsecond=0)
        if second != self._second:
            self._second, self._date = second, format_datetime(second, usegmt=True)
        return self._date

    def elapsed(self) -> float:
        """Seconds that have passed for limits, lags and expiries; never runs backwards."""
        return time.monotonic() + self._skipped

    def advance(self, by: timedelta) -> datetime:
        """Move the time by so much and return it; everything that was to happen meanwhile did."""
        self._shift += by
        self._skipped += max(0.0, by.total_seconds())
        return self.now()

    def set(self, moment: datetime) -> datetime:
        """Make it this time now. A moment without a time zone is taken as UTC."""
        aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        return self.advance(aware - self.now())
