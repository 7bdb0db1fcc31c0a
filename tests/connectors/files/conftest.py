"""A folder, the store that reads it, and the person who edits its files."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from syncline.clock import SystemClock
from syncline.connector import Context
from syncline.model import Ref
from syncline.testing import MemoryCache
from syncline.testing.contract import Person
from syncline_files import Settings
from syncline_files.store import FileStore


def opened(folder: Path, cache: MemoryCache | None = None, **settings: object) -> FileStore:
    """Open a folder as the connection `notes`."""
    context = Context(connection="notes", clock=SystemClock(), cache=cache or MemoryCache())
    return FileStore(Settings(path=str(folder), **settings), context)  # type: ignore[arg-type]  # by name


class Author(Person):
    """Writes files with an editor: what people do without Syncline."""

    unknown_id = "no-such-file.md"

    def __init__(self, folder: Path, ending: str) -> None:
        self._folder = folder
        self._ending = ending
        self._count = 0

    def path(self, ref: Ref) -> Path:
        """Return the file of an article, wherever it is."""
        direct = self._folder / ref.id
        if direct.is_file():
            return direct
        return next(p for p in self._folder.rglob(f"*{ref.id}*{self._ending}"))

    async def write(self, title: str, body: str) -> Ref:
        self._count += 1
        name = f"page-{self._count}{self._ending}"
        self._save(self._folder / name, f"---\ntitle: {title}\n---\n{body}\n")
        return Ref("notes", name)

    async def edit(self, ref: Ref, body: str) -> None:
        path = self.path(ref)
        _, front, _ = path.read_text().split("---\n", 2)
        self._save(path, f"---\n{front}---\n{body}\n")

    async def touch(self, ref: Ref) -> None:
        os.utime(self.path(ref))

    async def trash(self, ref: Ref) -> None:
        path = self.path(ref)
        trash = self._folder / ".trash" / path.name
        trash.parent.mkdir(exist_ok=True)
        path.rename(trash)

    async def restore(self, ref: Ref) -> None:
        path = self.path(ref) if "." not in ref.id else self._folder / ".trash" / ref.id
        path.rename(self._folder / path.name)

    async def spoil(self, ref: Ref) -> None:
        self.path(ref).write_bytes(b"---\ntitle: caf\xe9\n---\ntext\n")

    async def write_hostile(self, title: str) -> Ref:
        return await self.write(
            title,
            'harmless <script>alert(1)</script><img src=x onerror="alert(1)">'
            '<a href="javascript:alert(1)">link</a>',
        )

    def _save(self, path: Path, text: str) -> None:
        path.write_text(text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "articles"
    path.mkdir()
    return path


@pytest.fixture(params=["markdown", "html"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def store(folder: Path, form: str) -> AsyncIterator[FileStore]:
    store = opened(folder, format=form)
    yield store
    await store.aclose()


@pytest.fixture
def reopened(folder: Path) -> Callable[..., FileStore]:
    """Open the folder as another process does: with a cache, or with none left."""

    def reopen(cache: MemoryCache | None = None, **settings: object) -> FileStore:
        return opened(folder, cache, **settings)

    return reopen


@pytest.fixture
def person(folder: Path, form: str) -> Author:
    return Author(folder, ".html" if form == "html" else ".md")
