"""A person for stores in memory."""

from __future__ import annotations

import pytest

from syncline.errors import Unavailable
from syncline.model import Ref
from syncline.testing import MemoryStore
from syncline.testing.contract import Person


class MemoryPerson(Person):
    """Acts through the vendor's own methods."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def write(self, title: str, body: str) -> Ref:
        return self._store.write(title, body)

    async def edit(self, ref: Ref, body: str) -> None:
        self._store.edit(ref, body=body)

    async def touch(self, ref: Ref) -> None:
        self._store.touch(ref)

    async def trash(self, ref: Ref) -> None:
        self._store.trash(ref)

    async def restore(self, ref: Ref) -> None:
        self._store.restore(ref)

    async def restrict(self, ref: Ref) -> None:
        self._store.restrict(ref)

    async def open_(self, ref: Ref) -> None:
        self._store.open_(ref)

    async def start_draft(self, ref: Ref, body: str) -> None:
        self._store.start_draft(ref, body=body)

    async def spoil(self, ref: Ref) -> None:
        self._store.spoil(ref)

    async def break_listing(self) -> None:
        self._store.fail("heads", Unavailable("503"), skip=1)


@pytest.fixture
def person(store: MemoryStore) -> MemoryPerson:
    return MemoryPerson(store)
