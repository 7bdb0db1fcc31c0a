"""Writing pages: create, edit, delete, and finding what an interrupted create left behind."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import evolve

from syncline import body as profile
from syncline.errors import (
    AlreadyExists,
    NotFound,
    Rejected,
    VersionMismatch,
)
from syncline.model import (
    Document,
    Record,
    Ref,
    Version,
    restrict,
)
from syncline.ports import Write

from .client import Json, title_is_taken
from .index import targets_of
from .marks import KEY, Mark, mark_of, value_of
from .page import storage_of
from .reading import Reading
from .references import References, references
from .storage.decode import decode
from .storage.encode import encode
from .storage.patch import patch
from .storage.project import project
from .storage.resolver import Resolver
from .storage.source import parse

_LONGEST_TITLE = 255
_ALIASES = 20
_EMPTY = "<p></p>"


class Writing(Reading):
    """Writes single pages."""

    fields = frozenset({"title", "body", "labels"})

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
        parent = await self._parent(space)
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
            except NotFound as error:
                raise Rejected(f"{_under(parent)}, and that cannot be found: {error}") from error
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

    async def _parent(self, space: Json) -> str:
        """Return the id of what a new page goes under; it has to be in scope there.

        Raises:
            Rejected: the settings contradict each other.
        """
        s = self._settings
        parent = str(s.parent or s.root or space.get("homepageId"))
        if s.root and parent != s.root and s.root not in await self._audience.above(parent):
            raise Rejected(f"{_under(parent)}, which does not lie below root {s.root}")
        return parent

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
        raw = storage_of(page)
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
        if self._settings.label:
            labels.add(self._settings.label)  # without it the page is out of scope
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
        await self._still_labelled(ref, page, write)
        await self._relabel(ref, page, value, write)
        record = await self._put(ref, page, value, expected, mark, write)
        if value.labels is not None and record.value is not None:
            self._got_no_more(ref, value.labels, record.value.labels or frozenset())
        return record

    async def _still_labelled(self, ref: Ref, page: Json, write: Write) -> None:
        """Check the labels, which make no version, before any of them is taken away."""
        before = write.before.labels if write.before is not None else None
        if before is None:
            return
        review = {self._settings.review_label}
        have = await self._label_names(ref, page)
        if have - review != before - review:
            raise VersionMismatch(
                f"{ref}: its labels were changed in between; it is read again", ref=ref
            )

    def _got_no_more(self, ref: Ref, wanted: frozenset[str], have: frozenset[str]) -> None:
        if more := have - wanted - {self._settings.review_label}:
            raise VersionMismatch(
                f"{ref}: it got the label {min(more)!r} while it was written; it is read again",
                ref=ref,
            )

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
        resolver = await self._prepared(ref, storage_of(page), value, write)
        # Read again at the last moment: a comment changes the body without a new version, and
        # its anchor must not get lost.
        page = await self._api.page(ref.id, body=True, ref=ref)
        self._still(ref, page, expected)
        raw = storage_of(page)
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
        try:
            await self._update(ref, body, expected)
        except AlreadyExists:
            title = await self._renamed(ref, body, expected, evolve(mark, title=value.title), write)
        self._index.learn(ref.id, title)
        return await self._written(ref, number)

    async def _renamed(
        self, ref: Ref, body: Json, expected: Version, mark: Mark, write: Write
    ) -> str:
        """Write a page whose title another one holds, under the first number that is free.

        What it stands for is noted before it is called so: a number never reaches the other side.
        """
        for alias in itertools.islice(_names(mark.title), 1, None):
            if await self._api.titled(self._index.space_id, alias):
                continue
            _, known = mark_of(ref.id, await self._api.properties(ref.id, KEY, ref=ref))
            write.note("mark", ref.id)
            noted = value_of(ref.id, evolve(mark, alias=alias))
            await self._api.set_property(ref.id, KEY, noted, known, ref=ref)
            with contextlib.suppress(AlreadyExists):
                await self._update(ref, {**body, "title": alias}, expected)
                return alias
        raise AlreadyExists(
            f"{ref}: {_ALIASES} pages are called {mark.title!r} already; rename some", ref=ref
        )

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


def _under(parent: str) -> str:
    return f"new pages are created under {parent}, which `parent` of the connection sets"


def _is_empty(raw: str) -> bool:
    """Tell whether a page is as bare as it was created; Confluence may have added a local id."""
    return re.fullmatch(r"\s*(<p( [^>]*)?(/>|>\s*</p>))?\s*", raw) is not None


def _label(name: str) -> str:
    """Return a label as Confluence keeps it: lower case, no spaces."""
    return "-".join(name.casefold().split())


def _names(title: str) -> Iterable[str]:
    yield title
    for number in range(2, _ALIASES + 1):
        suffix = f" ({number})"
        yield f"{title[: _LONGEST_TITLE - len(suffix)]}{suffix}"
