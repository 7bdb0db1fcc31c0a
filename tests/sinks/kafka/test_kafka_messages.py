"""Events as messages and back."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.errors import Rejected
from syncline.events import Event
from syncline_kafka.messages import Codec, binary, event_of, structured

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_ZONES = [timezone.utc, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(), "Z")]
_TIMES = st.datetimes(timezones=st.just(timezone.utc))
_DATA: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
EVENTS = st.builds(
    Event, id=_TEXT, key=_TEXT, type=_TEXT, source=_TEXT, occurred_at=_TIMES, observed_at=_TIMES,
    data=st.dictionaries(_TEXT, _DATA, max_size=4), synthetic=st.booleans(),
)  # fmt: skip
AT = datetime(2026, 3, 1, 9, 0, 0, 123_999, tzinfo=timezone.utc)


def _event(**others: Any) -> Event:
    plain = {"id": "i", "key": "k", "type": "t", "source": "s", "occurred_at": AT}
    return Event(**{**plain, "observed_at": AT + timedelta(seconds=1), **others})


@pytest.mark.parametrize("codec", [binary, structured])
@settings(max_examples=150)
@given(event=EVENTS)
def test_what_is_written_is_read(codec: Codec, event: Event) -> None:
    message = codec(event)
    assert event_of(message.key, message.value, message.headers) == event


def test_headers_are_those_of_cloudevents() -> None:
    message = binary(_event(data={"a": 1}))
    assert dict(message.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"i",
        "ce_source": b"s",
        "ce_type": b"t",
        "ce_time": b"2026-03-01T09:00:00.123999+00:00",
        "ce_observedtime": b"2026-03-01T09:00:01.123999+00:00",
        "content-type": b"application/json",
    }
    assert message.value == b'{"a":1}'
    assert dict(binary(_event(synthetic=True)).headers)["ce_synthetic"] == b"true"


@given(time=st.datetimes(timezones=st.sampled_from(_ZONES)))
def test_times_in_headers_are_written_as_isoformat_writes_them(time: datetime) -> None:
    headers = dict(binary(_event(occurred_at=time, observed_at=time)).headers)
    assert headers["ce_time"] == headers["ce_observedtime"] == time.isoformat().encode()


def test_a_structured_event_is_one_object() -> None:
    message = structured(_event(data={"a": 1}))
    assert dict(message.headers)["content-type"] == b"application/cloudevents+json; charset=utf-8"
    found = json.loads(message.value)
    assert (found["specversion"], found["partitionkey"], found["data"]) == ("1.0", "k", {"a": 1})


def test_the_time_of_a_message_is_that_of_the_event() -> None:
    assert binary(_event()).timestamp == int(AT.timestamp()) * 1000 + 123


def test_nothing_happens_after_it_was_observed() -> None:
    ahead = _event(occurred_at=AT + timedelta(days=1), observed_at=AT)
    assert binary(ahead).timestamp == binary(_event()).timestamp


def test_numbers_beyond_64_bits_and_lone_surrogates_are_json_too() -> None:
    event = _event(data={"n": 2**80, "s": "\ud800"})
    message = binary(event)
    assert event_of(message.key, message.value, message.headers) == event


@pytest.mark.parametrize("value", [object(), b"bytes", {1, 2}])
def test_what_is_no_json_is_refused_by_the_events_id(value: Any) -> None:
    with pytest.raises(Rejected, match="event i: its data are no JSON"):
        binary(_event(data={"a": value}))


def test_a_tombstone_is_no_event() -> None:
    assert event_of(b"k", None, [("ce_id", b"i")]) is None


@pytest.mark.parametrize(
    ("value", "changed"),
    [
        (b"{", {}),
        (b"[]", {}),
        (b"{}", {"ce_id": None}),
        (b"{}", {"ce_time": b"yesterday"}),
        (b"{}", {"ce_time": b"2026-03-01T09:00:00"}),
        (b"{}", {"ce_type": b"\xff"}),
        (b"{}", {"content-type": b"application/cloudevents+json"}),
        (b"[1]", {"content-type": b"application/cloudevents+json"}),
    ],
)
def test_what_somebody_else_wrote_is_no_event(value: bytes, changed: dict[str, Any]) -> None:
    headers = {**dict(binary(_event()).headers), **changed}
    with pytest.raises(ValueError, match="this message is no event"):
        event_of(b"k", value, list(headers.items()))


@settings(max_examples=100)
@given(key=st.binary(max_size=5) | st.none(), value=st.binary(max_size=20), kind=st.binary())
def test_nothing_that_is_read_raises_anything_else(
    key: bytes | None, value: bytes, kind: bytes
) -> None:
    headers = {**dict(binary(_event()).headers), "content-type": kind}
    with contextlib.suppress(ValueError):
        event_of(key, value, list(headers.items()))
