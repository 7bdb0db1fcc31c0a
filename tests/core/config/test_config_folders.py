"""Connections to folders of this machine: one folder twice, and one inside another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Check = Callable[[str], list[str]]


def cupboards(**at: str) -> str:
    return "".join(
        f'[connections.{name}]\nconnector = "cupboard"\n{said}\n' for name, said in at.items()
    )


def job(name: str, left: str, right: str, extra: str = "") -> str:
    return f'[jobs.{name}]\nkind = "documents"\nleft = "{left}"\nright = "{right}"\n{extra}\n'


def test_both_sides_of_a_job_in_one_folder_are_refused(tmp_path: Path, faults: Check) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for other in ("real", "./real/", "link", "link/../real", str(tmp_path / "real")):
        text = cupboards(a='at = "real"', b=f'at = "{other}"\ndepth = 2') + job("j", "a", "b")
        (line,) = faults(text)
        assert line.startswith("f.toml:11:9: jobs.j.right: left and right lead to the same place")


@pytest.mark.parametrize(
    ("outer", "inner"), [("all", "all/public"), ("all", "link/public"), ("link", "all/a/b/c")]
)
def test_one_side_inside_the_other_is_refused(
    tmp_path: Path, faults: Check, outer: str, inner: str
) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "link").symlink_to("all")
    for sides in (("o", "i"), ("i", "o")):
        text = cupboards(o=f'at = "{outer}"', i=f'at = "{inner}"') + job("j", *sides)
        (line,) = faults(text)
        assert line.startswith("f.toml:6:6: connections.i.at: ")
        assert f"{str(tmp_path / 'all')!r} of the connection 'o', and job 'j' would take" in line


@pytest.mark.parametrize(
    ("first", "second", "ok"),
    [
        ("", "", False),
        ("direction = 'left-to-right'", "direction = 'left-to-right'", False),
        ("direction = 'right-to-left'", "direction = 'right-to-left'", True),
        ("relay = true", "", True),
        ("", "relay = true", True),
    ],
)
def test_jobs_may_nest_their_folders_when_they_are_not_in_each_others_way(
    faults: Check, first: str, second: str, ok: bool
) -> None:
    text = cupboards(o='at = "all"', i='at = "all/in"', x='at = "x"', y='at = "y"')
    lines = faults(text + job("j", "o", "x", first) + job("k", "i", "y", second))
    assert (lines == []) is ok
    assert ok or "jobs 'k' and 'j' would take the same documents twice" in lines[0]


def test_a_folder_that_the_outer_one_leaves_out_is_nobody_elses(faults: Check) -> None:
    out = cupboards(o='at = "all"\nwithout = ["in"]', i='at = "all/in"')
    assert faults(out + job("j", "o", "i")) == []


def test_folders_beside_each_other_and_connections_without_a_job_are_let_be(faults: Check) -> None:
    text = cupboards(a='at = "a"', b='at = "ab"', top='at = "."')
    assert faults(text + job("j", "a", "b")) == []


def test_jobs_of_two_connections_to_one_folder_share_it(faults: Check) -> None:
    text = cupboards(a='at = "a"', b='at = "a"\ndepth = 3', x='at = "x"', y='at = "y"')
    lines = faults(text + job("j", "a", "x") + job("k", "b", "y"))
    assert len(lines) == 1
    assert "jobs.k.left: job 'j' takes documents of 'b' too" in lines[0]
