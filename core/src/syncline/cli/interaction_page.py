"""The reference page of interaction events: types, fields, what they promise, the schema."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..events import Privacy
from ..events.interaction import FIELDS, TYPES, VERSION, json_schema

_INTRODUCTION = """\
Jobs of kind `events` write these: one JSON object for each thing that happened to a conversation.
The key of a record is the conversation (for `listener.gap`, the listener). Fields that say nothing
are left out, and new fields may come: readers skip what they do not know. States, media and reasons
are the vendor's words, and unknown ones pass through."""

_IDS = """\
`event_id` is made of what the vendor says happened (conversation, participant, communication, type,
and what tells one turn from another), and of nothing else: two listeners, a restarted one and a
repair over REST make the same id for the same thing. What can happen once only (joined, alerting,
connected, disconnected, left) has no time in its id, because look-ups repeat such times with
another precision. Whoever uses an id once has each event once; on a clean topic none comes twice.

Recordings and attributes have no time of the vendor's. Their ids are made of the value and of the
newest time of the snapshot that showed it (`shown_at` says when that was sent, at the earliest); a
listener that began anew or missed one can give such a change another id, or one that an earlier
change had. Merging goes by the values there, and gives a change whose id is gone another one: on a
clean topic, an id is one change.

A topic of one medium (`v2.users.{id}.conversations.calls`) does not tell the id of the
communication, and a detail event (`v2.detail.events.conversation.{id}.…`, by EventBridge) is
another telling of the same moment: each has ids of its own. Listen to one kind for each
conversation."""

_TIMES = """\
`occurred_at` is the vendor's time of the event; `observed_at` is when the listener heard of it, by
its own clock. Some things have no time in a notification: the end of a hold, a recording that
begins or pauses, attributes. Where the change was witnessed, `occurred_at` is when the notification
was sent, judged by what lies between the two clocks; where it was found out later, it is the newest
time that the conversation showed, and the event happened between then and `observed_at`. Two
listeners can differ by some milliseconds there, under the same id.

For each conversation `occurred_at` never goes back, but for events that say `late` (something that
happened after them was told before) or `synthetic` (inferred by the janitor, and not observed).
`repaired` events were read over REST after a gap, with their real times. A change that was undone
within a gap, or within the moments between two notifications, cannot be known."""

_END = """\
A conversation has ended when nobody takes part any longer; after-call work and wrap-up come after
that. Somebody may take part again, as between two agents of a callback: then more events follow,
and another `conversation.ended` with a later time."""

_PRIVACY = """\
What people can be known by leaves as `[jobs.<name>.privacy]` says; all else that notifications hold
(addresses of others, transcripts, uploads) is never read. `hash` writes a keyed digest, the same
for the same value; without a `key` it drops."""

_SCHEMA = """\
`syncline.events.interaction.json_schema()` returns it, and `avro_schema()` the same for Avro."""

_PERSONAL = (
    ("addresses", "`address`"),
    ("names", "`name`"),
    ("attributes", "`attributes`: which leave, by name; `*` at the end stands for any ending"),
    ("attribute_values", "the values of those"),
    ("texts", "`subject`, `wrapup_notes`"),
)


def interaction_page() -> str:
    """Return the page, from its heading on."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield from ("# Interaction events", "", f"Version {VERSION}.", "", _INTRODUCTION, "")
    yield from ("## Types", "", "Within one instant they come in this order.", "")
    yield from ("| type | what it says |", "|---|---|")
    yield from (f"| `{name}` | {help} |" for name, help in TYPES.items())
    yield from ("", "## Fields", "", "| field | type | always | what it is |", "|---|---|---|---|")
    for field in FIELDS:
        always = "yes" if field.required else ""
        yield f"| `{field.name}` | {field.type} | {always} | {field.help} |"
    yield from ("", "## Ids", "", _IDS, "", "## Times and order", "", _TIMES)
    yield from ("", "## The end", "", _END, "", "## People", "", _PRIVACY, "")
    yield from _people()
    schema = json.dumps(json_schema(), ensure_ascii=False, indent=1)
    yield from ("", "## JSON Schema", "", _SCHEMA, "", "```json", schema, "```")


def _people() -> Iterator[str]:
    yield from ("| setting | default | what it rules |", "|---|---|---|")
    for name, what in _PERSONAL:
        default = getattr(Privacy(), name)
        yield f"| `{name}` | `{json.dumps(default)}` | {what} |"


__all__ = ["interaction_page"]
