"""Stores in memory with the optional ports: a version history, bulk writes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import attrs

from ..errors import NotFound, StoreError
from ..model import Record, Ref, Version
from ..ports import BulkItem, Capability, Clock, PastVersion
from .memory import EVERYTHING, MemoryStore


class HistoryMemoryStore(MemoryStore):
    """A `MemoryStore` that shows old versions (`HistoryStore`)."""

    async def versions(self, ref: Ref) -> Sequence[PastVersion]:
        return await self._call("versions", ref, lambda: self._past(ref))

    async def fetch_version(self, ref: Ref, version: Version) -> Record:
        return await self._call("fetch_version", ref, lambda: self._as_of(ref, version))

    def _past(self, ref: Ref) -> list[PastVersion]:
        last = {saved.version: saved for saved in self._visible(ref).history}
        return [
            PastVersion(version=saved.version, updated_at=saved.at, updated_by=saved.by)
            for saved in reversed(last.values())
        ]

    def _as_of(self, ref: Ref, version: Version) -> Record:
        article = self._visible(ref)
        for saved in reversed(article.history):
            if saved.version == version:
                return attrs.evolve(
                    self._record(article),
                    version=version,
                    value=saved.value,
                    updated_at=saved.at,
                    updated_by=saved.by,
                )
        raise NotFound(f"{ref}: version {version} is not kept", ref=ref)


class BulkMemoryStore(MemoryStore):
    """A `MemoryStore` that writes many items in one job (`BulkStore`).

    Args:
        bulk_threshold: from how many writes on a job pays.
        singly: titles of items that the job leaves to single writes.
    """

    def __init__(
        self,
        connection: str,
        clock: Clock,
        *,
        capabilities: Capability = EVERYTHING | Capability.BULK_WRITE,
        bulk_threshold: int = 50,
        singly: frozenset[str] = frozenset(),
        **store: Any,
    ) -> None:
        super().__init__(connection, clock, capabilities=capabilities, **store)
        self.bulk_threshold = bulk_threshold
        self._singly = singly

    async def write_many(
        self, items: Sequence[BulkItem]
    ) -> AsyncIterator[Record | Exception | None]:
        await self._call("bulk", None, lambda: None)
        for item in items:
            yield None if item.value.title in self._singly else await self._write_one(item)

    async def _write_one(self, item: BulkItem) -> Record | Exception:
        try:
            if item.ref is None or item.expected is None:
                return await self.create(item.value, write=item.write)
            return await self.update(item.ref, item.value, expected=item.expected, write=item.write)
        except StoreError as error:
            return error
