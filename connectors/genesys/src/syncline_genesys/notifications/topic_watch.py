"""Which topics are wanted now: users and queues come and go."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable

from attrs import define, field

from syncline.errors import ConfigError, Forbidden, StoreError
from syncline.ports import Cache, Clock
from syncline.redaction import redact

from ..config.calls import Calls
from .backoff import Backoff
from .directory import read_directory
from .topics import Wanted, combined, expand

logger = logging.getLogger(__name__)

_SHARE = 0.1
"""Of the credential's budget that listing may take over time."""


@define(eq=False, kw_only=True)
class TopicWatch:
    """Lists what patterns stand for, again and again.

    Names are kept for the next start: fifty thousand users take minutes to list, and nobody listens
    meanwhile.

    Args:
        every: seconds between two listings, unless they would take too much of the budget.
    """

    wanted: Wanted
    calls: Calls
    clock: Clock
    cache: Cache
    connection: str
    every: float
    per_minute: int
    backoff: Backoff
    _asked: int = field(default=0, init=False)
    """Calls that the last listing took; 0 before there was one."""
    _last: list[str] | None = field(default=None, init=False)

    async def names(self) -> list[str]:
        """Return the names to subscribe to, sorted.

        Raises:
            ConfigError: there is no such group.
            StoreError: they cannot be listed now.
        """
        if not self.wanted.patterns:
            return combined(self.wanted.topics)
        read = await read_directory(self.calls, self.wanted)
        self._asked = max(1, read.calls)
        return combined(expand(self.wanted, read.directory))

    async def first(self) -> list[str]:
        """Return the first names: those of the last time, where there was one.

        Raises:
            ConfigError: there is no such group.
            Forbidden: users or queues may not be listed.
        """
        kept = self._kept()
        while kept is None:
            try:
                kept = await self.names()
            except Forbidden:
                raise
            except StoreError as error:
                self._failed(error)
                await self.clock.sleep(self.backoff.next())
        self._new(kept)
        return kept

    async def run(self, assign: Callable[[list[str]], None]) -> None:
        """Hand on the names whenever they are others, until cancelled."""
        if not self.wanted.patterns:
            return
        while True:
            if self._asked:
                apart = self._asked * 60 / (self.per_minute * _SHARE)
                await self.clock.sleep(max(self.every, apart))
            try:
                names = await self.names()
            except (ConfigError, StoreError) as error:
                # Those that are known go on.
                self._asked = self._asked or 1
                self._failed(error)
                continue
            if self._new(names):
                assign(names)

    def _new(self, names: list[str]) -> bool:
        """Tell whether names are others than those before, and keep them."""
        if names == self._last:
            return False
        if not names:
            logger.warning("no topic is there to listen to", extra={"connection": self.connection})
        self._last = names
        if self.wanted.patterns:
            self.cache.put(self._key, json.dumps(names))
        return True

    def _kept(self) -> list[str] | None:
        text = self.cache.get(self._key) if self.wanted.patterns else None
        return json.loads(text) if text else None

    def _failed(self, error: Exception) -> None:
        fields = {"connection": self.connection, "error": redact(str(error))}
        logger.warning("users and queues could not be listed", extra=fields)

    @property
    def _key(self) -> str:
        asked = repr((sorted(self.wanted.topics), self.wanted.patterns))
        return f"genesys/{self.connection}/topics/{hashlib.sha256(asked.encode()).hexdigest()[:16]}"


__all__ = ["TopicWatch"]
