"""How old a signed delivery may be: outside this window it is refused, inside remembered."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..errors import Forbidden

PAST = timedelta(minutes=5)
"""How old, by default: senders sign a repetition anew."""
FUTURE = timedelta(minutes=1)
"""How far the sender's clock may be ahead of ours."""


def check_window(signed: datetime, now: datetime, past: timedelta = PAST) -> datetime:
    """Return when a delivery that was signed at `signed` becomes too old.

    Raises:
        Forbidden: it is too old already, or lies in the future.
    """
    if signed < now - past:
        raise Forbidden(f"it was signed more than {past} ago")
    if signed > now + FUTURE:
        raise Forbidden("it was signed in the future; set the clocks of both machines")
    return signed + past


__all__ = ["FUTURE", "PAST", "check_window"]
