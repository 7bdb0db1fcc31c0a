"""What look-ups and analytics say after a gap, and topics of one medium."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.errors import Rejected
from syncline.events import Event
from syncline.events import interaction as words
from syncline_genesys.interactions import Normaliser
from syncline_genesys.interactions.retold import analytics, rest
from syncline_genesys.interactions.testing import BEGIN, ONCE, Life, life

TIMED = ONCE | {words.HELD, words.RESUMED}
DELAY = timedelta(milliseconds=40)
TOPIC = "v2.users.u.conversations"
seeds = st.integers(min_value=0, max_value=2**32)
CALLS = "v2.users.7d8e.conversations.calls"


def live(lived: Life, until: int | None = None, one: Normaliser | None = None) -> list[Event]:
    one = one or Normaliser("genesys/cx", "a")
    frames = list(zip(lived.snapshots, lived.times, strict=True))[:until]
    return [event for frame, at in frames for event in one.frame(TOPIC, frame, at + DELAY)]


def timed(events: list[Event]) -> dict[str, datetime]:
    return {event.id: event.occurred_at for event in events if event.type in TIMED}


@pytest.mark.parametrize("way", ["rest", "analytics"])
@given(seed=seeds)
@settings(max_examples=60)
def test_a_repair_tells_what_was_missed_under_the_ids_of_who_heard_it(way: str, seed: int) -> None:
    lived = life(seed)
    one, now = Normaliser("genesys/cx", "b"), lived.now + DELAY
    half = len(lived.snapshots) // 2
    before = live(lived, half, one)
    repaired = _repair(one, way, lived, now)
    assert all(event.data["repaired"] is True for event in repaired)
    complete = live(lived)
    assert timed(before).keys() | timed(repaired).keys() >= timed(complete).keys()
    known = timed(complete)
    for id, at in timed(repaired).items():
        # Two holds between two frames show as one; a look-up tells of both.
        assert id not in known or at == known[id] or _untimed(repaired, id)
    assert not [e for e in repaired if e.type in ONCE and e.id not in known]
    assert not list(one.open())


NOW = BEGIN + timedelta(minutes=2)


def at(second: int) -> str:
    return (BEGIN + timedelta(seconds=second)).isoformat()


def message(one: Normaliser, state: str, **more: str) -> list[Event]:
    """Return what a frame tells of an agent's message."""
    shown = {"id": "m", "state": state, "direction": "inbound", "connectedTime": at(5), **more}
    agent = {"id": "p", "purpose": "agent", "connectedTime": at(5), "messages": [shown]}
    return one.frame(TOPIC, json.dumps({"id": "c", "participants": [agent]}).encode(), NOW)


def looked_up(one: Normaliser, *segments: tuple[str, int, int]) -> list[Event]:
    """Return what analytics tell of an agent's message; a segment that ends at 0 is open."""
    told = [
        {"segmentType": kind, "segmentStart": at(start), **({"segmentEnd": at(end)} if end else {})}
        for kind, start, end in segments
    ]
    session = {"sessionId": "m", "mediaType": "message", "segments": told}
    agent = {"participantId": "p", "purpose": "agent", "sessions": [session]}
    return one.details({"conversationId": "c", "participants": [agent]}, NOW)


def changes(events: list[Event]) -> list[tuple[str, str]]:
    """Return the states that were told, and the ones before."""
    changed = [event.data for event in events if event.type == words.CHANGED]
    return [(str(one["state"]), str(one.get("previous_state") or "")) for one in changed]


def test_a_frame_from_before_a_state_that_analytics_told_brings_nothing_back() -> None:
    one = Normaliser("genesys/cx", "a")
    message(one, "connected")
    assert changes(looked_up(one, ("interact", 5, 20), ("parked", 20, 0))) == [
        ("parked", "connected")
    ]
    # It was on its way before.
    assert message(one, "connected") == []
    assert message(one, "parked", parkTime=at(20)) == []
    back = message(one, "connected", parkTime=at(20), resumeTime=at(40))
    assert changes(back) == [("connected", "parked")]


def test_a_state_that_is_told_late_is_not_the_one_that_is_known() -> None:
    one, resumed = Normaliser("genesys/cx", "a"), {"parkTime": at(20), "resumeTime": at(40)}
    message(one, "connected")
    # That it was parked was missed.
    assert changes(message(one, "connected", **resumed)) == [("connected", "")]
    told = looked_up(one, ("interact", 5, 20), ("parked", 20, 40), ("interact", 40, 0))
    assert changes(told) == [("parked", "")]
    assert message(one, "connected", **resumed, recordingState="active") != []
    assert changes(message(one, "connected", **resumed, recordingState="paused")) == []


def test_what_an_older_look_up_tells_of_later_than_what_is_known_is_the_state() -> None:
    one = Normaliser("genesys/cx", "a")
    message(one, "parked", parkTime=at(20))
    told = one.conversation(_with_wrapup(50), NOW)
    assert changes(told) == []
    # The resumption is older than the wrap-up: what tells of it is an older look-up.
    back = looked_up(one, ("interact", 5, 20), ("parked", 20, 40), ("interact", 40, 0))
    assert changes(back) == [("connected", "parked")]
    resumed = {"parkTime": at(20), "resumeTime": at(40), "startHoldTime": at(60)}
    assert changes(message(one, "connected", **resumed)) == []


def _with_wrapup(second: int) -> dict[str, Any]:
    """Somebody else of the same conversation, who is gone already."""
    wrapup = {"code": "w", "endTime": at(second)}
    other = {"id": "o", "purpose": "agent", "connectedTime": at(5), "wrapup": wrapup}
    return {"id": "c", "participants": [other]}


@given(st.lists(st.tuples(st.sampled_from(["frame", "rest", "analytics"]), st.integers(0, 5))))
@settings(max_examples=200)
def test_states_are_told_as_they_were_whatever_told_of_them_and_how_late(
    answers: list[tuple[str, int]],
) -> None:
    """An answer shows what was so many turns ago, except that a channel goes back no further."""
    one, heard, told = Normaliser("genesys/cx", "a"), 0, set()
    for turn, (way, ago) in enumerate(answers, start=1):
        shown = max(0, turn - ago)
        if way == "analytics":
            events = looked_up(one, *_segments(shown))
        elif way == "rest":
            events = one.conversation(_shown(shown), NOW)
        else:
            heard = max(heard, shown)
            events = message(one, **_state(heard))
        changed = [event for event in events if event.type == words.CHANGED]
        for event in changed:
            seconds = (event.occurred_at - BEGIN).total_seconds()
            assert event.data["state"] == ("parked" if seconds % 20 else "connected")
            assert 5 < seconds <= 10 * turn
            assert seconds not in told
            told.add(seconds)


def _state(turns: int) -> dict[str, str]:
    """It is parked at each odd turn and resumed at each even one; a turn takes ten seconds."""
    parked, resumed = turns - 1 + turns % 2, turns - turns % 2
    times = {
        **({"parkTime": at(10 * parked)} if parked > 0 else {}),
        **({"resumeTime": at(10 * resumed)} if resumed else {}),
    }
    return {"state": "parked" if turns % 2 else "connected", **times}


def _shown(turns: int) -> dict[str, Any]:
    shown = {"id": "m", "direction": "inbound", "connectedTime": at(5), **_state(turns)}
    agent = {"id": "p", "purpose": "agent", "connectedTime": at(5), "messages": [shown]}
    return {"id": "c", "participants": [agent]}


def _segments(turns: int, other: str = "parked") -> list[tuple[str, int, int]]:
    starts = [5, *(10 * turn for turn in range(1, turns + 1))]
    kinds = ["interact", other] * turns
    return list(zip(kinds or ["interact"], starts, [*starts[1:], 0], strict=False))


@given(
    st.lists(st.tuples(st.sampled_from(["frame", "rest", "analytics"]), st.integers(0, 2))),
    st.booleans(),
    st.integers(2, 3),
)
@settings(max_examples=200)
def test_nobody_is_told_to_be_on_hold_or_off_it_before_it_is_so(
    answers: list[tuple[str, int]], forgets: bool, each: int
) -> None:
    """An answer shows what was so many turns ago, except that a channel goes back no further."""
    one, heard, told = Normaliser("genesys/cx", "a"), 0, Counter[str]()
    for number, (way, ago) in enumerate(answers):
        turn = 1 + number // each
        shown = max(0, turn - ago)
        if way == "analytics":
            events = looked_up(one, *_segments(shown, "hold"))
        elif way == "rest":
            segments = [
                {"type": kind, "startTime": at(start), **({"endTime": at(end)} if end else {})}
                for kind, start, end in _segments(shown, "hold")
            ]
            events = one.conversation(_call(shown, forgets, segments=segments), NOW)
        else:
            heard = max(heard, shown)
            events = one.frame(TOPIC, json.dumps(_call(heard, forgets)).encode(), NOW)
        told.update(event.type for event in events)
        assert told[words.HELD] <= (turn + 1) // 2
        assert told[words.RESUMED] <= turn // 2


def _call(turns: int, forgets: bool, **more: Any) -> dict[str, Any]:
    """A call that is put on hold at each odd turn and taken off it at each even one."""
    held, began = bool(turns % 2), turns - 1 + turns % 2
    start = {"startHoldTime": at(10 * began)} if began > 0 and (held or not forgets) else {}
    call = {"id": "m", "state": "connected", "connectedTime": at(5), "held": held, **start, **more}
    agent = {"id": "p", "purpose": "agent", "connectedTime": at(5), "calls": [call]}
    return {"id": "c", "participants": [agent]}


def test_what_a_channel_has_yet_to_tell_when_a_look_up_is_further_on_is_told() -> None:
    one = Normaliser("genesys/cx", "a")

    def frame(recording: str) -> list[str]:
        return _recordings(message(one, "connected", recordingState=recording))

    assert frame("active") == ["active"]
    assert frame("paused") == ["paused"]
    over = [{"segmentType": "interact", "segmentStart": at(5), "segmentEnd": at(30)}]
    over[0]["disconnectType"] = "peer"
    session = {"sessionId": "m", "mediaType": "message", "segments": over}
    agent = {"participantId": "p", "purpose": "agent", "sessions": [session]}
    ended = one.details({"conversationId": "c", "participants": [agent]}, NOW)
    assert words.DISCONNECTED in {event.type for event in ended}
    # As before it was paused, to the letter.
    assert frame("active") == ["active"]
    assert frame("active") == []


def test_a_value_that_is_as_it_was_before_a_look_up_is_told_again() -> None:
    one = Normaliser("genesys/cx", "a")

    def told(state: str) -> dict[str, Any]:
        at = BEGIN.isoformat()
        call = {"id": "k", "state": "connected", "connectedTime": at, "recordingState": state}
        agent = {"id": "p", "purpose": "agent", "connectedTime": at, "calls": [call]}
        return {"id": "c", "participants": [agent]}

    def frame(state: str, second: int) -> list[str]:
        body = json.dumps(told(state)).encode()
        return _recordings(one.frame(TOPIC, body, BEGIN + timedelta(seconds=second)))

    assert frame("active", 1) == ["active"]
    # What told of the pause was lost.
    found = one.conversation(told("paused"), BEGIN + timedelta(seconds=60))
    assert _recordings(found) == ["paused"]
    assert frame("active", 61) == ["active"]


def _recordings(events: list[Event]) -> list[str]:
    return [str(event.data["recording_state"]) for event in events if event.type == words.RECORDING]


def _untimed(events: list[Event], id: str) -> bool:
    (event,) = [event for event in events if event.id == id]
    return event.type in {words.RESUMED, words.ALERTING}


def _repair(one: Normaliser, way: str, lived: Life, now: datetime) -> list[Event]:
    if way == "rest":
        return one.conversation(rest(lived), now)
    return one.details(analytics(lived), now)


@pytest.mark.parametrize("way", ["rest", "analytics"])
@given(seed=seeds)
@settings(max_examples=40)
def test_a_repair_of_what_was_heard_tells_nothing(way: str, seed: int) -> None:
    lived, one = life(seed), Normaliser("genesys/cx", "a")
    heard = live(lived, one=one)
    again = _repair(one, way, lived, lived.now)
    new = [e for e in again if e.type in ONCE]
    assert new == []
    assert not {event.id for event in again} & {event.id for event in heard}


@given(seeds)
@settings(max_examples=40)
def test_the_end_of_a_hold_that_was_missed_is_told_with_its_real_time(seed: int) -> None:
    lived = life(seed)
    events = Normaliser("genesys/cx", "b").details(analytics(lived), lived.now)
    happened = sorted(one.at for one in lived.happened if one.type == words.RESUMED)
    assert [event.occurred_at for event in events if event.type == words.RESUMED] == happened


def test_a_look_up_that_says_that_it_has_ended_ends_it() -> None:
    one = Normaliser("genesys/cx", "a")
    lived = life(5)
    live(lived, 3, one)
    assert list(one.open()) == [lived.id]
    ended = {"id": lived.id, "endTime": "2026-03-02T12:00:00.000Z", "participants": []}
    (event,) = one.conversation(ended, lived.now)
    assert (event.type, event.data["occurred_at"]) == (words.ENDED, "2026-03-02T12:00:00.000Z")
    assert list(one.open()) == []


def test_analytics_that_lag_tell_nothing_that_is_no_longer_so() -> None:
    lived = life(11)
    one = Normaliser("genesys/cx", "a")
    behind = analytics(lived)
    live(lived, one=one)
    for who in behind["participants"]:
        for segment in who["sessions"][0]["segments"]:
            segment.pop("segmentEnd", None)
            segment.pop("disconnectType", None)
    behind.pop("conversationEnd")
    assert one.details(behind, lived.now) == []
    assert list(one.open()) == []


@pytest.mark.parametrize("told", [{}, {"id": ""}, {"id": 7, "conversationId": None}])
def test_a_look_up_without_an_id_is_rejected(told: dict[str, Any]) -> None:
    one = Normaliser("genesys/cx", "a")
    with pytest.raises(Rejected, match="without its id"):
        one.conversation(told, BEGIN)
    with pytest.raises(Rejected, match="without its conversationId"):
        one.details(told, BEGIN)


def flat(**more: Any) -> dict[str, Any]:
    """A participant as topics of one medium show it."""
    return {
        "id": "p1", "purpose": "agent", "state": "connected", "initialState": "alerting",
        "direction": "inbound", "startTime": "2026-03-02T09:15:30.000Z",
        "connectedTime": "2026-03-02T09:15:44.310Z", "user": {"id": "u1"}, "queue": {"id": "q1"},
        "provider": "Edge", "held": False, "muted": False, "recordingState": "active",
        "peer": "c9", **more,
    }  # fmt: skip


def test_a_topic_of_one_medium_tells_of_the_participant_s_only_communication(valid: Any) -> None:
    one = Normaliser("genesys/cx", "a")
    body = json.dumps({"id": "c1", "participants": [flat()]}).encode()
    events = one.frame(CALLS, body, BEGIN)
    valid(events)
    assert [(e.type, e.data["occurred_at"]) for e in events] == [
        (words.STARTED, "2026-03-02T09:15:30.000Z"),
        (words.JOINED, "2026-03-02T09:15:30.000Z"),
        (words.ALERTING, "2026-03-02T09:15:30.000Z"),
        (words.CONNECTED, "2026-03-02T09:15:44.310Z"),
        (words.RECORDING, "2026-03-02T09:15:44.310Z"),
    ]
    connected = events[3].data
    assert connected["media_type"] == "voice"
    assert (connected["agent_id"], connected["queue_id"]) == ("u1", "q1")
    assert (connected["peer_id"], connected["previous_state"]) == ("c9", "alerting")


def test_a_topic_of_one_medium_tells_holds_and_the_end(valid: Any) -> None:
    one = Normaliser("genesys/cx", "a")
    ended = flat(
        state="disconnected", endTime="2026-03-02T09:18:00.000Z", disconnectType="peer",
        startAcwTime="2026-03-02T09:18:00.000Z",
    )  # fmt: skip
    held = flat(held=True, startHoldTime="2026-03-02T09:16:00.000Z")
    events = []
    for seconds, who in enumerate((flat(), held, flat(), ended)):
        body = json.dumps({"id": "c1", "participants": [who]}).encode()
        events += one.frame(CALLS, body, BEGIN + timedelta(seconds=10 * seconds))
    valid(events)
    assert [event.type for event in events[5:]] == [
        words.HELD,
        words.RESUMED,
        words.DISCONNECTED,
        words.ACW,
        words.LEFT,
        words.ENDED,
    ]
    assert list(one.open()) == []


def test_a_gap_is_an_event_of_its_listener(valid: Any) -> None:
    now = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)
    one, same = Normaliser("genesys/cx", "a"), Normaliser("genesys/cx", "a")
    told = (now - timedelta(minutes=2), now - timedelta(minutes=1), ["t2", "t1"])
    gap = one.gap(*told, now, repaired=3, unrepaired=["c1"], reason="analytics lag behind")
    valid([gap])
    assert (gap.key, gap.type) == ("listener/a", words.GAP)
    assert gap.data["topics"] == 2
    assert gap.data["repaired_conversations"] == 3
    again = same.gap(told[0], told[1], ["t1", "t2"], now + timedelta(hours=1))
    assert again.id == gap.id
    assert Normaliser("genesys/cx", "b").gap(*told, now).id != gap.id
