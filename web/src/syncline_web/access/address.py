"""The one-time address: on loopback, without any configuration, whoever reads the terminal."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from .keys import digest

PATH = "/enter"


class OneTimeAddress:
    """A path that lets one browser in, once; then there is another one."""

    def __init__(self, announce: Callable[[str], None] = lambda path: None) -> None:
        """`announce` is told each new path after the first."""
        self.announce = announce
        self._token = secrets.token_urlsafe(32)

    @property
    def path(self) -> str:
        """The path with the token that works now."""
        return f"{PATH}?token={self._token}"

    def take(self, token: str) -> bool:
        """Use a token up."""
        if not hmac.compare_digest(digest(token), digest(self._token)):
            return False
        self._token = secrets.token_urlsafe(32)
        self.announce(self.path)
        return True


__all__ = ["PATH", "OneTimeAddress"]
