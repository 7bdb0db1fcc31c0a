"""Frames of a notification channel, and answers about conversations, as targets of fuzzing."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import cache

from jsonschema import Draft202012Validator

from syncline.errors import Rejected
from syncline.events import Event, Privacy
from syncline.events.interaction import json_schema
from syncline_genesys.interactions import Normaliser, envelope
from syncline_genesys.interactions.retold import analytics, rest
from syncline_genesys.interactions.testing import life

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)
_OPEN = Privacy(
    addresses="keep", names="keep", texts="keep", attributes=("*",), attribute_values="keep"
)
_LIVES = [life(seed) for seed in (1, 3, 11)]

_TOPICS = ("v2.users.u.conversations", "v2.routing.queues.q.conversations.calls")


def _frame(topic: str, body: bytes) -> str:
    return json.dumps({"topicName": topic, "version": "2", "eventBody": json.loads(body)})


FRAMES = (
    *[_frame(_TOPICS[0], one.snapshots[-1]) for one in _LIVES],
    *[_frame(_TOPICS[1], one.snapshots[3]) for one in _LIVES],
    '{"topicName":"v2.detail.events.conversation.c.acd.end","eventBody":{"eventTime":1772442944300,'
    '"conversationId":"c","participantId":"p","sessionId":"s","disconnectType":"TRANSFER",'
    '"mediaType":"VOICE","direction":"INBOUND","queueId":"q","ani":"tel:+15555550100"}}',
    '{"topicName":"channel.metadata","eventBody":{"message":"WebSocket Heartbeat"}}',
)
LOOK_UPS = tuple(json.dumps(tell(one)) for one in _LIVES for tell in (rest, analytics))
WORDS = (
    '"id"', '"participants"', '"state"', '"connected"', '"2026-03-02T09:15:02.114Z"', "null", "[]",
    "{}", "1e999", "\\ud800", '"calls"', '"0001-01-01T00:00:00+23:59"', "-1", ",", '"held":true',
    '"holds"', '"attributes"', '"segments"',
)  # fmt: skip


@cache
def _schema() -> Draft202012Validator:
    return Draft202012Validator(json_schema())


def read_frame(text: str) -> object:
    """Return how many events a frame makes; each is as its schema says."""
    found = envelope(text.encode("utf-8", "surrogatepass"))
    return _valid(Normaliser("genesys/cx", "a", _OPEN).frame(found.topic, found.body, NOW))


def read_look_up(text: str) -> object:
    """Return how many events an answer of REST makes, and one of analytics."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Rejected(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise Rejected("no object")
    one = Normaliser("genesys/cx", "a", _OPEN)
    return _valid(
        one.details(found, NOW) if "conversationId" in found else one.conversation(found, NOW)
    )


def _valid(events: list[Event]) -> int:
    for event in events:
        _schema().validate(json.loads(json.dumps(dict(event.data))))
    return len(events)


__all__ = ["FRAMES", "LOOK_UPS", "WORDS", "read_frame", "read_look_up"]
