"""Credentials, as the headers that they put on a request."""

from __future__ import annotations

import base64
from typing import Protocol

from ..ports import Secret
from ..redaction import register


class Auth(Protocol):
    """What a client asks before each request."""

    async def headers(self) -> dict[str, str]:
        """Return the headers to send to the base URL's origin, and to no other.

        Raises:
            Forbidden: the credentials were refused.
            Unavailable: they could not be obtained now.
        """
        ...

    async def refreshed(self) -> bool:
        """Get new credentials because a 401 refused these; False when there are none to get."""
        ...


class _Fixed:
    def __init__(self, value: str) -> None:
        register(value)
        self._headers = {"Authorization": value}

    async def headers(self) -> dict[str, str]:
        return self._headers

    async def refreshed(self) -> bool:
        return False


class BasicAuth(_Fixed):
    """User name and password (or API token), in UTF-8."""

    def __init__(self, user: str, password: Secret) -> None:
        register(password)
        pair = base64.b64encode(f"{user}:{password.reveal()}".encode()).decode()
        register(pair)
        super().__init__(f"Basic {pair}")


class BearerAuth(_Fixed):
    """A token that does not expire while the process lives."""

    def __init__(self, token: Secret) -> None:
        register(token)
        super().__init__(f"Bearer {token.reveal()}")


__all__ = ["Auth", "BasicAuth", "BearerAuth"]
