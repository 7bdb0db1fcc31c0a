"""Reads frames, snapshots and participants; what cannot be read is refused, or left out. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from syncline.errors import Rejected

from .facts import Communications
from .shapes import (
    UNREADABLE,
    Communication,
    Envelope,
    Other,
    Participant,
    Snapshot,
    SnapshotEnvelope,
    Time,
)
from .words import MEDIA, media_of

DETAILS = "v2.detail.events."
"""How topics of detail events begin: they tell of one thing, and are no snapshots."""
Found = TypeVar("Found", bound=Struct)

_envelope = msgspec.json.Decoder(Other)
_conversation = msgspec.json.Decoder(SnapshotEnvelope)
_snapshot = msgspec.json.Decoder(Snapshot)
_participant = msgspec.json.Decoder(Participant)
_LISTS = re.compile(rb'"([A-Za-z_]{1,40})"\s*:\s*\[\s*\{')


def envelope(text: bytes | str) -> Envelope:
    """Return a frame's topic and body.

    Raises:
        Rejected: it is no JSON object, or its topic is no text.
    """
    try:
        # Nearly every frame tells of a conversation: it is gone through once only.
        found = _conversation.decode(text)
        if found.body is not None and found.body.id and not found.topic.startswith(DETAILS):
            return found
    except UNREADABLE:
        pass
    return _read(_envelope.decode, text, "a frame of a notification channel")


def snapshot_of(topic: str, body: bytes | Raw | Snapshot) -> Snapshot:
    """Return a conversation, its participants unread.

    Raises:
        Rejected: it is no JSON object with an id, and a list of participants or none.
    """
    snapshot = body if isinstance(body, Snapshot) else _read(_snapshot.decode, body, topic)
    if not snapshot.id:
        raise Rejected(f"{topic}: a notification without the id of a conversation; left out")
    return snapshot


def _read(decode: Callable[[Any], Found], text: Any, what: str) -> Found:
    try:
        return decode(text)
    except UNREADABLE as error:
        # msgspec names the place and the kind of fault, and never the value.
        raise Rejected(f"{what}: cannot be read ({error}); left out") from error


def participant_of(raw: Raw) -> tuple[Participant | None, bool]:
    """Return a participant, and whether all of it could be read; None where it has no id."""
    try:
        participant, whole = _participant.decode(raw), True
    except UNREADABLE:
        participant, whole = lenient(Participant, _any(raw)), False
    return (participant, whole) if participant.id else (None, False)


def read_or_salvage(shape: type[Found], raw: Raw) -> tuple[Found, bool]:
    """Return an object, and whether all of it could be read.

    A member of another kind than the vendor documents is left out alone: the rest still says what
    happened.
    """
    try:
        return msgspec.json.decode(raw, type=shape), True
    except UNREADABLE:
        return lenient(shape, _any(raw)), False


def _any(raw: Raw) -> Any:
    try:
        return msgspec.json.decode(raw)
    except UNREADABLE:
        return None


def text_in(value: Mapping[str, Any], name: str) -> str | None:
    """Return a member that is a text, and not empty."""
    found = value.get(name)
    return found if isinstance(found, str) and found else None


def time_of(value: Any) -> datetime | None:
    """Return the time that a text is; None for what is none."""
    try:
        return msgspec.convert(value, Time)  # type: ignore[no-any-return]  # a union
    except msgspec.ValidationError:
        return None


def lenient(shape: type[Found], value: Any) -> Found:
    """Return an object with those of its members that are as they should be."""
    kept: dict[str, Any] = {}
    if isinstance(value, Mapping):
        for member in msgspec.structs.fields(shape):
            if member.encode_name in value:
                _keep(kept, member, value[member.encode_name])
    return shape(**kept)


def _keep(kept: dict[str, Any], member: msgspec.structs.FieldInfo, value: Any) -> None:
    if member.name in MEDIA and isinstance(value, list):
        whole = (lenient(Communication, one) for one in value)
        kept[member.name] = [one for one in whole if one.id or one.state]
        return
    if member.name == "attributes":
        kept[member.name] = Raw(msgspec.json.encode(value))
        return
    try:
        kept[member.name] = msgspec.convert(value, member.type)
    except (msgspec.ValidationError, RecursionError):
        return


def communications_of(participant: Participant, raw: Raw | None = None) -> Communications:
    """Return the communications of a participant, each with its media type.

    Args:
        raw: the participant's text, to look for media that are not known yet.
    """
    found: Communications = []
    for place, several in enumerate(_lists(participant)):
        if several:
            media = _MEDIA[place]
            found += [(media, what) for what in several]
    return found if found or raw is None else _unknown_media(bytes(raw))


_MEDIA = tuple(MEDIA.values())


def _lists(one: Participant) -> tuple[list[Communication] | None, ...]:
    """Return the lists in the order of `MEDIA`."""
    return (
        one.calls, one.callbacks, one.chats, one.cobrowsesessions, one.emails,
        one.internalMessages, one.messages, one.screenMonitorings, one.screenshares,
        one.socialExpressions, one.videos,
    )  # fmt: skip


def _unknown_media(text: bytes) -> Communications:
    names = {name.decode() for name in _LISTS.findall(text)} - MEDIA.keys()
    if not names:
        return []
    value = _any(Raw(text))
    members = value if isinstance(value, dict) else {}
    return [
        (media_of(name), lenient(Communication, one))
        for name in sorted(names)
        for one in members.get(name) or ()
        if isinstance(one, dict) and "id" in one and "state" in one
    ]


__all__ = [
    "communications_of", "envelope", "lenient", "participant_of",
    "read_or_salvage", "snapshot_of", "text_in", "time_of",
]  # fmt: skip
