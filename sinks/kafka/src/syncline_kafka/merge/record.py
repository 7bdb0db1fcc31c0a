"""Reads records of the raw topic, and marks them for the clean one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from syncline.events.conversations import KINDS, Fact, Micros, digest, moment, reading_of

Attributes = Mapping[str, bytes | None]
"""CloudEvents' attributes, as headers say them in the binary mode of its Kafka binding."""
Headers = Sequence[tuple[str, Any]]
_READINGS = frozenset(kind.encode() for kind in KINDS)
_NEEDED = ("ce_id", "ce_type", "ce_time")
_TRUE = b"true"


class NotOurs(ValueError):
    """No event that a listener of Syncline wrote; the text says why."""


def is_reading(attributes: Attributes) -> bool:
    """Tell whether a record is of a value that has no time: its id alone says little."""
    return attributes.get("ce_type") in _READINGS


def fact_of(
    key: bytes | None, attributes: Attributes, content: Mapping[str, Any], *, heard: Micros
) -> Fact:
    """Return what merging needs to know of a record.

    Args:
        attributes: its headers by name.
        content: its data, where they are needed; nothing else of them is looked at.
        heard: the time now.

    Raises:
        NotOurs: it has no key, or its headers are not those of an event.
    """
    if not key:
        raise NotOurs("it has no key")
    event_id, kind, time = map(attributes.get, _NEEDED)
    if not event_id or not kind or not time:
        missing = [name for name in _NEEDED if not attributes.get(name)]
        raise NotOurs(f"it has no header {', '.join(missing)}")
    try:
        event_id.decode()
        at, synthetic = moment(time.decode()), attributes.get("ce_synthetic") == _TRUE
        reading = None
        if content and kind in _READINGS and (read := attributes.get("ce_observedtime")):
            reading = reading_of(kind.decode(), content, moment(read.decode()))
        medium = medium_of(content)
        return Fact(digest(event_id), kind.decode(), at, heard, medium, synthetic, reading)
    except ValueError as error:
        raise NotOurs(f"its headers are not those of an event ({error})") from error


def content_of(value: bytes | None) -> Mapping[str, Any]:
    """Return the data of an event; nothing where they are no JSON object."""
    try:
        found = orjson.loads(value or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def medium_of(content: Mapping[str, Any]) -> str:
    """Return the medium that an event names; empty where it names none."""
    medium = content.get("media_type")
    return medium if isinstance(medium, str) else ""


def renamed(value: bytes, headers: Headers, id: str) -> tuple[bytes, Headers]:
    """Return the data and the headers of an event with another id.

    Raises:
        NotOurs: its data are no JSON object.
    """
    content = {**_object(value), "event_id": id}
    named = [(name, id.encode() if name == "ce_id" else told) for name, told in headers]
    return orjson.dumps(content), named


def marked_late(value: bytes) -> bytes:
    """Return the JSON of an event with `late` set; whatever else it is stays as it was.

    Raises:
        NotOurs: it is no JSON object.
    """
    if value.startswith(b"{") and value.endswith(b"}") and b'"late"' not in value:
        return b'{"late":true}' if value == b"{}" else value[:-1] + b',"late":true}'
    return orjson.dumps({**_object(value), "late": True})


def _object(value: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(value)
    except ValueError as error:
        raise NotOurs(f"it is no JSON ({error})") from error
    if not isinstance(found, dict):
        raise NotOurs("it is no JSON object")
    return found


__all__ = [
    "Attributes", "Headers", "NotOurs", "content_of", "fact_of", "is_reading", "marked_late",
    "medium_of", "renamed",
]  # fmt: skip
