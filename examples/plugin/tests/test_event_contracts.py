"""The log keeps the contract of every source, the table that of every sink."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from acme_notes import Settings, open_log, open_table

from syncline.clock import SystemClock
from syncline.connector import Context
from syncline.events import EventSink, EventSource, Subscription
from syncline.model import JSON
from syncline.testing import MemoryCache
from syncline.testing.sink_contract import Arrived, SinkContract
from syncline.testing.source_contract import Happens, Listen, SourceContract


@pytest.fixture
def context() -> Context:
    return Context(connection="notes", clock=SystemClock(), cache=MemoryCache())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "notes.db"


class TestLog(SourceContract):
    """Everything that a source has to do."""

    @pytest.fixture
    def listen(self, file: Path, context: Context) -> Listen:
        def opened(wanted: Subscription) -> EventSource:
            return open_log(Settings(path=str(file)), context, wanted)

        return opened

    @pytest.fixture
    def happens(self, file: Path) -> Happens:
        async def add(note: str, number: int) -> None:
            at = datetime(2026, 3, 1, tzinfo=timezone.utc) + timedelta(seconds=number)
            with closing(sqlite3.connect(file, isolation_level=None)) as db:
                db.execute(
                    "insert into log (note, what, at) values (?, 'edited', ?)",
                    [note, at.isoformat()],
                )

        return add


class TestTable(SinkContract):
    """Everything that a sink has to do."""

    forgets = True

    @pytest.fixture
    async def sink(self, file: Path, context: Context) -> AsyncIterator[EventSink]:
        opened = open_table(Settings(path=str(file)), context)
        yield opened
        await opened.aclose()

    @pytest.fixture
    def arrived(self, file: Path) -> Arrived:
        async def read(count: int) -> list[dict[str, JSON]]:
            with closing(sqlite3.connect(file)) as db:
                return [
                    json.loads(b) for (b,) in db.execute("select body from events order by rowid")
                ]

        return read
