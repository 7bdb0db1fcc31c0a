"""What does not look as it should."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any, TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncline.errors import Rejected
from syncline.events import Event, Privacy
from syncline.events import interaction as words
from syncline_genesys.interactions import Normaliser, envelope
from syncline_genesys.interactions.normaliser import LARGEST
from syncline_genesys.interactions.testing import PRIVATE, life

T = TypeVar("T")
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)
TOPIC = "v2.users.u.conversations"
OPEN = Privacy(
    addresses="keep", names="keep", texts="keep", attributes=("*",), attribute_values="keep"
)
TOPICS = st.sampled_from(
    [
        TOPIC,
        "v2.routing.queues.q.conversations",
        "v2.users.u.conversations.calls",
        "v2.users.u.conversations.",
        "v2.detail.events.conversation.c.acd.end",
        "v2.detail.events.conversation.",
        "",
    ]
)
WORDS = st.sampled_from(
    [
        "id", "participants", "calls", "state", "connected", "alerting", "held", "attributes",
        "connectedTime", "disconnectedTime", "endTime", "2026-03-02T09:15:02.114Z",
        "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "startHoldTime", "wrapup",
        "code", "afterCallWork", "holds", "passages", "start", "divisions", "division",
        "conversationId", "eventTime", "topicName", "eventBody", "sessions", "segments",
        "segmentStart", "segmentType", "hold", "\u0000", "x",
    ]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=25,
)


def answers(ask: Callable[[], T]) -> T | None:
    """What is answered; None where it is rejected, which says so."""
    try:
        return ask()
    except Rejected as error:
        said = str(error)
    assert "left out" in said
    return None


def frame(one: Normaliser, topic: str, body: bytes) -> list[Event]:
    """What is told; what is rejected is counted."""
    before = one.counts.rejected
    events = answers(partial(one.frame, topic, body, NOW))
    assert (one.counts.rejected > before) is (events is None)
    return events or []


@given(TOPICS, JSON)
@settings(max_examples=120)
def test_any_json_is_told_or_rejected(valid: Any, topic: str, value: object) -> None:
    one = Normaliser("genesys/cx", "a", OPEN)
    valid(frame(one, topic, json.dumps(value).encode()))
    for wrapped in ({"id": "c", "participants": [value]}, {"id": "c", "participants": value}):
        valid(frame(one, topic, json.dumps(wrapped).encode()))


@given(st.binary(max_size=60), TOPICS)
@settings(max_examples=150)
def test_any_bytes_are_told_or_rejected(body: bytes, topic: str) -> None:
    one = Normaliser("genesys/cx", "a", OPEN)
    frame(one, topic, body)
    found = answers(partial(envelope, body))
    assert found is None or isinstance(found.topic, str)


@given(st.integers(0, 500), st.integers(0, 10_000), st.binary(max_size=3))
@example(0, 3079, b"\x80")
@settings(max_examples=80)
def test_a_damaged_snapshot_is_told_or_rejected(
    valid: Any, seed: int, place: int, damage: bytes
) -> None:
    one = Normaliser("genesys/cx", "a", OPEN)
    for text in life(seed).snapshots[-2:]:
        at = place % len(text)
        valid(frame(one, TOPIC, text[:at] + damage + text[at + len(damage) :]))


@given(JSON)
@settings(max_examples=80)
def test_any_answer_of_rest_is_told_or_rejected(valid: Any, value: Any) -> None:
    one = Normaliser("genesys/cx", "a", OPEN)
    for told in (
        value,
        {"id": "c", "participants": value, "conversationId": "c", "endTime": value},
    ):
        if isinstance(told, dict):
            valid(answers(partial(one.conversation, told, NOW)) or [])
            valid(answers(partial(one.details, told, NOW)) or [])


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b"{}", b'{"id":7}', b'{"id":""}', b'{"id":"c","participants":{}}',
        b"\xff\xfe", b'{"id":"c","participants":[', b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
def test_what_is_no_conversation_is_rejected_with_its_topic(body: bytes) -> None:
    one = Normaliser("genesys/cx", "a")
    with pytest.raises(Rejected, match=TOPIC):
        one.frame(TOPIC, body, NOW)
    assert one.counts.rejected == 1


def test_a_rejection_repeats_no_value() -> None:
    one = Normaliser("genesys/cx", "a")
    body = json.dumps({"id": {"of": PRIVATE["name"]}, "participants": [PRIVATE["address"]]})
    with pytest.raises(Rejected) as caught:
        one.frame(TOPIC, body.encode(), NOW)
    assert not [value for value in PRIVATE.values() if value in str(caught.value)]


def person(**more: Any) -> dict[str, Any]:
    call = {"id": "s1", "state": "connected", "connectedTime": "2026-03-02T09:15:02.114Z"}
    return {"id": "p1", "connectedTime": "2026-03-02T09:15:02.114Z", "calls": [call], **more}


def told(*participants: Any, one: Normaliser | None = None, now: datetime = NOW) -> list[Event]:
    body = json.dumps({"id": "c1", "participants": participants}).encode()
    return (one or Normaliser("genesys/cx", "a", OPEN)).frame(TOPIC, body, now)


@pytest.mark.parametrize(
    "damage",
    [
        {"name": 7}, {"wrapup": "none"}, {"attributes": ["a"]}, {"address": {}}, {"purpose": []},
        {"endTime": "yesterday"}, {"endTime": "2026-03-02T09:15:02.114"}, {"chats": {}},
        {"emails": [7]}, {"teamId": False},
    ],
    ids=str,
)  # fmt: skip
def test_a_member_of_another_kind_is_left_out_alone(damage: dict[str, Any], valid: Any) -> None:
    events = told(person(**damage))
    valid(events)
    whole = {event.id for event in told(person()) if event.type != words.ATTRIBUTES}
    assert {event.id for event in events if event.type != words.ATTRIBUTES} == whole


def test_a_participant_that_cannot_be_read_hides_no_other_and_is_counted() -> None:
    one = Normaliser("genesys/cx", "a")
    events = told(7, {"purpose": "x"}, person(), one=one)
    assert [event.type for event in events] == [words.STARTED, words.JOINED, words.CONNECTED]
    assert one.counts.salvaged == 2


def test_a_state_that_nobody_knows_is_told_in_the_vendor_s_word() -> None:
    one = Normaliser("genesys/cx", "a")
    told(person(), one=one)
    strange = person()
    strange["calls"][0] |= {"state": "levitating", "direction": "upwards", "provider": None}
    (event,) = told(strange, one=one, now=NOW + timedelta(seconds=10))
    assert (event.type, event.data["state"]) == (words.CHANGED, "levitating")
    assert event.data["previous_state"] == "connected"
    assert event.data["direction"] == "upwards"
    (back,) = told(person(), one=one, now=NOW + timedelta(seconds=20))
    assert (back.type, back.data["state"]) == (words.CHANGED, "connected")
    (again,) = told(strange, one=one, now=NOW + timedelta(seconds=30))
    assert again.data["state"] == "levitating"
    assert again.id != event.id


def test_a_medium_that_nobody_knows_is_told_by_the_name_of_its_list() -> None:
    items = [{"id": "s1", "state": "connected", "connectedTime": "2026-03-02T09:15:02.114Z"}]
    events = told({"id": "p1", "workitems": items, "mediaRoles": ["full"]})
    assert [event.data.get("media_type") for event in events] == ["workitem", None, "workitem"]


def test_a_time_without_an_offset_in_another_zone_is_the_same_instant() -> None:
    far = person()
    far["calls"][0]["connectedTime"] = "2026-03-02T14:45:02.114+05:30"
    event = told(far)[-1]
    assert event.data["occurred_at"] == "2026-03-02T09:15:02.114Z"


def test_a_conversation_of_a_thousand_participants_is_told_in_no_time() -> None:
    one = Normaliser("genesys/cx", "a")
    many = [person(id=f"p{number}") for number in range(1000)]
    for number, who in enumerate(many):
        who["calls"] = [{**who["calls"][0], "id": f"s{number}"}]
    assert len(told(*many, one=one)) == 2001
    more = person(id="new")
    more["calls"][0]["id"] = "s-new"
    assert len(told(*many, more, one=one)) == 2


def test_half_a_character_from_a_look_up_leaves_as_a_question_mark() -> None:
    one = Normaliser("genesys/cx", "a", OPEN)
    who = person(name="half \ud800", attributes={"a\udfff": "b\ud800"})
    events = one.conversation({"id": "c1", "participants": [who]}, NOW)
    named = [event.data["name"] for event in events if "name" in event.data]
    assert set(named) == {"half ?"}
    assert [e.data["attributes"] for e in events if e.type == words.ATTRIBUTES] == [{"a?": "b?"}]


def test_an_answer_that_is_nested_without_end_is_rejected() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(Rejected, match="nested too deep"):
        Normaliser("genesys/cx", "a").details({"conversationId": "c", "x": deep}, NOW)


def test_a_detail_event_with_an_id_of_its_own_is_no_snapshot() -> None:
    topic = "v2.detail.events.conversation.c1.acd.start"
    body = {"id": "x", "conversationId": "c1", "eventTime": 1772442944300, "participantId": "p"}
    one = Normaliser("genesys/cx", "a")
    found = envelope(json.dumps({"topicName": topic, "eventBody": body}))
    (event,) = one.frame(found.topic, found.body, NOW)
    assert (event.key, event.type) == ("c1", words.JOINED)
    snapshot = envelope(json.dumps({"topicName": TOPIC, "eventBody": {"id": "c1"}})).body
    with pytest.raises(Rejected, match="a snapshot on the topic of a detail event"):
        one.frame(topic, snapshot, NOW)


@pytest.mark.parametrize("odd", [[7], [{}], [None], [[]]], ids=str)
def test_what_is_no_communication_keeps_no_conversation_open(odd: list[Any]) -> None:
    one = Normaliser("genesys/cx", "a")
    over = "2026-03-02T09:20:00.000Z"
    gone = person()
    gone["calls"][0] |= {"state": "disconnected", "disconnectedTime": over}
    events = told(gone | {"emails": odd}, one=one)
    assert events[-1].type == words.ENDED
    assert list(one.open()) == []


@pytest.mark.parametrize(("participants", "calls"), [(LARGEST + 1, 0), (2, LARGEST // 2 + 1)])
def test_a_conversation_that_is_larger_than_any_is_refused(participants: int, calls: int) -> None:
    one = Normaliser("genesys/cx", "a")
    several = [
        {"id": f"p{n}", "calls": [{"id": f"c{n}.{m}", "state": "connected"} for m in range(calls)]}
        for n in range(participants)
    ]
    told = {"id": "c", "participants": several}
    with pytest.raises(Rejected, match="more than 2,000 participants or communications"):
        one.frame(TOPIC, json.dumps(told).encode(), NOW)
    with pytest.raises(Rejected, match="c: a conversation with more than 2,000"):
        one.conversation(told, NOW)
    # Another one is heard as before.
    assert one.frame(TOPIC, json.dumps({**told, "participants": several[:1]}).encode(), NOW)
