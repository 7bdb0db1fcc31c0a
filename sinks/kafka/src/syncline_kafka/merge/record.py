"""Reads records of the raw topic, and marks them for the clean one. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from syncline.events.conversations import Fact, Micros, digest, moment

Headers = Sequence[tuple[str, bytes | None]]
"""As confluent-kafka hands them out: CloudEvents' attributes in the binary mode of its binding."""
_NEEDED = ("ce_id", "ce_type", "ce_time")
_TRUE = b"true"


class NotOurs(ValueError):
    """No event that a listener of Syncline wrote; the text says why."""


def fact_of(key: bytes | None, headers: Headers | None, *, heard: Micros) -> Fact:
    """Return what merging needs to know of a record.

    Args:
        heard: the time now.

    Raises:
        NotOurs: it has no key, or its headers are not those of an event.
    """
    if not key:
        raise NotOurs("it has no key")
    found = dict(headers or ())
    event_id, kind, time = found.get("ce_id"), found.get("ce_type"), found.get("ce_time")
    if not event_id or not kind or not time:
        missing = [name for name in _NEEDED if not found.get(name)]
        raise NotOurs(f"it has no header {', '.join(missing)}")
    try:
        at, synthetic = moment(time.decode()), found.get("ce_synthetic") == _TRUE
        return Fact(digest(event_id.decode()), kind.decode(), at, heard, "", synthetic)
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


__all__ = ["Headers", "NotOurs", "fact_of", "marked_late", "medium_of"]
