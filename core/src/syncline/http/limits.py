"""What a server says about its limits, in numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TypeAlias

from attrs import frozen


@frozen(kw_only=True)
class Limits:
    """What the headers of one answer say; None where they say nothing."""

    rate: float | None = None
    """Allowed requests per second, over the server's own window."""
    remaining: int | None = None
    """Requests left in the window that is running."""
    reset: float | None = None
    """Seconds until that window ends."""
    near: bool = False
    """True when the server asks to slow down: the pace is halved until `reset`, else for 60 s."""


ReadLimits: TypeAlias = Callable[[Mapping[str, str], datetime], Limits | None]
"""A vendor's reading of its headers: `read(headers, now)`; names are case-insensitive.

Genesys, for example, whose window is a minute:

    def genesys(headers, now):
        allowed = headers.get("inin-ratelimit-allowed")
        if allowed is None: return None
        return Limits(
            rate=int(allowed) / 60,
            remaining=int(allowed) - int(headers["inin-ratelimit-count"]),
            reset=float(headers["inin-ratelimit-reset"]),
        )

An error that it raises (a header that is not what the vendor documents) counts as "says nothing".
"""

_SECONDS = re.compile(r"\d{1,9}(\.\d{1,9})?")


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return how many seconds `Retry-After` asks for; None when it is absent or makes no sense.

    RFC 9110, 10.2.3: whole seconds or an HTTP date. A date is compared with the answer's own
    `Date` where it has one, so that a wrong clock on either machine does no harm.
    """
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    moment = _http_date(text)
    if moment is None:
        return None
    sent = _http_date(headers.get("date", "")) or now
    return max(0.0, (moment - sent).total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


__all__ = ["Limits", "ReadLimits", "retry_after"]
