"""Detail events: one for each beginning, end, work and attribute, as EventBridge hands them on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import orjson

from ..organization import Organization
from . import truth
from .conversation import Conversation
from .moment import read
from .participant import Communication, Participant
from .truth import Fact

TEMPLATE = "v2.detail.events.conversation.{id}"
_NAMES = {
    "customer": "customer",
    "acd": "acd",
    "ivr": "flow",
    "workflow": "flow",
    "agent": "user",
    "user": "user",
}
_REASONS = {
    "endpoint.dnd": "DND_ENDPOINT",
    "transfer.conference": "CONFERENCE_TRANSFER",
    "transfer.consult": "CONSULT_TRANSFER",
    "transfer.forward": "FORWARD_TRANSFER",
    "transfer.noanswer": "NO_ANSWER_TRANSFER",
    "transfer.notavailable": "NOT_AVAILABLE_TRANSFER",
    "transfer.dnd": "DND_TRANSFER",
    "transport.failure": "TRANSPORT_FAILURE",
}
_FLOWS = {"ivr": "INBOUNDCALL", "workflow": "INBOUNDSHORTMESSAGE"}
_BEGINNINGS = (truth.ALERTING, truth.CONNECTED, truth.CHANGED)


@attrs.define(kw_only=True)
class DetailEvents:
    """Tells partners, and sockets that are subscribed to a conversation's details."""

    org: Organization

    def __call__(self, conversation: Conversation) -> None:
        """Tell of the facts of the present change."""
        partners, hub = self.org.partners, self.org.notifications
        watched = conversation.id in hub.channels.watched
        if not watched and not partners.heard:
            return
        for name, body in events(conversation, self.org.division):
            topic = f"v2.detail.events.conversation.{conversation.id}.{name}"
            if watched:
                hub.publish((topic,), orjson.dumps(body))
            if partners.heard:
                partners.tell(f"{TEMPLATE}.{name}", topic, body)


def events(conversation: Conversation, division: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name and the body of every detail event of the present change."""
    people = {one.id: one for one in conversation.participants}
    for fact in conversation.facts:
        participant = people.get(fact.participant)
        if participant is not None:
            yield from _events(conversation, division, participant, fact)


def _events(
    conversation: Conversation, division: str, participant: Participant, fact: Fact
) -> Iterator[tuple[str, dict[str, Any]]]:
    one = next((c for c in participant.communications if c.id == fact.communication), None)
    kind = _NAMES[participant.value["purpose"]]
    if fact.type == truth.ATTRIBUTES:
        yield "attributes", _attributes(conversation, participant, fact)
    if one is None:
        return
    body = _body(conversation, division, participant, one, fact)
    match fact.type:
        case truth.DISCONNECTED:
            yield f"{kind}.end", {**body, **_end(kind, participant, one, fact)}
        case truth.WRAPUP:
            yield "wrapup", {**_without(body, "userId", "divisionId"), **_wrapup(participant)}
        case truth.ACW if fact.state == "complete":
            yield "acw", {**_without(body, "divisionId"), **_wrapup(participant)}
        case _ if fact.type in _BEGINNINGS and one.path[0] == (fact.state, fact.at):
            yield f"{kind}.start", {**body, **_start(kind, participant)}


def _body(
    conversation: Conversation,
    division: str,
    participant: Participant,
    one: Communication,
    fact: Fact,
) -> dict[str, Any]:
    value = participant.value
    found: dict[str, Any] = {
        "eventTime": fact.at,
        "conversationId": conversation.id,
        "participantId": participant.id,
        "sessionId": one.id,
        "mediaType": one.medium.upper(),
        "provider": one.value["provider"],
        "direction": conversation.direction.upper(),
        "divisionId": division,
        "conversationExternalContactIds": [],
        **{name: value[name] for name in ("userId", "queueId") if name in value},
    }
    if value["purpose"] == "customer":
        outbound = conversation.direction == "outbound"
        voice, other = ("dnis", "addressTo") if outbound else ("ani", "addressFrom")
        found[voice if one.medium == "voice" else other] = value["address"]
        found["externalContactId"] = value["externalContactId"]
        found.pop("queueId", None)
    if "callbackScheduledTime" in one.value:
        found["callbackScheduledTime"] = read(one.value["callbackScheduledTime"])
    if "subject" in one.value:
        found["subject"] = one.value["subject"]
    if "type" in one.value:
        found["messageType"] = one.value["type"].upper()
    return found


def _start(kind: str, participant: Participant) -> dict[str, Any]:
    if kind == "acd":
        return {"routingPriority": 0, "requestedRoutingSkillIds": []}
    return _flow(kind, participant)


def _end(kind: str, participant: Participant, one: Communication, fact: Fact) -> dict[str, Any]:
    reason = _REASONS.get(fact.reason, fact.reason.upper())
    lasted = {"connectedDurationMs": fact.at - one.path[0][1]}
    found: dict[str, Any] = {"disconnectType": reason, **_flow(kind, participant)}
    match kind:
        case "acd":
            outcome = "ANSWERED" if reason == "TRANSFER" else "ABANDON"
            found |= {"acdOutcome": outcome, "usedRouting": "STANDARD", **lasted}
        case "flow":
            found |= {"exitReason": "TRANSFER", "transferType": "ACD", **lasted}
        case "user":
            held = sum(hold[1] - hold[0] for hold in one.holds if len(hold) == 2)
            found |= {"interactingDurationMs": _talked(one, fact) - held, "heldDurationMs": held}
        case "customer":
            found["interactingDurationMs"] = _talked(one, fact)
    return found


def _talked(one: Communication, fact: Fact) -> int:
    began = next((at for state, at in one.path if state == "connected"), fact.at)
    return fact.at - began


def _flow(kind: str, participant: Participant) -> dict[str, Any]:
    if kind != "flow":
        return {}
    purpose = participant.value["purpose"]
    return {"flowType": _FLOWS[purpose], "flowId": "5f1a2b3c-0000-4000-8000-00000000f10e"}


def _wrapup(participant: Participant) -> dict[str, Any]:
    told = participant.value.get("wrapup")
    if told is None:
        return {}
    return {
        "wrapupCode": told["code"],
        "wrapupNotes": told["notes"],
        "wrapupDurationMs": told["durationSeconds"] * 1000,
    }


def _attributes(conversation: Conversation, participant: Participant, fact: Fact) -> dict[str, Any]:
    return {
        "eventTime": fact.at,
        "conversationId": conversation.id,
        "participantId": participant.id,
        "attributes": participant.value["attributes"],
        "participantStartTime": participant.joined,
    }


def _without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}
