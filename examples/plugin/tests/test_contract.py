"""The notes keep the contract of every store."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from acme_notes.store import NoteStore

from syncline.clock import SystemClock
from syncline.connector import Context
from syncline.model import Ref
from syncline.ports import Store
from syncline.testing import MemoryCache
from syncline.testing.contract import Person, StoreContract


class NoteTaker(Person):
    """Writes notes without the connector."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _run(self, sql: str, *values: object) -> None:
        with sqlite3.connect(self._path) as db:
            db.execute(sql, values)
        db.close()

    async def write(self, title: str, body: str) -> Ref:
        at = SystemClock().now().isoformat()
        self._run("insert into notes values (?,?,?,1,0,null,?)", title, title, body, at)
        return Ref("notes", title)

    async def edit(self, ref: Ref, body: str) -> None:
        self._run("update notes set body=?, version=version+1 where id=?", body, ref.id)

    async def trash(self, ref: Ref) -> None:
        self._run("update notes set trashed=1 where id=?", ref.id)

    async def restore(self, ref: Ref) -> None:
        self._run("update notes set trashed=0 where id=?", ref.id)

    async def write_hostile(self, title: str) -> Ref:
        return await self.write(
            title,
            '<p>harmless<script>alert(1)</script><img src="x" onerror="alert(1)">'
            '<a href="javascript:alert(1)">link</a></p>',
        )


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    context = Context(connection="notes", clock=SystemClock(), cache=MemoryCache())
    opened = NoteStore(str(tmp_path / "notes.db"), context)
    yield opened
    await opened.aclose()


@pytest.fixture
def person(tmp_path: Path, store: Store) -> Person:
    return NoteTaker(tmp_path / "notes.db")


class TestNotes(StoreContract):
    """Everything that a store of this kind has to do."""
