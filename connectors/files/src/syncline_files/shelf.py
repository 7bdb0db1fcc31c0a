"""Finding and reading articles: from a reference to a file, from a file to a record."""

from __future__ import annotations

import hashlib
import mimetypes
import posixpath
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timezone

import attrs

from syncline import body as _body
from syncline.connector import Context
from syncline.errors import NotFound, Rejected, Unavailable
from syncline.model import Asset, Document, Head, Record, Ref, Status, Version

from .addresses import Addresses, attachments
from .folder import Folder, Unsafe, content_hash
from .ignoring import Ignoring
from .index import Index, Row
from .names import is_explicit, is_path
from .page import Page, Unreadable

MARKER = ".syncline"
"""The file that shows that the folder is there, and not only the place where it is mounted."""
TRASH = ".trash"
_STATUS = {status.value: status for status in Status}
_STALE = 1.0
"""Seconds after which a scan is repeated for an item that has moved or come back."""


@attrs.frozen(kw_only=True)
class File:
    """An article as it was read."""

    ref: Ref
    path: str
    version: Version
    mtime_ns: int
    page: Page

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.path)


class Shelf:
    """Reads one folder; `FileStore` writes to it."""

    def __init__(self, path: str, ignore: frozenset[str], context: Context) -> None:
        self.folder = Folder(path)
        self.index = Index(self.folder, context.cache, context.clock, context.connection)
        self._context = context
        self._ignoring = Ignoring(ignore)
        self._scanned_at: float | None = None
        self.scope = "files:" + hashlib.sha256(self._ignoring.pattern.encode()).hexdigest()[:16]

    # -- the folder as a whole ------------------------------------------------------------

    def check_root(self) -> None:
        """Do nothing when the folder is there.

        Raises:
            Unavailable: it is missing, or the marker that was in it is.
        """
        if not self.folder.is_there():
            raise Unavailable(f"{self.folder.root}: there is no such folder")
        if self._known_root() == "marked" and not self.folder.exists(MARKER):
            raise Unavailable(
                f"{self.folder.root}: its file {MARKER} is gone, so this may be another folder or "
                f"an empty mount point; mount it, or make an empty {MARKER} if all is well"
            )

    def remember_root(self, count: int) -> None:
        """Remember what a complete listing of `count` articles found.

        Raises:
            Unavailable: the folder is empty all at once, and no marker says that it is the one.
        """
        state = "marked" if self.folder.exists(MARKER) else "filled" if count else ""
        if state == "" and self._known_root() == "filled":
            raise Unavailable(
                f"{self.folder.root}: it was not empty before; if that is right, "
                f"make an empty file {MARKER} in it"
            )
        if state != self._known_root():
            self._context.cache.put(self._root_key(), state)

    async def rows(self) -> AsyncIterator[tuple[str, Row]]:
        """Yield what every article's file is known by; see `Index.scan`."""
        async for path, row in self.index.scan(self._ignoring.is_ignored):
            yield path, row
        self._scanned_at = self._context.clock.monotonic()

    async def scanned(self, *, again: bool = False) -> None:
        """Make sure that the index was filled, or was filled lately with `again`."""
        age = self._scanned_at
        if age is None or (again and self._context.clock.monotonic() - age > _STALE):
            async for _ in self.rows():
                pass

    # -- one article ----------------------------------------------------------------------

    async def file(self, ref: Ref) -> File | None:
        """Return the file of an item; None when the folder does not have it any more.

        Raises:
            Unreadable, OSError: it is there and cannot be read.
            NotFound: the file goes by another id.
        """
        if not is_explicit(ref.id):
            return self._file(ref, ref.id) if is_path(ref.id) else None
        await self.scanned()
        path = self.index.ids.get(ref.id)
        found = self._file(ref, path) if path else None
        if found is None:
            # Moved or restored since: the one case in which a read looks at the whole folder.
            await self._rescan(missing=path)
            path = self.index.ids.get(ref.id)
            found = self._file(ref, path) if path else None
        return found

    def gone(self, ref: Ref) -> Record:
        """Return what is known of an item that the folder does not have."""
        trashed = not is_explicit(ref.id) and self.folder.exists(f"{TRASH}/{ref.id}")
        status = Status.TRASHED if trashed or self._was_trashed(ref.id) else Status.PURGED
        return Record(
            ref=ref, version=Version(""), status=status, reason=f"{ref} is not in the folder"
        )

    def remember_trashed(self, id: str) -> None:
        """Remember that an id was used, so that no new article gets it."""
        self._context.cache.put(self._trash_key(id), "trashed")

    def is_free(self, id: str) -> bool:
        return id not in self.index.ids and not self._was_trashed(id)

    def head(self, path: str, row: Row) -> Head:
        """Return the entry of a listing; its facts are those of `record`."""
        id = row.id or _told(path)
        status = _STATUS[row.status] if row.id or is_path(id) else Status.UNREADABLE
        return Head(
            ref=Ref(self._context.connection, id),
            version=Version(row.version),
            status=status,
            title=row.title if status is Status.LIVE else "",
            aux=self._aux(path, row.files) if row.version else "",
            updated_at=_time(row.mtime_ns) if row.version else None,
        )

    def record(self, file: File) -> Record:
        """Return the article.

        Raises:
            Rejected: its text cannot be read into a body.
        """
        files = attachments(file.page.text, file.folder)
        live = not file.page.is_draft
        return Record(
            ref=file.ref,
            version=file.version,
            status=Status.LIVE if live else Status.DRAFT,
            value=self.document(file) if live else None,
            aux=self._aux(file.path, files),
            updated_at=_time(file.mtime_ns),
            origin=_origin(file.page),
            in_scope=not self.is_outside(file.path),
            reason="" if live else f"{file.path}: its front matter says draft",
        )

    def document(self, file: File) -> Document:
        """Return what the article says, with the files that it shows."""
        shown = self.files(file)
        try:
            value = file.page.document(self.addresses(file.path, shown))
        except Rejected as error:
            raise Rejected(f"{file.ref}: {error}", ref=file.ref) from error
        used = {sha: shown[sha] for sha in _body.assets(value.body) if sha in shown}
        return attrs.evolve(value, assets={s: self._asset(s, path) for s, path in used.items()})

    def files(self, file: File) -> dict[str, str]:
        """Return the paths of the files that an article may show, by sha256."""
        paths = attachments(file.page.text, file.folder)
        return {sha: path for path in paths if (sha := self.index.hash_of(path))}

    def addresses(self, path: str, files: Mapping[str, str]) -> Addresses:
        """Return how the article at `path` writes addresses."""
        return Addresses(
            connection=self._context.connection,
            folder=posixpath.dirname(path),
            id_of=self._id_of,
            path_of=lambda id: self.index.ids.get(id) if is_explicit(id) else id,
            hash_of=self.index.hash_of,
            files=files,
        )

    # -- details --------------------------------------------------------------------------

    def _file(self, ref: Ref, path: str) -> File | None:
        try:
            content, mark = self.folder.read(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        page = Page.parse(content, path)
        if page.id != (ref.id if is_explicit(ref.id) else None):
            self._refuse_another_id(ref, path, page)
            return None
        version = Version(content_hash(content))
        return File(ref=ref, path=path, version=version, mtime_ns=mark.mtime_ns, page=page)

    def _refuse_another_id(self, ref: Ref, path: str, page: Page) -> None:
        if is_explicit(ref.id):
            return
        holder = self.index.ids.get(page.id or "")
        if holder not in (None, path):
            raise Unreadable(f"{path}: {holder} has the same id {page.id!r}")
        raise NotFound(f"{ref}: the file now gives the id {page.id!r} itself", ref=ref)

    async def _rescan(self, missing: str | None) -> None:
        """Scan again unless a scan of just now has shown that the item is not there."""
        if missing is not None:
            self._scanned_at = None
        await self.scanned(again=True)

    def _id_of(self, path: str) -> str:
        try:
            return Page.parse(self.folder.read(path)[0], path).id or path
        except (OSError, Unreadable):
            return path

    def _asset(self, sha256: str, path: str) -> Asset:
        name, mark = posixpath.basename(path), self.folder.mark(path)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Asset(sha256=sha256, name=name, media_type=kind, size=mark.size if mark else 0)

    def _aux(self, path: str, files: list[str]) -> str:
        """Return what changes without the file: its folder, and the files that it shows."""
        folder = path.rpartition("/")[0]
        if not files:
            return folder
        hashes = ",".join(self.index.hash_of(file) or "-" for file in files)
        return f"{folder}#{content_hash(hashes.encode())[:16]}"

    def is_outside(self, path: str) -> bool:
        """True for a path that the settings leave out, itself or a folder above it."""
        return self._ignoring.is_outside(path)

    def _known_root(self) -> str:
        return self._context.cache.get(self._root_key()) or ""

    def _root_key(self) -> str:
        return f"files:root:{self._context.connection}"

    def _was_trashed(self, id: str) -> bool:
        return bool(self._context.cache.get(self._trash_key(id)))

    def _trash_key(self, id: str) -> str:
        return f"files:trashed:{self._context.connection}:{id}"


def unreadable(ref: Ref, error: Exception) -> Record:
    """Return the record of an item that is there and cannot be read."""
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return Record(ref=ref, version=Version(""), status=Status.UNREADABLE, reason=reason)


def _told(path: str) -> str:
    """Return a path as an id: bytes that are no UTF-8 are shown."""
    if path.isascii():
        return path
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _time(mtime_ns: int) -> datetime:
    return datetime.fromtimestamp(mtime_ns / 1e9, timezone.utc)


def _origin(page: Page) -> Ref | None:
    try:
        return Ref.parse(page.origin) if page.origin else None
    except ValueError:
        return None


__all__ = ["MARKER", "TRASH", "File", "Shelf", "Unsafe", "unreadable"]
