"""The `Store` port over a table of notes.

The table is `notes(id, title, body, version, trashed, origin, at)`; bodies are HTML as people wrote
it. Every rule of the port that matters is here: a listing says how it ends, a body is sanitised on
its way in, an update names the version that it was decided on, a delete can be taken back.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timezone

from attrs import evolve

from syncline.body import Vocabulary, from_html, parse, project, render
from syncline.connector import Context
from syncline.errors import NotFound, StoreError, Unavailable, VersionMismatch
from syncline.model import (
    ChangePage,
    Complete,
    Costs,
    Cursor,
    Document,
    Head,
    Incomplete,
    Record,
    Ref,
    Status,
    Version,
    restrict,
)
from syncline.ports import Capability, Listed, Write

_TABLE = """
create table if not exists notes (
    id text primary key, title text not null, body text not null, version integer not null,
    trashed integer not null default 0, origin text, at text not null
)
"""
HELD = Vocabulary(blocks=Vocabulary().blocks - {"figure", "video", "div"}, inline=frozenset({"br"}))
"""What a note can say: everything but images, videos and the markup of other systems."""
Row = tuple[str, str, str, int, int, str | None, str]


class NoteStore:
    """Notes as documents with a title and a body."""

    capabilities = (
        Capability.WRITE | Capability.DELETE | Capability.CONDITIONAL_WRITE | Capability.ORIGIN
    )
    fields = frozenset({"title", "body"})
    costs = Costs()

    def __init__(self, path: str, context: Context) -> None:
        self._context = context
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute(_TABLE)

    # -- reading ---------------------------------------------------------------------------

    async def heads(self) -> AsyncIterator[Listed]:
        """Yield every note that is not in the trash; a failure ends it as incomplete."""
        count = 0
        try:
            rows = self._db.execute("select id, title, version from notes where trashed=0")
            for id_, title, version in rows:
                count += 1
                yield Head(ref=self._ref(id_), version=Version(str(version)), title=title)
        except sqlite3.Error as error:
            yield Incomplete(reason=f"{self._context.connection}: {error}")
            return
        yield Complete(count=count, scope="all notes")

    async def changes(self, cursor: Cursor | None) -> AsyncIterator[ChangePage]:
        """There is no feed: a full pass is due whenever somebody asks."""
        yield ChangePage(changes=(), cursor=Cursor("none"), reset=True)

    async def fetch(self, ref: Ref) -> Record:
        """Return the note; one in the trash is told apart from one that never was."""
        row = self._row(ref)
        if row is None:
            raise NotFound(f"{ref}: there is no such note", ref=ref)
        _, title, body, version, trashed, origin, at = row
        return Record(
            ref=ref,
            version=Version(str(version)),
            status=Status.TRASHED if trashed else Status.LIVE,
            value=None if trashed else Document(title=title, body=from_html(body)),
            updated_at=datetime.fromisoformat(at),
            origin=Ref.parse(origin) if origin else None,
            reason="the note is in the trash" if trashed else "",
        )

    async def fetch_many(
        self, refs: Sequence[Ref]
    ) -> AsyncIterator[Record | tuple[Ref, Exception]]:
        """Yield each note, or what went wrong with it."""
        for ref in refs:
            try:
                yield await self.fetch(ref)
            except StoreError as error:
                yield ref, error

    async def find(self, origin: Ref, value: Document | None) -> Sequence[Ref]:
        """Return the notes that are copies of `origin`; the mark is written with the note."""
        sql = "select id from notes where origin=? and trashed=0"
        return [self._ref(row[0]) for row in self._db.execute(sql, (str(origin),))]

    async def asset(self, ref: Ref, sha256: str) -> bytes:
        """Notes show no files of their own."""
        raise NotFound(f"{ref}: notes hold no files", ref=ref)

    def project(self, value: Document) -> Document:
        """Return the nearest note: titles are one line, and there are no files to show."""
        title = " ".join(value.title.split()) or "Untitled"
        body = render(project(parse(value.body), HELD))
        return restrict(evolve(value, title=title, body=body), self.fields)

    # -- writing ---------------------------------------------------------------------------

    async def create(self, value: Document, *, write: Write) -> Record:
        """Create a note with its mark in one statement; a second time it is the same note."""
        if found := await self.find(write.origin, value):
            return await self.fetch(found[0])
        ref = self._ref(uuid.uuid4().hex)
        wanted = self.project(value)
        write.note("create", ref.id)
        self._run(
            "insert into notes values (?,?,?,1,0,?,?)",
            ref.id,
            wanted.title,
            wanted.body,
            str(write.origin) if write.mark else None,
            self._now(),
        )
        return await self.fetch(ref)

    async def update(self, ref: Ref, value: Document, *, expected: Version, write: Write) -> Record:
        """Replace title and body if the note is still `expected`; nothing else is touched."""
        now = await self.fetch(ref)
        wanted = self.project(value)
        if now.version == expected and now.value == wanted:
            return now
        write.note("update", expected)
        changed = self._run(
            "update notes set title=?, body=?, version=version+1, at=?"
            " where id=? and version=? and trashed=0",
            wanted.title,
            wanted.body,
            self._now(),
            ref.id,
            int(expected) if expected.isdigit() else -1,
        )
        if not changed:
            raise VersionMismatch(
                f"{ref}: version is {now.version}, expected {expected}; it is read again", ref=ref
            )
        return await self.fetch(ref)

    async def delete(self, ref: Ref, *, expected: Version) -> None:
        """Put the note into the trash; one that is not there is success."""
        row = self._row(ref)
        if row is None or row[4]:
            return
        if str(row[3]) != expected:
            raise VersionMismatch(f"{ref}: version is {row[3]}, expected {expected}", ref=ref)
        self._run("update notes set trashed=1 where id=?", ref.id)

    async def aclose(self) -> None:
        """Close the file."""
        self._db.close()

    # -- one row ---------------------------------------------------------------------------

    def _ref(self, id_: str) -> Ref:
        return Ref(self._context.connection, id_)

    def _row(self, ref: Ref) -> Row | None:
        row: Row | None = self._db.execute("select * from notes where id=?", (ref.id,)).fetchone()
        return row

    def _run(self, sql: str, *values: object) -> int:
        try:
            return self._db.execute(sql, values).rowcount
        except sqlite3.Error as error:
            raise Unavailable(
                f"{self._context.connection}: {error}; nothing was written"
            ) from error

    def _now(self) -> str:
        return self._context.clock.now().astimezone(timezone.utc).isoformat()
