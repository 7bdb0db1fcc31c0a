"""Asks the vendor for conversations that say nothing, and hands on what it says.

Whoever keeps the conversations decides which are due, and what follows from an answer; the janitor
only asks, at a pace that leaves the listeners their budget.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

from ...errors import RateLimited, Unavailable
from ...ports import Clock
from ..lookup import Found, Lookup

logger = logging.getLogger(__name__)

_IDLE = 1.0
"""Seconds after which it looks again where nothing was due."""
_AWAY = 30.0
"""Seconds after which it asks again where the vendor was not to be had."""


class Keeper(Protocol):
    """Whoever keeps the conversations."""

    async def due(self, limit: int) -> Sequence[str]:
        """Return keys of conversations to ask for, the longest due first; each one once."""
        ...

    async def answered(self, keys: Sequence[str], found: Mapping[str, Found]) -> None:
        """Take what the vendor said of `keys`; nothing is known of those not in `found`."""
        ...

    def share(self) -> float:
        """Return which part of the budget is this process's, from 0 to 1."""
        ...


class Janitor:
    """One that asks through one look-up, call by call, until it is cancelled."""

    def __init__(self, lookup: Lookup, keeper: Keeper, clock: Clock, *, per_minute: int) -> None:
        self._lookup = lookup
        self._keeper = keeper
        self._clock = clock
        self._per_minute = per_minute

    async def run(self) -> None:
        """Ask for what is due, for good.

        Raises:
            Forbidden: the vendor answers no question of this credential.
        """
        while True:
            await self._clock.sleep(await self.once())

    async def once(self) -> float:
        """Ask for some of what is due; return how many seconds to wait before the next call."""
        keys = await self._keeper.due(self._lookup.at_once)
        if not keys:
            return _IDLE
        found, wait = await self._asked(keys)
        await self._keeper.answered(keys, found)
        return max(wait, 60 / (self._per_minute * max(self._keeper.share(), 0.001)))

    async def _asked(self, keys: Sequence[str]) -> tuple[Mapping[str, Found], float]:
        try:
            return await self._lookup.look_up(keys), 0.0
        except RateLimited as error:
            return {}, error.retry_after or _AWAY
        except Unavailable as error:
            fields = {"conversations": len(keys), "error": str(error)}
            logger.warning("conversations that say nothing could not be asked for", extra=fields)
            return {}, _AWAY


__all__ = ["Janitor", "Keeper"]
