"""What was learnt about each file, so that a listing reads only the files that changed.

A row is kept for every file, together for each folder, under a mark of time, size and inode. The
rows live in the connection's cache: losing them costs one reading of every file.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import NamedTuple

from syncline.model import Status
from syncline.ports import Cache, Clock

from .addresses import attachments
from .folder import LARGEST_ATTACHMENT, Entry, Folder, Mark, content_hash
from .names import is_article
from .page import Page, Unreadable

_RESTLESS = timedelta(seconds=2)
"""A file that was saved this recently is read again: another save may bear the same mark."""

_FORM = "1"
"""Raised when rows change their form or meaning: older ones are then forgotten."""


class Row(NamedTuple):
    """What is known of one file; a tuple, because there are many and JSON keeps them."""

    mtime_ns: int
    size: int
    inode: int
    rests: bool
    """False while a save without another mark is still possible."""
    version: str
    status: str
    title: str
    id: str
    """The id that the front matter gives; empty for a file that goes by its path."""
    origin: str
    reason: str
    files: list[str]
    """Paths of what it may show or link to."""

    def is_of(self, mark: Mark | None) -> bool:
        """True when the row still tells the truth about a file with this mark."""
        return mark is not None and self.rests and self[:3] == mark


class Index:
    """Reads a folder by means of what was known of it before."""

    def __init__(self, folder: Folder, cache: Cache, clock: Clock, connection: str) -> None:
        self.ids: dict[str, str] = {}
        """Path by id, for files whose front matter gives one."""
        self.origins: dict[str, str] = {}
        """Path by origin mark."""
        self._noted_ids: dict[str, str] = {}
        self._noted_origins: dict[str, str] = {}
        self._folder = folder
        self._cache = cache
        self._clock = clock
        self._prefix = f"files:{_FORM}:{connection}:"

    async def scan(self, ignored: Callable[[str], bool]) -> AsyncIterator[tuple[str, Row]]:
        """Yield every article with its path, in order.

        Raises:
            OSError: a folder cannot be read. What was yielded before stays true.
        """
        ids: dict[str, str] = {}
        origins: dict[str, str] = {}
        self._noted_ids.clear()
        self._noted_origins.clear()
        folders = [""]
        while folders:
            folder = folders.pop()
            entries = await asyncio.to_thread(self._folder.entries, folder)
            prefix = f"{folder}/" if folder else ""
            entries = [e for e in entries if not ignored(prefix + e.name)]
            folders += [prefix + e.name for e in reversed(entries) if e.is_folder]
            for path, row in self._rows(folder, [e for e in entries if _may_be_article(e)]):
                yield path, self._unique(path, row, ids, origins)
        self.ids, self.origins = ids | self._noted_ids, origins | self._noted_origins

    def note(self, path: str, page: Page) -> None:
        """Remember where our own write has put an article."""
        if page.id:
            self.ids[page.id] = self._noted_ids[page.id] = path
        if page.origin:
            self.origins[page.origin] = self._noted_origins[page.origin] = path

    def forget(self, page: Page) -> None:
        """Forget an article that we have removed."""
        for known in (self.ids, self._noted_ids):
            known.pop(page.id or "", None)
        for known in (self.origins, self._noted_origins):
            known.pop(page.origin or "", None)

    def hash_of(self, path: str) -> str | None:
        """Return the sha256 of a file that articles may show; None when there is none."""
        mark = self._folder.mark(path)
        if mark is None:
            return None
        key, now = f"{self._prefix}hash:{path}", f"{mark.mtime_ns},{mark.size},{mark.inode},"
        known = self._cache.get(key) or ""
        if not known.startswith(now):
            try:
                known = now + content_hash(self._folder.read(path, LARGEST_ATTACHMENT)[0])
            except OSError:
                return None
            self._cache.put(key, known)
        return known.removeprefix(now)

    def _rows(self, folder: str, entries: list[Entry]) -> Iterator[tuple[str, Row]]:
        key = f"{self._prefix}rows:{folder}"
        known, rows = _loaded(self._cache.get(key)), dict[str, Row]()
        prefix = f"{folder}/" if folder else ""
        for entry in entries:
            row = known.get(entry.name)
            if row is None or not row.is_of(entry.mark):
                row = self._read(prefix + entry.name)
            rows[entry.name] = row
            yield prefix + entry.name, row
        if rows != known:
            self._cache.put(key, json.dumps(rows))

    def _read(self, path: str) -> Row:
        try:
            content, mark = self._folder.read(path)
            page = Page.parse(content, path)
        except OSError as error:
            return _unreadable(f"{path}: {error.strerror or error}")
        except Unreadable as error:
            return _unreadable(str(error))
        quiet = (self._clock.now() - _RESTLESS).timestamp()
        return Row(
            *(mark.mtime_ns, mark.size, mark.inode, mark.mtime_ns / 1e9 < quiet),
            version=content_hash(content),
            status=(Status.DRAFT if page.is_draft else Status.LIVE).value,
            title=page.title,
            id=page.id or "",
            origin=page.origin or "",
            reason="",
            files=attachments(page.text, "/".join(page.folders)),
        )

    def _unique(self, path: str, row: Row, ids: dict[str, str], origins: dict[str, str]) -> Row:
        """Return the row, unreadable where the file is a copy of another with one id."""
        if row.id:
            first = ids.get(row.id) or self._elsewhere(row.id, path)
            if first is not None:
                reason = f"{path}: {first} has the same id {row.id!r}; remove the line from one"
                return _unreadable(reason)
            ids[row.id] = path
        if row.origin:
            origins.setdefault(row.origin, path)
        return row

    def _elsewhere(self, id: str, path: str) -> str | None:
        """Return where an article still is that had this id at the last scan."""
        known = self.ids.get(id)
        if known in (None, path):
            return None
        try:
            page = Page.parse(self._folder.read(known)[0], known)
        except (OSError, Unreadable):
            return None
        return known if page.id == id else None


def _may_be_article(entry: Entry) -> bool:
    return is_article(entry.name) and not entry.is_folder


def _unreadable(reason: str) -> Row:
    return Row(0, 0, 0, False, "", Status.UNREADABLE.value, "", "", "", reason, [])


def _loaded(text: str | None) -> dict[str, Row]:
    return {name: Row(*values) for name, values in json.loads(text or "{}").items()}
