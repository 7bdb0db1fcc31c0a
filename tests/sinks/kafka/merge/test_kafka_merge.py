"""What two listeners wrote to the raw topic is told once, and in order, in the clean one."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import chain
from typing import Any

import attrs
import pytest

from syncline.errors import ConfigError, Unavailable
from syncline.events.interaction import CONNECTED, ENDED, GAP, HELD, RECORDING, STARTED

pytestmark = [pytest.mark.xdist_group("kafka-merge"), pytest.mark.long(120)]


def _types(found: list[dict[str, Any]], key: str) -> list[str]:
    return [one["event_type"] for one in found if one.get("conversation_id") == key]


async def test_what_two_listeners_wrote_is_told_once_and_in_order(
    bus: Any, merging: Any, life: Any, observed: Any
) -> None:
    lives = [life(f"c{number}") for number in range(30)]
    bus.write(chain.from_iterable(lives))
    bus.write(chain.from_iterable(lives))
    async with merging():
        await bus.wait(210)
        await observed.until("told", 210)
        await observed.until("repeats", 210)
    found = bus.clean()
    assert len(found) == 210
    for number, one in enumerate(lives):
        assert _types(found, f"c{number}") == [event.type for event in one]
    assert (observed.sum("told"), observed.sum("repeats")) == (210, 210)


async def test_a_clean_record_is_the_raw_one(bus: Any, merging: Any, life: Any) -> None:
    bus.write(life("c1"))
    async with merging():
        await bus.wait(7)
    clean, raw = bus.read(), bus.read(f"{bus.topic}.raw")
    said = [(m.partition(), m.key(), m.value(), m.headers(), m.timestamp()) for m in clean]
    assert said == [(m.partition(), m.key(), m.value(), m.headers(), m.timestamp()) for m in raw]


async def test_a_recording_that_is_named_as_an_earlier_one_is_told_by_another_name(
    bus: Any, merging: Any, event: Any
) -> None:
    def read(listener: str, second: float, state: str, turn: int) -> Any:
        one = event("c1", RECORDING, second, listener=listener, recording_state=state)
        id = f"c1 {state} {turn}"
        return attrs.evolve(one, id=id, data={**one.data, "event_id": id})

    first = [read("a", 0, "active", 0), read("a", 20, "paused", 0), read("a", 40, "active", 1)]
    # `b` began anew meanwhile, and counts from nothing.
    second = [read("b", 50, "active", 0), read("b", 90, "paused", 0)]
    bus.write([*first, *second, read("a", 90.1, "paused", 1)])
    async with merging():
        await bus.wait(4)
    found = bus.clean()
    assert [one["recording_state"] for one in found] == ["active", "paused", "active", "paused"]
    ids = [dict(message.headers())["ce_id"].decode() for message in bus.read()]
    assert ids == [one["event_id"] for one in found]
    assert len(set(ids)) == 4


async def test_what_comes_late_says_so_and_what_is_known_is_kept(
    bus: Any, merging: Any, event: Any
) -> None:
    bus.write([event("c1", STARTED, 0), event("c1", ENDED, 9), event("c1", CONNECTED, 3)])
    bus.write([event("c2", STARTED, 5)])
    async with merging():
        found = await bus.wait(4)
    assert [one.get("late") for one in found if one["conversation_id"] == "c1"] == [
        None, None, True,
    ]  # fmt: skip
    known = bus.known()
    assert {key: one.state for key, one in known.items()} == {"c1": "ended", "c2": "open"}
    assert known["c2"].media == "voice"


async def test_gaps_are_told_once(bus: Any, merging: Any, event: Any) -> None:
    gap = event("listener/a", GAP, 5)
    bus.write([gap, gap, event("listener/a", GAP, 2)])
    async with merging():
        await bus.wait(2)
    assert [(one["event_id"], "late" in one) for one in bus.clean()] == [
        (f"listener/a {GAP} {second}", False) for second in (5, 2)
    ]


async def test_a_new_member_knows_what_an_earlier_one_told(
    bus: Any, merging: Any, life: Any, observed: Any
) -> None:
    bus.write(life("c1")[:4])
    async with merging("one"):
        await bus.wait(4)
    bus.write(life("c1"))
    async with merging("one"):
        await bus.wait(7)
        await observed.until("repeats", 4)
    assert len(bus.clean()) == 7
    assert observed.sum("repeats") == 4
    assert bus.known()["c1"].state == "ended"


async def test_what_ended_is_forgotten_and_its_record_removed(
    bus: Any, merging: Any, life: Any, event: Any, observed: Any
) -> None:
    bus.write([*life("c1"), event("c2", STARTED, 0)])
    async with merging(remember=timedelta(milliseconds=500)):
        await bus.wait(8)
        await observed.until("forgotten", 1)
    assert bus.known().keys() == {"c2"}
    values = [one.value() for one in bus.read(f"{bus.topic}.state") if one.key() == b"c1"]
    assert values[-1] is None


async def test_records_that_are_no_events_are_put_aside_and_the_rest_goes_on(
    bus: Any, merging: Any, life: Any, observed: Any, caplog: pytest.LogCaptureFixture
) -> None:
    time = ("ce_time", b"2026-03-01T09:00:00Z")
    headers = [("ce_id", b"x"), ("ce_type", b"t")]
    bus.write_raw(
        [
            (b"k", b"{}", None, 0),
            (None, b"{}", [*headers, time], 0),
            (b"k", None, headers, 0),
            (b"k", b"\xff", [*headers, ("ce_time", b"yesterday")], 0),
            (b"k", b"\xff", [("ce_id", b"\xff"), ("ce_type", b"t"), time], 0),
        ]
    )
    bus.write(life("c1"))
    async with merging():
        found = await bus.wait(7)
        await observed.until("dead", 5)
    assert len(found) == 7
    assert observed.sum("dead") == 5
    assert "were put aside" in caplog.text


async def test_records_that_are_no_events_go_to_the_topic_for_them(
    bus: Any, merging: Any, life: Any, observed: Any
) -> None:
    bus.write_raw([(b"k", b"nonsense", [("who", b"me")], 0)])
    bus.write(life("c1"))
    letters = f"{bus.topic}.dead"
    async with merging(dead_letter_topic=letters):
        await bus.wait(7)
        await observed.until("dead", 1)
    (letter,) = bus.read(letters)
    assert (letter.key(), letter.value()) == (b"k", b"nonsense")
    assert dict(letter.headers())["syncline_reason"] == b"it has no header ce_id, ce_type, ce_time"


async def test_a_late_event_that_is_no_json_is_put_aside(
    bus: Any, merging: Any, life: Any, observed: Any
) -> None:
    bus.write(life("c1"))
    late = [("ce_id", b"x"), ("ce_type", b"t"), ("ce_time", b"2020-01-01T09:00:00Z")]
    bus.write_raw([(b"c1", b"\xff", late, 0)])
    bus.write(life("c2"))
    async with merging():
        assert len(await bus.wait(14)) == 14
        await observed.until("dead", 1)
    assert observed.sum("dead") == 1


async def test_an_event_that_the_clean_topic_refuses_is_put_aside(
    bus: Any, merging: Any, event: Any, life: Any, observed: Any
) -> None:
    bus.topic += "small"
    bus.create(largest=5000)
    large = "".join(chr(33 + n * n % 89) for n in range(20_000))
    bus.write([*life("c1"), event("c1", HELD, 50, subject=large), *life("c2")])
    async with merging(compression="none"):
        found = await bus.wait(14)
        await observed.until("dead", 1)
    assert len(found) == 14
    assert observed.sum("dead") == 1
    assert "merge.aborted" in observed.names()


async def test_topics_with_different_numbers_of_partitions_are_refused(
    bus: Any, merging: Any
) -> None:
    bus.topic += "x"
    bus.create(raw=4, clean=4, state=2)
    with pytest.raises(ConfigError, match=r"jobs.clean: .*raw' has 4.*state' has 2"):
        async with merging() as stage:
            await asyncio.wait([stage], timeout=60)


async def test_a_topic_that_is_missing_is_named(bus: Any, merging: Any) -> None:
    with pytest.raises(Unavailable, match=r"no topic '.*other.state'.*check --online --create"):
        async with merging(state_topic=f"{bus.topic}.other.state") as stage:
            await asyncio.wait([stage], timeout=60)


@pytest.mark.parametrize("protocol", ["classic", pytest.param("consumer", marks=pytest.mark.soak)])
async def test_partitions_move_to_those_who_come_and_nothing_is_told_twice(
    bus: Any, merging: Any, event: Any, protocol: str
) -> None:
    def part(second: int) -> list[Any]:
        return [event(f"c{number}", HELD, second) for number in range(40)]

    librdkafka = {"group.protocol": protocol}
    async with merging("one", librdkafka=librdkafka):
        bus.write(part(1))
        await bus.wait(40)
        async with merging("two", librdkafka=librdkafka):
            for second in range(2, 6):
                bus.write([*part(second), *part(second - 1)])
                await asyncio.sleep(0.5)
            await bus.wait(200)
    found = bus.clean()
    assert len(found) == 200
    assert not any("late" in one for one in found)


@pytest.mark.soak
async def test_of_two_processes_of_one_name_one_ends_and_says_why(
    bus: Any, merging: Any, life: Any
) -> None:
    async def both() -> None:
        async with merging("same") as first:
            await bus.wait(7)
            async with merging("same") as second:
                bus.write(life("c2"))
                assert len(await bus.wait(14)) == 14
                await asyncio.wait([first, second], timeout=60, return_when="FIRST_COMPLETED")

    bus.write(life("c1"))
    with pytest.raises(ConfigError, match=r"another process merges as instance 'same'"):
        await both()
