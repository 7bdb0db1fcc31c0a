"""A folder of articles as a `Store`."""

from __future__ import annotations

import asyncio
import errno
import posixpath
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING

import attrs

from syncline import body as _body
from syncline.connector import Context
from syncline.errors import (
    Forbidden,
    NotFound,
    Rejected,
    StoreError,
    Unavailable,
    VersionMismatch,
)
from syncline.model import (
    FIELDS,
    Change,
    ChangePage,
    Complete,
    Costs,
    Cursor,
    Document,
    Incomplete,
    Record,
    Ref,
    Version,
    digest,
)
from syncline.ports import Capability, Listed, Write

from .feed import Comparison, Look
from .folder import LARGEST_ATTACHMENT, Changed, content_hash
from .front import BrokenFrontMatter
from .names import attachment_name, file_name, folder_name, new_id, portable
from .page import Page, Unreadable, project
from .shelf import MARKER, TRASH, File, Shelf, unreadable
from .writer import Writer

if TYPE_CHECKING:
    from . import Settings

_MARKER_TEXT = (
    b"Syncline keeps the articles in this folder in step with another system.\n"
    b"This file shows that the folder is the right one and is mounted: leave it here.\n"
)
_FULL = (errno.ENOSPC, errno.EDQUOT)


class FileStore:
    """Articles are files; their version is the hash of their content.

    An article is known by the `id` in its front matter, else by its path: with an id it may be
    moved and renamed. Deleting moves it to `.trash`. A changed title never moves a file.
    """

    capabilities = Capability.WRITE | Capability.DELETE | Capability.ORIGIN | Capability.CHANGE_FEED
    fields = frozenset(FIELDS)
    costs = Costs(heads_per_call=1000)

    def __init__(self, settings: Settings, context: Context) -> None:
        self._connection = context.connection
        self._clock = context.clock
        self._shelf = Shelf(settings.path, settings.ignore, context)
        self._folder = self._shelf.folder
        self._writer = Writer(self._folder)
        self._suffix = ".html" if settings.format == "html" else ".md"

    # -- reading --------------------------------------------------------------------------

    async def heads(self) -> AsyncIterator[Listed]:
        count = 0
        try:
            self._shelf.check_root()
            async for path, row in self._shelf.rows():
                count += 1
                yield self._shelf.head(path, row)
            self._shelf.remember_root(count)
        except (StoreError, OSError) as error:
            yield Incomplete(reason=f"{self._connection}: {error}")
            return
        yield Complete(count=count, scope=self._shelf.scope)

    async def changes(self, cursor: Cursor | None) -> AsyncIterator[ChangePage]:
        """Yield what is not as the look before found it; see `feed`."""
        before = None if cursor is None else Look.of(cursor)
        comparison = Comparison(before=before, at=self._clock.now())
        with self._translated(None):
            self._shelf.check_root()
            async for path, row in self._shelf.rows():
                comparison.see(self._shelf.head(path, row))
        yield ChangePage(
            changes=tuple(Change(ref=Ref(self._connection, id)) for id in comparison.changed()),
            cursor=comparison.look.cursor,
            reset=cursor is not None and before is None,
        )

    async def fetch(self, ref: Ref) -> Record:
        with self._translated(ref):
            self._shelf.check_root()
            try:
                file = await self._shelf.file(ref)
            except (Unreadable, OSError) as error:
                return unreadable(ref, error)
            return self._shelf.gone(ref) if file is None else self._shelf.record(file)

    async def fetch_many(
        self, refs: Sequence[Ref]
    ) -> AsyncIterator[Record | tuple[Ref, Exception]]:
        for ref in refs:
            try:
                yield await self.fetch(ref)
            except StoreError as error:
                yield ref, error

    async def find(self, origin: Ref, value: Document | None) -> Sequence[Ref]:
        with self._translated(None):
            self._shelf.check_root()
            marked = await self._marked(origin)
            unmarked = [] if value is None else await self._unmarked(origin, value)
        return [marked.ref] if marked else unmarked

    async def asset(self, ref: Ref, sha256: str) -> bytes:
        with self._translated(ref):
            file = await self._shelf.file(ref)
            path = self._shelf.files(file).get(sha256) if file else None
            if path is None:
                raise NotFound(f"{ref}: it shows no file {sha256}", ref=ref)
            return (await asyncio.to_thread(self._folder.read, path, LARGEST_ATTACHMENT))[0]

    def project(self, value: Document) -> Document:
        return project(value)

    async def aclose(self) -> None:
        """Give back the threads that write; no file stays open between two calls."""
        self._writer.close()

    # -- writing --------------------------------------------------------------------------

    async def create(self, value: Document, *, write: Write) -> Record:
        with self._translated(None):
            self._shelf.check_root()
            value = project(value)
            file = await self._made_before(write)
            return self._shelf.record(file or await self._made(value, write))

    async def update(self, ref: Ref, value: Document, *, expected: Version, write: Write) -> Record:
        with self._translated(ref):
            self._shelf.check_root()
            file = await self._expected(ref, expected)
            now = self._shelf.document(file)
            wanted = project(_merged(now, value))
            if digest(wanted) == digest(now):
                return self._shelf.record(file)
            page = await self._edited(file, now, wanted, write)
            if write.mark and page.origin is None:
                page = page.with_({"origin": str(write.origin)})
            return self._shelf.record(await self._put(file, page, expected, write))

    async def delete(self, ref: Ref, *, expected: Version) -> None:
        with self._translated(ref):
            self._shelf.check_root()
            try:
                file = await self._expected(ref, expected)
            except NotFound:
                return
            grave = self._grave(file.path)
            await asyncio.to_thread(self._folder.move, file.path, grave)
            if content_hash(self._folder.read(grave)[0]) != expected:
                await asyncio.to_thread(self._folder.move, grave, file.path)
                raise Changed(f"{file.path} was saved while it was being removed")
            self._shelf.index.forget(file.page)
            self._shelf.remember_trashed(ref.id)

    async def _expected(self, ref: Ref, expected: Version) -> File:
        try:
            file = await self._shelf.file(ref)
        except (Unreadable, OSError) as error:
            raise Changed(f"it cannot be read any more ({error})") from error
        if file is None:
            raise NotFound(f"{ref}: it is not in the folder", ref=ref)
        if file.version != expected or file.page.is_draft:
            found = "a draft" if file.page.is_draft else f"at version {file.version[:12]}"
            raise Changed(f"it is {found}, expected {expected[:12]}")
        return file

    async def _marked(self, origin: Ref) -> File | None:
        """Return the article that carries a mark."""
        await self._shelf.scanned()
        path = self._shelf.index.origins.get(str(origin))
        file = await self._at(path) if path else None
        return file if file and file.page.origin == str(origin) else None

    async def _at(self, path: str) -> File | None:
        """Return the article at a path that the index gave, if it still is one."""
        try:
            page = Page.parse(self._folder.read(path)[0], path)
            return await self._shelf.file(Ref(self._connection, page.id or path))
        except (NotFound, Unreadable, OSError):
            return None

    async def _made_before(self, write: Write) -> File | None:
        """Return what an earlier attempt has made, by its mark or by the id that it noted."""
        if found := await self._marked(write.origin):
            return found
        noted = [note.detail for note in write.earlier if note.step == "create"]
        files = [await self._shelf.file(Ref(self._connection, id)) for id in noted]
        return next((file for file in files if file is not None), None)

    async def _unmarked(self, origin: Ref, value: Document) -> list[Ref]:
        """Return originals that we made again from their copy: the id comes from the origin."""
        refs, value = list[Ref](), project(value)
        for attempt in count():
            id = new_id(str(origin), attempt)
            if self._shelf.is_free(id):
                return refs
            file = await self._shelf.file(Ref(self._connection, id))
            now = self._shelf.document(file) if file else None
            if now is not None and digest(_merged(now, value)) == digest(now):
                refs.append(Ref(self._connection, id))
        return refs

    async def _made(self, value: Document, write: Write) -> File:
        await self._shelf.scanned()
        ids = (new_id(str(write.origin), attempt) for attempt in count())
        id = next(id for id in ids if self._shelf.is_free(id))
        folder = self._folder_of(value.category or ())
        path = posixpath.join(folder, file_name(value.title, id, self._suffix))
        page = Page.blank(path, value, id=id, origin=str(write.origin) if write.mark else None)
        file = File(
            ref=Ref(self._connection, id), path=path, version=Version(""), mtime_ns=0, page=page
        )
        blank = page.document(self._shelf.addresses(path, {}))
        page = await self._edited(file, blank, _merged(blank, value), write)
        return await self._put(file, page, None, write)

    async def _edited(self, file: File, now: Document, wanted: Document, write: Write) -> Page:
        """Return the page that says `wanted`, after its files were put beside it."""
        files = self._shelf.files(file) | await self._brought(file, wanted, write)
        addresses = self._shelf.addresses(file.path, files)
        page = file.page.edited(now, wanted, addresses)
        if digest(page.document(addresses)) != digest(wanted):
            raise Rejected(f"{file.ref}: {file.path} cannot hold this article", ref=file.ref)
        return page

    async def _brought(self, file: File, wanted: Document, write: Write) -> dict[str, str]:
        """Fetch the files that the article shows and does not have yet; return their paths."""
        held, brought = self._shelf.files(file), dict[str, str]()
        for sha256 in _body.assets(wanted.body):
            if sha256 in held:
                continue
            known = wanted.assets.get(sha256)
            name = attachment_name(known.name if known else "file", sha256)
            path = brought[sha256] = posixpath.join(file.folder, "assets", name)
            if self._shelf.index.hash_of(path) != sha256:
                content = await write.asset(sha256)
                await write.announce("asset", path)
                await self._bring(path, content, sha256)
        return brought

    async def _bring(self, path: str, content: bytes, sha256: str) -> None:
        try:
            await self._writer.write(path, content, expected=None)
        except FileExistsError:
            if self._shelf.index.hash_of(path) != sha256:  # else another article brought it
                raise

    async def _put(self, file: File, page: Page, expected: Version | None, write: Write) -> File:
        """Write the page down, and return it as the file that it is now."""
        self._mark_root()
        content = page.content()
        await write.announce("create" if expected is None else "update", file.ref.id)
        mark = await self._writer.write(file.path, content, expected=expected)
        self._shelf.index.note(file.path, page)
        version = Version(content_hash(content))
        return attrs.evolve(file, version=version, page=page, mtime_ns=mark.mtime_ns)

    def _mark_root(self) -> None:
        """Put the marker in the folder, with the first write and never before."""
        if not self._folder.exists(MARKER):
            with suppress(FileExistsError):
                self._folder.write(MARKER, _MARKER_TEXT, expected=None)

    def _folder_of(self, category: Sequence[str]) -> str:
        """Return the folder for new articles of a category: the one that is there, if any."""
        folder = ""
        for part in category:
            path = posixpath.join(folder, folder_name(part))
            folder = path if self._folder.exists(path) else self._similar(folder, path)
        return "" if self._shelf.is_outside(posixpath.join(folder, "x.md")) else folder

    def _similar(self, folder: str, path: str) -> str:
        """Return a folder whose name would collide with a new one elsewhere, else `path`."""
        try:
            entries = self._folder.entries(folder)
        except FileNotFoundError:
            return path
        names = {portable(e.name): e.name for e in entries if e.is_folder}
        name = posixpath.basename(path)
        return posixpath.join(folder, names.get(portable(name), name))

    def _grave(self, path: str) -> str:
        stem, ending = posixpath.splitext(f"{TRASH}/{path}")
        paths = (stem + (f"-{n}" if n else "") + ending for n in count())
        return next(path for path in paths if not self._folder.exists(path))

    @contextmanager
    def _translated(self, ref: Ref | None) -> Iterator[None]:
        """Raise what the file system and the parsers say as the errors of a store."""
        where = ref or self._connection
        try:
            yield
        except Changed as error:
            message = f"{where}: {error}; it will be read again"
            raise VersionMismatch(message, ref=ref) from error
        except (Unreadable, BrokenFrontMatter) as error:
            raise Rejected(f"{where}: {error}", ref=ref) from error
        except PermissionError as error:
            raise Forbidden(f"{where}: {error.strerror}: {error.filename}", ref=ref) from error
        except OSError as error:
            full = "the disk is full" if error.errno in _FULL else error.strerror or error
            raise Unavailable(f"{where}: {full}", ref=ref) from error


def _merged(now: Document, value: Document) -> Document:
    """Return `now` with what `value` says; a field that is absent there stays."""
    said = {name: getattr(value, name) for name in FIELDS}
    present = {name: v for name, v in said.items() if v is not None}
    return attrs.evolve(now, assets={**now.assets, **value.assets}, **present)
