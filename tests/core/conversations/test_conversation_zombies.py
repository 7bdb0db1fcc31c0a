"""Conversations that say nothing are asked for, less and less often, and end once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone

import attrs
import pytest

from syncline.errors import Forbidden, RateLimited, Unavailable
from syncline.events import Event, Found, Zombies
from syncline.events.conversations import (
    Agenda,
    Conversation,
    Janitor,
    Patience,
    answered,
    finalized,
    merge,
    micros,
)
from syncline.events.interaction import ENDED, FINALIZED, HELD, JOINED, STARTED, json_schema
from syncline.testing import FakeClock


class Vendor:
    """Answers as it is told to."""

    at_once = 2

    def __init__(self, *answers: Mapping[str, Found] | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, ...]] = []

    async def look_up(self, keys: Sequence[str]) -> Mapping[str, Found]:
        self.asked.append(tuple(keys))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def aclose(self) -> None:
        pass


AT = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)
HOUR = 3_600_000_000
NINE = micros(AT)
HEARD = NINE + 80_000
PATIENCE = Patience.of(Zombies(lookup=Vendor), timedelta(hours=1))
MakeEvent = Callable[..., Event]


def _open(event: MakeEvent, **data: str) -> Conversation:
    return merge(None, event(STARTED, **data))[0]


@pytest.mark.parametrize(
    ("media", "hours"), [("voice", 4), ("message", 72), ("callback", 720), ("fax", 720)]
)
def test_each_medium_may_be_silent_for_a_time_of_its_own(
    event: MakeEvent, media: str, hours: int
) -> None:
    assert PATIENCE.due(_open(event, media_type=media)) == HEARD + hours * HOUR


def test_what_is_open_still_is_asked_for_less_and_less_often(event: MakeEvent) -> None:
    known, now, waits = _open(event), HEARD, []
    for _ in range(4):
        due = PATIENCE.due(known)
        waits.append((due - now) // HOUR)
        now = due
        known, told = answered(
            "c1", known, Found(standing="open"), now, patience=PATIENCE, source="x"
        )
        assert told is None
    assert waits == [4, 8, 24, 24]


def test_where_nobody_can_be_asked_nothing_open_is_due(event: MakeEvent) -> None:
    deaf = Patience.of(Zombies(), timedelta(hours=1))
    assert deaf.due(_open(event)) > NINE + 1_000_000 * HOUR
    ended, _ = merge(_open(event), event(ENDED, 60))
    assert deaf.due(ended) == PATIENCE.due(ended)


def test_something_new_starts_the_wait_afresh(event: MakeEvent) -> None:
    known = PATIENCE.open_still(_open(event), HEARD + 4 * HOUR)
    known, _ = merge(known, event(HELD, 5 * 3600))
    assert PATIENCE.due(known) == HEARD + 9 * HOUR


def test_what_was_not_answered_is_asked_again_soon(event: MakeEvent) -> None:
    due = PATIENCE.due(_open(event))
    known, told = answered("c1", _open(event), None, due, patience=PATIENCE, source="x")
    assert told is None
    assert known.asks == 0
    assert PATIENCE.due(known) == due + 600_000_000


def test_what_has_ended_is_forgotten_an_hour_later(event: MakeEvent) -> None:
    known, _ = merge(_open(event), event(ENDED, 60))
    assert PATIENCE.due(known) == HEARD + 60_000_000 + HOUR


def test_what_the_vendor_ended_is_finalised_at_that_time(event: MakeEvent) -> None:
    found = Found(standing="ended", ended_at=AT + timedelta(seconds=90))
    known, told = answered(
        "c1", _open(event), found, NINE + 5 * HOUR, patience=PATIENCE, source="syncline/clean"
    )
    assert told is not None
    assert known.state == "finalized"
    assert (told.occurred_at, told.synthetic, told.key) == (found.ended_at, True, "c1")
    assert told.observed_at == AT + timedelta(hours=5)
    assert told.source == "syncline/clean"
    assert told.data == {
        "event_id": told.id, "event_type": FINALIZED, "conversation_id": "c1",
        "media_type": "voice", "reason": "ended", "occurred_at": "2026-03-01T09:01:30.000Z",
        "observed_at": "2026-03-01T14:00:00.000Z", "synthetic": True,
    }  # fmt: skip
    schema = json_schema()
    assert isinstance(schema["properties"], dict)
    assert told.data.keys() <= schema["properties"].keys()


def test_what_the_vendor_does_not_know_is_gone(event: MakeEvent) -> None:
    known, told = answered(
        "c1", _open(event), Found(standing="gone"), NINE + 5 * HOUR, patience=PATIENCE, source="x"
    )
    assert told is not None
    assert (known.state, told.data["reason"], told.occurred_at) == ("gone", "gone", AT)
    assert PATIENCE.due(known) == NINE + 6 * HOUR


def test_an_answer_that_comes_after_the_end_says_nothing(event: MakeEvent) -> None:
    known, _ = merge(_open(event), event(ENDED, 60))
    assert finalized("c1", known, Found(standing="gone"), NINE, source="x") is None


def test_everybody_who_asks_makes_the_same_event(event: MakeEvent) -> None:
    known, found = _open(event), Found(standing="gone")
    one = finalized("c1", known, found, NINE + HOUR, source="x")
    other = finalized("c1", known, found, NINE + 2 * HOUR, source="x")
    assert one is not None
    assert other is not None
    assert one.id == other.id
    after, _ = merge(known, one)
    assert merge(after, other)[1] is None


def test_what_went_on_after_it_was_finalised_can_be_finalised_again(event: MakeEvent) -> None:
    first = finalized("c1", _open(event), Found(standing="gone"), NINE + HOUR, source="x")
    assert first is not None
    known, _ = merge(_open(event), first)
    known, _ = merge(known, event(JOINED, 7200))
    second = finalized("c1", known, Found(standing="gone"), NINE + 9 * HOUR, source="x")
    assert second is not None
    assert merge(known, second)[1] == second


def test_the_agenda_gives_the_longest_due_first_and_each_once(event: MakeEvent) -> None:
    known = {f"c{n}": merge(None, event(STARTED, n, key=f"c{n}"))[0] for n in range(5)}
    agenda: Agenda[str] = Agenda(PATIENCE.due)
    for key in ("c3", "c1", "c4", "c0", "c2"):
        agenda.enter(key, known[key])
    now = HEARD + 4 * HOUR + 2_000_000
    assert agenda.take(known.get, now, 2) == ["c0", "c1"]
    assert agenda.take(known.get, now, 2) == ["c2"]
    assert len(agenda) == 2


def test_the_agenda_puts_off_what_was_heard_of_meanwhile_and_drops_the_forgotten(
    event: MakeEvent,
) -> None:
    known = {f"c{n}": merge(None, event(STARTED, key=f"c{n}"))[0] for n in range(2)}
    agenda: Agenda[str] = Agenda(PATIENCE.due)
    for key, one in known.items():
        agenda.enter(key, one)
    known["c0"] = attrs.evolve(known["c0"], heard=HEARD + HOUR)
    del known["c1"]
    assert agenda.take(known.get, HEARD + 4 * HOUR, 9) == []
    assert agenda.take(known.get, HEARD + 5 * HOUR, 9) == ["c0"]
    assert len(agenda) == 0


def test_what_ends_is_due_sooner_than_it_was_while_open(event: MakeEvent) -> None:
    known = {"c1": _open(event)}
    agenda: Agenda[str] = Agenda(PATIENCE.due)
    agenda.enter("c1", known["c1"])
    known["c1"], _ = merge(known["c1"], event(ENDED, 60))
    agenda.enter("c1", known["c1"])
    assert agenda.take(known.get, HEARD + 60_000_000 + HOUR, 9) == ["c1"]
    del known["c1"]
    assert agenda.take(known.get, HEARD + 99 * HOUR, 9) == []
    assert len(agenda) == 0


class House:
    """Keeps conversations that are all due."""

    def __init__(self, *keys: str, part: float = 1.0) -> None:
        self.keys = list(keys)
        self.part = part
        self.heard: list[tuple[Sequence[str], Mapping[str, Found]]] = []

    async def due(self, limit: int) -> Sequence[str]:
        taken, self.keys = self.keys[:limit], self.keys[limit:]
        return taken

    async def answered(self, keys: Sequence[str], found: Mapping[str, Found]) -> None:
        self.heard.append((keys, found))

    def share(self) -> float:
        return self.part


async def test_the_janitor_asks_for_many_at_once_and_keeps_to_its_budget() -> None:
    gone = Found(standing="gone")
    vendor, house = Vendor({"a": gone}, {"c": gone}), House("a", "b", "c", part=0.5)
    janitor = Janitor(vendor, house, FakeClock(), per_minute=60)
    assert [await janitor.once() for _ in range(2)] == [2.0, 2.0]
    assert await janitor.once() == 1.0
    assert vendor.asked == [("a", "b"), ("c",)]
    assert house.heard == [(["a", "b"], {"a": gone}), (["c"], {"c": gone})]


async def test_nothing_follows_where_the_vendor_is_away() -> None:
    vendor = Vendor(Unavailable("away"), RateLimited("slow down", retry_after=17))
    house = House("a", "b", "c")
    janitor = Janitor(vendor, house, FakeClock(), per_minute=60)
    assert [await janitor.once() for _ in range(2)] == [30.0, 17]
    assert house.heard == [(["a", "b"], {}), (["c"], {})]


async def test_a_refused_credential_ends_the_janitor() -> None:
    with pytest.raises(Forbidden, match="analytics"):
        await Janitor(
            Vendor(Forbidden("analytics is refused")), House("a"), FakeClock(), per_minute=60
        ).run()
