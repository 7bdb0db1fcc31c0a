"""What a folder tells between two full passes."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from syncline.errors import Unavailable
from syncline.model import Cursor, Head, Ref, Version
from syncline_files.feed import Comparison, Look
from syncline_files.store import FileStore

NOON = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)


@pytest.fixture
def form() -> str:
    return "markdown"


async def poll(store: FileStore, cursor: Cursor | None = None) -> tuple[set[str], Cursor]:
    """Return the ids that a poll tells, and where the next one goes on."""
    [page] = [page async for page in store.changes(cursor)]
    assert page.cursor is not None
    return {change.ref.id for change in page.changes}, page.cursor


def page(folder: Path, name: str, text: str = "text") -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"# Title\n\n{text}\n")
    return path


def unmount(folder: Path) -> None:
    folder.rename(folder.with_name("away"))


async def test_the_first_poll_tells_nothing_and_the_next_what_was_saved_since(
    store: FileStore, folder: Path
) -> None:
    old = page(folder, "a.md")
    page(folder, "b.md")
    told, cursor = await poll(store)
    assert told == set()
    page(folder, "new.md")
    old.write_text("# Title\n\nanother text\n")
    told, cursor = await poll(store, cursor)
    assert told == {"a.md", "new.md"}
    assert await poll(store, cursor) == (set(), cursor)


async def test_what_was_removed_or_moved_is_told(store: FileStore, folder: Path) -> None:
    page(folder, "a.md").read_bytes()
    page(folder, "b.md")
    page(folder, "c.md")
    _, cursor = await poll(store)
    (folder / "a.md").unlink()
    (folder / "sub").mkdir()
    (folder / "b.md").rename(folder / "sub" / "b.md")
    told, _ = await poll(store, cursor)
    assert told == {"a.md", "b.md", "sub/b.md"}


async def test_a_file_that_comes_with_an_old_time_is_told(store: FileStore, folder: Path) -> None:
    page(folder, "a.md")
    _, cursor = await poll(store)
    elsewhere = page(folder.parent, "elsewhere.md")
    os.utime(elsewhere, (1, 1))
    elsewhere.rename(folder / "a.md")
    assert (await poll(store, cursor))[0] == set(), "it says the same"
    other = page(folder.parent, "other.md", "another text")
    os.utime(other, (1, 1))
    other.rename(folder / "a.md")
    assert (await poll(store, cursor))[0] == {"a.md"}


async def test_a_folder_that_is_empty_all_at_once_is_not_told_as_deletions(
    store: FileStore, folder: Path
) -> None:
    path = page(folder, "a.md")
    _, cursor = await poll(store)
    path.unlink()
    assert (await poll(store, cursor))[0] == set()


async def test_a_folder_that_is_away_fails_the_poll(store: FileStore, folder: Path) -> None:
    page(folder, "a.md")
    _, cursor = await poll(store)
    unmount(folder)
    with pytest.raises(Unavailable, match="no such folder"):
        await poll(store, cursor)


async def test_a_cursor_of_another_kind_makes_a_full_pass_due(
    store: FileStore, folder: Path
) -> None:
    page(folder, "a.md")
    [told] = [page async for page in store.changes(Cursor("[1, 2]"))]
    assert told.reset
    assert told.changes == ()


def head(id: str, version: str, at: datetime = NOON) -> Head:
    return Head(ref=Ref("notes", id), version=Version(version), updated_at=at)


def compared(before: Look | None, *heads: Head, at: datetime) -> Comparison:
    comparison = Comparison(before=before, at=at, most=2)
    for one in heads:
        comparison.see(one)
    return comparison


def test_of_a_large_folder_is_told_what_was_saved() -> None:
    later = NOON + timedelta(minutes=5)
    old = [head(id, "1") for id in "abc"]
    first = compared(None, *old, at=NOON + timedelta(minutes=1)).look
    assert first.stamps is None
    assert compared(first, *old, at=later).look is first
    second = compared(first, *old[:2], head("c", "2", later), at=later)
    assert second.changed() == ["c"]
    third = compared(second.look, *old[:2], at=later + timedelta(minutes=5))
    assert third.look.stamps is not None, "it is small now, and remembered one by one"
