"""What waits on disk: in order, bounded, and whole after whatever happens to the files."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncline.errors import StateError
from syncline.events import Event
from syncline.events.encoding import from_canonical, line
from syncline.events.spool import Position, Spool
from syncline.testing.streams import happening


def opened(folder: Path, *, size: int = 1 << 20, segment: int = 1_000) -> Spool:
    return Spool.open(folder / "spool", size, segment=segment)


def waiting(spool: Spool) -> list[tuple[Position, list[str]]]:
    found = []
    while (group := spool.read()) is not None:
        found.append((group[0], [event.id for event in group[1]]))
    return found


def groups(*numbers: int) -> list[Sequence[Event]]:
    return [[happening(number)] for number in numbers]


def test_what_was_written_is_read_in_order(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    for number in range(50):
        spool.append(groups(number))
    assert [ids for _, ids in waiting(spool)] == [[f"e{n}"] for n in range(50)]
    assert len(list(spool.folder.glob("*.events"))) > 3
    spool.close()


def test_another_process_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append(groups(*range(20)))
    spool.append(groups(*range(20, 40)))
    ends = [end for end, _ in waiting(spool)]
    spool.delivered(ends[24])
    spool.close()
    again = opened(tmp_path)
    again.append(groups(40))
    assert [ids for _, ids in waiting(again)] == [[f"e{n}"] for n in range(25, 41)]
    again.close()


@pytest.mark.parametrize("delivered", range(1, 8))
def test_no_place_is_a_bad_one_to_stop_at(tmp_path: Path, delivered: int) -> None:
    spool = opened(tmp_path, segment=500)
    ends = [spool.append(groups(number))[0] for number in range(8)]
    waiting(spool)
    for end in ends[:delivered]:
        spool.delivered(end)
    spool.close()
    again = opened(tmp_path, segment=500)
    assert [ids for _, ids in waiting(again)] == [[f"e{n}"] for n in range(delivered, 8)]
    again.close()


def test_nothing_is_left_when_all_is_delivered(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    (end,) = spool.append(groups(1))
    assert not spool.empty
    spool.delivered(end)
    assert spool.empty
    assert (spool.bytes, list(spool.folder.glob("*.events"))) == (0, [])
    spool.append(groups(2))
    spool.rewind()
    assert [ids for _, ids in waiting(spool)] == [["e2"]]
    spool.close()


def test_what_is_on_its_way_can_be_left_out_and_repeated(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    ends = spool.append(groups(1, 2, 3))
    spool.skip(ends[1])
    assert [ids for _, ids in waiting(spool)] == [["e3"]]
    spool.delivered(ends[0])
    spool.rewind()
    assert [ids for _, ids in waiting(spool)] == [["e2"], ["e3"]]
    spool.close()


def test_it_says_when_it_is_full(tmp_path: Path) -> None:
    spool = opened(tmp_path, size=500)
    assert not spool.full
    while not spool.full:
        spool.append(groups(1, 2))
    assert spool.bytes >= 500
    spool.close()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cut=st.integers(0, 1_500), garbage=st.binary(max_size=60))
def test_a_torn_tail_costs_nothing_that_was_promised(
    tmp_path_factory: pytest.TempPathFactory, cut: int, garbage: bytes
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    spool = opened(folder, segment=1 << 20)
    promised = spool.append(groups(1, 2, 3))[-1][1]
    spool.append(groups(4, 5, 6))
    spool.close()
    (path,) = spool.folder.glob("*.events")
    whole = path.read_bytes()
    path.write_bytes(whole[: promised + cut] + garbage)
    again = opened(folder)
    found = [ids[0] for _, ids in waiting(again)]
    again.finish()
    assert found[:3] == ["e1", "e2", "e3"]
    assert found == [f"e{n}" for n in range(1, len(found) + 1)]
    assert again.empty
    again.close()


def test_a_torn_tail_is_none_to_those_who_come_later_either(tmp_path: Path) -> None:
    spool = opened(tmp_path, segment=1 << 20)
    for number in (1, 2):
        spool.append(groups(number))
        spool.close()
        newest = max(spool.folder.glob("*.events"))
        with newest.open("ab") as file:
            file.write(b"\x00\x00\x01\x07\xde\xad\xbe\xef")
        # What it writes goes into a segment of its own, behind the one with the torn tail.
        spool = opened(tmp_path, segment=1 << 20)
    assert [ids for _, ids in waiting(spool)] == [["e1"], ["e2"]]
    assert spool.damaged == 0
    spool.close()


def test_damage_in_the_middle_is_set_aside_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = opened(tmp_path, segment=1 << 20)
    ends = spool.append(groups(1, 2, 3))
    spool.close()
    (path,) = spool.folder.glob("*.events")
    raw = bytearray(path.read_bytes())
    raw[ends[0][1] + 12] ^= 0xFF
    path.write_bytes(raw)
    again = opened(tmp_path, segment=1 << 20)
    again.append(groups(4))
    assert [ids for _, ids in waiting(again)] == [["e1"], ["e4"]]
    assert again.damaged == ends[2][1] - ends[0][1]
    assert "the file was set aside" in caplog.text
    again.finish()
    assert path.with_suffix(".damaged").read_bytes() == bytes(raw)
    assert again.empty
    again.close()


def test_a_disk_that_refuses_says_so_and_keeps_what_was_promised(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append(groups(1))
    folder, spool.folder = spool.folder, tmp_path / "nowhere"
    spool._close_writing()
    with pytest.raises(StateError, match="cannot be kept there: no such file"):
        spool.append(groups(2))
    spool.folder = folder
    spool.append(groups(3))
    assert [ids for _, ids in waiting(spool)] == [["e1"], ["e3"]]
    spool.close()


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        spool = opened(tmp_path)
        spool.append(groups(1))
    finally:
        os.umask(before)
    (path,) = spool.folder.glob("*.events")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(spool.folder.stat().st_mode) == 0o700
    spool.close()


@given(
    text=st.text(max_size=30),
    data=st.dictionaries(
        st.text(max_size=5), st.none() | st.booleans() | st.integers() | st.text(max_size=9)
    ),
)
def test_an_event_is_the_same_after_it_was_written(text: str, data: dict[str, object]) -> None:
    event = Event(
        id=text, key=text, type=text, source=text, occurred_at=happening(1).occurred_at,
        observed_at=happening(2).observed_at, data=data, synthetic=True,  # type: ignore[arg-type]  # any JSON
    )  # fmt: skip
    assert from_canonical(json.loads(json.dumps(event.canonical()))) == event
    assert b"\n" not in line(event)


def test_what_is_no_event_is_refused() -> None:
    for wrong in ({}, {"id": 1}, {**happening(1).canonical(), "occurred_at": "soon"}):
        with pytest.raises(ValueError, match=r".+"):
            from_canonical(wrong)
