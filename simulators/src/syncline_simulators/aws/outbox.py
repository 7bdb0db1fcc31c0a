"""Events that the account itself sends to its event bus."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cloud import Cloud

BATCH = 10
"""PutEvents takes so many entries."""


class Outbox:
    """Events that wait to be put on the default bus, which delivers them to the rules' targets."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._waiting: list[dict[str, Any]] = []
        self._sending = asyncio.Lock()

    def put(
        self, source: str, kind: str, detail: Mapping[str, Any], resources: Sequence[str] = ()
    ) -> None:
        """Send an event soon, unless it is lost."""
        if self._cloud.chance.random() < self._cloud.habits.drop:
            return
        self._waiting.append(
            {
                "Source": source,
                "DetailType": kind,
                "Detail": json.dumps(detail),
                "Resources": list(resources),
                "Time": self._cloud.now(),
            }
        )

    async def flush(self) -> None:
        """Send everything that waits."""
        async with self._sending:
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
                await self._cloud.ask("events", "put_events", Entries=batch)
