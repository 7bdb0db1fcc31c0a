"""Detail events, `v2.detail.events.conversation.{id}.user.start` and others. Pure.

Each tells one thing by itself, with its own time; none is a snapshot, and none says that the
conversation has ended. Their ids are apart from those of notifications: the same moment heard by
both transports is two events.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Raw

from syncline.errors import Rejected
from syncline.events import interaction as words

from .facts import Fact
from .privacy_filter import PrivacyFilter
from .reading import text_in
from .shapes import UNREADABLE, Communication, Participant, Snapshot, Wrapup
from .times import of_millis
from .words import lower, reason_of

NAMESPACE = "detail"
PREFIX = "v2.detail.events.conversation."
_PURPOSES = {
    "acd": "acd",
    "flow": "ivr",
    "user": "agent",
    "customer": "customer",
    "voicemail": "voicemail",
}


def name_of(topic: str) -> str:
    """Return what a topic tells of, such as `acd.end`; "" where it is no such topic."""
    if not topic.startswith(PREFIX):
        return ""
    return topic[len(PREFIX) :].partition(".")[2]


def read(topic: str, body: bytes | Raw | Snapshot) -> dict[str, Any]:
    """Return the body of a detail event.

    Raises:
        Rejected: it is no object with a conversation and a time.
    """
    if isinstance(body, Snapshot):
        raise Rejected(f"{topic}: a snapshot on the topic of a detail event; left out")
    try:
        found = msgspec.json.decode(body)
    except UNREADABLE as error:
        raise Rejected(f"{topic}: cannot be read ({error}); left out") from error
    if not isinstance(found, dict) or not text_in(found, "conversationId"):
        raise Rejected(f"{topic}: a detail event without a conversationId; left out")
    if of_millis(found.get("eventTime")) is None:
        raise Rejected(f"{topic}: a detail event without an eventTime in milliseconds; left out")
    return found


def facts_of(name: str, body: Mapping[str, Any], privacy: PrivacyFilter) -> Iterator[Fact]:
    """Yield what a detail event says.

    Those that have no type of their own (`contact`, `flow.outcome`, `outbound`, and what may come)
    are `communication.changed`, with the name of the event as the state.
    """
    participant, communication = _participant(name, body), _communication(body)
    media = lower(text_in(body, "mediaType"))
    at = of_millis(body.get("eventTime"))
    mark = f"{NAMESPACE} {name} {body.get('eventTime')}"
    reason = reason_of(text_in(body, "disconnectType")) or lower(text_in(body, "flowOutcomeValue"))
    attributes = privacy.chosen(_object(body, "attributes")) if name == "attributes" else {}
    for type, state in _types(name, reason):
        if type != words.ATTRIBUTES or attributes:
            yield Fact(
                type, at, participant, communication, media, 0, mark, state, reason,
                attributes=attributes or None,
            )  # fmt: skip


def _types(name: str, reason: str) -> list[tuple[str, str]]:
    """Return the types of a detail event, each with the state after it."""
    match name.rpartition("."):
        case (_, _, "start"):
            return [(words.JOINED, "")]
        case (_, _, "end"):
            ended = (words.DISCONNECTED, "disconnected")
            moved = (words.TRANSFERRED, "disconnected")
            return [moved, ended] if reason.startswith("transfer") else [ended]
        case ("", "", "acw"):
            return [(words.ACW, "complete")]
        case ("", "", "wrapup"):
            return [(words.WRAPUP, "")]
        case ("", "", "attributes"):
            return [(words.ATTRIBUTES, "")]
    return [(words.CHANGED, name)]


def _participant(name: str, body: Mapping[str, Any]) -> Participant:
    customer = name.startswith("customer")
    outbound = text_in(body, "direction") == "OUTBOUND"
    address = ("dnis", "addressTo") if outbound else ("ani", "addressFrom")
    known = next((text for one in address if (text := text_in(body, one))), None)
    contacts = body.get("conversationExternalContactIds")
    contact = contacts[0] if isinstance(contacts, list) and contacts else None
    return Participant(
        id=text_in(body, "participantId"),
        userId=text_in(body, "userId"),
        queueId=text_in(body, "queueId"),
        purpose=_PURPOSES.get(name.partition(".")[0]),
        address=known if customer else None,
        externalContactId=text_in(body, "externalContactId")
        or (contact if isinstance(contact, str) else None),
        wrapup=_wrapup(body),
    )


def _communication(body: Mapping[str, Any]) -> Communication:
    return Communication(
        id=text_in(body, "sessionId"),
        direction=text_in(body, "direction"),
        provider=text_in(body, "provider"),
        subject=text_in(body, "subject"),
        type=lower(text_in(body, "messageType")) or None,
        callbackScheduledTime=of_millis(body.get("callbackScheduledTime")),
    )


def _wrapup(body: Mapping[str, Any]) -> Wrapup | None:
    code = text_in(body, "wrapupCode")
    if code is None:
        return None
    millis = body.get("wrapupDurationMs")
    seconds = millis // 1000 if isinstance(millis, int) and 0 <= millis < 2**53 else None
    return Wrapup(code=code, notes=text_in(body, "wrapupNotes"), durationSeconds=seconds)


def divisions_of(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the division of a detail event."""
    found = text_in(body, "divisionId")
    return (found,) if found else ()


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    return found if isinstance(found, dict) else {}


__all__ = ["NAMESPACE", "PREFIX", "divisions_of", "facts_of", "name_of", "read"]
