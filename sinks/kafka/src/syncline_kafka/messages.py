"""Events as Kafka's messages and back: CloudEvents 1.0, Kafka protocol binding. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from syncline.errors import Rejected
from syncline.events import Event
from syncline.model import JSON

JSON_TYPE, AVRO_TYPE = b"application/json", b"application/avro"
STRUCTURED_TYPE = b"application/cloudevents+json; charset=utf-8"
_VERSION = ("ce_specversion", b"1.0")
_BINARY_JSON = ("content-type", JSON_TYPE)
_STRUCTURED = ("content-type", STRUCTURED_TYPE)
_SYNTHETIC = ("ce_synthetic", b"true")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

Header = tuple[str, str | bytes | None]


class Message(NamedTuple):
    """One message as it is sent.

    A tuple: it is made for each event, and attrs' frozen classes take three times as long.
    """

    id: str
    """Of the event, for what is told of it."""
    key: bytes
    value: bytes
    headers: list[Header]
    timestamp: int
    """Milliseconds since 1970: Kafka's CreateTime."""


Codec = Callable[[Event], Message]


def binary(event: Event) -> Message:
    """Return an event with its attributes in headers, and its data as JSON.

    Raises:
        Rejected: its data are no JSON.
    """
    headers = attributes(event)
    headers.append(_BINARY_JSON)
    value = json_bytes(event, event.data)
    return Message(event.id, _bytes(event.key), value, headers, timestamp(event))


def structured(event: Event) -> Message:
    """Return an event whose value has its attributes around its data.

    Raises:
        Rejected: its data are no JSON.
    """
    value: dict[str, JSON] = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "time": event.occurred_at.isoformat(),
        "observedtime": event.observed_at.isoformat(),
        "synthetic": event.synthetic,
        "partitionkey": event.key,
        "datacontenttype": "application/json",
        "data": dict(event.data),
    }
    text = json_bytes(event, value)
    return Message(event.id, _bytes(event.key), text, [_STRUCTURED], timestamp(event))


def attributes(event: Event) -> list[Header]:
    """Return the headers of binary mode.

    `observedtime`, and `synthetic` where it is true, are extensions. Each header costs more than
    the key: there are no others.
    """
    found: list[Header] = [
        _VERSION,
        ("ce_id", _bytes(event.id)),
        _named("ce_source", event.source),
        _named("ce_type", event.type),
        ("ce_time", _time(event.occurred_at)),
        ("ce_observedtime", _time(event.observed_at)),
    ]
    if event.synthetic:
        found.append(_SYNTHETIC)
    return found


def timestamp(event: Event) -> int:
    """Return the event's own time, so that a late one does not look new.

    Brokers refuse times an hour ahead of theirs (`message.timestamp.after.max.ms`): nothing
    happens after it was observed, whatever the vendor's clock says.
    """
    # In whole numbers: a float of seconds would be off by one at times.
    since = min(event.occurred_at, event.observed_at) - _EPOCH
    return max(0, since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000)


def json_bytes(event: Event, value: Mapping[str, JSON]) -> bytes:
    """Return a JSON object as UTF-8.

    Raises:
        Rejected: it is none.
    """
    try:
        return orjson.dumps(value if type(value) is dict else dict(value))
    except TypeError:
        pass
    # Numbers beyond 64 bits and lone surrogates, which orjson refuses, are JSON all the same.
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False, default=dict).encode()
    except (TypeError, ValueError) as error:
        raise Rejected(f"event {event.id}: its data are no JSON: {error}") from None


@lru_cache(maxsize=256)
def _named(name: str, value: str) -> Header:
    """Return a header of which there are few values."""
    return name, _bytes(value)


def _time(moment: datetime) -> bytes:
    """Return a time as `isoformat` writes it."""
    if moment.tzinfo is timezone.utc:
        # Nearly all are; orjson takes a fifth of the time.
        return orjson.dumps(moment)[1:-1]
    return moment.isoformat().encode()


def _bytes(text: str) -> bytes:
    # A lone surrogate is no UTF-8; written out it is at least the same for everybody.
    return text.encode("utf-8", "backslashreplace")


def event_of(
    key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, Any]] | None
) -> Event | None:
    """Return the event that a message is; None for a tombstone, which says that a key is over.

    Raises:
        ValueError: it is none of ours.
    """
    if value is None:
        return None
    found = {name: content for name, content in headers or () if isinstance(content, bytes)}
    kind = found.get("content-type", b"")
    try:
        if kind.startswith(b"application/cloudevents+json"):
            return _from_structured(key, value)
        if kind == AVRO_TYPE:
            # Late: only who reads Avro needs what reads it.
            from .avro import data_of

            return _from_binary(key, found, data_of(value, found))
        return _from_binary(key, found, json.loads(value))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"this message is no event: {error!r}") from None


def _from_binary(key: bytes | None, headers: Mapping[str, bytes], data: Any) -> Event:
    return Event(
        id=headers["ce_id"].decode(),
        key=(key or b"").decode(),
        type=headers["ce_type"].decode(),
        source=headers["ce_source"].decode(),
        occurred_at=datetime.fromisoformat(headers["ce_time"].decode()),
        observed_at=datetime.fromisoformat(headers["ce_observedtime"].decode()),
        data=_object(data),
        synthetic=headers.get("ce_synthetic") == b"true",
    )


def _from_structured(key: bytes | None, value: bytes) -> Event:
    found = json.loads(value)
    return Event(
        id=found["id"],
        key=(key or b"").decode(),
        type=found["type"],
        source=found["source"],
        occurred_at=datetime.fromisoformat(found["time"]),
        observed_at=datetime.fromisoformat(found["observedtime"]),
        data=_object(found["data"]),
        synthetic=found["synthetic"],
    )


def _object(data: Any) -> Mapping[str, JSON]:
    if not isinstance(data, dict):
        raise TypeError(f"its data are {type(data).__name__}")
    return data


__all__ = [
    "AVRO_TYPE",
    "JSON_TYPE",
    "STRUCTURED_TYPE",
    "Codec",
    "Header",
    "Message",
    "attributes",
    "binary",
    "event_of",
    "json_bytes",
    "structured",
    "timestamp",
]
