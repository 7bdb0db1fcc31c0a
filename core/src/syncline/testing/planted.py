"""Faults planted on purpose: each is a mistake that sync engines have made, and must be noticed.

A fault is a wrapper around a store, around the state, or another limit or policy; the engine
itself is the real one. `FAULTS` names them. A check of histories that lets one of them pass is
worth nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, Final, cast

import attrs

from ..decision import Direction, Limits, Policy
from ..engine.runs.turns import Turns
from ..errors import NotFound
from ..model import Complete, Document, Head, Incomplete, Record, Ref, Side, Status, Version
from ..ports import Listed, Note, Store, Write
from ..state.port import PairWork, StateStore
from ..state.records import Effect, Lease, Link, OpenIntent, SaveConflict, SaveCursor, SaveValue
from .memory import MemoryStore
from .world import Seams, poorer


class FaultyStore:
    """A store that passes everything on; faults override what they spoil."""

    def __init__(self, inner: MemoryStore, side: Side) -> None:
        self._inner = inner
        self._side = side

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class FaultyState:
    """A state that passes everything on; faults override what they spoil."""

    def __init__(self, inner: StateStore) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def commit(self, effects: Iterable[Effect], fence: Lease | None) -> None:
        self._inner.commit(effects, fence)


class BelievesWhatItSent(FaultyStore):
    """Gives back what was sent, and not what the vendor made of it."""

    async def create(self, value: Document, *, write: Write) -> Record:
        return attrs.evolve(await self._inner.create(value, write=write), value=value)

    async def update(self, ref: Ref, value: Document, *, expected: Version, write: Write) -> Record:
        record = await self._inner.update(ref, value, expected=expected, write=write)
        return attrs.evolve(record, value=value)


class TakesPartForTheWhole(FaultyStore):
    """Calls a listing complete that broke off."""

    async def heads(self) -> AsyncIterator[Listed]:
        count = 0
        async for entry in self._inner.heads():
            if isinstance(entry, Incomplete):
                yield Complete(count=count, scope=self._inner.scope)
                return
            count += isinstance(entry, Head)
            yield entry


class TakesHiddenForPurged(FaultyStore):
    """Calls gone what it cannot see."""

    async def fetch(self, ref: Ref) -> Record:
        try:
            return await self._inner.fetch(ref)
        except NotFound:
            return Record(ref=ref, version=Version(""), status=Status.PURGED)


class WritesOverAnyVersion(FaultyStore):
    """Expects whatever version is there."""

    async def update(self, ref: Ref, value: Document, *, expected: Version, write: Write) -> Record:
        now = self._inner.articles[ref].now.version if ref in self._inner.articles else expected
        return await self._inner.update(ref, value, expected=now, write=write)

    async def delete(self, ref: Ref, *, expected: Version) -> None:
        now = self._inner.articles[ref].now.version if ref in self._inner.articles else expected
        await self._inner.delete(ref, expected=now)


class SeesNoRestriction(FaultyStore):
    """Reads what is restricted as if it were open."""

    closed = frozenset({Status.RESTRICTED})

    async def fetch(self, ref: Ref) -> Record:
        return self._opened(await self._inner.fetch(ref))

    async def heads(self) -> AsyncIterator[Listed]:
        async for entry in self._inner.heads():
            if isinstance(entry, Head) and entry.status in self.closed:
                title = self._inner.value(entry.ref).title
                yield attrs.evolve(entry, status=Status.LIVE, title=title)
            else:
                yield entry

    def _opened(self, record: Record) -> Record:
        if record.status not in self.closed:
            return record
        value = self._inner.described(self._inner.articles[record.ref])
        return attrs.evolve(record, status=Status.LIVE, value=value)


class TakesUnknownForOpen(SeesNoRestriction):
    """Reads what it could not look up as if it were open."""

    closed = frozenset({Status.UNKNOWN})


class ForgetsTheMark(FaultyStore):
    """Creates copies without the mark that it says they carry."""

    async def create(self, value: Document, *, write: Write) -> Record:
        return await self._inner.create(value, write=attrs.evolve(write, mark=False))


class NeverLooks(FaultyStore):
    """Finds nothing, and creates again what it has created."""

    async def find(self, origin: Ref, value: Document | None) -> Sequence[Ref]:
        return []

    async def create(self, value: Document, *, write: Write) -> Record:
        unknown = attrs.evolve(write, origin=Ref(write.origin.connection, f"{id(write)}"))
        record = await self._inner.create(value, write=unknown)
        self._inner.articles[record.ref].origin = write.origin
        return attrs.evolve(record, origin=write.origin)


class PublishesAnyDraft(FaultyStore):
    """Takes every open draft for its own."""

    async def update(self, ref: Ref, value: Document, *, expected: Version, write: Write) -> Record:
        article = self._inner.articles.get(ref)
        if article is not None and article.draft is not None:
            note = Note(step="draft", detail=self._inner.kept_digest(article.draft))
            write = attrs.evolve(write, earlier=(*write.earlier, note))
        return await self._inner.update(ref, value, expected=expected, write=write)


class NeverSettles(FaultyStore):
    """Projects a text to another one each time."""

    def project(self, value: Document) -> Document:
        number = self._inner.calls["projected"] = self._inner.calls["projected"] + 1
        return attrs.evolve(value, title=f"{value.title.split(' (')[0]} ({number})")


class DropsOpaqueBlocks(FaultyStore):
    """Holds opaque blocks, and says that it does not."""

    def project(self, value: Document) -> Document:
        return self._inner.project(poorer(value)) if self._side is Side.LEFT else poorer(value)


class SeesNoLabels(FaultyStore):
    """Does not notice what changes without a version."""

    async def heads(self) -> AsyncIterator[Listed]:
        async for entry in self._inner.heads():
            yield attrs.evolve(entry, aux="") if isinstance(entry, Head) else entry

    async def fetch(self, ref: Ref) -> Record:
        return attrs.evolve(await self._inner.fetch(ref), aux="")


class WritesLooseMarkup(FaultyStore):
    """Lets through what is no body in normal form."""

    async def create(self, value: Document, *, write: Write) -> Record:
        loose = attrs.evolve(value, body=value.body.replace("<p>", '<p onclick="x">'))
        return await self._inner.create(loose, write=write)


class LosesHalfTheHints(FaultyStore):
    """Leaves out of every page of hints the second half."""

    async def changes(self, cursor: Any) -> AsyncIterator[Any]:
        async for page in self._inner.changes(cursor):
            yield attrs.evolve(page, changes=page.changes[: len(page.changes) // 2])


class JournalsNothing(FaultyState):
    """Writes without having announced it."""

    def commit(self, effects: Iterable[Effect], fence: Lease | None) -> None:
        self._inner.commit([e for e in effects if not isinstance(e, OpenIntent)], fence)


class ChecksNoFence(FaultyState):
    """Commits for a process that has lost its lease."""

    def commit(self, effects: Iterable[Effect], fence: Lease | None) -> None:
        self._inner.commit(effects, None)


class AcknowledgesFirst(FaultyState):
    """Moves the cursor before what was read is remembered."""

    def commit(self, effects: Iterable[Effect], fence: Lease | None) -> None:
        effects = list(effects)
        cursors = [e for e in effects if isinstance(e, SaveCursor)]
        if cursors:
            self._inner.commit(cursors, fence)
        self._inner.commit([e for e in effects if not isinstance(e, SaveCursor)], fence)


class KeepsNoLoser(FaultyState):
    """Writes over the losing edit without keeping it."""

    def commit(self, effects: Iterable[Effect], fence: Lease | None) -> None:
        kept = [e for e in effects if not (isinstance(e, SaveConflict) and e.conflict.review)]
        self._inner.commit(kept, fence)


class KeepsNoBase(FaultyState):
    """Forgets what both sides said when they last agreed."""

    def commit(self, effects: Iterable[Effect], fence: Lease | None) -> None:
        self._inner.commit([e for e in effects if not isinstance(e, SaveValue)], fence)


class ForgetsTheDead(FaultyState):
    """Does not remember that a pair has ended."""

    def tombstone(self, job: str, ref: Ref) -> str | None:
        return None


class LooksOnlyOnce(FaultyState):
    """Gives a pass its pairs under their turns as they were when it began to compare."""

    def __init__(self, inner: StateStore) -> None:
        super().__init__(inner)
        self._looked: dict[str, Link] = {}

    def changed_pairs(self, *args: Any, **named: Any) -> Iterator[PairWork]:
        works = [*self._inner.changed_pairs(*args, **named)]
        self._looked = {work.link.pair: work.link for work in works}
        yield from works
        self._looked = {}

    def pair(self, pair: str) -> Link | None:
        return self._looked.get(pair) or self._inner.pair(pair)


class MissesOtherRules(FaultyState):
    """Takes pairs that were written by earlier rules for settled."""

    def changed_pairs(self, *args: Any, epoch: str, **named: Any) -> Iterator[PairWork]:
        works = self._inner.changed_pairs(*args, epoch=epoch, **named)
        yield from (work for work in works if work.link.epoch == epoch)


class TakesNoTurns(Turns):
    """Works an item whoever else is at it."""

    @asynccontextmanager
    async def of(self, refs: Iterable[Ref], *, run: str) -> AsyncIterator[None]:
        yield

    def free(self, refs: Iterable[Ref]) -> bool:
        return True

    def mine(self, ref: Ref) -> bool:
        return True

    def also(self, ref: Ref, *, run: str) -> None:
        return


def _around_stores(fault: type[FaultyStore]) -> Seams:
    return Seams(store=lambda store, side: cast("Store", fault(store, side)))


def _around_state(fault: type[FaultyState]) -> Seams:
    return Seams(state=lambda state: cast("StateStore", fault(state)))


def _without_governor(limits: Limits) -> Limits:
    return attrs.evolve(limits, delete_count=10**6, delete_share=1.0, delete_ceiling=1.0)


def _both_ways(policy: Policy) -> Policy:
    return attrs.evolve(policy, direction=Direction.TWO_WAY)


STORES: Final = (
    BelievesWhatItSent,
    TakesHiddenForPurged,
    WritesOverAnyVersion,
    SeesNoRestriction,
    TakesUnknownForOpen,
    NeverLooks,
    PublishesAnyDraft,
    NeverSettles,
    DropsOpaqueBlocks,
    SeesNoLabels,
    WritesLooseMarkup,
)
STATES: Final = (
    JournalsNothing,
    ChecksNoFence,
    KeepsNoLoser,
    KeepsNoBase,
    ForgetsTheDead,
    MissesOtherRules,
)

FAULTS: Final[Mapping[str, Seams]] = MappingProxyType(
    {fault.__name__: _around_stores(fault) for fault in STORES}
    | {fault.__name__: _around_state(fault) for fault in STATES}
    | {
        "NoGovernor": Seams(limits=_without_governor),
        "IgnoresTheDirection": Seams(policy=_both_ways),
        TakesNoTurns.__name__: Seams(turns=TakesNoTurns),
    }
)
"""By name: what a check of random histories has to notice."""

WITHSTOOD: Final[Mapping[str, Seams]] = MappingProxyType(
    {fault.__name__: _around_stores(fault) for fault in (TakesPartForTheWhole, ForgetsTheMark)}
    | {LooksOnlyOnce.__name__: _around_state(LooksOnlyOnce)}
)
"""By name: what a store, or a pass, may do wrong, and the engine loses nothing by it."""

FORGETS_THE_MARK: Final = _around_stores(ForgetsTheMark)
"""Harmless while the state is there; noticed when it is lost."""

__all__ = ["FAULTS", "FORGETS_THE_MARK", "WITHSTOOD", "AcknowledgesFirst", "LosesHalfTheHints"]
