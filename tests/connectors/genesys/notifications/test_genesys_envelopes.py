"""Detail events that Amazon EventBridge hands on, out of the simulated organisation."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from syncline.clock import SystemClock
from syncline.connector import Context
from syncline.errors import ConfigError, Rejected
from syncline.events import Subscription
from syncline.ports import Secret
from syncline.testing import MemoryCache
from syncline_genesys import connector
from syncline_genesys.notifications.envelopes import DetailEnvelopes
from syncline_genesys.settings import Settings

TOPIC = "v2.detail.events.conversation.{id}.customer.end"
CONVERSATION = "8f0c7a52-9d3f-4c62-9b53-1f6d4c7f0a10"
BODY = {
    "eventTime": 1772443270900,
    "conversationId": CONVERSATION,
    "participantId": "a1c7d1b0-2c55-4a0f-8a57-0f8f6a0d1c01",
    "sessionId": "5e0b8a1e-88b0-4dd1-a9f7-5fb4c3f2d001",
    "disconnectType": "ENDPOINT",
    "mediaType": "VOICE",
    "direction": "INBOUND",
    "ani": "tel:+15555550100",
}


def envelope(**changes: Any) -> dict[str, Any]:
    found = {
        "source": "aws.partner/genesys.com/cloud/org-1/mirror",
        "detail-type": TOPIC,
        "detail": {"topicName": TOPIC.replace("{id}", CONVERSATION), "eventBody": BODY},
    }
    return {**found, **changes}


def opened(*topics: str, organization: str = "") -> DetailEnvelopes:
    settings = Settings(
        region="mypurecloud.ie",
        client_id="c",
        client_secret=Secret("s"),
        organization=organization,
    )
    context = Context(connection="cx", clock=SystemClock(), cache=MemoryCache())
    assert connector.envelopes is not None
    wanted = topics or ("v2.detail.events.conversation.*",)
    found = connector.envelopes(settings, context, Subscription(job="mirror", topics=wanted))
    assert isinstance(found, DetailEnvelopes)
    return found


def test_a_detail_event_becomes_events_with_the_vendors_own_time() -> None:
    events = opened().read(envelope())
    assert events
    assert {event.key for event in events} == {CONVERSATION}
    assert {event.data["occurred_at"] for event in events} == {"2026-03-02T09:21:10.900Z"}
    assert "5555550100" not in json.dumps([event.canonical() for event in events])


def test_a_detail_event_that_comes_twice_is_told_once_and_by_everybody_with_one_id() -> None:
    a, b = opened(), opened()
    first = a.read(envelope())
    assert a.read(envelope()) == []
    other = b.read(envelope())
    assert first is not None
    assert other is not None
    assert Counter(one.id for one in first) == Counter(one.id for one in other)


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "aws.ec2"},
        {"source": 7},
        {"source": "aws.partner/genesys.com/cloud/org-2/mirror"},
        {"detail": None},
        {"detail": {"topicName": "v2.audits.entitytype.Queue.entityid.x", "eventBody": {}}},
        {"detail": {"topicName": 7}},
    ],
)
def test_messages_of_others_are_left_to_them(changes: dict[str, Any]) -> None:
    assert opened(organization="org-1").read(envelope(**changes)) is None


def test_only_topics_that_the_job_names_are_told() -> None:
    narrow = opened("v2.detail.events.conversation.*.acw")
    assert narrow.read(envelope()) is None
    by_template = opened("v2.detail.events.conversation.{id}.customer.*")
    assert by_template.read(envelope())


def test_a_detail_event_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(Rejected):
        opened().read(envelope(detail={**envelope()["detail"], "eventBody": "x"}))


def test_a_topic_of_sockets_does_not_come_out_of_a_queue() -> None:
    with pytest.raises(ConfigError, match="does not come out of a queue"):
        opened("v2.users.*.conversations")
