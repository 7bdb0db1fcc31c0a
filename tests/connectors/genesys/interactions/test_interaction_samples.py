"""The vendor's own samples, and its words."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest

from syncline.events import Event
from syncline.events import interaction as words
from syncline_genesys.interactions import Normaliser, envelope
from syncline_genesys.interactions.shapes import (
    AfterCallWork,
    Communication,
    Flattened,
    Participant,
    Wrapup,
)
from syncline_genesys.interactions.words import MEDIA, reason_of

NOW = datetime(2026, 3, 2, 9, 22, tzinfo=timezone.utc)


def heard(one: Normaliser, frame: dict[str, Any]) -> list[Event]:
    found = envelope(json.dumps(frame).encode())
    return one.frame(found.topic, found.body, NOW)


def brief(event: Event) -> tuple[str, object, str]:
    at = event.data["occurred_at"]
    assert isinstance(at, str)
    return event.type, event.data.get("purpose"), at[11:23]


def test_the_first_sample_is_an_agent_who_talks_with_a_customer(
    samples: list[dict[str, Any]], valid: Any
) -> None:
    events = heard(Normaliser("genesys/cx", "a"), samples[0])
    valid(events)
    assert [brief(event) for event in events] == [
        (words.STARTED, None, "09:15:02.114"),
        (words.JOINED, "customer", "09:15:02.114"),
        (words.CONNECTED, "customer", "09:15:02.114"),
        (words.JOINED, "ivr", "09:15:02.120"),
        (words.CONNECTED, "ivr", "09:15:02.120"),
        (words.TRANSFERRED, "ivr", "09:15:31.000"),
        (words.DISCONNECTED, "ivr", "09:15:31.000"),
        (words.LEFT, "ivr", "09:15:31.000"),
        (words.JOINED, "acd", "09:15:31.010"),
        (words.CONNECTED, "acd", "09:15:31.010"),
        (words.TRANSFERRED, "acd", "09:15:44.300"),
        (words.DISCONNECTED, "acd", "09:15:44.300"),
        (words.LEFT, "acd", "09:15:44.300"),
        (words.JOINED, "agent", "09:15:44.310"),
        (words.ALERTING, "agent", "09:15:44.310"),
        (words.CONNECTED, "agent", "09:15:44.310"),
        (words.RECORDING, "agent", "09:15:44.310"),
    ]


def test_an_event_carries_what_the_snapshot_says_and_no_person(
    samples: list[dict[str, Any]],
) -> None:
    events = heard(Normaliser("genesys/cx", "a"), samples[0])
    (connected,) = [e for e in events if brief(e)[:2] == (words.CONNECTED, "agent")]
    assert connected.key == "8f0c7a52-9d3f-4c62-9b53-1f6d4c7f0a10"
    assert connected.source == "genesys/cx"
    assert dict(connected.data) == {
        "event_id": connected.id,
        "event_type": "communication.connected",
        "conversation_id": "8f0c7a52-9d3f-4c62-9b53-1f6d4c7f0a10",
        "participant_id": "a1c7d1b0-2c55-4a0f-8a57-0f8f6a0d1c04",
        "communication_id": "5e0b8a1e-88b0-4dd1-a9f7-5fb4c3f2d004",
        "agent_id": "3f2b1f0a-6f57-4c0e-9d7e-2b6b8f5b7a11",
        "queue_id": "0c57879e-fc96-440c-9e0b-e1973f88c0ef",
        "media_type": "voice",
        "direction": "inbound",
        "purpose": "agent",
        "state": "connected",
        "previous_state": "alerting",
        "occurred_at": "2026-03-02T09:15:44.310Z",
        "observed_at": "2026-03-02T09:22:00.000Z",
        "topic": "v2.routing.queues.0c57879e-fc96-440c-9e0b-e1973f88c0ef.conversations",
        "listener": "a",
        "synthetic": False,
        "initial_state": "alerting",
        "provider": "Edge",
        "division_ids": ["5a1eaef9-cee0-4d74-bb65-f66862227bea"],
        "peer_id": "5e0b8a1e-88b0-4dd1-a9f7-5fb4c3f2d001",
        "recording_state": "active",
    }


def test_the_second_sample_ends_the_conversation_and_after_call_work_begins(
    samples: list[dict[str, Any]], valid: Any
) -> None:
    one = Normaliser("genesys/cx", "a")
    heard(one, samples[0])
    events = heard(one, samples[1])
    valid(events)
    assert [(brief(event)[0], event.data.get("reason")) for event in events] == [
        (words.DISCONNECTED, "endpoint"),
        (words.LEFT, None),
        (words.DISCONNECTED, "peer"),
        (words.ACW, None),
        (words.LEFT, None),
        (words.ENDED, None),
    ]
    assert list(one.open()) == []


def test_the_samples_of_detail_events_tell_ends_with_their_reasons(
    samples: list[dict[str, Any]], valid: Any
) -> None:
    one = Normaliser("genesys/cx", "a")
    events = [event for frame in samples[2:] for event in heard(one, frame)]
    valid(events)
    assert [(e.type, e.data["purpose"], e.data["reason"]) for e in events] == [
        (words.TRANSFERRED, "acd", "transfer"),
        (words.DISCONNECTED, "acd", "transfer"),
        (words.DISCONNECTED, "customer", "endpoint"),
    ]
    # Delivered again, they are the same.
    assert [event for frame in samples[2:] for event in heard(one, frame)] == []


@pytest.fixture(scope="module")
def definitions(shared: Path) -> dict[str, Any]:
    spec = json.loads((shared / "specs" / "genesys.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = spec.get("definitions") or spec["components"]["schemas"]
    return found


def _members(definitions: dict[str, Any], *names: str) -> set[str]:
    return {member for name in names for member in definitions[name]["properties"]}


OF_LISTS = [
    "Call", "Callback", "Chat", "Cobrowse", "Email", "InternalMessage", "Message",
    "ScreenMonitoring", "ScreenShare", "SocialExpression", "Video",
]  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        (Participant, ["ConversationEventTopicParticipant", "Participant"]),
        (
            Communication,
            [*(f"ConversationEventTopic{name}" for name in OF_LISTS), "Call"],
        ),
        (Wrapup, ["ConversationEventTopicWrapup", "Wrapup"]),
        (AfterCallWork, ["ConversationEventTopicAfterCallWork"]),
        (
            Flattened,
            [
                "ConversationCallEventTopicCallMediaParticipant",
                "QueueConversationMessageEventTopicMessageMediaParticipant",
            ],
        ),
    ],
)
def test_every_member_that_is_read_is_one_that_the_vendor_documents(
    definitions: dict[str, Any], shape: type[msgspec.Struct], names: list[str]
) -> None:
    read = {member.encode_name for member in msgspec.structs.fields(shape)}
    ours = {"holds", "passages"}
    # Those of e-mails and callbacks, which the specification does not hold, have these two.
    other = {"subject", "callbackScheduledTime"} if shape is Flattened else set()
    assert read - ours - other <= _members(definitions, *names)


def test_every_list_of_communications_is_read(definitions: dict[str, Any]) -> None:
    members = definitions["ConversationEventTopicParticipant"]["properties"]
    lists = {
        name
        for name, value in members.items()
        if "state" in definitions.get(_target(value), {}).get("properties", {})
    }
    assert lists == set(MEDIA)


def _target(value: dict[str, Any]) -> str:
    return str(value.get("items", {}).get("$ref", "")).rsplit("/", 1)[-1]


def _enum(definitions: dict[str, Any], name: str, member: str) -> list[str]:
    found: list[str] = definitions[name]["properties"][member]["enum"]
    return found


def test_every_transport_spells_a_reason_in_the_same_way(definitions: dict[str, Any]) -> None:
    live = {
        word
        for name in OF_LISTS
        for word in _enum(definitions, f"ConversationEventTopic{name}", "disconnectType")
    }
    others = [
        *_enum(definitions, "Call", "disconnectType"),
        *_enum(definitions, "Message", "disconnectType"),
        *_enum(definitions, "AnalyticsConversationSegment", "disconnectType"),
        *_enum(definitions, "UserEndDetailEventTopicUserEndEvent", "disconnectType"),
    ]
    assert {reason_of(word) for word in live} == live
    assert {reason_of(word) for word in others} - {""} == live


def test_a_reason_that_nobody_knows_leaves_as_it_came() -> None:
    assert reason_of("abducted.by.aliens") == "abducted.by.aliens"
    assert reason_of("UNKNOWN") == reason_of(None) == ""
