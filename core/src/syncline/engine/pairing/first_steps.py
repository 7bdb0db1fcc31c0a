"""The first step of items that belong to no pair yet: a creation, or a pairing."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from attrs import evolve, frozen

from ...body.version import NORMALISER
from ...decision import Observation, Reason, Seen, Write, decide_first
from ...errors import StoreError
from ...model import Digest, Document, Record, Side
from ...ports import HistoryStore, PastVersion
from ...state.records import Half, Link, LinkState
from ..content import view
from ..context import Job
from ..steps.completion import complete, creating
from ..steps.decisions import decide_pair
from ..steps.observation import Evidence, Reading
from ..steps.step import Step


def new_link(job: Job, side: Side, record: Record) -> Link:
    """Return the pair-to-be of an item that has no counterpart yet."""
    half = view.half_of(job, side, record)
    empty = Link(pair=job.new_id(), job=job.name, left=Half(), right=Half(), origin=side)
    title = record.value.title if record.value else ""
    return evolve(
        empty.with_half(side, half),
        title=title,
        norm=NORMALISER,
        epoch=job.mapping.version,
    )


def creation_step(job: Job, side: Side, record: Record) -> Step:
    """Return the step that creates the counterpart of a new item."""
    link = _as_before(job, new_link(job, side, record), record)
    reading = Reading(
        link=link,
        records={side: record, side.other: None},
        seen={s: _seen(record if s is side else None) for s in Side},
    )
    return creating(job, reading, Write(side.other, None, Reason.NEW), side.other)


def _as_before(job: Job, link: Link, record: Record) -> Link:
    """Give a pair-to-be the id of an earlier attempt: what that announced is known by it.

    So the store looks for what it may have left behind before it makes anything.
    """
    attempt = job.process.abandoned.of(record.ref)
    if attempt is None or job.state.pair(attempt.pair) is not None:
        return link
    return evolve(link, pair=attempt.pair)


def _seen(record: Record | None) -> Observation:
    if record is None:
        return Observation(seen=Seen.GONE)
    return Observation(seen=Seen.CHANGED, version=record.version)


async def pairing_step(job: Job, left: Record, right: Record, *, origin: Side) -> Step:
    """Return the step that makes one pair of two existing items, without a base."""
    link = new_link(job, Side.LEFT, left)
    link = evolve(link.with_half(Side.RIGHT, view.half_of(job, Side.RIGHT, right)), origin=origin)
    equal = (
        left.value is not None
        and right.value is not None
        and view.equal(job, left.value, right.value)
    )
    reading = Reading(
        link=link,
        records={Side.LEFT: left, Side.RIGHT: right},
        seen={Side.LEFT: _observed(left), Side.RIGHT: _observed(right)},
    )
    if not equal and (proven := await _proven_base(job, left, right)):
        reading.link = evolve(link, left=proven.left, right=proven.right)
        reading.bases.update(proven.bases)
        for side in Side:
            record = reading.records[side]
            if record and record.version == reading.link.half(side).version:
                seen = evolve(reading.seen[side], seen=Seen.UNCHANGED)
                reading.seen[side] = seen
        return complete(job, reading, decide_pair(job, reading, Evidence()))
    if not equal:
        # They never agreed: there is nothing that either side could be unchanged against.
        left_half, right_half = (_without_base(reading.link.half(side)) for side in Side)
        reading.link = evolve(reading.link, left=left_half, right=right_half)
    return complete(job, reading, decide_first(equal=equal, proven=False))


def hiding_step(job: Job, side: Side, record: Record, original: Record, known: Link | None) -> Step:
    """Return the step that takes a copy away whose original is restricted, whoever edited it.

    Args:
        known: the original's pair, whose own copy was taken away already; None where it has none.
    """
    link = known or evolve(new_link(job, side.other, original), title=title_of(record))
    half = _without_base(view.half_of(job, side, record))
    seen = {
        side: Observation(seen=Seen.CHANGED, version=record.version),
        side.other: Observation(seen=Seen.RESTRICTED, version=original.version),
    }
    reading = Reading(
        link=evolve(link.with_half(side, half), state=LinkState.SYNCED),
        records={side: record, side.other: original},
        seen=seen,
    )
    return complete(job, reading, decide_pair(job, reading, Evidence()))


def title_of(record: Record) -> str:
    """Return the title of what can be read; "" for anything else."""
    return record.value.title if record.value else ""


def _without_base(half: Half) -> Half:
    return evolve(half, digest=Digest(""), value="")


def _observed(record: Record) -> Observation:
    return Observation(seen=Seen.CHANGED, version=record.version)


@frozen
class _Proof:
    left: Half
    right: Half
    bases: Mapping[Side, Document]
    """What both sides said at that time: the state may never have held it."""


async def _proven_base(job: Job, left: Record, right: Record) -> _Proof | None:
    """Look in both vendors' histories for a version that agrees with what the other holds now."""
    for side, mover, still in ((Side.LEFT, left, right), (Side.RIGHT, right, left)):
        store = job.store(side)
        if not isinstance(store, HistoryStore) or still.value is None:
            continue
        past = await _agreeing_version(job, side, store, mover, still.value)
        if past is not None and past.value is not None:
            halves = {side: view.half_of(job, side, past)}
            halves[side.other] = view.half_of(job, side.other, still)
            bases = {side: past.value, side.other: still.value}
            return _Proof(halves[Side.LEFT], halves[Side.RIGHT], bases)
    return None


async def _agreeing_version(
    job: Job, side: Side, store: HistoryStore, mover: Record, still: Document
) -> Record | None:
    past: list[PastVersion] = []
    with contextlib.suppress(StoreError):
        past = [v for v in await store.versions(mover.ref) if v.version != mover.version]
    for version in past[:20]:
        with contextlib.suppress(StoreError):
            record = await store.fetch_version(mover.ref, version.version)
            if record.value is None:
                continue
            pair = (record.value, still) if side is Side.LEFT else (still, record.value)
            if view.equal(job, *pair):
                return record
    return None
