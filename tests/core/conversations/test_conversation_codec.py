"""Records of conversations survive being bytes."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.events.conversations import Conversation, Place, decode, encode
from syncline.events.conversations.reading import Change, Standing

_TIMES = st.integers(-(2**62), 2**62)
_EIGHT = st.binary(min_size=8, max_size=8)
_PLACES = st.builds(
    Place,
    changes=st.lists(
        st.builds(Change, at=_TIMES, value=_EIGHT, id=_EIGHT, seen=_TIMES), max_size=3
    ).map(tuple),
    listeners=st.dictionaries(_EIGHT, st.builds(Standing, change=_TIMES, read=_TIMES), max_size=2),
)
_RECORDS = st.builds(
    Conversation,
    told=st.lists(st.binary(min_size=8, max_size=8), max_size=9).map(b"".join),
    opened=_TIMES, latest=_TIMES, heard=_TIMES, alive=_TIMES, ended=_TIMES, finalized=_TIMES,
    later=_TIMES, gone=st.booleans(), media=st.sampled_from(("", "voice", "größe")),
    asks=st.integers(0, 65535), places=st.dictionaries(_EIGHT, _PLACES, max_size=3),
)  # fmt: skip


@given(_RECORDS)
def test_a_record_is_read_as_it_was_written(conversation: Conversation) -> None:
    assert decode(encode(conversation)) == conversation


def _read(record: bytes) -> Conversation | str:
    try:
        return decode(record)
    except ValueError as error:
        return str(error)


@given(_RECORDS, st.integers(1, 70))
def test_a_record_that_was_cut_off_is_refused_or_has_fewer_events(
    conversation: Conversation, missing: int
) -> None:
    found = _read(encode(conversation)[:-missing])
    if isinstance(found, Conversation):
        assert len(found.told) < len(conversation.told)
    else:
        assert "a record of a conversation" in found


@given(st.binary(max_size=200))
def test_bytes_are_a_record_or_refused(record: bytes) -> None:
    found = _read(record)
    assert isinstance(found, Conversation) or "a record of a conversation" in found


def test_a_record_of_a_newer_program_is_refused() -> None:
    with pytest.raises(ValueError, match="version 3, expected version 2"):
        decode(b"\x03" + encode(Conversation())[1:])


def test_a_record_of_version_1_is_read() -> None:
    # What version 1 wrote for a conversation with a medium and one event.
    head = struct.pack(">BBBHqqqqqqq", 1, 0, 5, 2, 1, 2, 3, 4, 0, 0, 7)
    assert decode(head + b"voice" + b"12345678") == Conversation(
        told=b"12345678", opened=1, latest=2, heard=3, alive=4, later=7, asks=2, media="voice"
    )
