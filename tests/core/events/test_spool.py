"""What waits on disk: in order, bounded, and whole after whatever happens to the files."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
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
from syncline.events.spool_faults import unusable
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
    folder, spool.folder = spool.folder, tmp_path / "nowhere" / "spool"
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


# -- a folder that goes away while it is in use ----------------------------------------------------


def test_what_is_written_to_a_folder_that_was_moved_away_is_not_promised(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append(groups(1))
    spool.folder.rename(tmp_path / "elsewhere")
    with pytest.raises(StateError, match=r"/spool: .*no such file.*put it back"):
        spool.append(groups(2))
    (tmp_path / "elsewhere").rename(spool.folder)
    spool.append(groups(3))
    assert [ids for _, ids in waiting(spool)] == [["e1"], ["e3"]]
    spool.close()


def test_what_waits_in_a_folder_that_is_away_waits_until_it_is_back(tmp_path: Path) -> None:
    spool = opened(tmp_path / "listener")
    spool.append(groups(1, 2))
    (tmp_path / "listener").rename(tmp_path / "elsewhere")
    assert "no such file" in (spool.trouble() or "")
    for _ in range(2):
        with pytest.raises(StateError, match="no such file"):
            spool.read()
    (tmp_path / "elsewhere").rename(tmp_path / "listener")
    assert spool.trouble() is None
    assert [ids for _, ids in waiting(spool)] == [["e1"], ["e2"]]
    assert spool.damaged == 0
    spool.close()


def test_files_that_somebody_removed_are_told_and_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = opened(tmp_path)
    spool.append(groups(*range(20)))
    spool.append(groups(20))
    first, _ = sorted(spool.folder.glob("*.events"))
    size = first.stat().st_size
    first.unlink()
    assert [ids for _, ids in waiting(spool)] == [["e20"]]
    assert size - 100 < spool.damaged < size
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "events that waited are gone: their file was removed"
    ]
    spool.finish()
    assert spool.empty
    spool.close()


def test_a_folder_that_was_removed_is_made_again_where_its_own_is_there(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append(groups(1))
    shutil.rmtree(spool.folder)
    with pytest.raises(StateError):
        spool.append(groups(2))
    spool.append(groups(3))
    assert [ids for _, ids in waiting(spool)] == [["e3"]]
    assert spool.damaged > 0
    spool.close()


def test_how_far_it_is_delivered_need_not_be_noted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = opened(tmp_path)
    spool.append(groups(*range(30)))
    spool.append(groups(30))
    ends = [end for end, _ in waiting(spool)]
    spool.folder.rename(tmp_path / "elsewhere")
    spool.delivered(ends[-1])
    assert spool.empty
    spool.close()
    (tmp_path / "elsewhere").rename(spool.folder)
    again = opened(tmp_path)
    assert len(waiting(again)) == 31  # told once more
    again.close()
    assert "is not noted" in caplog.text


def test_a_disk_that_refuses_for_long_is_not_littered(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append(groups(1))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, before[1]))
    try:
        for _ in range(5):
            with pytest.raises(StateError, match="file too large; look after the disk"):
                spool.append(groups(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(list(spool.folder.glob("*.events"))) == 1
    spool.append(groups(3))
    assert [ids for _, ids in waiting(spool)] == [["e1"], ["e3"]]
    spool.close()


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "no space left on device; make room"),
        (errno.EDQUOT, "quota exceeded; make room"),
        (errno.EROFS, "read-only file system; let the service write there"),
        (errno.EACCES, "permission denied; let the service write there"),
        (errno.ENOENT, "put it back, or restart"),
        (errno.EIO, "look after the disk"),
    ],
)
def test_what_to_do_is_said(tmp_path: Path, number: int, advice: str) -> None:
    error = unusable(tmp_path, OSError(number, os.strerror(number)))
    assert str(error).startswith(f"{tmp_path}: what waits cannot be kept there: ")
    assert advice in str(error)
