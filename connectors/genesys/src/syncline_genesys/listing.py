"""Listings: every article in scope without its body, and hints about what has changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta, timezone

from attrs import evolve

from syncline.errors import Forbidden, NotFound, Rejected, StoreError, Unavailable
from syncline.feeds import Reading, Watermark
from syncline.model import Change, ChangePage, Complete, Cursor, Incomplete
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
        key = f"genesys:{self._lens().connection}:listed:{self._scope.fingerprint()}"
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

    async def changes(self, cursor: Cursor | None, overlap: timedelta) -> AsyncIterator[ChangePage]:
        """Yield hints about documents that were modified since `cursor`, a time.

        The vendor's index may lag and its clock may differ: each poll looks again at `overlap`.
        """
        now = self._clock.now()
        if cursor is None:
            yield ChangePage(changes=(), cursor=Cursor(now.isoformat()))
            return
        before = _read(cursor, now)
        reading = Reading(before=evolve(before, at=min(before.at, now)), overlap=overlap)
        span = interval(reading.edge or now, now + timedelta(days=1))
        base = await self._scope.find()
        async for page in self._api.documents(base, interval=span, includeDrafts=True):
            fresh = (one for one in page if _is_new(reading, one, now))
            changes = tuple(Change(ref=self._lens().ref(one)) for one in fresh)
            yield ChangePage(changes=changes, cursor=None)
        yield ChangePage(changes=(), cursor=reading.ended(now, now).cursor)


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
