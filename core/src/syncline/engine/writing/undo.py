"""Undoing a run: what nobody has touched since is put back, the rest is listed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from attrs import evolve

from ...body.version import NORMALISER
from ...decision import Keep, Reason
from ...errors import Refused, Stale, StoreError, VersionMismatch
from ...model import Document, Record, Ref, Side
from ...state.records import (
    LEFT_BEHIND,
    TAKEN_AWAY,
    Effect,
    Entry,
    Half,
    Link,
    LinkState,
    SaveLink,
    SaveValue,
)
from ...state.values import key_of
from ..content import carrying, links, view
from ..context import Job
from ..runs.report import ItemResult, Report
from ..runs.turns import in_turn, refs_of
from ..steps.observation import read_side
from ..steps.step import RemoteWrite, Step
from .confirmation import confirm
from .governor import Removal, granted
from .intents import announce, given_up, perform
from .recovery import recover

_UNDOABLE = ("created", "updated", "merged", "removed", "undone")


async def undo(job: Job, run: str, report: Report, *, approved: str | None = None) -> None:
    """Put back what `run` wrote, newest first; a withdrawal is never undone."""
    await recover(job, report)
    entries = list(_entries(job, run))
    removals = [
        Removal(pair=e.pair, side=e.side, title=e.title)
        for e in entries
        if e.event == "created" and e.side is not None
    ]
    with granted(job, removals, approved=approved) as report.refused:
        await _undo_all(job, entries, report)


async def _undo_all(job: Job, entries: list[Entry], report: Report) -> None:
    for entry in entries:
        if entry.event == "withdrawn":
            report.kept.append(_kept(entry, "a withdrawal is never undone"))
        elif entry.event == "undone" and not (entry.before and entry.after):
            report.kept.append(_kept(entry, "what an undo created or removed is not undone"))
        elif entry.event in _UNDOABLE and entry.side is not None:
            if entry.event == "created" and report.refused is not None:
                report.kept.append(_kept(entry, str(report.refused)))
                continue
            try:
                await in_turn(
                    job.process.turns,
                    partial(_refs, job, entry),
                    partial(_undo_one, job, entry, entry.side, report),
                    run=job.run,
                )
            except (StoreError, VersionMismatch) as error:
                report.kept.append(_kept(entry, str(error)))


def _refs(job: Job, entry: Entry) -> frozenset[Ref]:
    named = frozenset(ref for ref in (entry.left, entry.right) if ref is not None)
    return named | refs_of(job.state.pair(entry.pair))


def _entries(job: Job, run: str) -> Iterator[Entry]:
    yield from job.state.history(job.name, run=run, limit=1_000_000)


def _kept(entry: Entry, why: str) -> ItemResult:
    return ItemResult(
        ref=entry.left or entry.right,
        title=entry.title,
        event="kept",
        side=entry.side,
        reason=entry.event,
        detail=why,
    )


async def _undo_one(job: Job, entry: Entry, side: Side, report: Report) -> None:
    link = job.state.pair(entry.pair)
    before = job.state.value(entry.before)
    if entry.event == "removed":
        await _bring_back(job, entry, side, before, report)
        return
    ref = link.half(side).ref if link else None
    if link is None or ref is None:
        report.kept.append(_kept(entry, "its pair is gone"))
        return
    now = await read_side(job, ref)
    after = job.state.value(entry.after)
    if not isinstance(now, Record) or now.value is None or after is None:
        report.kept.append(_kept(entry, "it cannot be read any more"))
        return
    if before is None and now.draft:
        # Its text is nowhere else: it would go with what is removed. Whether a draft is in the way
        # of a write, its store knows: it may be ours.
        report.kept.append(_kept(entry, "a person's draft of it is open; publish or discard it"))
        return
    held = view.side_digest(job, side, now.value)
    if before is not None and held == view.side_digest(job, side, before):
        report.kept.append(_kept(entry, "it is as it was before that run"))
        return
    if held != view.side_digest(job, side, after):
        report.kept.append(_kept(entry, "somebody has edited it since"))
        return
    await _put_back(job, link, side, now, before, report)


async def _put_back(
    job: Job, link: Link, side: Side, now: Record, before: Document | None, report: Report
) -> None:
    if before is not None:
        before = evolve(before, body=links.without_gone(job, side, before.body))
    write = RemoteWrite(
        side=side, ref=now.ref, expected=now.version, value=before, before=now.value
    )
    held = evolve(link, state=LinkState.HELD)
    after = held if before is not None else held.with_half(side, Half())
    step = Step(link=link, decision=Keep(Reason.HELD), writes=(write,), after=after)
    intent = announce(job, step)
    confirm(job, intent, await perform(job, intent, [write]), step, report)


async def _bring_back(
    job: Job, entry: Entry, side: Side, before: Document | None, report: Report
) -> None:
    """Create again what was removed: with a new id, and held until somebody edits it."""
    original = entry.right if side is Side.LEFT else entry.left
    if before is None or original is None:
        report.kept.append(_kept(entry, "its content was not kept"))
        return
    if (known := job.state.link(job.name, original)) is not None:
        there = known.half(side).ref or "a withdrawn copy"
        report.kept.append(_kept(entry, f"it was brought back already, as {there}"))
        return
    link = Link(
        pair=job.new_id(),
        job=job.name,
        left=Half(),
        right=Half(),
        origin=side.other if _took_a_copy(job, entry, side) else side,
        state=LinkState.HELD,
        title=entry.title,
        norm=NORMALISER,
        epoch=job.mapping.version,
    ).with_half(side.other, Half(ref=original))
    alive = evolve(before, body=links.without_gone(job, side, before.body))
    write = RemoteWrite(side=side, ref=None, expected=None, value=alive)
    step = Step(link=link, decision=Keep(Reason.HELD), writes=(write,), after=link)
    intent = announce(job, step)
    (record,) = await perform(job, intent, [write])
    if record is not None and job.state.link(job.name, record.ref) is not None:
        job.commit(given_up(intent))
        report.kept.append(_kept(entry, f"it was brought back already, as {record.ref}"))
        return
    told = f"it has a new id: {record.ref}" if record else ""
    confirm(job, intent, [record], evolve(step, detail=told), report)


def _took_a_copy(job: Job, entry: Entry, side: Side) -> bool:
    """Tell whether what was removed on `side` was made from the other side's item."""
    ref = entry.left if side is Side.LEFT else entry.right
    buried = job.state.tombstone(job.name, ref) if ref is not None else None
    return (buried or "").startswith((LEFT_BEHIND, TAKEN_AWAY))


def release(job: Job, ref: Ref) -> None:
    """End the hold that an undo put on a pair.

    Raises:
        Stale: it is not held.
        Refused: a pass is at it right now.
    """
    link = job.state.link(job.name, ref)
    if link is None or link.state is not LinkState.HELD:
        raise Stale(f"{ref} is not held")
    if not job.process.turns.free(refs_of(link)):
        raise Refused(f"{ref} is being worked on at this moment; release it again")
    free = evolve(link, state=LinkState.SYNCED)
    effects: list[Effect] = []
    other = job.state.value(link.half(link.origin.other).value)
    if other is not None and link.half(link.origin).ref is not None:
        # The base of the original becomes what the undo put back: its edit counts once more.
        base = carrying.fresh(job, link.origin, other).value
        half = evolve(
            link.half(link.origin),
            value=key_of(base),
            digest=view.side_digest(job, link.origin, base),
            stamp="released",
        )
        free = free.with_half(link.origin, half)
        effects.append(SaveValue(base))
    job.state.commit([*effects, SaveLink(free), job.entry(free, "released")], None)
