"""Reads records of the raw topic, and marks them for the clean one. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from syncline.events.conversations import Fact, Micros, digest, moment

Attributes = Mapping[str, bytes | None]
"""CloudEvents' attributes, as headers say them in the binary mode of its Kafka binding."""
_NEEDED = ("ce_id", "ce_type", "ce_time")
_TRUE = b"true"


class NotOurs(ValueError):
    """No event that a listener of Syncline wrote; the text says why."""


def fact_of(key: bytes | None, attributes: Attributes, *, heard: Micros) -> Fact:
    """Return what merging needs to know of a record.

    Args:
        attributes: its headers by name.
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
        return Fact(digest(event_id), kind.decode(), at, heard, "", synthetic)
    except ValueError as error:
        raise NotOurs(f"its headers are not those of an event ({error})") from error


def medium_of(value: bytes | None) -> str:
    """Return the medium that an event names; empty where it names none."""
    try:
        found = orjson.loads(value or b"{}")
    except ValueError:
        return ""
    medium = found.get("media_type") if isinstance(found, dict) else None
    return medium if isinstance(medium, str) else ""


def marked_late(value: bytes) -> bytes:
    """Return the JSON of an event with `late` set; whatever else it is stays as it was.

    Raises:
        NotOurs: it is no JSON object.
    """
    if value.startswith(b"{") and value.endswith(b"}") and b'"late"' not in value:
        return b'{"late":true}' if value == b"{}" else value[:-1] + b',"late":true}'
    try:
        found = orjson.loads(value)
    except ValueError as error:
        raise NotOurs(f"it is no JSON ({error})") from error
    if not isinstance(found, dict):
        raise NotOurs("it is no JSON object")
    return orjson.dumps({**found, "late": True})


__all__ = ["Attributes", "NotOurs", "fact_of", "marked_late", "medium_of"]
