"""Syncline's own events: every line of the history, told at least once and under one id."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from syncline.config import load
from syncline.connector import Connector, Context
from syncline.errors import Rejected, Unavailable
from syncline.events import Event, EventSink
from syncline.events.history_events import event_of
from syncline.events.publisher import LATE, Told, begin, tell
from syncline.model import Ref, Side
from syncline.plugins import load as load_plugin
from syncline.runner import Runner, publisher
from syncline.state import SqliteState, StateStore
from syncline.state.records import Entry, Log
from syncline.testing import FakeClock

CLOCK = FakeClock()


class Collecting:
    """A sink that keeps what it is sent, and refuses or fails when told to."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.refused: set[str] = set()
        self.away = 0
        self.closed = False

    async def send(self, batch: Sequence[Event]) -> None:
        if self.away:
            self.away -= 1
            raise Unavailable("the sink is away")
        if any(str(event.data.get("reason")) in self.refused for event in batch):
            raise Rejected("never")
        self.events += batch

    async def aclose(self) -> None:
        self.closed = True

    @property
    def reasons(self) -> list[object]:
        """The reasons of the events, in order of arrival."""
        return [event.data["reason"] for event in self.events]


def line(reason: object, *, job: str = "a", **more: object) -> Entry:
    given = {"run": "r", "pair": "p", "at": CLOCK.now(), "event": "updated", **more}
    return Entry(job=job, reason=str(reason), **given)  # type: ignore[arg-type]  # names of fields


@pytest.fixture
def state() -> Iterator[SqliteState]:
    opened = SqliteState.memory()
    yield opened
    opened.close()


def log(state: SqliteState, *reasons: object) -> None:
    state.commit([Log(line(reason)) for reason in reasons], None)


async def test_every_line_is_told_once_in_order(state: SqliteState) -> None:
    sink = Collecting()
    log(state, *range(450))
    assert await tell(state, "a", "bus", sink) == 450
    assert sink.reasons == [str(n) for n in range(450)]
    assert await tell(state, "a", "bus", sink) == 0
    log(state, "new")
    assert await tell(state, "a", "bus", sink) == 1
    assert len({event.id for event in sink.events}) == 451


async def test_a_sink_that_is_away_is_told_later(state: SqliteState) -> None:
    sink = Collecting()
    log(state, *range(150))
    sink.away = 1
    with pytest.raises(Unavailable):
        await tell(state, "a", "bus", sink)
    await tell(state, "a", "bus", sink)
    assert sink.reasons == [str(n) for n in range(150)]


async def test_an_event_that_is_refused_keeps_no_other_back(state: SqliteState) -> None:
    sink = Collecting()
    sink.refused = {"3"}
    log(state, *range(6))
    await tell(state, "a", "bus", sink)
    assert sink.reasons == ["0", "1", "2", "4", "5"]
    assert await tell(state, "a", "bus", sink) == 0


async def test_sinks_are_told_independently(state: SqliteState) -> None:
    one, two = Collecting(), Collecting()
    log(state, 1)
    await tell(state, "a", "one", one)
    log(state, 2)
    await tell(state, "a", "one", one)
    await tell(state, "a", "two", two)
    assert one.reasons == two.reasons == ["1", "2"]


async def test_a_new_sink_is_told_what_happens_from_then_on(state: SqliteState) -> None:
    sink = Collecting()
    log(state, "old")
    CLOCK.advance(10)
    since = CLOCK.now()
    CLOCK.advance(1)
    log(state, "while it was opened")
    begin(state, "a", "bus", since=since)
    log(state, "then")
    await tell(state, "a", "bus", sink)
    begin(state, "a", "bus", since=CLOCK.now() + timedelta(days=1))
    log(state, "later")
    await tell(state, "a", "bus", sink)
    assert sink.reasons == ["while it was opened", "then", "later"]


def test_a_line_with_a_lower_number_that_comes_late_is_still_told() -> None:
    told = Told().also([line for line in range(1, 100) if line != 50])
    assert not told.has(50)
    assert told.has(49)
    much = told.also(range(100, 100 + 2 * LATE))
    assert len(much.beyond) == LATE
    assert much.has(1)


async def test_where_nothing_is_new_one_line_is_read(state: SqliteState) -> None:
    sink, read = Collecting(), []
    log(state, *range(300))
    await tell(state, "a", "bus", sink, thorough=False)
    page = state.history_page

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(state, name)

        def history_page(self, *args: object, **given: object) -> Sequence[Entry]:
            found = page(*args, **given)  # type: ignore[arg-type]  # handed on
            read.append(len(found))
            return found

    counting = cast("StateStore", Counting())
    assert await tell(counting, "a", "bus", sink, thorough=False) == 0
    assert read == [1]
    assert await tell(counting, "a", "bus", sink) == 0
    assert sum(read) > LATE


def test_the_same_line_is_the_same_event_and_another_is_another() -> None:
    one = line("a")
    assert event_of(one).id == event_of(line("a", id=7)).id
    others = [line("b"), line("a", job="b"), line("a", side=Side.LEFT), line("a", pair="q")]
    assert len({event_of(each).id for each in (one, *others)}) == 5


def test_no_title_and_no_text_leaves() -> None:
    entry = line("why", title="Dismissal of M.", detail="M. was", left=Ref("wiki", "1"))
    event = event_of(entry)
    assert "M." not in str(event.canonical())
    assert event.data["left"] == "wiki:1"
    assert (event.type, event.key) == ("syncline.updated", "p")


def test_a_time_without_a_zone_is_refused() -> None:
    naive = CLOCK.now().replace(tzinfo=None)
    with pytest.raises(ValueError, match="occurred_at"):
        Event(id="1", key="", type="t", source="s", occurred_at=naive, observed_at=CLOCK.now())


# -- in the service --------------------------------------------------------------------------------

CONFIG = b"""\
state = "state.db"
[connections.wiki]
connector = "files"
path = "wiki"
[connections.kb]
connector = "files"
path = "kb"
[jobs.a]
kind = "documents"
left = "wiki"
right = "kb"
"""


async def test_a_running_service_tells_what_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "EVERY", 0.05)
    (tmp_path / "wiki").mkdir()
    (tmp_path / "kb").mkdir()
    (tmp_path / "wiki" / "hours.md").write_text("---\ntitle: Hours\n---\n\n9 to 5\n")
    sink = Collecting()

    def open_sink(settings: object, context: Context) -> EventSink | None:
        return sink if context.connection == "kb" else None

    def connectors(name: str) -> Connector:
        files = load_plugin(name)
        return Connector(
            name=name, summary=files.summary, settings=files.settings, documents=files.documents,
            sink=open_sink,
        )  # fmt: skip

    async with Runner(load(CONFIG, folder=tmp_path, connectors=connectors)) as runner:
        running = asyncio.create_task(runner.run())
        async with asyncio.timeout(60):
            while not any(e.type == "syncline.created" for e in sink.events):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await runner.stop()
        await running
    assert sink.closed
    assert {event.data["job"] for event in sink.events} == {"a"}
