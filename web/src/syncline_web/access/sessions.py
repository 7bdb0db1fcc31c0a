"""Who is logged in: random cookies, kept here as digests, forgotten when they end."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable

from attrs import field, frozen

from .keys import digest
from .person import Person

MOST = 2_000
"""Sessions at the same time; the oldest gives way."""


@frozen(kw_only=True)
class Session:
    """One log-in."""

    person: Person
    opened_by: bytes = field(repr=False)
    """Digest of the token that opened it: when the token goes, so does the session."""
    csrf: str = field(repr=False)
    """What every form of this session sends back."""
    ends: float
    """On the monotonic clock, in seconds."""


class Sessions:
    """The log-ins of this process; a restart ends them all."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._sessions: OrderedDict[bytes, Session] = OrderedDict()

    def begin(self, person: Person, opened_by: bytes, seconds: float) -> str:
        """Return the cookie of a new session; it is always a new one, so none can be foisted."""
        cookie = secrets.token_urlsafe(32)
        self._sessions[digest(cookie)] = Session(
            person=person,
            opened_by=opened_by,
            csrf=secrets.token_urlsafe(32),
            ends=self._monotonic() + seconds,
        )
        while len(self._sessions) > MOST:
            self._sessions.popitem(last=False)
        return cookie

    def find(self, cookie: str) -> Session | None:
        """Return the session of a cookie."""
        # Looked up by digest: how long that takes tells nothing of the cookie.
        key = digest(cookie)
        session = self._sessions.get(key)
        if session is not None and session.ends <= self._monotonic():
            del self._sessions[key]
            return None
        return session

    def end(self, cookie: str) -> None:
        """Log out."""
        self._sessions.pop(digest(cookie), None)

    def __len__(self) -> int:
        return len(self._sessions)


__all__ = ["MOST", "Session", "Sessions"]
