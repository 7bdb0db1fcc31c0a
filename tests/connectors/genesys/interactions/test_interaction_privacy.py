"""What of a person leaves with an event."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.events import Event, Privacy
from syncline.events import interaction as words
from syncline.secret import Secret
from syncline_genesys.interactions import Normaliser
from syncline_genesys.interactions.retold import analytics, rest
from syncline_genesys.interactions.testing import PRIVATE, life

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)
TOPIC = "v2.users.u.conversations"
KEY = Secret("a key of thirty-two characters or so")
DETAIL = "v2.detail.events.conversation.c1."
seeds = st.integers(min_value=0, max_value=2**32)


def everything(seed: int, privacy: Privacy | None) -> list[Event]:
    """All that is told of a life, by every transport."""
    lived = life(seed)
    live, looked, analysed, detailed = (Normaliser("genesys/cx", name, privacy) for name in "abcd")
    events = [event for frame in lived.snapshots for event in live.frame(TOPIC, frame, NOW)]
    events += looked.conversation(rest(lived), NOW)
    events += analysed.details(analytics(lived), NOW)
    for name in ("customer.start", "wrapup", "attributes", "contact"):
        events += detailed.frame(DETAIL + name, json.dumps(detail()).encode(), NOW)
    return events


def detail() -> dict[str, Any]:
    return {
        "eventTime": 1772442944300, "conversationId": "c1", "participantId": "p1",
        "sessionId": "s1", "mediaType": "VOICE", "direction": "INBOUND",
        "ani": PRIVATE["address"], "dnis": "tel:+15550199999", "addressFrom": PRIVATE["address"],
        "callbackUserName": PRIVATE["name"], "callbackNumbers": [PRIVATE["address"]],
        "subject": PRIVATE["subject"], "wrapupCode": "code-a", "wrapupNotes": PRIVATE["notes"],
        "attributes": {"tier": "gold", "secret": PRIVATE["secret"]},
    }  # fmt: skip


def text(events: Iterable[Event]) -> str:
    return "".join(json.dumps(event.canonical(), ensure_ascii=False) for event in events)


@given(seeds)
@settings(max_examples=25)
def test_no_private_value_leaves_where_nothing_is_said_about_privacy(seed: int) -> None:
    told = text(everything(seed, None))
    assert not [name for name, value in PRIVATE.items() if value in told or value[5:] in told]
    assert "tier" not in told


@given(seeds)
@settings(max_examples=25)
def test_with_a_key_addresses_leave_as_digests_and_the_rest_does_not(seed: int) -> None:
    events = everything(seed, Privacy(key=KEY))
    told = text(events)
    assert not [name for name, value in PRIVATE.items() if value in told]
    digests = {event.data["address"] for event in events if "address" in event.data}
    assert len(digests) == 1
    assert str(digests.pop()).startswith("hmac:")


@given(seeds)
@settings(max_examples=25)
def test_only_attributes_that_are_named_leave(seed: int) -> None:
    named = Privacy(attributes=("tier",), attribute_values="keep")
    events = [event for event in everything(seed, named) if event.type == words.ATTRIBUTES]
    assert {name for event in events for name in _attributes(event)} <= {"tier"}
    assert events
    assert PRIVATE["secret"] not in text(everything(seed, named))


def _attributes(event: Event) -> dict[str, str]:
    found = event.data["attributes"]
    assert isinstance(found, dict)
    return {str(name): str(value) for name, value in found.items()}


def snapshot(**attributes: object) -> bytes:
    who = {
        "id": "p1", "connectedTime": "2026-03-02T09:15:02.114Z", "purpose": "customer",
        "attributes": attributes, "calls": [{"id": "s1", "state": "connected"}],
    }  # fmt: skip
    return json.dumps({"id": "c1", "participants": [who]}).encode()


def attributes_told(privacy: Privacy, **attributes: object) -> list[Event]:
    one = Normaliser("genesys/cx", "a", privacy)
    events = one.frame(TOPIC, snapshot(**attributes), NOW)
    return [event for event in events if event.type == words.ATTRIBUTES]


def test_an_id_says_nothing_of_a_value_that_was_dropped() -> None:
    named = Privacy(attributes=("tier",), attribute_values="keep")
    (one,) = attributes_told(named, tier="gold", pin="1234")
    (other,) = attributes_told(named, tier="gold", pin="9876")
    assert one.id == other.id


def test_an_id_of_hashed_attributes_cannot_be_guessed_without_the_key() -> None:
    ids = set()
    for key in ("first", "second"):
        hashed = Privacy(attributes=("pin",), key=Secret(key))
        (one,) = attributes_told(hashed, pin="1234")
        ids.add(one.id)
        assert _attributes(one)["pin"].startswith("hmac:")
    assert len(ids) == 2


@pytest.mark.parametrize(
    "privacy",
    [
        Privacy(),
        Privacy(attributes=("tier",)),
        Privacy(attributes=("tier",), attribute_values="drop", key=KEY),
        Privacy(attributes=("other",), attribute_values="keep"),
    ],
    ids=["default", "no key", "dropped", "another name"],
)
def test_attributes_that_may_not_leave_make_no_event(privacy: Privacy) -> None:
    assert attributes_told(privacy, tier="gold") == []


def test_a_star_stands_for_any_ending() -> None:
    starred = Privacy(attributes=("order.*",), attribute_values="keep")
    (one,) = attributes_told(starred, **{"order.id": "7", "order.sum": 3, "ordered": "x", "a": "b"})
    assert _attributes(one) == {"order.id": "7", "order.sum": "3"}


def test_attributes_are_told_again_when_they_change_and_when_they_are_gone() -> None:
    named = Privacy(attributes=("tier",), attribute_values="keep")
    one = Normaliser("genesys/cx", "a", named)
    told = []
    frames = (
        snapshot(tier="gold"),
        snapshot(tier="gold", pin="1"),
        snapshot(tier="silver"),
        snapshot(),
    )
    for frame in frames:
        told += [e for e in one.frame(TOPIC, frame, NOW) if e.type == words.ATTRIBUTES]
    assert [_attributes(event) for event in told] == [{"tier": "gold"}, {"tier": "silver"}, {}]


def test_what_may_be_kept_is_kept() -> None:
    kept = Privacy(addresses="keep", names="keep", texts="keep")
    told = text(everything(3, kept))
    assert PRIVATE["name"] in told
    assert PRIVATE["address"] in told
    assert PRIVATE["notes"] in told
    assert PRIVATE["secret"] not in told
