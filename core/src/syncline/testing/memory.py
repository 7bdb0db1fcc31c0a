"""A store in memory that keeps every rule of the `Store` port, and misbehaves when asked to.

store = MemoryStore("wiki", FakeClock())
page = store.write("Opening hours", "<p>9 to 5</p>")     # a person writes
store.fail("update", OutcomeUnknown("the answer was lost"), effect=Effect.APPLIED)
...
assert store.calls["fetch"] == 0 and not store.mutations
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import attrs

from ..errors import Forbidden, NotFound, OpenDraft, StoreError, VersionMismatch
from ..model import (
    FIELDS,
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
    digest,
    restrict,
)
from ..ports import Capability, Clock, Listed, Write
from .accidents import FaultInjection
from .vendor import Article, Vendor, referenced_assets

T = TypeVar("T")

SYNCLINE = "syncline"
"""The author of what a `MemoryStore` writes."""

EVERYTHING = (
    Capability.WRITE
    | Capability.DELETE
    | Capability.CONDITIONAL_WRITE
    | Capability.CHANGE_FEED
    | Capability.ORIGIN
    | Capability.ACL
)
"""The capabilities that a `MemoryStore` has unless told otherwise."""


@attrs.frozen(kw_only=True)
class Mutation:
    """One write that reached the vendor: what a test counts and checks."""

    kind: str
    """`create`, `mark`, `draft`, `publish`, `update` or `delete`."""
    ref: Ref
    before: Version | None
    after: Version | None
    value: Document | None = None
    """What the vendor holds now; of a draft, what the draft says."""
    previous: Document | None = None
    """What was published before."""
    expected: Version | None = None
    """The version that the writer had decided on."""


class MemoryStore(FaultInjection, Vendor):
    """A `Store` over a `Vendor` in memory; the methods for people are the vendor's.

    Args:
        capabilities: with `DRAFTS`, a write fills a draft and publishes it in a second step;
            without `CONDITIONAL_WRITE`, an edit can slip in between its check and its write;
            without `ORIGIN`, no item carries a mark and `find` goes by title and content.
        project: the nearest document that the store can hold; also what saving makes of a value,
            unless `saves` says that the vendor does something else.
        removal: what `delete` does: `TRASHED`, `ARCHIVED` or `PURGED`.
        marks_late: True where the origin mark is a call of its own after the create.
        lists_gone: True where a listing also names what is archived or trashed.
        page: how many hints there are on a page of the change feed.
        vendor: further arguments of `Vendor`.

    `calls` has heads, changes, fetch (one for each item), create, update, find and so on.
    `fail("heads", ...)` lets the listing give `skip` heads and then end as `Incomplete`.
    """

    _WRITES = frozenset({"upload", "create", "mark", "draft", "publish", "update", "delete"})

    def __init__(
        self,
        connection: str,
        clock: Clock,
        *,
        capabilities: Capability = EVERYTHING,
        fields: frozenset[str] = frozenset(FIELDS),
        project: Callable[[Document], Document] = lambda value: value,
        removal: Status = Status.TRASHED,
        marks_late: bool = False,
        lists_gone: bool = False,
        page: int = 50,
        costs: Costs | None = None,
        **vendor: Any,
    ) -> None:
        given = {"saves": project, **vendor}
        super().__init__(connection, clock, page=page, fields=fields, **given)
        self.mutations: list[Mutation] = []
        """Every write that took effect, oldest first."""
        self.scope = "everything"
        """The fingerprint that a complete listing ends with."""
        self.flaky_versions = False
        """True: every listing shows another version token for the same content."""
        self.short_listing: int | None = None
        """A number: listings end there, and claim to be complete."""
        self.aux_salt = ""
        """Changing it changes `aux` of every item, as a new release of an adapter may."""
        self._capabilities = capabilities
        self._project = project
        self._removal = removal
        self._marks_late = marks_late
        self._lists_gone = lists_gone
        self._costs = costs or Costs()
        self._index: tuple[list[Head], dict[Ref, list[Ref]]] | None = None
        self._lag_ends: float | None = None
        self._readings = 0
        self.closed = False

    # -- arranging trouble ----------------------------------------------------------------

    def lag(self, lasts: float | None = None) -> None:
        """From now on listings and `find` answer with what is there at this moment.

        Args:
            lasts: for how many seconds of the clock; None until `catch_up`.
        """
        self._index = None
        self._index = (list(self._all_heads()), self._origins())
        self._lag_ends = None if lasts is None else self.clock.monotonic() + lasts

    def catch_up(self) -> None:
        """End the lag."""
        self._index = self._lag_ends = None

    def lists(self, article: Article) -> bool:
        """True for an article that a listing names."""
        gone = self.status(article).gone
        return article.listed and not article.hidden and (self._lists_gone or not gone)

    # -- the port -------------------------------------------------------------------------

    @property
    def capabilities(self) -> Capability:
        return self._capabilities

    @property
    def fields(self) -> frozenset[str]:
        return self._fields

    @property
    def costs(self) -> Costs:
        return self._costs

    def project(self, value: Document) -> Document:
        return restrict(self._project(value), self._fields)

    async def heads(self) -> AsyncIterator[Listed]:
        await self._turn("heads")
        self._readings += 1
        fault = self._accidents.peek("heads")
        given = 0
        for head in self._index[0] if self._index else self._all_heads():
            if fault is not None and fault.due():
                yield Incomplete(reason=f"{self.connection}: {fault.error}")
                return
            if given == self.short_listing:
                break
            given += 1
            yield head
        if fault is not None:
            fault.skip, fault.times = 0, fault.times - 1
            yield Incomplete(reason=f"{self.connection}: {fault.error}")
            return
        self.watch("heads.after", None)
        yield Complete(count=given, scope=self.scope)

    async def changes(self, cursor: Cursor | None) -> AsyncIterator[ChangePage]:
        await self._call("changes", None, lambda: None)
        for page in self._pages(cursor, subtree=True):
            yield page

    async def fetch(self, ref: Ref) -> Record:
        return await self._call("fetch", ref, lambda: self._record(self._visible(ref)))

    async def fetch_many(
        self, refs: Sequence[Ref]
    ) -> AsyncIterator[Record | tuple[Ref, Exception]]:
        for ref in refs:
            try:
                yield await self.fetch(ref)
            except StoreError as error:
                yield ref, error

    async def create(self, value: Document, *, write: Write) -> Record:
        await self._bring_assets(value, write)
        found = await self._left_behind(value, write)
        if found is None:
            write.note("create", self.kept_digest(value))
            record = await self._call("create", None, lambda: self._add(value, write))
        else:
            record = self._record(found)
        article = self.articles[record.ref]
        if write.mark and article.origin is None and Capability.ORIGIN in self._capabilities:
            write.note("mark", str(article.ref))
            await self._call("mark", article.ref, lambda: self._mark(article, write))
            record = attrs.evolve(record, origin=write.origin)
        if article.stage is Status.DRAFT:
            article.draft = self.kept(value)
            write.note("publish", str(article.ref))
            record = await self._call(
                "publish", article.ref, lambda: self._publish(article, wanted=value)
            )
        return record

    async def update(self, ref: Ref, value: Document, *, expected: Version, write: Write) -> Record:
        await self._bring_assets(value, write)
        article = await self._call("reread", ref, lambda: self._visible(ref))
        read = article.value
        wanted = self._merged(article, value)
        self._may_write(article, expected, write)
        self._is_as_before(article, write)
        if write.mark and article.origin is None and Capability.ORIGIN in self._capabilities:
            write.note("mark", str(ref))
            await self._call("mark", ref, lambda: self._mark(article, write))
        if self.kept_digest(wanted) == self.kept_digest(article.value):
            article.draft = None
            return self._record(article)
        if Capability.DRAFTS in self._capabilities:
            write.note("draft", self.kept_digest(wanted))
            await self._call(
                "draft", ref, partial(self._fill_draft, article, wanted, expected, write)
            )
            write.note("publish", str(ref))
            return await self._call(
                "publish", ref, lambda: self._publish(article, wanted, expected)
            )
        write.note("update", self.kept_digest(wanted))
        record = await self._call(
            "update",
            ref,
            lambda: self._overwrite(article, self._relabelled(article, read, wanted), expected),
        )
        self._got_no_more(article, wanted)
        return record

    async def delete(self, ref: Ref, *, expected: Version) -> None:
        await self._call("delete", ref, lambda: self._remove(ref, expected))

    async def find(self, origin: Ref, value: Document | None) -> Sequence[Ref]:
        return await self._call("find", None, lambda: self._find(origin, value))

    async def asset(self, ref: Ref, sha256: str) -> bytes:
        return await self._call("asset", ref, lambda: self._content(ref, sha256))

    async def aclose(self) -> None:
        self.closed = True

    def _arrived(self) -> None:
        if self._lag_ends is not None and self.clock.monotonic() >= self._lag_ends:
            self.catch_up()

    # -- what listings and reads say ------------------------------------------------------

    def _all_heads(self) -> list[Head]:
        return [self._head(a) for a in self.articles.values() if self.lists(a)]

    def _head(self, article: Article) -> Head:
        status = self.status(article)
        return Head(
            ref=article.ref,
            version=self._token(article),
            status=status,
            title=article.value.title if status is Status.LIVE else "",
            parent=article.parent,
            aux=self.aux(article) + self.aux_salt,
            updated_at=article.now.at,
        )

    def _token(self, article: Article) -> Version:
        flaky = f"~{self._readings}" if self.flaky_versions else ""
        return Version(article.now.version + flaky)

    def _visible(self, ref: Ref) -> Article:
        article = self.articles.get(ref)
        purged = article is not None and article.stage is Status.PURGED
        if article is None or article.hidden or (purged and not self._remembers_purged):
            raise NotFound(f"{ref}: there is no such item, or it is hidden", ref=ref)
        return article

    def _record(self, article: Article) -> Record:
        status = self.status(article)
        live = status is Status.LIVE
        return Record(
            ref=article.ref,
            version=self._token(article),
            status=status,
            value=self.described(article) if live else None,
            aux=self.aux(article) + self.aux_salt,
            updated_at=article.now.at,
            updated_by=article.now.by,
            origin=article.origin,
            parent=article.parent,
            draft=live and article.draft is not None and article.draft != article.value,
            unpublished=article.draft if live and article.draft != article.value else None,
            in_scope=article.listed,
            writable=not article.managed,
            reason="" if live else f"{article.ref} is {status.value}",
        )

    def _content(self, ref: Ref, sha256: str) -> bytes:
        article = self._visible(ref)
        if sha256 not in self.files or sha256 not in referenced_assets(article.value.body):
            raise NotFound(f"{ref}: it refers to no file {sha256}", ref=ref)
        return self.files[sha256][1]

    # -- finding our own ------------------------------------------------------------------

    def _origins(self) -> dict[Ref, list[Ref]]:
        origins: dict[Ref, list[Ref]] = {}
        for article in self.articles.values():
            if article.origin is not None and not article.stage.gone:
                origins.setdefault(article.origin, []).append(article.ref)
        return origins

    def _find(self, origin: Ref, value: Document | None) -> list[Ref]:
        marked = (self._index[1] if self._index else self._origins()).get(origin, [])
        there = [ref for ref in marked if not self.articles[ref].stage.gone]
        return there or ([] if value is None else self._unmarked(value))

    def _unmarked(self, value: Document) -> list[Ref]:
        """Return what we created and could not mark yet: first saved by us, with this content."""
        wanted = self.kept_digest(value)
        return [
            a.ref
            for a in self.articles.values()
            if a.history[0].by == SYNCLINE and a.origin is None and not a.stage.gone
            if self.kept_digest(a.history[0].value) == wanted and self._is_indexed(a.ref)
        ]

    def _is_indexed(self, ref: Ref) -> bool:
        return self._index is None or any(head.ref == ref for head in self._index[0])

    async def _left_behind(self, value: Document, write: Write) -> Article | None:
        """Return what an earlier create with the same origin made, finished or not."""
        noted = any(note.step == "create" for note in write.earlier)
        found = await self.find(write.origin, value if noted else None)
        return self.articles[found[0]] if found else None

    # -- writing --------------------------------------------------------------------------

    async def _bring_assets(self, value: Document, write: Write) -> None:
        for sha256 in referenced_assets(value.body):
            if sha256 not in self.files:
                write.note("asset", sha256)
                content = await write.asset(sha256)
                await self._call("upload", None, partial(self._keep_file, sha256, content, value))

    def _keep_file(self, sha256: str, content: bytes, value: Document) -> None:
        known = value.assets.get(sha256)
        self.upload(content, known.name if known else sha256, known.media_type if known else "")

    # What a write gives back is the version that it made: somebody may have saved since.

    def _add(self, value: Document, write: Write) -> Record:
        stage = Status.DRAFT if Capability.DRAFTS in self._capabilities else Status.LIVE
        article = self.insert(value, by=SYNCLINE, stage=stage)
        if write.mark and not self._marks_late and Capability.ORIGIN in self._capabilities:
            article.origin = write.origin
        self._wrote("create", article, None)
        return self._record(article)

    def _mark(self, article: Article, write: Write) -> None:
        article.origin = write.origin
        self._wrote("mark", article, article.now.version)

    def _merged(self, article: Article, value: Document) -> Document:
        """Return the article with what `value` says; a field that it lacks stays as it is."""
        held = {n: getattr(value, n) for n in FIELDS if n in self._fields}
        present = {n: v for n, v in held.items() if v is not None}
        return attrs.evolve(article.value, **{"opaques": value.opaques, **present})

    def _may_write(self, article: Article, expected: Version, write: Write) -> None:
        ref = article.ref
        if article.managed:
            raise Forbidden(f"{ref}: the vendor owns it", ref=ref)
        if self.status(article) is not Status.LIVE:
            raise VersionMismatch(
                f"{ref} is {self.status(article).value}, expected live at {expected}", ref=ref
            )
        self.check_version(article, Version(expected.partition("~")[0]))
        if article.draft is not None and not self._is_our_draft(article.draft, write):
            raise OpenDraft(f"{ref}: a person's draft is open; publish or discard it", ref=ref)

    # Labels are added and removed one by one, as vendors do that give them no version: what others
    # add meanwhile stays, and has to be looked at again.

    def _is_as_before(self, article: Article, write: Write) -> None:
        before = write.before.labels if write.before is not None else None
        if "labels" in self._unversioned and before not in (None, article.value.labels):
            raise VersionMismatch(f"{article.ref}: its labels were changed", ref=article.ref)

    def _relabelled(self, article: Article, read: Document, wanted: Document) -> Document:
        if "labels" not in self._unversioned:
            return wanted
        added = (article.value.labels or frozenset()) - (read.labels or frozenset())
        return attrs.evolve(wanted, labels=(wanted.labels or frozenset()) | added)

    def _got_no_more(self, article: Article, wanted: Document) -> None:
        if "labels" in self._unversioned and (article.value.labels or frozenset()) - (
            wanted.labels or frozenset()
        ):
            raise VersionMismatch(f"{article.ref}: it got labels meanwhile", ref=article.ref)

    def _is_our_draft(self, draft: Document, write: Write) -> bool:
        ours: set[str] = {n.detail for n in write.earlier if n.step == "draft"}
        return digest(draft) in ours

    def _fill_draft(
        self, article: Article, value: Document, expected: Version, write: Write
    ) -> None:
        self._may_write(article, expected, write)
        article.draft = self.kept(value)
        self._wrote("draft", article, article.now.version, article.draft)

    def _publish(
        self,
        article: Article,
        wanted: Document | None = None,
        expected: Version | None = None,
    ) -> Record:
        """Publish the open draft; with `wanted`, only while it still is what we filled in."""
        before, previous = article.now.version, article.value
        there = article.draft or article.value
        if wanted is not None and self.kept_digest(there) != self.kept_digest(wanted):
            raise VersionMismatch(
                f"{article.ref}: the draft was changed before it was published", ref=article.ref
            )
        if article.draft is not None:
            draft, article.draft = article.draft, None
            self.save(article, draft, by=SYNCLINE)
        article.stage = Status.LIVE
        self._changed(article.ref)
        self._wrote("publish", article, before, previous=previous, expected=expected)
        return self._record(article)

    def _overwrite(self, article: Article, value: Document, expected: Version) -> Record:
        if Capability.CONDITIONAL_WRITE in self._capabilities:
            self.check_version(article, Version(expected.partition("~")[0]))
        before, previous = article.now.version, article.value
        self.save(article, value, by=SYNCLINE)
        self._wrote("update", article, before, previous=previous, expected=expected)
        return self._record(article)

    def _remove(self, ref: Ref, expected: Version) -> None:
        article = self.articles.get(ref)
        if article is None or article.hidden or article.stage.gone:
            return
        self.check_version(article, Version(expected.partition("~")[0]))
        self.set_stage(ref, self._removal)
        self._wrote("delete", article, article.now.version)

    def _wrote(
        self,
        kind: str,
        article: Article,
        before: Version | None,
        value: Document | None = None,
        previous: Document | None = None,
        expected: Version | None = None,
    ) -> None:
        self.mutations.append(
            Mutation(
                kind=kind,
                ref=article.ref,
                before=before,
                after=article.now.version,
                value=value or article.value,
                previous=previous,
                expected=expected,
            )
        )
