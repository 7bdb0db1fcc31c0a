"""A folder of files keeps the contract of a store."""

from __future__ import annotations

from syncline.clock import SystemClock
from syncline.connector import Context
from syncline.ports import Store
from syncline.testing import MemoryCache
from syncline.testing.contract import StoreContract
from syncline_files import Settings, connector, open_store


class TestFileStore(StoreContract):
    """In Markdown and in HTML; the fixtures are in conftest.py."""


def test_the_connector_opens_the_store() -> None:
    context = Context(connection="notes", clock=SystemClock(), cache=MemoryCache())
    store: Store = open_store(Settings(path="articles"), context)
    assert isinstance(store, Store)
    assert connector.ports == ("documents",)
