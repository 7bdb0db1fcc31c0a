"""How long a normaliser remembers, and how much."""

from __future__ import annotations

import gc
import json
from datetime import datetime, timedelta, timezone
from typing import Any

from syncline.events import Event, Privacy
from syncline.events import interaction as words
from syncline_genesys.interactions import Normaliser
from syncline_genesys.interactions.memory import KnownConversation
from syncline_genesys.interactions.normaliser import KEPT
from syncline_genesys.interactions.testing import life

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)
TOPIC = "v2.users.u.conversations"
START = "2026-03-02T09:15:02.114Z"


def told(one: Normaliser, id: str, now: datetime = NOW, **call: Any) -> list[Event]:
    what = {"id": f"s-{id}", "state": "connected", "connectedTime": START, **call}
    who = {"id": f"p-{id}", "connectedTime": START, "calls": [what]}
    if "disconnectedTime" in call:
        who["endTime"] = call["disconnectedTime"]
    return one.frame(TOPIC, json.dumps({"id": id, "participants": [who]}).encode(), now)


def ended(one: Normaliser, id: str, now: datetime = NOW) -> list[Event]:
    return told(one, id, now, state="disconnected", disconnectedTime="2026-03-02T09:20:00.000Z")


def test_those_heard_last_are_open_first() -> None:
    one = Normaliser("genesys/cx", "a")
    for id in ("c1", "c2", "c3"):
        told(one, id)
    told(one, "c1", muted=True)
    assert list(one.open()) == ["c1", "c3", "c2"]


def test_an_ended_conversation_is_forgotten_some_minutes_after_the_last_word() -> None:
    one = Normaliser("genesys/cx", "a")
    told(one, "c1")
    ended(one, "c1")
    minutes = KEPT - timedelta(seconds=1)
    assert ended(one, "c1", NOW + minutes) == []
    assert ended(one, "c1", NOW + 2 * minutes) == []
    again = ended(one, "c1", NOW + 2 * minutes + KEPT)
    assert words.ENDED in [event.type for event in again]


def test_whoever_is_forgotten_is_told_again_under_the_same_ids() -> None:
    one = Normaliser("genesys/cx", "a")
    first = [*told(one, "c1"), *ended(one, "c1")]
    again = ended(one, "c1", NOW + 2 * KEPT)
    assert {event.id for event in again} == {event.id for event in first}


def test_an_open_conversation_is_not_forgotten_by_time() -> None:
    one = Normaliser("genesys/cx", "a")
    told(one, "c1")
    ended(one, "c2")
    told(one, "c3", NOW + timedelta(days=30))
    assert told(one, "c1", NOW + timedelta(days=58)) == []


def test_too_many_conversations_are_forgotten_oldest_first_and_counted() -> None:
    one = Normaliser("genesys/cx", "a", most=10)
    for number in range(25):
        told(one, f"c{number}")
    assert len(list(one.open())) == 10
    assert one.counts.forgotten == 15


def test_somebody_who_comes_after_the_end_opens_it_again_and_it_ends_again() -> None:
    """Between two agents of a callback, nobody takes part for some milliseconds."""
    one = Normaliser("genesys/cx", "a")
    first = {
        "id": "p1", "connectedTime": START, "endTime": "2026-03-02T09:20:00.000Z",
        "callbacks": [{"id": "s1", "state": "disconnected", "disconnectType": "transfer",
                       "connectedTime": START, "disconnectedTime": "2026-03-02T09:20:00.000Z"}],
    }  # fmt: skip
    second: dict[str, Any] = {
        "id": "p2", "connectedTime": "2026-03-02T09:20:00.010Z",
        "callbacks": [{"id": "s2", "state": "alerting", "initialState": "alerting"}],
    }  # fmt: skip

    def heard(*who: Any) -> list[str]:
        body = json.dumps({"id": "c1", "participants": who}).encode()
        return [event.type for event in one.frame(TOPIC, body, NOW)]

    assert heard(first)[-1] == words.ENDED
    assert words.ENDED not in heard(first, second)
    assert list(one.open()) == ["c1"]
    second |= {"endTime": "2026-03-02T09:30:00.000Z"}
    second["callbacks"][0] |= {"state": "disconnected"}
    assert heard(first, second)[-1] == words.ENDED
    assert list(one.open()) == []


def test_a_recording_that_goes_on_after_a_pause_is_told_and_a_repeat_is_not() -> None:
    one = Normaliser("genesys/cx", "a")
    told_states = []
    at = NOW
    for state in ("active", "paused", "active", "paused"):
        at += timedelta(seconds=20)
        for late in (0.1, 0.7):
            events = told(one, "c1", at + timedelta(seconds=late), recordingState=state)
            told_states += [e.data["recording_state"] for e in events if e.type == words.RECORDING]
    assert told_states == ["active", "paused", "active", "paused"]


def test_what_has_no_time_is_timed_by_the_vendor_s_clock() -> None:
    """Our clock is an hour ahead, and frames take 30 ms."""
    one = Normaliser("genesys/cx", "a")
    ahead = timedelta(hours=1, milliseconds=30)
    start = datetime(2026, 3, 2, 9, 15, 2, 114_000, timezone.utc)
    told(one, "c1", start + ahead)
    held = "2026-03-02T09:16:00.000Z"
    told(one, "c1", start + timedelta(minutes=1) + ahead, held=True, startHoldTime=held)
    resumed = datetime(2026, 3, 2, 9, 16, 41, tzinfo=timezone.utc)
    (event,) = told(one, "c1", resumed + ahead, held=False)
    assert event.type == words.RESUMED
    assert event.occurred_at == resumed


def test_counts_say_what_was_given() -> None:
    lived, one = life(1), Normaliser("genesys/cx", "a", Privacy())
    events = 0
    for frame, at in zip(lived.snapshots, lived.times, strict=True):
        events += len(one.frame(TOPIC, frame, at))
        one.frame("v2.routing.queues.q.conversations", frame, at)
    counts = one.counts
    assert counts.frames == 2 * len(lived.snapshots)
    assert counts.repeats >= len(lived.snapshots)
    assert counts.events == events
    assert (counts.rejected, counts.salvaged, counts.forgotten) == (0, 0, 0)


def test_somebody_whom_only_an_older_snapshot_shows_takes_part() -> None:
    one = Normaliser("genesys/cx", "a")
    later = "2026-03-02T09:20:00.000Z"
    gone = {
        "id": "p1", "connectedTime": START, "endTime": later,
        "calls": [{"id": "s1", "state": "disconnected", "disconnectedTime": later}],
    }  # fmt: skip
    here = {"id": "p2", "connectedTime": START, "calls": [{"id": "s2", "state": "connected"}]}
    one.frame(TOPIC, json.dumps({"id": "c1", "participants": [gone]}).encode(), NOW)
    assert list(one.open()) == []
    one.frame(TOPIC, json.dumps({"id": "c1", "participants": [here]}).encode(), NOW)
    assert list(one.open()) == ["c1"]


def test_what_changes_ten_thousand_times_is_told_ten_thousand_times() -> None:
    one = Normaliser("genesys/cx", "a")
    at, ids = NOW, set()
    for number in range(10_000):
        at += timedelta(seconds=5)
        state = "paused" if number % 2 else "active"
        ids |= {event.id for event in told(one, "c1", at, recordingState=state)}
    # Beside these, somebody came and was connected.
    assert len(ids) == 10_000 + 3


def test_the_collector_of_cycles_looks_at_nothing_of_what_is_remembered() -> None:
    # With the conversations of a large organisation it would stop everything for seconds.
    known = KnownConversation()
    known.participant("p").ended = NOW
    known.communication("p", "c").tell(words.CHANGED, 0, "parked")
    known.order.repeats(1, 2, NOW)
    known.raws[1] = NOW
    parts = (known, known.participants, known.communications, known.raws, known.order)
    assert not any(
        map(gc.is_tracked, (*parts, known.participant("p"), known.communication("", "c")))
    )
