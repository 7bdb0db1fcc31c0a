"""What a poll finds: pages that were modified, and pages that other people may read than before.

The vendor's feed tells the first. The second it tells nowhere: restrictions are looked up again,
for some items in each poll and for all of a small scope, so that a lost webhook costs a poll and
not a night.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from attrs import evolve

from syncline.change_feeds import Reading, Watermark
from syncline.errors import NotFound, RateLimited, StoreError, Unavailable
from syncline.model import Change, ChangePage, Cursor
from syncline.urgency import patient

from .audience import Audience, Parent
from .client import Json
from .listing import Listing, some_at_a_time
from .page import moment, parent_of, slim
from .places import Places, in_order
from .rounds import MOST_PLACED, Round, beginning, cursor_of, differences, round_of

logger = logging.getLogger(__name__)


class Polling(Listing):
    """Tells what may have changed in a space."""

    async def changes(self, cursor: Cursor | None) -> AsyncIterator[ChangePage]:
        """Yield what was modified since `cursor`, newest first, and whose readers changed.

        The cursor moves only once the list has been read down to the old one. Labels and files of a
        large scope do not show here: the full pass finds those.
        """
        space = await self._space()
        before = Watermark.of(cursor) if cursor else None
        reading = Reading(before=before, overlap=self._settings.overlap)
        newest = before.at if before else None
        async for pages in self._api.pages(space["id"], sort="-modified-date"):
            times = [moment(p["version"]["createdAt"]) for p in pages]
            newest = max([t for t in (newest, *times) if t is not None])
            if reading.edge is None:
                break
            fresh = [(p, at) for p, at in zip(pages, times, strict=True) if at >= reading.edge]
            yield ChangePage(changes=tuple(self._announced(reading, fresh)), cursor=None)
            if len(fresh) < len(pages):
                break
        now = self._context.clock.now()
        read, known = reading.ended(newest or now, now), round_of(cursor)
        try:
            told, known = await self._went_round(known)
        except StoreError:
            # What was modified has been told: only the restrictions are asked for again.
            yield ChangePage(changes=(), cursor=cursor_of(read, known))
            raise
        changes = tuple(Change(ref=self._ref(page)) for page in told)
        yield ChangePage(changes=changes, cursor=cursor_of(read, known))

    def _announced(
        self, reading: Reading, fresh: Iterable[tuple[Json, datetime]]
    ) -> Iterator[Change]:
        for page, at in fresh:
            id_ = str(page["id"])
            self._index.learn(id_, str(page["title"]))
            if reading.is_new(id_, str(page["version"]["number"]), at):
                yield Change(ref=self._ref(id_))

    async def _went_round(self, known: Round | None) -> tuple[Sequence[str], Round | None]:
        """Look restrictions up again; return the pages to look at, and what is known now.

        Raises:
            Unavailable: most of them could not be looked up; nothing is inferred from that.
        """
        most, scope = self._settings.restrictions_per_poll, self._scope()
        if not most:
            return (), None
        if known is not None and known.scope != scope:
            known = None  # what the connection covers is another matter of the full pass
        with patient():  # nobody waits for it: hints go first
            since = self._context.clock.monotonic()
            if self._lies_now is None or known is None or not known.after:
                self._lies_now = await self._where()
            places = self._lies_now
            before = known or beginning(
                places, self._audience.answers, self._listed, self._listed_marks, scope
            )
            answers = await self._asked(before.due(places.subjects, most), since)
        now = before.learnt(places, answers)
        told = differences(before, now, places)
        if known is None:
            # What a pass saw before there was a cursor is not known: everything kept is told once.
            told = sorted({*told, *before.kept, *now.kept}, key=in_order)
        if told:
            fields = {"connection": self._context.connection, "count": len(told)}
            logger.info("pages lie elsewhere, or others may read them", extra=fields)
        return told, now

    async def _asked(self, due: Sequence[str], since: float) -> Mapping[str, bool | None]:
        found: dict[str, bool | None] = dict.fromkeys(due)

        async def ask(id_: str) -> None:
            found[id_] = await self._audience.restricted(id_, since)

        await some_at_a_time(ask(id_) for id_ in due)
        unknown = sum(answer is None for answer in found.values())
        if unknown > 1 and unknown * 2 > len(due):
            self._lies_now = None  # they may be gone: the next poll lists first
            raise Unavailable(
                f"who may read {unknown} of {len(due)} pages and folders of space"
                f" {self._settings.space} could not be looked up; it is tried again, and nothing"
                " is inferred from it. Look at the token's scopes if that lasts"
            )
        return found

    async def _where(self) -> Places:
        """Return where everything lies now: a list of the pages, and a look at each folder."""
        space = await self._space()
        listed: dict[str, Parent | None] = {}
        async for page in self._api.pages(space["id"]):
            for one in map(slim, page):
                self._index.learn(one["id"], one["title"])
                listed[one["id"]] = parent_of(one)
        await self._find_root(listed.keys())
        inside = await self._labelled(space["id"]) if self._settings.label else listed.keys()
        pages = sorted(inside & listed.keys(), key=in_order)
        if not self._audience.group or self._settings.root:
            await self._look_above(pages, listed)
        places = Places(pages=pages, parents=listed, inherits=not self._audience.group)
        if root := self._settings.root:
            places = evolve(places, pages=sorted(places.below([root]), key=in_order))
        # Whoever reads a page next goes by what is above it now.
        self._audience.parents.update(listed)
        self._in_scope.clear()
        return evolve(places, marks=await self._marks(space["id"], places.pages))

    async def _marks(self, space: str, pages: Sequence[str]) -> dict[str, str] | None:
        """Return what a listing says of labels, files and folders; None if that is too dear."""
        if len(pages) > MOST_PLACED:
            return None
        carried = await self._labels_in_use()
        if min(len(carried), len(pages)) > self._settings.restrictions_per_poll:
            return None
        labels = await self._labels_of(carried, space, pages)
        files = await self._attachments(set(pages))
        found: dict[str, str] = {}
        for id_ in pages:
            aux = self._aux(labels.get(id_, frozenset()), files.get(id_, ()))
            found[id_] = f"{aux}{await self._lies(id_)}"
        return found

    async def _look_above(self, pages: Iterable[str], parents: dict[str, Parent | None]) -> None:
        """Add what no list tells: what folders, and whatever else is above pages, lie under."""
        audience = Audience(
            api=self._api, clock=self._context.clock, parents=parents, folders=self._index.folders
        )
        places = Places(pages=(), parents=parents)
        broken: set[str] = set()
        for page in pages:
            chain, whole = places.chain(page)
            if whole or chain[-1] in broken:
                continue
            try:
                await audience.above(page)
            except (Unavailable, RateLimited):
                raise
            except StoreError as error:
                broken.add(places.chain(page)[0][-1])
                logger.debug("what is above a page is not known", extra={"error": str(error)})

    async def _labelled(self, space: str) -> set[str]:
        """Return the ids of the pages that carry the label of the scope."""
        for known in (self._label_id, None):
            self._label_id = known or await self._find_label()
            if self._label_id is None:
                return set()
            try:
                found = [p async for p in self._api.labelled(self._label_id, space)]
            except NotFound:
                continue  # nothing carried it any more, and it is another one now
            return {str(page["id"]) for listed in found for page in listed}
        return set()

    async def _find_label(self) -> str | None:
        async for labels in self._api.all_labels():
            for one in labels:
                if one.get("name") == self._settings.label and self._carries(one):
                    return str(one["id"])
        return None


__all__ = ["Polling"]
