"""Records of conversations survive being bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.events.conversations import Conversation, decode, encode

_TIMES = st.integers(-(2**62), 2**62)
_RECORDS = st.builds(
    Conversation,
    told=st.lists(st.binary(min_size=8, max_size=8), max_size=9).map(b"".join),
    opened=_TIMES, latest=_TIMES, heard=_TIMES, alive=_TIMES, ended=_TIMES, finalized=_TIMES,
    later=_TIMES, gone=st.booleans(), media=st.sampled_from(("", "voice", "größe")),
    asks=st.integers(0, 65535),
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
    with pytest.raises(ValueError, match="version 2, expected version 1"):
        decode(b"\x02" + encode(Conversation())[1:])
