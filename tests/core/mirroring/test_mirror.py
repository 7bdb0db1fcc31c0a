"""What a mirror does with its sink: while it answers, while it does not, and when it refuses."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from syncline.clock import SystemClock
from syncline.engine.mirroring import Mirror, OpenConversations
from syncline.errors import Forbidden, Unavailable
from syncline.events import Batch, Event, interaction
from syncline.events.dead_letters import DeadLetters
from syncline.events.spool import Spool
from syncline.testing.streams import ScriptedSink, happening, settled_down

Staged = Callable[..., Awaitable[Any]]
AT = happening(1).observed_at


def told(stage: Any, *numbers: int) -> None:
    for number in numbers:
        stage.source.tell(happening(number))


async def test_what_is_told_arrives_and_is_settled_afterwards(staged: Staged) -> None:
    stage = await staged(sink=ScriptedSink(prompt=False))
    told(stage, 1)
    await settled_down()
    assert stage.source.settled == []
    stage.sink.answer()
    await settled_down()
    assert (stage.sink.ids(), stage.source.settled) == (["e1"], ["e1"])


async def test_several_calls_are_on_their_way_and_their_order_is_kept(staged: Staged) -> None:
    stage = await staged(sink=ScriptedSink(prompt=False))
    for number in range(20):
        told(stage, number)
        await settled_down()
    assert stage.sink.most_waiting == 8
    while stage.sink.waiting:
        stage.sink.answer()
        await settled_down()
    assert stage.sink.ids() == stage.source.settled == [f"e{n}" for n in range(20)]


async def test_what_was_heard_meanwhile_goes_together(staged: Staged) -> None:
    stage = await staged(sink=ScriptedSink(prompt=False))
    told(stage, *range(100))
    await settled_down()
    assert len(stage.sink.waiting) <= 3


async def test_a_sink_that_does_not_answer_for_a_second_is_spooled_for(staged: Staged) -> None:
    stage = await staged(sink=ScriptedSink(prompt=False))
    told(stage, 1)
    await settled_down()
    await stage.passes(0.75)
    assert stage.source.settled == []
    await stage.passes(0.5)
    assert stage.source.settled == ["e1"]
    assert stage.mirror.metrics.spool_bytes > 0
    told(stage, 2)
    await stage.passes(1)
    assert stage.source.settled == ["e1", "e2"]
    assert stage.sink.ids() == []


async def test_a_late_answer_spares_the_repetition(staged: Staged) -> None:
    stage = await staged(sink=ScriptedSink(prompt=False))
    told(stage, 1)
    await settled_down()
    await stage.passes(2)
    stage.sink.answer()
    stage.sink.prompt = True
    await stage.passes(1)
    told(stage, 2)
    await settled_down()
    assert stage.sink.ids() == ["e1", "e2"]
    assert stage.mirror.metrics.spool_bytes == 0
    assert list((stage.folder / "spool").glob("*.events")) == []


async def test_an_outage_delays_and_loses_nothing(staged: Staged) -> None:
    stage = await staged()
    stage.sink.down = Unavailable("no broker answers")
    for number in range(500):
        told(stage, number)
        await settled_down(3)
    await stage.passes(30)
    assert len(stage.source.settled) == 500
    assert stage.mirror.metrics.sink_error == "no broker answers"
    stage.sink.down = None
    await stage.passes(30)
    assert stage.sink.ids() == [f"e{n}" for n in range(500)]
    assert stage.mirror.metrics.sink_error is None
    told(stage, 500)
    await settled_down()
    assert stage.sink.ids()[-1] == "e500"


async def test_calls_that_broke_are_repeated_from_the_first(staged: Staged) -> None:
    stage = await staged(sink=ScriptedSink(prompt=False))
    for number in range(5):
        told(stage, number)
        await settled_down()
    stage.sink.lose(arrived=2)
    stage.sink.prompt = True
    await stage.passes(2)
    assert stage.sink.ids() == ["e0", "e1", "e0", "e1", "e2", "e3", "e4"]
    assert stage.source.settled == [f"e{n}" for n in range(5)]


async def test_of_calls_that_break_together_one_reason_is_told_and_nothing_more(
    staged: Staged, caplog: pytest.LogCaptureFixture
) -> None:
    stage = await staged(sink=ScriptedSink(prompt=False))
    for number in range(5):
        told(stage, number)
        await settled_down()
    stage.sink.lose(arrived=1)
    stage.sink.prompt = True
    await stage.passes(2)
    gc.collect()
    warned = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert warned == [
        "events wait: the sink takes none", "the sink does not answer; events are kept on disk",
    ]  # fmt: skip


async def test_an_event_that_is_refused_becomes_a_dead_letter(staged: Staged) -> None:
    stage = await staged(sink=ScriptedSink(poison={"e2"}))
    stage.source.tell(happening(1), happening(2, subject="token=sk-123"), happening(3))
    await settled_down()
    assert stage.sink.ids() == ["e1", "e3"]
    assert stage.source.settled == ["e1", "e2", "e3"]
    path = stage.folder / "dead-letters.jsonl"
    (kept,) = map(json.loads, path.read_text().splitlines())
    assert kept["event"]["id"] == "e2"
    assert kept["reason"] == "it is refused"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stage.mirror.metrics.rejected == 1


async def test_a_sink_that_names_nobody_gets_the_events_one_by_one(staged: Staged) -> None:
    stage = await staged(sink=ScriptedSink(poison={"e2"}, names_refused=False))
    stage.source.tell(*map(happening, range(1, 5)))
    await settled_down(60)
    assert [*dict.fromkeys(stage.sink.ids())] == ["e1", "e3", "e4"]
    assert stage.source.settled == ["e1", "e2", "e3", "e4"]
    assert "e2" in (stage.folder / "dead-letters.jsonl").read_text()


async def test_a_full_spool_pushes_the_source_back(staged: Staged) -> None:
    stage = await staged(spool_bytes=2_000)
    stage.sink.down = Unavailable("no broker answers")
    for number in range(20_000):
        stage.source.tell(happening(number, filler=f"{number * 7919 % 10_007:040d}"))
    await stage.passes(20)
    assert stage.mirror.metrics.full
    heard = stage.source.taken
    assert heard < 10_000
    await stage.passes(5)
    assert stage.source.taken == heard
    assert len(stage.source.settled) < heard
    stage.sink.down = None
    await stage.passes(60)
    assert stage.sink.ids() == [f"e{n}" for n in range(20_000)]
    assert not stage.mirror.metrics.full


async def test_what_waited_at_the_end_is_sent_at_the_next_start(staged: Staged) -> None:
    stage = await staged()
    stage.sink.down = Unavailable("no broker answers")
    told(stage, 1, 2, 3)
    await stage.passes(3)
    told(stage, 4)
    await stage.end()
    assert stage.source.settled == ["e1", "e2", "e3", "e4"]
    again = await staged()
    told(again, 5)
    await again.passes(1)
    assert again.sink.ids() == ["e1", "e2", "e3", "e4", "e5"]


async def test_a_clean_end_delivers_what_is_on_its_way(staged: Staged) -> None:
    stage = await staged(sink=ScriptedSink(prompt=False))
    told(stage, 1, 2)
    await settled_down()
    ending = asyncio.ensure_future(stage.end())
    await settled_down()
    while stage.sink.waiting:
        stage.sink.answer()
        await settled_down()
    await ending
    assert stage.sink.ids() == stage.source.settled == ["e1", "e2"]
    assert list((stage.folder / "spool").glob("*.events")) == []


async def test_what_cannot_be_delivered_within_the_drain_time_is_spooled(staged: Staged) -> None:
    stage = await staged(sink=ScriptedSink(prompt=False))
    told(stage, 1)
    await settled_down()
    await stage.end(within=0.5)
    assert stage.source.settled == ["e1"]
    again = await staged()
    await again.passes(1)
    assert again.sink.ids() == ["e1"]


async def test_an_end_does_not_wait_for_a_sink_that_has_long_been_silent(staged: Staged) -> None:
    stage = await staged(sink=ScriptedSink(prompt=False))
    told(stage, 1)
    await stage.passes(6)
    await stage.mirror.stop(24)
    await stage.passes(0.25)
    assert stage.task is not None
    assert stage.task.done()
    assert stage.source.settled == ["e1"]
    await stage.close()
    again = await staged()
    await again.passes(1)
    assert again.sink.ids() == ["e1"]


async def test_an_end_waits_for_a_sink_that_is_slow(staged: Staged) -> None:
    stage = await staged(sink=ScriptedSink(prompt=False))
    told(stage, 1)
    await stage.passes(3)
    await stage.mirror.stop(24)
    await stage.passes(1)
    stage.sink.answer()
    await stage.passes(1)
    assert stage.task is not None
    assert stage.task.done()
    await stage.close()
    assert list((stage.folder / "spool").glob("*.events")) == []


async def test_a_credential_that_is_refused_is_told_and_tried_again_later(staged: Staged) -> None:
    stage = await staged()
    stage.sink.down = Forbidden("bus: the topic may not be written (TOPIC_AUTHORIZATION_FAILED)")
    told(stage, 1)
    await stage.passes(2)
    assert "may not be written" in stage.mirror.metrics.sink_error
    stage.sink.down = None
    await stage.passes(15)
    assert stage.sink.ids() == ["e1"]


async def test_an_error_of_the_source_comes_after_what_it_told(staged: Staged) -> None:
    stage = await staged()
    told(stage, 1)
    stage.source.fail(Forbidden("cx: the client is refused"))
    await settled_down()
    with pytest.raises(Forbidden, match="the client is refused"):
        await stage.task
    assert stage.sink.ids() == ["e1"]


async def test_an_error_of_the_source_does_not_wait_for_a_sink_that_is_away(
    staged: Staged,
) -> None:
    stage = await staged()
    stage.sink.down = Unavailable("no broker answers")
    told(stage, 1)
    await stage.passes(1)
    stage.source.fail(Forbidden("cx: the client is refused"))
    await stage.passes(1)
    assert stage.task.done()
    assert stage.source.settled == ["e1"]
    with pytest.raises(Forbidden, match="the client is refused"):
        await stage.task
    await stage.close()
    again = await staged()
    await again.passes(1)
    assert again.sink.ids() == ["e1"]


async def test_a_call_that_the_sink_cancels_has_failed(staged: Staged) -> None:
    stage = await staged(sink=ScriptedSink(prompt=False))
    told(stage, 1)
    await settled_down()
    stage.sink.waiting.pop().answer.cancel()
    stage.sink.prompt = True
    await stage.passes(1)
    assert stage.sink.ids() == stage.source.settled == ["e1"]


async def test_open_conversations_outlast_a_crash(staged: Staged) -> None:
    stage = await staged()
    for number, (key, type_) in enumerate(
        [
            ("c1", interaction.STARTED), ("c2", interaction.STARTED), ("c1", interaction.CONNECTED),
            ("c3", interaction.STARTED), ("c3", interaction.ENDED), ("c3", interaction.ACW),
            ("c3", interaction.WRAPUP), ("listener/a", interaction.GAP),
        ]
    ):  # fmt: skip
        stage.source.tell(happening(number, key=key, type=type_))
        await settled_down()
    await stage.passes(0.5)
    at = happening(60).observed_at
    stage.source.tell(happening(60, key="c2", type=interaction.CHANGED), complete_until=at)
    stage.source.tell(happening(70, key="c2", type=interaction.CHANGED))
    await stage.passes(0.5)
    await stage.close()  # no clean end
    again = await staged()
    assert list(again.mirror.open_conversations.open()) == ["c2", "c1"]
    assert again.mirror.open_conversations.complete_until == at


async def test_completeness_is_what_the_source_says_of_it(staged: Staged) -> None:
    stage = await staged()
    stage.source.tell(happening(100), complete_until=happening(7).observed_at)
    await stage.passes(0.5)
    assert stage.mirror.open_conversations.complete_until == happening(7).observed_at


async def test_gaps_are_counted(staged: Staged) -> None:
    stage = await staged()
    stage.source.tell(happening(1, key="listener/a", type=interaction.GAP))
    await settled_down()
    assert stage.mirror.metrics.gaps == 1
    assert stage.mirror.metrics.heard[interaction.GAP] == 1


class _Flood:
    """A source that never waits."""

    def __init__(self, batches: Sequence[Batch], rounds: int) -> None:
        self._batches, self._rounds = batches, rounds

    async def batches(self) -> AsyncIterator[Batch]:
        for _ in range(self._rounds):
            for batch in self._batches:
                yield batch

    async def aclose(self) -> None:
        """Nothing is open."""


class _Drain:
    """A sink that takes everything at once."""

    taken = 0

    async def send(self, batch: Sequence[Event]) -> None:
        self.taken += len(batch)
        await asyncio.sleep(0)

    async def aclose(self) -> None:
        """Nothing is open."""


async def test_a_source_that_never_waits_has_everything_carried(tmp_path: Path) -> None:
    types = [*interaction.TYPES]
    events = [happening(n, key=f"c{n % 5000}", type=types[n % 9]) for n in range(20_000)]
    batches = [Batch(events=events[at : at + 500]) for at in range(0, len(events), 500)]
    sink, clock = _Drain(), SystemClock()
    spool = Spool.open(tmp_path / "spool", 1 << 20)
    known = OpenConversations.open_at(tmp_path / "db", clock)
    mirror = Mirror(
        source=_Flood(batches, 5), sink=sink, spool=spool, open_conversations=known, clock=clock,
        dead_letters=DeadLetters(tmp_path / "dead"), random=lambda: 0.5,
    )  # fmt: skip
    await mirror.run()
    spool.close()
    known.close()
    assert sink.taken == mirror.metrics.delivered == 100_000


async def test_a_batch_of_nothing_is_settled_and_carried_nowhere(staged: Staged) -> None:
    stage = await staged()
    stage.source.tell()
    told(stage, 1)
    await settled_down()
    assert stage.sink.ids() == stage.source.settled == ["e1"]
