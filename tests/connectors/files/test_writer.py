"""Files that are written side by side go to the disk together, and each fails for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from syncline_files.folder import Changed, Folder, Order, content_hash
from syncline_files.writer import Writer

T = TypeVar("T")
R = TypeVar("R")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def writer(root: Path) -> Writer:
    return Writer(Folder(str(root)))


def files(root: Path) -> dict[str, str]:
    return {str(p.relative_to(root)): p.read_text() for p in root.rglob("*") if p.is_file()}


async def test_files_that_come_together_are_all_there_when_their_writes_return(
    writer: Writer, root: Path
) -> None:
    names = [f"{folder}{n}.md" for n in range(20) for folder in ("", "a/", "a/b/")]
    await asyncio.gather(*(writer.write(n, n.encode(), expected=None) for n in names))
    assert files(root) == {name: name for name in names}
    writer.close()


async def test_one_write_that_is_refused_stops_no_other(writer: Writer, root: Path) -> None:
    for name in ("taken.md", "old.md", "moved.md"):
        (root / name).write_text("before")
    old = content_hash(b"before")
    ends = await asyncio.gather(
        writer.write("taken.md", b"after", expected=None),
        writer.write("new.md", b"after", expected=None),
        writer.write("moved.md", b"after", expected=content_hash(b"another")),
        writer.write("old.md", b"after", expected=old),
        writer.write("taken.md/below.md", b"after", expected=None),
        writer.write("x" * 300 + ".md", b"after", expected=None),
        return_exceptions=True,
    )
    assert [type(end).__name__ for end in ends] == [
        "FileExistsError", "Mark", "Changed", "Mark", "NotADirectoryError", "OSError",
    ]  # fmt: skip
    assert isinstance(ends[2], Changed)
    assert files(root) == {
        "taken.md": "before", "moved.md": "before", "old.md": "after", "new.md": "after",
    }  # fmt: skip
    writer.close()


async def test_two_writes_of_one_file_are_one_after_the_other(writer: Writer, root: Path) -> None:
    ends = await asyncio.gather(
        writer.write("a.md", b"first", expected=None),
        writer.write("a.md", b"second", expected=content_hash(b"first")),
        writer.write("a.md", b"third", expected=None),
        return_exceptions=True,
    )
    assert isinstance(ends[2], FileExistsError)
    assert files(root) == {"a.md": "second"}
    writer.close()


async def test_whoever_gives_up_waiting_leaves_the_others_alone(writer: Writer, root: Path) -> None:
    tasks = [asyncio.ensure_future(writer.write(f"{n}.md", b"x", expected=None)) for n in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(ends[1], asyncio.CancelledError)
    assert {"0.md", "2.md"} <= files(root).keys()
    writer.close()


def test_a_file_gets_its_name_only_when_all_of_it_is_on_the_disk(root: Path) -> None:
    seen: list[str] = []

    def spread(flush: Callable[[T], R], drafts: Iterable[T]) -> Iterator[R]:
        yield from map(flush, drafts)
        seen.extend(path.suffix for path in root.iterdir())

    orders = [Order(f"{n}.md", b"x", None) for n in range(3)]
    ends = Folder(str(root)).write_all(orders, spread)
    assert not [end for end in ends if isinstance(end, Exception)]
    assert seen == [".syncline-tmp"] * 3
    assert files(root) == {"0.md": "x", "1.md": "x", "2.md": "x"}
