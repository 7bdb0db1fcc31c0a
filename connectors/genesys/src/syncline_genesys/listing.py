"""Listings: every article in scope without its body, and hints about what has changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta, timezone

from attrs import evolve

from syncline.change_feeds import Reading, Watermark
from syncline.errors import Forbidden, NotFound, Rejected, StoreError, Unavailable
from syncline.model import Change, ChangePage, Complete, Cursor, Incomplete, Ref
from syncline.ports import Cache, Clock, Listed

from .blocks.decode import text
from .blocks.words import Json
from .catalog import Categories
from .client import Api
from .documents import Lens, interval, number
from .reading import ASKED
from .scope import Scope

SHRUNK = 0.9
"""A listing with less than this share of the last one's articles is checked."""
MOST_COMPARED = 1_000
"""Documents of a scope of which polls notice that one went away; a call lists 200 of them."""


class Listing:
    """Lists documents of one knowledge base."""

    def __init__(
        self,
        api: Api,
        scope: Scope,
        tree: Categories,
        clock: Clock,
        cache: Cache,
        lens: Callable[[], Lens],
    ) -> None:
        self._api = api
        self._scope = scope
        self._tree = tree
        self._clock = clock
        self._cache = cache
        self._lens = lens

    async def heads(self) -> AsyncIterator[Listed]:
        """Yield all heads, then the end.

        Open drafts stand in the vendor's listing in place of what is published. What is published
        of those is asked for separately, so that an edit of a draft never looks like an edit.
        """
        count = 0
        try:
            lens: Lens | None = None
            async for document in self._documents():
                # The categories are known by now; each head is told by one view of them.
                lens = lens or self._lens()
                yield lens.head(document)
                count += 1
            await self._believe(count)
        except (Forbidden, NotFound, Rejected) as error:
            if not count:
                raise self._explained(error) from error
            yield Incomplete(reason=str(error))
            return
        except StoreError as error:
            yield Incomplete(reason=str(error))
            return
        yield Complete(count=count, scope=self._scope.fingerprint())

    def _explained(self, error: StoreError) -> StoreError:
        """Return what to do about a listing that is refused from the start."""
        if isinstance(error, NotFound | Forbidden) and error.status in (403, 404):
            return self._scope.hidden(error)
        return error

    async def _documents(self) -> AsyncIterator[Json]:
        base = await self._scope.find()
        await self._tree.refresh(base)
        roots = self._scope.categories()
        below = True if roots else None
        seen: set[str] = set()
        drafted: dict[str, Json] = {}
        async for page in self._api.documents(
            base, expand=True, includeDrafts=True, categoryId=roots, includeSubcategories=below
        ):
            for document in page:
                id = text(document, "id")
                if id in seen:
                    # It was changed meanwhile and moved to another page.
                    continue
                seen.add(id)
                if document.get("state") == "Draft" and number(document):
                    drafted[id] = document
                else:
                    yield document
        async for document in self._published(base, drafted):
            yield document

    async def _published(self, base: str, drafted: dict[str, Json]) -> AsyncIterator[Json]:
        ids = list(drafted)
        for start in range(0, len(ids), ASKED):
            some = ids[start : start + ASKED]
            async for page in self._api.documents(base, expand=True, documentId=some):
                for document in page:
                    if drafted.pop(text(document, "id"), None) is not None:
                        yield document
        for document in drafted.values():
            yield document

    async def _believe(self, count: int) -> None:
        """Refuse a listing that is much shorter than before if the vendor counts more articles.

        Raises:
            Unavailable: it does.
        """
        key = self._listed_key()
        before = int(self._cache.get(key) or 0)
        if not count or count < before * SHRUNK:
            base = await self._scope.find()
            held = (await self._api.knowledge_base(base)).get("articleCount")
            if isinstance(held, int) and held > count and not self._scope.categories():
                raise Unavailable(
                    f"the knowledge base {base} counts {held} articles and lists {count}; "
                    "the listing is not believed"
                )
        if count != before:
            self._cache.put(key, str(count))

    def _listed_key(self) -> str:
        return f"genesys:{self._lens().connection}:listed:{self._scope.fingerprint()}"

    async def changes(self, cursor: Cursor | None, overlap: timedelta) -> AsyncIterator[ChangePage]:
        """Yield hints about documents that were modified since `cursor`, and that went away.

        The vendor's index may lag and its clock may differ: each poll looks again at `overlap`.
        What went away shows in no feed: up to `MOST_COMPARED` documents are listed for it.
        """
        now = self._clock.now()
        if cursor is None:
            present = await self._present()
            yield ChangePage(changes=(), cursor=Watermark(at=now, present=present).cursor)
            return
        before = _read(cursor, now)
        reading = Reading(before=evolve(before, at=min(before.at, now)), overlap=overlap)
        span = interval(reading.edge or now, now + timedelta(days=1))
        base = await self._scope.find()
        async for page in self._api.documents(base, interval=span, includeDrafts=True):
            fresh = (one for one in page if _is_new(reading, one, now))
            changes = tuple(Change(ref=self._lens().ref(one)) for one in fresh)
            yield ChangePage(changes=changes, cursor=None)
        present = await self._present()
        gone = _gone(before.present, present)
        changes = tuple(Change(ref=Ref(self._lens().connection, id)) for id in gone)
        ended = evolve(reading.ended(now, now), present=present or before.present)
        yield ChangePage(changes=changes, cursor=ended.cursor)

    async def _present(self) -> frozenset[str] | None:
        """Return the ids of all documents in scope; None where there are too many to compare."""
        if int(self._cache.get(self._listed_key()) or 0) > MOST_COMPARED:
            return None
        roots = self._scope.categories()
        found: set[str] = set()
        async for page in self._api.documents(
            await self._scope.find(),
            includeDrafts=True,
            categoryId=roots,
            includeSubcategories=True if roots else None,
        ):
            found.update(text(one, "id") for one in page)
            if len(found) > MOST_COMPARED:
                return None
        return frozenset(found)


def _gone(before: frozenset[str] | None, now: frozenset[str] | None) -> Sequence[str]:
    # A list that is suddenly empty is rather an index that lags than everything deleted.
    return sorted(before - now) if before and now else ()


def _is_new(reading: Reading, document: Json, now: datetime) -> bool:
    """Tell whether a document is announced; what is published and its draft count apart."""
    modified = text(document, "dateModified")
    stamp = f"{modified} {number(document)}"
    at = _moment(modified) or now
    return reading.is_new(f"{text(document, 'id')} {text(document, 'state')}", stamp, at)


def _moment(time: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(time.replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def _read(cursor: Cursor, now: datetime) -> Watermark:
    try:
        return Watermark.of(cursor)
    except ValueError:
        return Watermark(at=now - timedelta(days=1))
