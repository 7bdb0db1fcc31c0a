"""The opened webhooks of a configuration, opened when they are first asked for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from attrs import define, field

from syncline.config import Config
from syncline.connector import Context
from syncline.errors import ConfigError, SynclineError, Unavailable
from syncline.ports import Webhook
from syncline.webhooks.opening import open_webhook

logger = logging.getLogger(__name__)

AGAIN = 10.0
"""Seconds before a webhook that could not be opened is tried again."""


@define
class Receivers:
    """The webhooks of one configuration."""

    config: Config
    context: Callable[[str], Context]
    """Returns what the connector of a connection is lent."""
    _opened: dict[str, Webhook] = field(factory=dict)
    _failed: dict[str, float] = field(factory=dict)
    _locks: dict[str, asyncio.Lock] = field(factory=dict)

    def knows(self, name: str) -> bool:
        """Tell whether there is a connection of that name which has a webhook."""
        connection = self.config.connections.get(name)
        return connection is not None and connection.webhook is not None

    def at_hand(self, name: str) -> Webhook | None:
        """Return a webhook that has been opened."""
        return self._opened.get(name)

    async def open_all(self) -> None:
        """Open all of them.

        Raises:
            ConfigError: everything that keeps one from being opened.
        """
        problems: list[str] = []
        for name in filter(self.knows, self.config.connections):
            try:
                self._opened[name] = await open_webhook(self.config, self.context(name))
            except ConfigError as error:
                problems += error.problems
        if problems:
            raise ConfigError(problems)

    async def open(self, name: str) -> Webhook:
        """Return a webhook, opening it.

        Raises:
            Unavailable: it cannot be opened now; the reason is in the log.
        """
        async with self._locks.setdefault(name, asyncio.Lock()):
            if name in self._opened:
                return self._opened[name]
            context = self.context(name)
            if context.clock.monotonic() - self._failed.get(name, float("-inf")) < AGAIN:
                raise Unavailable(f"connections.{name}.webhook could not be opened a moment ago")
            try:
                self._opened[name] = await open_webhook(self.config, context)
            except SynclineError as error:
                self._failed[name] = context.clock.monotonic()
                logger.error(
                    "a webhook cannot be opened", extra={"connection": name, "reason": str(error)}
                )
                raise Unavailable(f"connections.{name}.webhook cannot be opened") from error
            return self._opened[name]


__all__ = ["Receivers"]
