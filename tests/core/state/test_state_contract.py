"""SQLite keeps the contract of a state, of its leases and of what is shared."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syncline.state import SqliteState, StateStore
from syncline.testing.lease_contract import LeaseStoreContract
from syncline.testing.shared_contract import SharedContract
from syncline.testing.state_contract import StateStoreContract


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that has all its tables: making them takes longer than most of the tests."""
    path = tmp_path_factory.mktemp("empty") / "state.db"
    SqliteState.open(path).close()
    return path


class TestSqlite(StateStoreContract, LeaseStoreContract, SharedContract):
    """In a file, so that another process could open it."""

    @pytest.fixture
    def open_state(self, empty: Path, tmp_path: Path) -> Iterator[Callable[[], StateStore]]:
        shutil.copy(empty, tmp_path / "state.db")
        opened: list[StateStore] = []

        def open_() -> StateStore:
            opened.append(SqliteState.open(tmp_path / "state.db"))
            return opened[-1]

        yield open_
        for state in opened:
            state.close()

    @pytest.fixture
    def state(self, open_state: Callable[[], StateStore]) -> StateStore:
        return open_state()
