"""Undoing a run: fields that nobody has touched since get back what they held before."""

from __future__ import annotations

from attrs import evolve

from ...config_items import ConfigItem, ConfigRecord, item_digest
from ...decision import Reason, Write
from ...errors import Refused, Stale, StoreError
from ...model import JSON, Digest, Ref, Side
from ...rules import object_and_path
from ...state.records import Entry, LinkState, SaveLink
from ..runs.report import ItemResult, Report
from . import observation
from .context import RunningConfigJob
from .execution import carry_out, step_of
from .guards import hindrance
from .leases import Busy, ObjectLeases, at_objects
from .recovery import recover, recover_fields
from .rulebook import ManagedField, ManagedObject
from .steps import FieldStep
from .values import Absent, held_at, source_item, target_item, value_of
from .writing import REPAIRED, UNDONE, UPDATED

RELEASED = "released"
_UNDOABLE = (UPDATED, REPAIRED, UNDONE)


async def undo(job: RunningConfigJob, run: str, report: Report) -> None:
    """Put back what `run` wrote, newest first; its rules wait until somebody says otherwise."""
    await recover(job, report)
    for entry in job.state.history(job.name, run=run, limit=1_000_000):
        if entry.event not in _UNDOABLE or entry.side is None:
            continue
        try:
            await _undo(job, entry, entry.side, report)
        except (Busy, Refused, Stale, StoreError) as error:
            report.kept.append(_kept(entry, str(error)))


async def _undo(job: RunningConfigJob, entry: Entry, side: Side, report: Report) -> None:
    one = next((one for one in job.book.fields if one.pair == entry.pair), None)
    group = job.book.group(one.rule.target.ref) if one is not None else None
    if one is None or group is None:
        report.kept.append(_kept(entry, "no rule manages it any more"))
        return
    async with at_objects(job, group.locks) as leases:
        await recover_fields(job, leases.fence, group.fields, report)
        await _put_back(job, leases, group, one, entry, side, report)


async def _put_back(
    job: RunningConfigJob,
    leases: ObjectLeases,
    group: ManagedObject,
    one: ManagedField,
    entry: Entry,
    side: Side,
    report: Report,
) -> None:
    seen = await observation.read(job, group.reads)
    step = step_of(job, one, seen)
    ref = one.rule.target.ref if side is Side.RIGHT else one.rule.source.ref
    record = seen[ref]
    before = job.state.item(entry.before)
    if not isinstance(record, ConfigRecord) or step.said is None:
        report.kept.append(_kept(entry, str(step.error or "it cannot be read any more")))
        return
    now = _item(one, side, record)
    if before is None or isinstance(value_of(before), Absent):
        report.kept.append(_kept(entry, "what it held before is not known, or was nothing"))
    elif item_digest(now) == item_digest(before):
        report.kept.append(_kept(entry, "it is as it was before that run"))
    elif item_digest(now) != entry.after:
        report.kept.append(_kept(entry, "somebody has changed it since"))
    else:
        await _write(job, leases, step, side, record, before, seen, report)


async def _write(
    job: RunningConfigJob,
    leases: ObjectLeases,
    step: FieldStep,
    side: Side,
    record: ConfigRecord,
    before: ConfigItem,
    seen: observation.Answers,
    report: Report,
) -> None:
    held = evolve(step.link, state=LinkState.HELD)
    undone = evolve(
        step,
        link=held,
        decision=Write(side, record.version, Reason.HELD),
        goal=_json(before),
        before=value_of(_item(step.one, side, record)),
        hold=None,
        drifted=False,
    )
    if (hold := hindrance(job, undone, seen)) is not None:
        raise Refused(hold.why)
    failed = report.failed
    outcome = await carry_out(job, leases, [undone], seen, report)
    if report.failed > failed or outcome.again is not None:
        raise Refused(report.items[-1].detail or report.items[-1].reason)


def _item(one: ManagedField, side: Side, record: ConfigRecord) -> ConfigItem:
    if side is Side.LEFT:
        return source_item(one, held_at(record, one.rule.source.path or ""))
    return target_item(one, held_at(record, one.rule.target.path))


def _json(item: ConfigItem) -> JSON:
    value = value_of(item)
    return None if isinstance(value, Absent) else value


def _kept(entry: Entry, why: str) -> ItemResult:
    return ItemResult(
        ref=entry.right,
        title=entry.title,
        event="kept",
        side=entry.side,
        reason=entry.event,
        detail=why,
    )


def release(job: RunningConfigJob, ref: Ref) -> None:
    """End the hold that an undo put on a field: its rule says once more what it says.

    Raises:
        Stale: nothing of it is held.
        Refused: a pass is at it right now.
    """
    links = [link for one in job.book.find(ref) if (link := job.state.pair(one.pair))]
    held = [link for link in links if link.state is LinkState.HELD]
    if not held:
        raise Stale(f"{ref} is not held")
    refs = {object_and_path(link.right.ref)[0] for link in held if link.right.ref is not None}
    if not job.process.turns.free(refs):
        raise Refused(f"{ref} is being worked on at this moment; release it again")
    for link in held:
        # With a left half that no rule can say, what the rule says counts as a change.
        left = evolve(link.left, digest=Digest(RELEASED))
        free = evolve(link, state=LinkState.SYNCED, left=left)
        job.state.commit([SaveLink(free), job.entry(free, RELEASED)], None)


__all__ = ["release", "undo"]
