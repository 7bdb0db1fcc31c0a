"""Conversations as `GET /api/v2/conversations/{id}` tells them, with all times. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from .facts import Communications
from .reading import communications_of, lenient, text_in, time_of
from .shapes import Communication, Hold, Participant
from .words import MEDIA


def participants_of(
    conversation: Mapping[str, Any],
) -> Iterator[tuple[Participant, Communications]]:
    """Yield who takes part, each with its communications and the times that they were on hold."""
    for one in objects(conversation.get("participants")):
        participant = lenient(Participant, one)
        if participant.id:
            yield participant, _with_holds(communications_of(participant), one)


def _with_holds(communications: Communications, participant: Mapping[str, Any]) -> Communications:
    raws = {str(raw.get("id")): raw for name in MEDIA for raw in objects(participant.get(name))}
    return [(media, _held(one, raws.get(one.id or "", {}))) for media, one in communications]


def _held(communication: Communication, raw: Mapping[str, Any]) -> Communication:
    segments = [one for one in objects(raw.get("segments")) if _kind(one) == "hold"]
    times = [(time_of(one.get("startTime")), time_of(one.get("endTime"))) for one in segments]
    holds = [hold(start, end, communication.disconnectedTime) for start, end in times if start]
    return msgspec.structs.replace(communication, holds=holds) if holds else communication


def _kind(segment: Mapping[str, Any]) -> str:
    return str(segment.get("type") or "").lower()


def hold(start: datetime, end: datetime | None, over: datetime | None) -> Hold:
    """Return a time on hold; whoever leaves while on hold is not taken off it."""
    return Hold(start, None if end is None or (over is not None and end >= over) else end)


def divisions_of(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the divisions of a conversation, as REST or analytics tells them."""
    plain = told.get("divisionIds")
    if isinstance(plain, list):
        return tuple(one for one in plain if isinstance(one, str) and one)
    members = (one.get("division") for one in objects(told.get("divisions")))
    ids = (text_in(one, "id") for one in members if isinstance(one, Mapping))
    return tuple(id for id in ids if id)


def sound(value: Any) -> Any:
    """Return JSON in which every text can be written: halves of characters become `?`.

    Python's JSON reads `"\\ud800"` as such a half; no sink takes it.
    """
    match value:
        case str():
            return value if value.isascii() else value.encode(errors="replace").decode()
        case list():
            return [sound(one) for one in value]
        case dict():
            return {sound(name): sound(one) for name, one in value.items()}
    return value


def objects(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list; none where it is no list."""
    found = value if isinstance(value, list) else []
    return [one for one in found if isinstance(one, Mapping)]


__all__ = ["divisions_of", "hold", "objects", "participants_of", "sound"]
