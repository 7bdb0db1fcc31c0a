"""Articles that cost next to nothing to make, and stores that cost next to nothing to ask."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from syncline.body import finish
from syncline.body.tree import element
from syncline.body.version import NORMALISER
from syncline.errors import Rejected
from syncline.mapping import Mapping
from syncline.model import (
    ChangePage,
    Complete,
    Costs,
    Cursor,
    Digest,
    Document,
    Head,
    Record,
    Ref,
    Side,
    Version,
    digest,
)
from syncline.ports import Capability, Listed, Write
from syncline.state import SqliteState
from syncline.state.listing import stamp
from syncline.state.records import Effect, Half, Link, SaveLink, SaveScope, SaveValue
from syncline.state.values import key_of

JOB = "articles"
NAMES = {Side.LEFT: "wiki", Side.RIGHT: "kb"}
SCOPE = "everything"
_SENTENCE = "Refunds are paid in fourteen days to the account that the customer paid from. "
_EVERY = 100
"""One article in so many has changed."""


def ref(side: Side, number: int) -> Ref:
    """Return the ref of one article; they sort as their numbers do."""
    return Ref(NAMES[side], f"{number:08}")


def article(side: Side, number: int, count: int, *, edited: bool = False) -> Document:
    """Return an article of some 5 KB that links to the next one."""
    target = f"syncline:doc/{NAMES[side]}:{(number + 1) % count:08}"
    parts = [element("p", f"{n}. {_SENTENCE * 4}", element("strong", "Note.")) for n in range(14)]
    parts.insert(3, element("p", "See ", element("a", "the next article", href=target), "."))
    if edited:
        parts[7] = element("p", "This paragraph was written anew, and differs in every word.")
    return Document(title=f"Article {number}", body=finish(parts))


def is_changed(number: int) -> bool:
    """Tell whether the left's article has been edited since both sides agreed."""
    return number % _EVERY == 0


class Shelf:
    """A store of `count` articles that are made when they are asked for; nothing can be written."""

    capabilities = Capability.WRITE | Capability.DELETE | Capability.CONDITIONAL_WRITE
    fields = frozenset({"title", "body"})
    costs = Costs()

    def __init__(self, side: Side, count: int, *, edits: bool) -> None:
        self._side, self._count, self._edits = side, count, edits
        self.reads = 0

    def _version(self, number: int) -> Version:
        return Version("2" if self._edits and is_changed(number) else "1")

    def head(self, number: int) -> Head:
        """Return one entry of the listing."""
        return Head(
            ref=ref(self._side, number), version=self._version(number), title=f"Article {number}"
        )

    async def heads(self) -> AsyncIterator[Listed]:
        for number in range(self._count):
            yield self.head(number)
        yield Complete(count=self._count, scope=SCOPE)

    async def fetch(self, ref: Ref) -> Record:
        self.reads += 1
        number = int(ref.id)
        edited = self._edits and is_changed(number)
        value = article(self._side, number, self._count, edited=edited)
        return Record(ref=ref, version=self._version(number), value=value)

    async def fetch_many(
        self, refs: Sequence[Ref]
    ) -> AsyncIterator[Record | tuple[Ref, Exception]]:
        for ref in refs:
            yield await self.fetch(ref)

    async def changes(self, cursor: Cursor | None) -> AsyncIterator[ChangePage]:
        yield ChangePage(changes=(), cursor=None)

    async def create(self, value: Document, *, write: Write) -> Record:
        raise Rejected("nothing is created in a benchmark of reading")

    async def update(self, ref: Ref, value: Document, *, expected: Version, write: Write) -> Record:
        raise Rejected("nothing is written in a benchmark of reading", ref=ref)

    async def delete(self, ref: Ref, *, expected: Version) -> None:
        raise Rejected("nothing is removed in a benchmark of reading", ref=ref)

    async def find(self, origin: Ref, value: Document | None) -> Sequence[Ref]:
        return []

    async def asset(self, ref: Ref, sha256: str) -> bytes:
        raise Rejected("there are no files", ref=ref)

    def project(self, value: Document) -> Document:
        return value

    async def aclose(self) -> None:
        return None


def seed(state: SqliteState, count: int) -> None:
    """Write a state in which all articles are paired and agreed, as if synced before.

    Only the values of articles that will be read again are kept: the others are never looked at.
    """
    scope = f"{SCOPE}|{Mapping().version}"
    state.commit([SaveScope(JOB, side, scope) for side in Side], None)
    effects: list[Effect] = []
    for number in range(count):
        effects += _pair(number, count)
        if len(effects) >= 2000:
            state.commit(effects, None)
            effects = []
    state.commit(effects, None)


def _pair(number: int, count: int) -> list[Effect]:
    halves, values = {}, []
    for side in Side:
        head = Head(ref=ref(side, number), version=Version("1"))
        kept = article(side, number, count) if is_changed(number) else None
        values += [SaveValue(kept)] if kept else []
        halves[side] = Half(
            ref=head.ref,
            version=head.version,
            digest=digest(kept) if kept else Digest("sha256:" + "0" * 64),
            value=key_of(kept) if kept else "0" * 64,
            stamp=stamp(head),
        )
    link = Link(
        pair=f"{number:032x}",
        job=JOB,
        left=halves[Side.LEFT],
        right=halves[Side.RIGHT],
        title=f"Article {number}",
        norm=NORMALISER,
        epoch=Mapping().version,
    )
    return [*values, SaveLink(link)]
