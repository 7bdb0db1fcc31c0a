"""Interaction events as Avro."""

from __future__ import annotations

import io
import json
from datetime import datetime, timezone
from typing import Any

import fastavro
import pytest

from syncline.events import Event
from syncline_kafka.avro import avro, fingerprint, schema_text
from syncline_kafka.messages import event_of

AT = datetime(2026, 3, 1, tzinfo=timezone.utc)
DATA: dict[str, Any] = {
    "event_id": "i", "event_type": "acw", "occurred_at": "2026-03-01T00:00:00Z",
    "observed_at": "2026-03-01T00:00:00Z", "synthetic": False, "conversation_id": "k",
    "wrapup_seconds": 12, "division_ids": ["a", "b"], "attributes": {"tier": "gold"},
}  # fmt: skip


def _event(**data: Any) -> Event:
    return Event(
        id="i", key="k", type="acw", source="genesys/cx", occurred_at=AT, observed_at=AT, data=data
    )


def test_what_is_written_is_read() -> None:
    event = _event(**DATA)
    message = avro()(event)
    assert dict(message.headers)["content-type"] == b"application/avro"
    assert event_of(message.key, message.value, message.headers) == event


def test_others_read_it_with_the_schema() -> None:
    message = avro()(_event(**DATA))
    schema = fastavro.parse_schema(json.loads(schema_text()))
    found = fastavro.schemaless_reader(io.BytesIO(message.value), schema, None)
    assert isinstance(found, dict)
    assert (found["wrapup_seconds"], found["agent_id"]) == (12, None)


@pytest.mark.parametrize(
    "data", [{"job": "wiki"}, {**DATA, "more": "x"}, {**DATA, "wrapup_seconds": "twelve"}]
)
def test_what_the_schema_does_not_fit_is_json_and_loses_nothing(data: dict[str, Any]) -> None:
    event = _event(**data)
    message = avro()(event)
    assert dict(message.headers)["content-type"] == b"application/json"
    assert event_of(message.key, message.value, message.headers) == event


def test_another_schema_is_told_by_its_fingerprint() -> None:
    message = avro()(_event(**DATA))
    assert dict(message.headers)["avro-fingerprint"] == fingerprint()
    other = {**dict(message.headers), "avro-fingerprint": b"0123456789abcdef"}
    with pytest.raises(ValueError, match="schema"):
        event_of(message.key, message.value, list(other.items()))


def test_what_is_cut_off_is_no_event() -> None:
    message = avro()(_event(**DATA))
    with pytest.raises(ValueError, match="no Avro"):
        event_of(message.key, message.value[:5], message.headers)
