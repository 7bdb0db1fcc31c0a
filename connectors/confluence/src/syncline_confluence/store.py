"""The `Store` port over a Confluence Cloud space."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from attrs import evolve

from syncline import body as profile
from syncline.connector import Context
from syncline.errors import (
    AlreadyExists,
    Forbidden,
    NotFound,
    Rejected,
    StoreError,
    VersionMismatch,
)
from syncline.model import (
    Change,
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
from syncline.ports import Capability, Listed, PastVersion, Write

from .attachments import Files
from .audience import Audience, Parent
from .client import Api, Json, open_client, title_is_taken
from .index import Index, targets_of
from .marks import KEY, Mark, mark_of, value_of
from .references import References, references
from .settings import Settings
from .storage.decode import decode
from .storage.encode import encode
from .storage.patch import patch
from .storage.project import project
from .storage.resolver import Resolver
from .storage.source import parse

_STATUSES = {
    "current": Status.LIVE,
    "draft": Status.DRAFT,
    "archived": Status.ARCHIVED,
    "trashed": Status.TRASHED,
    "deleted": Status.PURGED,
}
_AT_ONCE = 8
_BATCH = 100
_LONGEST_TITLE = 255
_ALIASES = 20
_EMPTY = "<p></p>"


def open_store(settings: Settings, context: Context) -> ConfluenceStore:
    """Return the store of a connection; nothing is asked before it is used."""
    client = open_client(settings, context.clock, context.observe)
    return ConfluenceStore(settings, context, Api(client))


class ConfluenceStore:
    """Pages of one space as documents."""

    def __init__(self, settings: Settings, context: Context, api: Api) -> None:
        self._settings = settings
        self._context = context
        self._api = api
        self._place: Json | None = None
        self._me: str | None = None
        self._opening = asyncio.Lock()
        self._index = Index(api=api, space=settings.space, space_id="")

        group = settings.audience.removeprefix("group:") if settings.audience != "open" else ""
        self._audience = Audience(api=api, clock=context.clock, group=group)
        self._files = Files(
            api=api, cache=context.cache, index=self._index, audience=self._audience
        )
        self._in_scope: dict[str, bool] = {}
        self._origins: dict[Ref, Ref | None] = {}

    capabilities = (
        Capability.WRITE
        | Capability.DELETE
        | Capability.CONDITIONAL_WRITE
        | Capability.CHANGE_FEED
        | Capability.ORIGIN
        | Capability.ACL
    )
    fields = frozenset({"title", "body", "labels"})

    @property
    def costs(self) -> Costs:
        """Calls of each operation; a listing also reads one restriction for each page."""
        pace = self._settings.requests_per_second * 60
        return Costs(fetch=4, create=6, update=6, delete=2, calls_per_minute=pace)

    # -- listing ----------------------------------------------------------------------------

    async def heads(self) -> AsyncIterator[Listed]:
        """Yield the pages in scope with their effective restriction.

        Lists without bodies (250 a call), the labels and attachments by lists of their own, and
        one restriction read for each distinct page or ancestor.
        """
        count = 0
        try:
            listing = await self._listing()
            for start in range(0, len(listing), _BATCH):
                for head in await self._judged(listing[start : start + _BATCH]):
                    count += 1
                    yield head
        except StoreError as error:
            yield Incomplete(reason=str(error))
            return
        yield Complete(count=count, scope=self._scope())

    async def _listing(self) -> list[Head]:
        space = await self._space()
        self._audience.start_pass()
        self._index.folders.clear()
        self._in_scope.clear()
        pages: list[Json] = []
        async for page in self._api.pages(space["id"]):
            pages += [_slim(one) for one in page]
        for one in pages:
            self._index.learn(one["id"], one["title"])
            self._audience.parents[one["id"]] = _parent(one)
        labels = await self._labels(space["id"])
        files = await self._attachments({one["id"] for one in pages})
        found = []
        for one in pages:
            names = labels.get(one["id"], frozenset())
            if await self._covers(one["id"], names):
                found.append(self._head(one, names, files.get(one["id"], [])))
        return found

    async def _labels(self, space: str) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        gate = asyncio.Semaphore(_AT_ONCE)

        async def carrying(label: Json) -> None:
            async with gate:
                async for pages in self._api.labelled(str(label["id"]), space):
                    for page in pages:
                        found.setdefault(str(page["id"]), set()).add(str(label["name"]))

        async for labels in self._api.all_labels():
            await asyncio.gather(*(carrying(one) for one in labels if self._carries(one)))
        return {id_: frozenset(names) for id_, names in found.items()}

    def _carries(self, label: Json) -> bool:
        """Tell whether a label counts: ours always do, people's own never."""
        s = self._settings
        if label.get("prefix", "global") != "global":
            return False
        return not s.labels or label.get("name") in {*s.labels, s.label, s.review_label}

    async def _attachments(self, pages: set[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        if not self._settings.watch_attachments:
            return found
        async for listed in self._api.all_attachments():
            for one in listed:
                if str(one.get("pageId")) in pages:
                    found.setdefault(str(one["pageId"]), []).append(_file_version(one))
        return found

    async def _covers(self, id_: str, labels: frozenset[str]) -> bool:
        if self._settings.label and self._settings.label not in labels:
            return False
        return not self._settings.root or await self._below_root(id_)

    async def _below_root(self, id_: str) -> bool:
        known = self._in_scope.get(id_)
        if known is None:
            root = self._settings.root
            above = await self._audience.above(id_)
            known = self._in_scope[id_] = id_ == root or root in above
        return known

    def _head(self, page: Json, labels: frozenset[str], files: list[str]) -> Head:
        parent = page.get("parentId")
        return Head(
            ref=self._ref(page["id"]),
            version=Version(str(page["version"])),
            title=page["title"],
            parent=self._ref(parent) if parent else None,
            aux=self._aux(labels, files),  # the place is added once everything is listed
            updated_at=_time(page["at"]),
        )

    async def _judged(self, heads: Sequence[Head]) -> list[Head]:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def judge(head: Head) -> Head:
            async with gate:
                status, _ = await self._audience.status(head.ref.id)
            title = head.title if status is Status.LIVE else ""
            aux = f"{head.aux}{await self._lies(head.ref.id)}"
            return evolve(head, status=status, title=title, aux=aux)

        return list(await asyncio.gather(*(judge(head) for head in heads)))

    def _scope(self) -> str:
        s = self._settings
        text = json.dumps([s.base_url, s.space, s.root, s.label, s.audience, s.user or s.client_id])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _aux(self, labels: Iterable[str], files: Iterable[str]) -> str:
        watched = sorted(files) if self._settings.watch_attachments else []
        text = json.dumps([sorted(labels), watched])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    async def _lies(self, id_: str) -> str:
        """Return what changes when a page, or anything above it, is moved; no version tells."""
        try:
            places = await self._places(id_)
        except StoreError:
            return "?"
        known = [(place.id, self._index.known(place.id)) for place in places]
        return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:8]

    async def changes(self, cursor: Cursor | None) -> AsyncIterator[ChangePage]:
        """Yield what was modified since `cursor`, newest first, with an overlap.

        The cursor moves only once the list has been read down to the old one. Labels, restrictions
        and moves do not show here: the full pass finds those.
        """
        space = await self._space()
        since = _time(cursor) if cursor else None
        newest = since
        edge = since - self._settings.overlap if since else None
        async for pages in self._api.pages(space["id"], sort="-modified-date"):
            times = [_time(p["version"]["createdAt"]) for p in pages]
            newest = max([t for t in (newest, *times) if t is not None])
            if edge is None:
                break
            fresh = [p for p, at in zip(pages, times, strict=True) if at >= edge]
            for page in fresh:
                self._index.learn(str(page["id"]), str(page["title"]))
            refs = tuple(Change(ref=self._ref(str(p["id"]))) for p in fresh)
            yield ChangePage(changes=refs, cursor=None)
            if len(fresh) < len(pages):
                break
        at = newest or self._context.clock.now()
        yield ChangePage(changes=(), cursor=Cursor(at.isoformat()))

    # -- reading -------------------------------------------------------------------------------

    async def fetch(self, ref: Ref) -> Record:
        """Return a page; its audience is looked up before its body is asked for."""
        await self._space()
        page = await self._api.page(ref.id, body=False, ref=ref)
        status = _STATUSES.get(str(page.get("status")), Status.UNKNOWN)
        if status is not Status.LIVE:
            return self._bare(ref, page, status, f"the page is {page.get('status')}")
        if str(page.get("spaceId")) != self._index.space_id:
            return self._bare(ref, page, Status.LIVE, "", in_scope=False)
        self._audience.parents[ref.id] = _parent(_slim(page))
        status, reason = await self._audience.status(ref.id)
        if status is not Status.LIVE:
            return self._bare(ref, page, status, reason)
        full = await self._api.page(ref.id, body=True, ref=ref)
        return await self._record(ref, full)

    async def fetch_many(
        self, refs: Sequence[Ref]
    ) -> AsyncIterator[Record | tuple[Ref, Exception]]:
        """Yield pages as they arrive, some at a time; there is no cheaper way for bodies."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(ref: Ref) -> Record | tuple[Ref, Exception]:
            async with gate:
                try:
                    return await self.fetch(ref)
                except StoreError as error:
                    return ref, error

        for done in asyncio.as_completed([one(ref) for ref in refs]):
            yield await done

    def _bare(
        self, ref: Ref, page: Json, status: Status, reason: str, *, in_scope: bool = True
    ) -> Record:
        value = None
        if status is Status.LIVE:
            value = Document(title=str(page.get("title", "")))
        return Record(
            ref=ref,
            version=Version(str(page["version"]["number"])),
            status=status,
            value=value,
            updated_at=_time(page["version"]["createdAt"]),
            updated_by=page["version"].get("authorId"),
            in_scope=in_scope,
            reason=reason,
        )

    async def _record(self, ref: Ref, page: Json) -> Record:
        listed = await self._api.attachments(ref.id, ref=ref)
        labels = await self._label_names(ref, page)
        mark, _ = await self._mark(ref, page)
        self._origins[ref] = mark.origin
        value = await self._document(ref, page, listed, labels, mark)
        version = page["version"]
        parent = page.get("parentId")
        return Record(
            ref=ref,
            version=Version(str(version["number"])),
            value=value,
            aux=self._aux(labels, map(_file_version, listed)) + await self._lies(ref.id),
            updated_at=_time(version["createdAt"]),
            updated_by=version.get("authorId"),
            origin=mark.origin,
            parent=self._ref(str(parent)) if parent else None,
            in_scope=await self._covers(ref.id, labels),
            review=self._settings.review_label in labels,
        )

    async def _document(
        self, ref: Ref, page: Json, listed: list[Json], labels: frozenset[str], mark: Mark
    ) -> Document:
        raw = _storage(page)
        source = parse(raw, ref)
        wanted = references(source)
        await self._index.prepare(wanted, frozenset())
        files = await self._files.of(ref.id, listed, wanted, ref)
        decoded = decode(source, self._resolver(ref.id, files), ref)
        return Document(
            title=mark.shown(str(page["title"])),
            body=decoded.body,
            labels=labels - {self._settings.review_label},
            container=self._settings.space,
            path=await self._path(ref.id),
            url=self._url(page),
            opaques=decoded.opaques,
            assets=decoded.assets,
        )

    def _resolver(
        self,
        page: str,
        files: Mapping[tuple[str, str], Any] | None = None,
        uploads: Mapping[str, str] | None = None,
    ) -> Resolver:
        return Resolver(
            connection=self._context.connection,
            page=page,
            space=self._settings.space,
            base=f"{self._settings.site.rstrip('/').removesuffix('/wiki')}/wiki",
            pages=self._index.pages,
            names=self._index.names,
            files=files or {},
            uploads=uploads or {},
            external_images=self._settings.external_images,
        )

    async def _label_names(self, ref: Ref, page: Json) -> frozenset[str]:
        inline = page.get("labels") or {}
        found = inline.get("results")
        if found is None or (inline.get("meta") or {}).get("hasMore"):
            found = await self._api.labels(ref.id, ref=ref)
        return frozenset(str(x["name"]) for x in found if self._carries(x))

    async def _mark(self, ref: Ref, page: Json) -> tuple[Mark, Json | None]:
        inline = page.get("properties") or {}
        found = inline.get("results")
        more = (inline.get("meta") or {}).get("hasMore")
        if found is None or (more and not any(p.get("key") == KEY for p in found)):
            found = await self._api.properties(ref.id, KEY, ref=ref)
        return mark_of(ref.id, found)

    async def _path(self, id_: str) -> tuple[str, ...]:
        """Return the titles above a page, outermost first, whatever was listed before."""
        places = await self._places(id_)
        titles = [await self._index.title(place.id, place.kind) for place in places]
        return tuple(title for title in titles if title is not None)

    async def _places(self, id_: str) -> Sequence[Parent]:
        """Return what is above a page, outermost first, without the homepage of the space."""
        above = list(reversed(await self._audience.lineage(id_)))
        home = (await self._space()).get("homepageId")
        return above[1:] if above and str(home) == above[0].id else above

    def _url(self, page: Json) -> str:
        links = page.get("_links") or {}
        base = links.get("base") or f"{self._settings.site.rstrip('/')}/wiki"
        return f"{base}{links.get('webui', '')}"

    async def asset(self, ref: Ref, sha256: str) -> bytes:
        """Return the bytes of an attached file."""
        await self._space()
        return await self._files.read(ref, sha256)

    async def versions(self, ref: Ref) -> Sequence[PastVersion]:
        """Return the latest versions of a page, newest first."""
        return [
            PastVersion(
                version=Version(str(v["number"])),
                updated_at=_time(v["createdAt"]),
                updated_by=v.get("authorId"),
            )
            for v in await self._api.versions(ref.id, ref=ref)
        ]

    async def fetch_version(self, ref: Ref, version: Version) -> Record:
        """Return a page as it was, with the labels and the mark that it has now."""
        await self._space()
        status, reason = await self._audience.status(ref.id)
        now = await self._api.page(ref.id, body=False, ref=ref)
        if status is not Status.LIVE:
            return self._bare(ref, now, status, reason)
        old = await self._api.page_version(ref.id, version, ref=ref)
        return await self._record(ref, {**now, **old})

    # -- writing ---------------------------------------------------------------------------------

    def project(self, value: Document) -> Document:
        """Return what a page can hold of `value`."""
        resolver = Resolver(
            connection=self._context.connection,
            external_images=self._settings.external_images,
        )
        labels = None if value.labels is None else frozenset(map(_label, value.labels))
        title = " ".join(value.title.split())[:_LONGEST_TITLE].strip() or "Untitled"
        held = evolve(value, title=title, body=project(value.body, resolver), labels=labels)
        return restrict(held, self.fields)

    async def create(self, value: Document, *, write: Write) -> Record:
        """Create a page under the configured parent, marked and labelled for review."""
        space = await self._space()
        value = self.project(value)
        if write.earlier and (found := await self.find(write.origin, value)):
            return await self._finish(found[0], value, write)
        parent = self._settings.parent or space.get("homepageId")
        first = await self._first_body(value)
        for alias in _names(value.title):
            body = {
                "spaceId": space["id"],
                "status": "current",
                "title": alias,
                "parentId": str(parent),
                "body": {"representation": "storage", "value": first},
            }
            write.note("create", alias)
            try:
                page = await self._api.create(body)
            except Rejected as error:
                if not title_is_taken(error):
                    raise
                if (ours := await self._ours(alias, value, write.origin)) is not None:
                    return await self._finish(ours, value, write)
                continue
            ref = self._ref(str(page["id"]))
            self._index.learn(ref.id, alias)
            return await self._finish(ref, value, write)
        raise AlreadyExists(
            f"{value.title!r}: {_ALIASES} pages of that title are there already; rename some"
        )

    async def _first_body(self, value: Document) -> str:
        """Return what a page is created with: all of it, unless files have to be attached first."""
        if profile.assets(value.body):
            return _EMPTY
        targets = targets_of(self._context.connection, profile.links(value.body))
        await self._index.prepare(References(titles=frozenset(), files=frozenset()), targets)
        return encode(value.body, self._resolver(""), value.opaques) or _EMPTY

    async def _ours(self, title: str, value: Document, origin: Ref) -> Ref | None:
        """Return the page that holds a title if an earlier create of ours made it."""
        for held in await self._api.titled(self._index.space_id, title):
            if held.get("status") != "current":
                continue
            ref = self._ref(str(held["id"]))
            page = await self._api.page(ref.id, body=True, ref=ref)
            mark, known = await self._mark(ref, page)
            if mark.origin == origin:
                return ref
            if known is None and await self._is_left_behind(page, value):
                return ref
        return None

    async def _is_left_behind(self, page: Json, value: Document) -> bool:
        # A create that broke off before its mark: our account, and nothing of anybody else's.
        mine = str(page.get("authorId")) == await self._account()
        untouched = str(page["version"].get("authorId", page.get("authorId"))) == str(
            page.get("authorId")
        )
        if not (mine and untouched):
            return False
        raw = _storage(page)
        if _is_empty(raw):
            return True
        return decode(raw, self._resolver(str(page["id"]))).body == value.body

    async def _finish(self, ref: Ref, value: Document, write: Write) -> Record:
        """Fill, label and mark a page that was just created, or that a crash left unfinished.

        The mark comes last: a page that carries it is finished, and belongs to people from then on.
        """
        page = await self._api.page(ref.id, body=True, ref=ref)
        mark, known = await self._mark(ref, page)
        if mark.origin == write.origin:
            return await self._record(ref, page)
        title = str(page["title"])
        wanted = Mark(
            origin=write.origin if write.mark else None,
            title=value.title if title != value.title else "",
            alias=title if title != value.title else "",
        )
        labels = set(value.labels or ())
        if self._settings.review_label and write.mark:
            labels.add(self._settings.review_label)
        have = await self._label_names(ref, page)
        if labels - have:
            write.note("labels", ref.id)
            await self._api.add_labels(ref.id, sorted(labels - have), ref=ref)
        version = Version(str(page["version"]["number"]))
        record = await self._put(ref, page, value, version, wanted, write)
        if write.mark or wanted.alias:
            write.note("mark", ref.id)
            await self._api.set_property(ref.id, KEY, value_of(ref.id, wanted), known, ref=ref)
        shown = evolve(record.value, title=value.title) if record.value else None
        return evolve(record, origin=wanted.origin, value=shown)

    async def update(self, ref: Ref, value: Document, *, expected: Version, write: Write) -> Record:
        """Edit the page that is there now, if it is still `expected`."""
        await self._space()
        value = self.project(value)
        page = await self._api.page(ref.id, body=True, ref=ref)
        self._still(ref, page, expected)
        mark, known = await self._mark(ref, page)
        if write.mark and mark.origin is None:
            mark = evolve(mark, origin=write.origin)
            write.note("mark", ref.id)
            await self._api.set_property(ref.id, KEY, value_of(ref.id, mark), known, ref=ref)
        await self._relabel(ref, page, value, write)
        return await self._put(ref, page, value, expected, mark, write)

    def _still(self, ref: Ref, page: Json, expected: Version) -> None:
        if page.get("status") != "current":
            raise NotFound(f"{ref}: the page is {page.get('status')}", ref=ref)
        number = str(page["version"]["number"])
        if number != expected:
            raise VersionMismatch(
                f"{ref}: version is {number}, expected {expected}; it was edited in between and"
                " is read again",
                ref=ref,
            )

    async def _relabel(self, ref: Ref, page: Json, value: Document, write: Write) -> None:
        if value.labels is None:
            return
        have = await self._label_names(ref, page)
        review = {self._settings.review_label}
        wanted = value.labels | (have & review)
        if wanted == have:
            return
        write.note("labels", ref.id)
        if wanted - have:
            await self._api.add_labels(ref.id, sorted(wanted - have), ref=ref)
        for name in sorted(have - wanted):
            await self._api.remove_label(ref.id, name, ref=ref)

    async def _put(
        self, ref: Ref, page: Json, value: Document, expected: Version, mark: Mark, write: Write
    ) -> Record:
        """Write title and body where they differ, and return exactly the version that was made."""
        resolver = await self._prepared(ref, _storage(page), value, write)
        # Read again at the last moment: a comment changes the body without a new version, and
        # its anchor must not get lost.
        page = await self._api.page(ref.id, body=True, ref=ref)
        self._still(ref, page, expected)
        raw = _storage(page)
        new = self._edited(ref, raw, value, resolver)
        title = mark.stored(value.title, str(page["title"]))
        if new == raw and title == page["title"]:
            return await self._record(ref, page)
        number = int(expected) + 1
        body = {
            "id": ref.id,
            "status": "current",
            "title": title,
            "body": {"representation": "storage", "value": new},
            "version": {"number": number, "message": "Syncline"},
        }
        write.note("update", str(number))
        await self._update(ref, body, expected)
        self._index.learn(ref.id, title)
        return await self._written(ref, number)

    async def _update(self, ref: Ref, body: Json, expected: Version) -> None:
        try:
            await self._api.update(ref.id, body, ref=ref)
        except VersionMismatch:
            # Also said for a moment after another write: the version tells which it is.
            now = await self._api.page(ref.id, body=False, ref=ref)
            self._still(ref, now, expected)
            await self._api.update(ref.id, body, ref=ref)
        except Rejected as error:
            if title_is_taken(error):
                raise AlreadyExists(
                    f"{ref}: another page of the space is called {body['title']!r}; rename one",
                    ref=ref,
                ) from error
            raise

    async def _written(self, ref: Ref, number: int) -> Record:
        # A person may have edited since: what we wrote is that version, not the newest one.
        page = await self._api.page(ref.id, body=True, ref=ref)
        if int(page["version"]["number"]) != number:
            old = await self._api.page_version(ref.id, str(number), ref=ref)
            page = {**page, **{k: old[k] for k in ("title", "body", "version") if k in old}}
        return await self._record(ref, page)

    async def _prepared(self, ref: Ref, raw: str, value: Document, write: Write) -> Resolver:
        """Look up all that the page and `value` refer to; attach the files that are missing."""
        wanted = references(parse(raw, ref))
        targets = targets_of(self._context.connection, profile.links(value.body))
        await self._index.prepare(wanted, targets)
        listed = await self._api.attachments(ref.id, ref=ref)
        files = await self._files.of(ref.id, listed, wanted, ref)
        shown = {asset.sha256: asset.name for asset in files.values()}
        missing = [sha for sha in profile.assets(value.body) if sha not in shown]
        brought = await self._files.bring(ref, missing, value.assets, listed, write)
        if brought:
            listed = await self._api.attachments(ref.id, ref=ref)
            files = {**files, **await self._uploaded(ref, brought, listed)}
        return self._resolver(ref.id, files, {**shown, **brought})

    @staticmethod
    def _edited(ref: Ref, raw: str, value: Document, resolver: Resolver) -> str:
        if _is_empty(raw):
            return encode(value.body, resolver, value.opaques)
        return patch(raw, value.body, resolver, value.opaques, ref)

    async def _uploaded(
        self, ref: Ref, brought: Mapping[str, str], listed: list[Json]
    ) -> dict[tuple[str, str], Any]:
        files = frozenset(("", "", name) for name in brought.values())
        wanted = References(titles=frozenset(), files=files)
        return await self._files.of(ref.id, listed, wanted, ref)

    async def delete(self, ref: Ref, *, expected: Version) -> None:
        """Move the page to the trash."""
        await self._space()
        try:
            page = await self._api.page(ref.id, body=False, ref=ref)
        except NotFound:
            return
        if page.get("status") != "current":
            return
        self._still(ref, page, expected)
        await self._api.delete(ref.id, ref=ref)

    async def find(self, origin: Ref, value: Document | None) -> Sequence[Ref]:
        """Return our page for `origin`: looked up by the titles that it can have.

        The title look-up reads its own writes; Confluence's search, which could find the mark
        itself, lags by up to a minute and does not index this property.
        """
        await self._space()
        if value is None:
            return await self._marked(origin)
        for alias in _names(self.project(value).title):
            held = await self._api.titled(self._index.space_id, alias)
            if not held:
                return []
            if (ours := await self._ours(alias, self.project(value), origin)) is not None:
                return [ours]
        return []

    async def _marked(self, origin: Ref) -> Sequence[Ref]:
        """Return the live pages with this mark: of those that were read first, else of all.

        There is no list of properties: this asks each page, and is for when all else is lost.
        """
        asked = {ref for ref, marked in self._origins.items() if marked == origin}
        for ref in asked:
            if await self._carries_mark(ref, origin):
                return [ref]
        async for pages in self._api.pages(self._index.space_id):
            for page in pages:
                ref = self._ref(str(page["id"]))
                if ref not in asked and await self._carries_mark(ref, origin):
                    return [ref]
        return []

    async def _carries_mark(self, ref: Ref, origin: Ref) -> bool:
        try:
            page = await self._api.page(ref.id, body=False, ref=ref)
            mark, _ = await self._mark(ref, page)
        except NotFound:
            return False
        self._origins[ref] = mark.origin
        return page.get("status") == "current" and mark.origin == origin

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()

    # -- the surroundings -------------------------------------------------------------------------

    def _ref(self, id_: str) -> Ref:
        return Ref(self._context.connection, id_)

    async def _space(self) -> Json:
        async with self._opening:
            if self._place is None:
                key = self._settings.space
                space = await self._api.space(key)
                if space is None:
                    raise Forbidden(
                        f"space {key} is not there, or the account may not see it; check the key"
                        f" and the account's permission at {self._settings.site}"
                    )
                self._place = space
                self._index.space_id = str(space["id"])
            return self._place

    async def _account(self) -> str:
        if self._me is None:
            self._me = str((await self._api.me())["accountId"])
        return self._me


def _slim(page: Json) -> Json:
    """Keep what a listing needs of a page: a million of them are in memory at once."""
    return {
        "id": str(page["id"]),
        "title": str(page["title"]),
        "parentId": str(page["parentId"]) if page.get("parentId") else None,
        "parentType": str(page.get("parentType") or "page"),
        "version": int(page["version"]["number"]),
        "at": str(page["version"]["createdAt"]),
    }


def _parent(page: Json) -> Parent | None:
    return Parent(page["parentId"], page["parentType"]) if page["parentId"] else None


def _file_version(one: Json) -> str:
    return f"{one['id']}@{one['version']['number']}"


def _storage(page: Json) -> str:
    body = (page.get("body") or {}).get("storage")
    if not isinstance(body, dict) or not isinstance(body.get("value"), str):
        raise StoreError(f"page {page.get('id')}: the answer has no body in storage format")
    return str(body["value"])


def _is_empty(raw: str) -> bool:
    """Tell whether a page is as bare as it was created; Confluence may have added a local id."""
    return re.fullmatch(r"\s*(<p( [^>]*)?(/>|>\s*</p>))?\s*", raw) is not None


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return at if at.tzinfo else at.replace(tzinfo=timezone.utc)


def _label(name: str) -> str:
    """Return a label as Confluence keeps it: lower case, no spaces."""
    return "-".join(name.casefold().split())


def _names(title: str) -> Iterable[str]:
    yield title
    for number in range(2, _ALIASES + 1):
        suffix = f" ({number})"
        yield f"{title[: _LONGEST_TITLE - len(suffix)]}{suffix}"
