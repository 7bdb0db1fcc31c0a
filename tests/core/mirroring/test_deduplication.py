"""One process that drops repeats by itself: never before what they repeat is durable."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.engine.mirroring.deduplication import DedupingSink, StoreKeeper
from syncline.errors import Unavailable
from syncline.events import Event, EventsRejected, Found, Zombies, interaction
from syncline.events.conversations import MemoryConversations, Patience
from syncline.state import SqliteState
from syncline.testing.clock import FakeClock
from syncline.testing.streams import ScriptedSink, happening, settled_down

PATIENCE = Patience.of(Zombies(after={"voice": timedelta(hours=4)}), timedelta(days=3))


def deduping(sink: ScriptedSink, repeats: list[int] | None = None) -> DedupingSink:
    return DedupingSink(
        sink=sink, store=MemoryConversations(PATIENCE.due), clock=FakeClock(),
        repeats=(repeats if repeats is not None else []).append,
    )  # fmt: skip


async def test_a_repeat_is_dropped_and_counted() -> None:
    sink, repeats = ScriptedSink(), list[int]()
    way = deduping(sink, repeats)
    await way.send([happening(1), happening(2)])
    await way.send([happening(2), happening(3)])
    assert sink.ids() == ["e1", "e2", "e3"]
    assert sum(repeats) == 1


async def test_what_comes_behind_something_later_says_so() -> None:
    sink = ScriptedSink()
    await deduping(sink).send([happening(2), happening(1)])
    assert [event.data.get("late") for event in sink.arrived] == [None, True]


async def test_an_event_whose_call_failed_is_no_repeat() -> None:
    sink = ScriptedSink(prompt=False)
    way = deduping(sink)
    calls = [asyncio.ensure_future(way.send([happening(n)])) for n in (1, 2)]
    await settled_down()
    sink.lose()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable, Unavailable]
    sink.prompt = True
    await way.send([happening(1), happening(2)])
    assert sink.ids() == ["e1", "e2"]


async def test_a_refused_event_is_not_sent_again() -> None:
    sink = ScriptedSink(poison={"e1"})
    way = deduping(sink)
    with pytest.raises(EventsRejected):
        await way.send([happening(1), happening(2)])
    await way.send([happening(1), happening(2)])
    assert sink.ids() == ["e2"]


async def test_nothing_is_kept_of_a_call_before_those_that_were_begun_earlier() -> None:
    sink = ScriptedSink(prompt=False)
    way = deduping(sink)
    calls = [asyncio.ensure_future(way.send([happening(n)])) for n in (1, 2)]
    await settled_down()
    sink.waiting.append(sink.waiting.pop(0))
    sink.answer()
    await settled_down()
    assert way.store.get_many(["c1"]) == {}
    sink.answer()
    await asyncio.gather(*calls)
    assert way.store.get_many(["c1"])["c1"].open
    assert not way._ahead


@settings(max_examples=100, deadline=None)
@given(
    batches=st.lists(
        st.lists(st.tuples(st.integers(0, 15), st.sampled_from("ab")), min_size=1, max_size=5),
        max_size=12,
    ),
    fails=st.sets(st.integers(0, 11)),
)
def test_every_event_arrives_once_where_failures_are_repeated(
    batches: list[list[tuple[int, str]]], fails: set[int]
) -> None:
    async def play() -> None:
        sink = ScriptedSink()
        way = deduping(sink)
        events = [[happening(n * 2 + (k == "b"), key=k) for n, k in b] for b in batches]
        for index, batch in enumerate(events):
            if index in fails:
                sink.down = Unavailable("no broker answers")
                with pytest.raises(Unavailable):
                    await _sent(way, batch, sink)
                sink.down = None
            await way.send(batch)
        assert sorted(sink.ids()) == sorted({event.id for batch in events for event in batch})

    asyncio.run(play())


async def _sent(way: DedupingSink, batch: list[Event], sink: ScriptedSink) -> None:
    before = len(sink.arrived)
    await way.send(batch)
    if len(sink.arrived) == before:
        raise Unavailable("nothing of it was new")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqliteState]:
    opened = SqliteState.open(tmp_path / "conversations.db")
    yield opened
    opened.close()


async def test_a_conversation_that_says_nothing_is_asked_for_and_finalised_once(
    state: SqliteState,
) -> None:
    clock = FakeClock(datetime(2026, 3, 1, 9, 0, 1, tzinfo=timezone.utc), auto=False)
    patience = Patience.of(
        Zombies(after={"voice": timedelta(hours=4)}, lookup=lambda: None),  # type: ignore[arg-type,return-value]  # never asked
        timedelta(days=3),
    )
    sink, told = ScriptedSink(), list[Event]()
    store = state.conversations("", patience.due)
    way = DedupingSink(sink=sink, store=store, clock=clock, repeats=lambda _: None)
    keeper = StoreKeeper(store=store, clock=clock, patience=patience, source="cx", tell=told.extend)
    await way.send([happening(1, type=interaction.STARTED, media_type="voice")])
    assert await keeper.due(10) == []
    clock.advance(4 * 3600 + 1)
    assert await keeper.due(10) == ["c1"]
    ended = happening(60).occurred_at
    await keeper.answered(["c1"], {"c1": Found(standing="ended", ended_at=ended)})
    await way.send(told)
    assert [event.type for event in sink.arrived] == [interaction.STARTED, interaction.FINALIZED]
    assert sink.arrived[1].occurred_at == ended
    clock.advance(24 * 3600)
    assert await keeper.due(10) == []
    clock.advance(3 * 24 * 3600)
    await keeper.due(10)
    assert store.get_many(["c1"]) == {}
