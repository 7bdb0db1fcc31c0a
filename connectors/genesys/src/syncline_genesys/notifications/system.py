"""What the vendor says on a socket about the socket itself. Pure.

Source: Genesys notification service: `channel.metadata` (heartbeats and pongs), `v2.system.*`, and
answers, which carry a `result`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from attrs import frozen

from syncline.model import JSON


@frozen
class Alive:
    """A heartbeat, an answer to a ping, or a note that asks for nothing."""


@frozen
class Closing:
    """The socket closes in about a minute; what listens has to move by then."""


@frozen
class Ended:
    """The channel tells nothing any more."""

    why: str
    channel: str = ""
    """Its id where the message names one; it may be another than the one that told."""


SystemMessage: TypeAlias = Alive | Closing | Ended

ALIVE = Alive()
_SYSTEM = "v2.system."
_NO_LONGER = "no_longer_subscribed"
_REVOKED = "token_revoked"


def system_message(raw: bytes) -> SystemMessage | None:
    """Return what a message says of its channel; None where it is about something else."""
    try:
        message = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict):
        return None
    topic = message.get("topicName")
    if not isinstance(topic, str):
        return _answer(message)
    if topic.startswith(_SYSTEM):
        return _system(topic.removeprefix(_SYSTEM), _body(message))
    return ALIVE if topic.startswith(("channel.", "v2.subscription.")) else None


def _answer(message: Mapping[str, JSON]) -> SystemMessage | None:
    result = message.get("result")
    if result is None:
        return ALIVE if message.get("message") == "pong" else None
    # "The channel has expired, was replaced, or its token ended."
    return Ended("the vendor does not know the channel any more") if str(result) == "404" else ALIVE


def _system(what: str, body: Mapping[str, JSON]) -> SystemMessage:
    kind = body.get("systemTopicType")
    if what.startswith("socket_closing"):
        return Closing()
    if what.startswith(_NO_LONGER) or kind == _NO_LONGER:
        reason = body.get("reason")
        why = f"no longer subscribed ({reason})" if isinstance(reason, str) else "replaced"
        channel = body.get("channelId")
        return Ended(why, channel if isinstance(channel, str) else _named(what))
    if what.startswith(_REVOKED) or kind == _REVOKED:
        return Ended("the token was revoked")
    return ALIVE


def _named(what: str) -> str:
    return what.partition(".")[2]


def _body(message: Mapping[str, JSON]) -> Mapping[str, JSON]:
    body = message.get("eventBody")
    return body if isinstance(body, dict) else {}


__all__ = ["ALIVE", "Alive", "Closing", "Ended", "SystemMessage", "system_message"]
