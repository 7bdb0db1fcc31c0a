"""The words of interaction events: their types, their fields, and the schema of both. Pure.

An interaction event is an `Event` whose key is the conversation, whose type is one of `TYPES`, and
whose data are one flat object with `FIELDS`. A field that says nothing is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import frozen

from ..model import JSON

VERSION = 1
"""Raised when a field changes its meaning; new fields do not raise it."""

STARTED = "conversation.started"
ENDED = "conversation.ended"
FINALIZED = "conversation.finalized"
JOINED = "participant.joined"
LEFT = "participant.left"
ALERTING = "communication.alerting"
CONNECTED = "communication.connected"
HELD = "communication.held"
RESUMED = "communication.resumed"
TRANSFERRED = "communication.transferred"
DISCONNECTED = "communication.disconnected"
CHANGED = "communication.changed"
ACW = "acw"
WRAPUP = "wrapup"
ATTRIBUTES = "attributes"
RECORDING = "recording"
GAP = "listener.gap"

TYPES: Mapping[str, str] = {
    STARTED: "The conversation was seen to begin.",
    JOINED: "Somebody or something takes part: a customer, a flow, a queue, an agent.",
    ALERTING: "A communication rings, or is offered.",
    CONNECTED: "A communication is connected.",
    HELD: "A communication was put on hold.",
    RESUMED: "A communication was taken off hold.",
    TRANSFERRED: "A communication was handed on; `reason` says how.",
    DISCONNECTED: "A communication has ended; `reason` says why.",
    CHANGED: "A communication has another state that has no event of its own, such as `dialing`.",
    ACW: "After-call work of a participant; `state` is `pending`, `complete` or another.",
    WRAPUP: "An agent chose a wrap-up code.",
    RECORDING: "The recording of a communication has another state.",
    ATTRIBUTES: "Participant attributes have other values.",
    LEFT: "A participant takes part no longer.",
    ENDED: "Nobody takes part any longer; after-call work may follow.",
    FINALIZED: "Nothing was heard of the end, and the vendor says that it was; a later real event "
    "wins over it.",
    GAP: "A listener heard nothing for an interval; what could not be read again is listed.",
}
"""Every type of event with what it says; within one instant they come in this order."""

FieldType: TypeAlias = Literal["string", "boolean", "integer", "time", "strings", "strings by name"]


@frozen
class Field:
    """One field of an interaction event."""

    name: str
    type: FieldType
    help: str
    required: bool = False


FIELDS: tuple[Field, ...] = (
    Field("event_id", "string", "Made of the content alone: every listener makes the same.", True),
    Field("event_type", "string", "One of the types.", True),
    Field("conversation_id", "string", "The conversation; also the key of the record."),
    Field("participant_id", "string", "Who of those that take part."),
    Field("communication_id", "string", "The call, message, e-mail, … of that participant."),
    Field("agent_id", "string", "The user, where the participant is one."),
    Field("queue_id", "string", "The queue of that participant."),
    Field("media_type", "string", "`voice`, `message`, `email`, `chat`, `callback`, or another."),
    Field("direction", "string", "`inbound` or `outbound`."),
    Field("purpose", "string", "The part that the participant plays, such as `agent`."),
    Field("state", "string", "The state after the event, in the vendor's word."),
    Field("previous_state", "string", "The state before it, as this listener knew it."),
    Field("reason", "string", "Why: the vendor's disconnect type, in one spelling."),
    Field("occurred_at", "time", "When it happened, by the vendor's clock.", True),
    Field("observed_at", "time", "When the listener heard of it.", True),
    Field("topic", "string", "The topic on which it was heard first."),
    Field("listener", "string", "Which listener told it."),
    Field("synthetic", "boolean", "Inferred, and not observed.", True),
    Field("repaired", "boolean", "Read again after a gap, and not heard live."),
    Field("late", "boolean", "Something that happened after it was told before it."),
    Field("initial_state", "string", "The first state of the communication."),
    Field("provider", "string", "What carries the communication."),
    Field("message_type", "string", "The channel of a message, such as `whatsapp`."),
    Field("address", "string", "Whom it is with, as the privacy setting lets it leave."),
    Field("name", "string", "The participant's name, as the privacy setting lets it leave."),
    Field("subject", "string", "Of an e-mail, as the privacy setting lets it leave."),
    Field("external_contact_id", "string", "The external contact, where it is known."),
    Field("team_id", "string", "The team of the agent."),
    Field("group_id", "string", "The group of the participant."),
    Field("division_ids", "strings", "The divisions of the conversation."),
    Field("peer_id", "string", "The communication at the other end."),
    Field("muted", "boolean", "The participant is muted."),
    Field("held", "boolean", "The participant is on hold."),
    Field("recording_state", "string", "The state of the recording."),
    Field("wrapup_code", "string", "The id of the wrap-up code."),
    Field("wrapup_seconds", "integer", "How long the wrap-up took."),
    Field("wrapup_notes", "string", "As the privacy setting lets them leave."),
    Field("scheduled_at", "time", "When a callback is due."),
    Field("utilization_label_id", "string", "The label that the conversation counts under."),
    Field(
        "shown_at",
        "time",
        "Of what has no time of its own: when the snapshot that showed it was sent, at the"
        " earliest, by the vendor's clock.",
    ),
    Field("attributes", "strings by name", "Participant attributes that may leave."),
    Field("gap_from", "time", "When a gap began."),
    Field("gap_to", "time", "When it ended."),
    Field("topics", "integer", "How many topics a gap concerns."),
    Field("repaired_conversations", "integer", "How many were read again."),
    Field("unrepaired", "strings", "Conversations that could not be read again."),
    Field("unrepaired_reason", "string", "Why, and what can be missing for the whole interval."),
)
"""The fields in the order in which they are written."""

_JSON_TYPES: Mapping[str, Mapping[str, JSON]] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "time": {"type": "string", "format": "date-time"},
    "strings": {"type": "array", "items": {"type": "string"}},
    "strings by name": {"type": "object", "additionalProperties": {"type": "string"}},
}
_AVRO_TYPES: Mapping[str, JSON] = {
    "string": "string",
    "boolean": "boolean",
    "integer": "long",
    "time": "string",
    "strings": {"type": "array", "items": "string"},
    "strings by name": {"type": "map", "values": "string"},
}


def json_schema() -> dict[str, JSON]:
    """Return the JSON Schema (2020-12) of the data of an interaction event."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Interaction event",
        "description": f"Version {VERSION}. Types and states that are not named here may come.",
        "type": "object",
        "properties": {
            field.name: {**_JSON_TYPES[field.type], "description": field.help} for field in FIELDS
        },
        "required": [field.name for field in FIELDS if field.required],
        "additionalProperties": False,
    }


def avro_schema() -> dict[str, JSON]:
    """Return the Avro schema of the data of an interaction event."""
    return {
        "type": "record",
        "name": "InteractionEvent",
        "namespace": "syncline.events",
        "doc": f"Version {VERSION}.",
        "fields": [_avro_field(field) for field in FIELDS],
    }


def _avro_field(field: Field) -> JSON:
    plain = _AVRO_TYPES[field.type]
    if field.required:
        return {"name": field.name, "type": plain, "doc": field.help}
    return {"name": field.name, "type": ["null", plain], "default": None, "doc": field.help}


__all__ = [
    "ACW", "ALERTING", "ATTRIBUTES", "CHANGED", "CONNECTED", "DISCONNECTED", "ENDED", "FIELDS",
    "FINALIZED", "GAP", "HELD", "JOINED", "LEFT", "RECORDING", "RESUMED", "STARTED", "TRANSFERRED",
    "TYPES", "VERSION", "WRAPUP", "Field", "FieldType", "avro_schema", "json_schema",
]  # fmt: skip
