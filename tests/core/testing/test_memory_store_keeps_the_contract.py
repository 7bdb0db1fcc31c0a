"""The stores in memory keep the contract, whatever abilities they are given."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest

from syncline.model import FIELDS, Document, Status
from syncline.ports import BulkStore, Capability, HistoryStore, Store
from syncline.testing import (
    EVERYTHING,
    BulkMemoryStore,
    FakeClock,
    HistoryMemoryStore,
    MemoryStore,
)
from syncline.testing.contract import StoreContract


def shouting(value: Document) -> Document:
    """A lossy vendor: it keeps no tables and no second heading level."""
    return attrs.evolve(value, title=value.title.upper()[:80], body=value.body.replace("h2", "h3"))


VARIANTS: dict[str, Callable[[], MemoryStore]] = {
    "everything": lambda: MemoryStore("mem", FakeClock()),
    "drafts": lambda: MemoryStore("mem", FakeClock(), capabilities=EVERYTHING | Capability.DRAFTS),
    "no preconditions": lambda: MemoryStore(
        "mem", FakeClock(), capabilities=EVERYTHING & ~Capability.CONDITIONAL_WRITE
    ),
    "no marks": lambda: MemoryStore(
        "mem", FakeClock(), capabilities=EVERYTHING & ~Capability.ORIGIN
    ),
    "marks late": lambda: MemoryStore("mem", FakeClock(), marks_late=True),
    "read only": lambda: MemoryStore("mem", FakeClock(), capabilities=Capability.READ),
    "lossy": lambda: MemoryStore("mem", FakeClock(), project=shouting),
    "few fields": lambda: MemoryStore("mem", FakeClock(), fields=frozenset(FIELDS[:2])),
    "unversioned labels": lambda: MemoryStore(
        "mem", FakeClock(), unversioned=frozenset({"labels"})
    ),
    "lists what is gone": lambda: MemoryStore("mem", FakeClock(), lists_gone=True),
    "archives": lambda: MemoryStore("mem", FakeClock(), removal=Status.ARCHIVED),
    "purges": lambda: MemoryStore("mem", FakeClock(), removal=Status.PURGED),
    "history": lambda: HistoryMemoryStore("mem", FakeClock()),
    "bulk": lambda: BulkMemoryStore("mem", FakeClock(), singly=frozenset({"Article 1"})),
}


class TestMemoryStores(StoreContract):
    @pytest.fixture(params=VARIANTS)
    def store(self, request: pytest.FixtureRequest) -> MemoryStore:
        return VARIANTS[request.param]()


def test_the_stores_satisfy_their_ports() -> None:
    plain: Store = MemoryStore("mem", FakeClock())
    history: HistoryStore = HistoryMemoryStore("mem", FakeClock())
    bulk: BulkStore = BulkMemoryStore("mem", FakeClock())
    assert not isinstance(plain, HistoryStore | BulkStore)
    assert isinstance(history, HistoryStore)
    assert isinstance(bulk, BulkStore)
