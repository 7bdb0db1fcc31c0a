"""What is sent for a document: metadata by id, the body as blocks, its images uploaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import evolve

from syncline.body import assets, parse, render, rewrite_links
from syncline.errors import Rejected
from syncline.model import Document, Ref
from syncline.ports import Write

from .blocks import Addresses, addressed, encode, patch, project
from .blocks.decode import entries, text
from .blocks.hrefs import DOC
from .blocks.words import Json
from .catalog import Categories, Labels
from .documents import Lens, category_id, details_of, label_names, line, phrases
from .origins import Marks
from .pictures import Pictures
from .scope import Scope
from .settings import Settings


class Composer:
    """Turns documents into requests; makes categories, labels and images on demand."""

    def __init__(
        self,
        *,
        scope: Scope,
        tree: Categories,
        labels: Labels,
        pictures: Pictures,
        settings: Settings,
        marks: Marks,
        lens: Callable[[], Lens],
    ) -> None:
        self._scope = scope
        self._tree = tree
        self._labels = labels
        self._pictures = pictures
        self._settings = settings
        self._marks = marks
        self._lens = lens

    @property
    def addresses(self) -> Addresses:
        """How addresses are read and written now."""
        return self._lens().addresses

    def forget(self) -> None:
        """Look up categories and labels again: one that we know may have been deleted."""
        self._tree.forget()
        self._labels.forget()

    async def request(self, value: Document, write: Write, now: Json | None) -> Json:
        """Return the `KnowledgeDocumentReq` with what differs from `now`; all of it when None.

        Empty when nothing differs. Fields that `value` does not have are left alone.

        Raises:
            Rejected: the category is out of the connection's scope, or a name is refused.
        """
        wanted: Json = {}
        if now is None or line(text(now, "title")) != value.title:
            wanted["title"] = value.title
        if now is None:
            wanted["visible"] = True
        if value.alternatives is not None and _phrases(now) != value.alternatives:
            wanted["alternatives"] = _alternatives(value.alternatives, now)
        wanted.update(await self._placed(value, now, write.origin))
        if write.mark:
            wanted.update(_marked(value, self._marks, write.origin, now))
        # The vendor's model requires the title, of PATCH too.
        return {"title": (now or {}).get("title", value.title), **wanted} if wanted else {}

    async def _placed(self, value: Document, now: Json | None, origin: Ref) -> Json:
        base = await self._scope.find()
        placed: Json = {}
        path = await self._path(base, value, now, origin)
        held = category_id(now or {})
        if path is not None and path != (self._tree.path(held) if held else ()):
            placed["categoryId"] = await self._tree.ensure(base, path) if path else None
        if value.labels is not None and _labels(now) != {n.casefold() for n in value.labels}:
            placed["labelIds"] = await self._labels.ensure(base, value.labels)
        return placed

    async def _path(
        self, base: str, value: Document, now: Json | None, origin: Ref
    ) -> tuple[str, ...] | None:
        """Return the category that the article is to have, inside the connection's scope."""
        await self._tree.know(base, [category_id(now)] if now and category_id(now) else [])
        if not (roots := self._scope.categories()):
            return value.category
        paths = [self._tree.path(root) for root in roots]
        if not value.category:
            if now is not None and value.category is None:
                return None
            if len(paths) == 1:
                return paths[0]
        elif any(value.category[: len(path)] == path for path in paths):
            return value.category
        there = ", ".join("/".join(path) for path in paths)
        raise Rejected(
            f"{origin}: its category {'/'.join(value.category or ()) or 'none'} is outside of "
            f"the connection's categories ({there}); map it into one of them",
            ref=origin,
        )

    async def blocks(self, value: Document, write: Write, raw: Sequence[Json]) -> list[Json]:
        """Return the blocks for the body, made of `raw` wherever that says the same.

        Raises:
            Rejected: an image cannot be held.
        """
        upgrade = self._settings.allow_http_upgrade
        body = parse(self._linked(value.body))
        for sha256 in assets(render(project(body, upgrade=upgrade))):
            await self._pictures.ensure(sha256, write.asset, write.origin)
        addresses = self.addresses
        if raw:
            found = patch(raw, body, addresses, value.opaques, upgrade=upgrade)
        else:
            found = encode(body, value.opaques, upgrade=upgrade)
        # What is there already is not written, whatever we would think of its addresses.
        return found if found == raw else addressed(found, addresses, upgrade=upgrade)

    def _linked(self, body: str) -> str:
        """Return the body without links to items that are in no knowledge base."""
        addresses = self.addresses

        def held(href: str) -> str | None:
            return href if not href.startswith(DOC) or addresses.hyperlink(href) else None

        return rewrite_links(body, held) if DOC in body else body


def tidy(value: Document) -> Document:
    """Return the document with its texts as they are compared: one line each, in NFC.

    Labels that differ in case alone are one in Genesys: the first by name stays.
    """
    labels = value.labels
    if labels is not None:
        first: dict[str, str] = {}
        for label in sorted(filter(None, map(line, labels))):
            first.setdefault(label.casefold(), label)
        labels = frozenset(first.values())
    phrases = value.alternatives
    if phrases is not None:
        phrases = tuple(dict.fromkeys(filter(None, map(line, phrases))))
    category = value.category
    if category is not None:
        category = tuple(filter(None, map(line, category)))
    return evolve(
        value, title=line(value.title), labels=labels, alternatives=phrases, category=category
    )


def expected(now: Json | None, request: Json) -> Json:
    """Return the metadata that a draft has after `request`, as `details_of` tells them."""
    before = details_of(now) if now is not None else details_of({})
    after = {**before}
    names = {"title": "title", "visible": "visible", "externalId": "externalId"}
    names |= {"externalUrl": "externalUrl", "categoryId": "category"}
    after.update({ours: request[theirs] for theirs, ours in names.items() if theirs in request})
    after["category"] = after["category"] or ""
    if "labelIds" in request:
        after["labels"] = sorted(request["labelIds"])
    if "alternatives" in request:
        after["alternatives"] = sorted(phrases(request))
    return after


def _phrases(now: Json | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line(phrase) for phrase in phrases(now or {})))


def _alternatives(wanted: Sequence[str], now: Json | None) -> list[Json]:
    """Return the phrases; those that were there keep whether they are offered while typing."""
    known = {
        line(text(one, "phrase")): one.get("autocomplete")
        for one in entries((now or {}).get("alternatives"))
    }
    return [
        {"phrase": phrase, "autocomplete": known.get(phrase, True) is not False}
        for phrase in wanted
    ]


def _labels(now: Json | None) -> set[str]:
    return {name.casefold() for name in label_names(now or {})}


def _marked(value: Document, marks: Marks, origin: Ref, now: Json | None) -> Json:
    """Return the mark and the address of the original, where they are not there already.

    An id that another program has put there is left to it.
    """
    held = text(now or {}, "externalId")
    if held and not marks.ours(held):
        return {}
    wanted = {"externalId": marks.mark(origin)}
    if value.url and value.url.startswith(("https://", "http://")):
        wanted["externalUrl"] = value.url
    return {name: one for name, one in wanted.items() if (now or {}).get(name) != one}
