"""The contract of sinks, as a base class for the tests of an `EventSink`.

Give it the fixture `sink`, connected to a place of its own, and `arrived`, which returns what has
arrived there: the events as `Event.canonical` writes them, in the order of the place. Where the
place keeps no order, set `ordered` to False; where it forgets repeats, set `forgets` to True.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta, timezone

import pytest

from ..errors import Rejected
from ..events import Event, EventSink
from ..model import JSON

Arrived = Callable[[int], Awaitable[list[dict[str, JSON]]]]
"""`await arrived(3)`: what arrived, as soon as that many have, or after some seconds."""
_AT = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)


def event(number: int, *, key: str = "k", **data: JSON) -> Event:
    """Return an event with a number."""
    at = _AT + timedelta(seconds=number)
    return Event(
        id=f"id-{number}", key=key, type="syncline.updated", source="syncline", occurred_at=at,
        observed_at=at, data={"number": number, **data},
    )  # fmt: skip


def _by_id(events: Iterable[dict[str, JSON]]) -> dict[str, dict[str, JSON]]:
    return {str(one["id"]): one for one in events}


class SinkContract:
    """What everybody who sends events relies on."""

    ordered = True
    forgets = False

    async def test_an_event_arrives_as_it_is(self, sink: EventSink, arrived: Arrived) -> None:
        sent = event(1, text='Grüße "aus" <Köln> \U0001f600\n', none=None, many=[1, {"a": True}])
        await sink.send([sent])
        assert await arrived(1) == [sent.canonical()]

    async def test_all_events_of_a_batch_arrive(self, sink: EventSink, arrived: Arrived) -> None:
        sent = [event(n, key=f"k{n % 7}") for n in range(25)]
        await sink.send(sent)
        assert _by_id(await arrived(25)) == _by_id(one.canonical() for one in sent)

    async def test_nothing_is_sent_of_an_empty_batch(
        self, sink: EventSink, arrived: Arrived
    ) -> None:
        await sink.send([])
        await sink.send([event(1)])
        assert len(await arrived(1)) == 1

    async def test_events_of_one_key_arrive_in_order(
        self, sink: EventSink, arrived: Arrived
    ) -> None:
        if not self.ordered:
            pytest.skip("this place keeps no order")
        sent = [event(n, key="ab"[n % 2]) for n in range(12)]
        await sink.send(sent[:5])
        await sink.send(sent[5:])
        found = await arrived(12)
        for key in "ab":
            assert [one["id"] for one in found if one["key"] == key] == [
                one.id for one in sent if one.key == key
            ]

    async def test_what_is_sent_again_is_known_by_its_id(
        self, sink: EventSink, arrived: Arrived
    ) -> None:
        for _ in range(2):
            await sink.send([event(1), event(2, key="other")])
        found = await arrived(2 if self.forgets else 4)
        assert {str(one["id"]) for one in found} == {"id-1", "id-2"}
        assert not self.forgets or len(found) == 2

    async def test_any_text_can_be_a_key(self, sink: EventSink, arrived: Arrived) -> None:
        keys = ["", "a b", "ö", "x" * 400, "cx:queue/Kundendienst für alle"]
        await sink.send([event(n, key=key) for n, key in enumerate(keys)])
        assert sorted(str(one["key"]) for one in await arrived(len(keys))) == sorted(keys)

    async def test_an_event_that_is_too_large_is_refused_and_said(self, sink: EventSink) -> None:
        with pytest.raises(Rejected, match="id-1"):
            await sink.send([event(1, text="x" * 30_000_000)])


__all__ = ["Arrived", "SinkContract", "event"]
