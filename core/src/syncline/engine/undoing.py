"""Undoing a run: what nobody has touched since is put back, the rest is listed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from attrs import evolve

from ..decision import Keep, Reason
from ..errors import NotFound, StoreError, VersionMismatch
from ..model import Document, Record, Ref, Side
from ..ports import Write as Lent
from ..state.records import CloseIntent, Entry, Half, Link, LinkState, SaveLink, SaveValue
from . import view
from .acting import announce, perform
from .context import Job
from .governor import Removal, granted
from .observing import read_side
from .report import ItemResult, Report
from .steps import Draft, Step
from .turns import in_turn, refs_of

_UNDOABLE = ("created", "updated", "merged", "removed")


async def undo(job: Job, run: str, report: Report, *, approved: str | None = None) -> None:
    """Put back what `run` wrote, newest first; a withdrawal is never undone."""
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
    if view.side_digest(job, side, now.value) != view.side_digest(job, side, after):
        report.kept.append(_kept(entry, "somebody has edited it since"))
        return
    await _put_back(job, link, side, now, before, report)


async def _put_back(
    job: Job, link: Link, side: Side, now: Record, before: Document | None, report: Report
) -> None:
    if before is not None:
        before = evolve(before, body=view.without_withdrawn(job, side, before.body))
    draft = Draft(side=side, ref=now.ref, expected=now.version, value=before, before=now.value)
    held = evolve(link, state=LinkState.HELD)
    step = Step(link=link, decision=Keep(Reason.HELD), writes=(draft,), after=held)
    intent = announce(job, step)
    (record,) = await perform(job, intent, [draft])
    half = view.half_of(job, side, record) if record is not None else Half()
    effects = [SaveValue(v) for v in (record.value if record else None, now.value) if v]
    job.commit(
        [
            *effects,
            SaveLink(held.with_half(side, half)),
            job.entry(held, "undone", side=side, reason="undo"),
            CloseIntent(intent.id),
        ]
    )
    report.counts["writes"] += 1
    report.add(ItemResult(ref=now.ref, title=link.title, event="undone", side=side))


async def _bring_back(
    job: Job, entry: Entry, side: Side, before: Document | None, report: Report
) -> None:
    """Create again what was removed; it has a new id and belongs to no pair until edited."""
    original = entry.right if side is Side.LEFT else entry.left
    if before is None or original is None:
        report.kept.append(_kept(entry, "its content was not kept"))
        return
    record = await job.store(side).create(before, write=_lent(original))
    if job.state.link(job.name, record.ref) is not None:
        report.kept.append(_kept(entry, f"it was brought back already, as {record.ref}"))
        return
    empty = Half()
    link = Link(
        pair=job.new_id(),
        job=job.name,
        left=empty,
        right=empty,
        origin=side,
        state=LinkState.HELD,
        title=entry.title,
    ).with_half(side, view.half_of(job, side, record))
    saved = [SaveValue(record.value)] if record.value else []
    job.commit([*saved, SaveLink(link), job.entry(link, "undone", side=side, reason="undo")])
    report.counts["writes"] += 1
    report.add(
        ItemResult(
            ref=record.ref, title=entry.title, event="undone", side=side,
            detail=f"it has a new id: {record.ref}",
        )
    )  # fmt: skip


def _lent(original: Ref) -> Lent:
    async def asset(sha256: str) -> bytes:
        raise NotFound(f"the file {sha256[:12]} went with the article", ref=original)

    return Lent(origin=original, asset=asset, note=lambda step, detail: None)
