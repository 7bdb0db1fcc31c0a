"""Pair files: what belongs together, as a person has written it down."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncline.config import DocumentsJob
from syncline.config.pairs import read_pairs
from syncline.errors import ConfigError
from syncline.model import Ref

JOB = DocumentsJob(left="wiki", right="kb")


def written(folder: Path, content: bytes) -> Path:
    (folder / "pairs.csv").write_bytes(content)
    return folder / "pairs.csv"


@pytest.mark.parametrize(
    "content",
    [
        b"1,a\n2,b\n",
        b"left,right\n1,a\n2,b",
        b"Left ID,right_id\n1,a\n2,b",
        b"\xef\xbb\xbfLeft,Right\r\n\r\nwiki:1, kb:a\r\n2,b\r\n",
        b'"1","a"\n"2","b"\n',
    ],
)
def test_ids_and_references_are_read(tmp_path: Path, content: bytes) -> None:
    assert read_pairs(written(tmp_path, content), JOB) == (
        (Ref("wiki", "1"), Ref("kb", "a")),
        (Ref("wiki", "2"), Ref("kb", "b")),
    )


def test_an_id_may_have_a_colon(tmp_path: Path) -> None:
    path = written(tmp_path, b"urn:1,a\n")
    assert read_pairs(path, JOB) == ((Ref("wiki", "urn:1"), Ref("kb", "a")),)


def test_every_fault_of_a_pair_file_comes_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, b"1,a\n1,b\n3\nkb:c,4\n5,\n")
    with pytest.raises(ConfigError) as caught:
        read_pairs(path, JOB)
    assert [line.removeprefix(str(path)) for line in caught.value.problems] == [
        ":2: wiki:1 stands in line 1 already",
        ":3: a line has two columns: the left's id, the right's id",
        ":4: kb:c belongs to the other column: the left's id comes first",
        ":5: a line has two columns: the left's id, the right's id",
    ]


@pytest.mark.parametrize("content", [b"\xff\xfe,a\n", b"a" * 200_000 + b",b\n", None])
def test_a_file_that_cannot_be_read_says_so(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "none.csv" if content is None else written(tmp_path, content)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_pairs(path, JOB)
