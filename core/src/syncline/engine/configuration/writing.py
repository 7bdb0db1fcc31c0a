"""One write of an object: announced field by field, sent in one call, read back, remembered.

Crash points, and what is found after one (see `recovery`):

1. decided: nothing has happened
2. announced: the field holds what it held, or what was announced
3. sent, 4. answered: the same, until the read-back is remembered
5. remembered: the announcement is closed in the same commit
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, frozen

from ...config_items import ConfigItem, ConfigRecord, item_digest
from ...config_store import FieldWrite
from ...decision import Reason, Write
from ...errors import OutcomeUnknown, Refused, StoreError
from ...model import Change, Ref, Side
from ...ports import Note
from ...rules import RuleError, evaluate, field_ref, inputs_of, settled
from ...state.records import (
    CloseIntent,
    DropNotes,
    Effect,
    Intent,
    Lease,
    Link,
    MarkDirty,
    NoteIntent,
    OpenIntent,
    Planned,
    SaveItem,
    SaveLink,
)
from ..runs.report import Report
from ..writing.commits import conflict_closed
from ..writing.commits import quarantine_ended as mended
from ..writing.intents import begun, given_up
from . import observation
from .context import RunningConfigJob
from .rulebook import ManagedField
from .steps import FieldStep, agreed, planned_item
from .values import half_of, held_at, said_item, source_item, target_item, value_of
from .wording import change_of, result_of, why_of

logger = logging.getLogger(__name__)

UPDATED, REPAIRED, UNDONE = "updated", "repaired", "undone"


@frozen(kw_only=True)
class Batch:
    """The fields of one object that are written together, and the object as it was read."""

    record: ConfigRecord
    steps: tuple[FieldStep, ...]
    seen: observation.Answers

    @property
    def ref(self) -> Ref:
        return self.record.ref


async def write(job: RunningConfigJob, fence: Lease, batch: Batch, report: Report) -> None:
    """Change the fields of one object, and make what it holds then the new base.

    Raises:
        VersionMismatch: it moved since it was read; look again and decide again.
        OutcomeUnknown: the answer was lost; what was announced stays, and is looked for.
        StoreError: the store refused; nothing was changed.
    """
    if job.dry:
        raise Refused("a dry run does not write")
    intents = announce(job, fence, batch)
    try:
        record = await job.store(batch.ref).update(
            batch.ref,
            {step.path: step.goal for step in batch.steps},
            expected=batch.record.version,
            write=_lend(job, fence, intents),
        )
    except OutcomeUnknown:
        raise
    except StoreError:
        # Where a sub-step had been announced, the intents stay: recovery looks what is there.
        if not any(begun(job, intent) for intent in intents):
            job.commit([effect for intent in intents for effect in given_up(intent)], fence)
        raise
    confirm(job, fence, batch, intents, record, report)


def announce(job: RunningConfigJob, fence: Lease, batch: Batch) -> list[Intent]:
    """Make the write of each field durable before any of them is sent."""
    intents = [_intent(job, step, batch.record) for step in batch.steps]
    effects: list[Effect] = []
    for step, intent in zip(batch.steps, intents, strict=True):
        items = (step.said, step.found, before_item(step), planned_item(step))
        effects += [SaveItem(item) for item in items if item is not None]
        effects += [DropNotes(step.one.pair), OpenIntent(intent)]
    job.commit(effects, fence)
    return intents


def _intent(job: RunningConfigJob, step: FieldStep, record: ConfigRecord) -> Intent:
    item = planned_item(step)
    link = agreed(step)
    if step.side is Side.RIGHT:
        link = link.with_half(Side.RIGHT, half_of(item, step.one.right))
    # What it held before is kept for the history, should this process not live to write it.
    half = evolve(link.half(step.side), stamp=item_digest(before_item(step)))
    planned = Planned(
        side=step.side,
        ref=field_ref(record.ref, step.path),
        expected=record.version,
        value=item_digest(item),
        digest=item_digest(item),
    )
    return Intent(
        id=job.new_id(),
        job=job.name,
        run=job.run,
        link=link.with_half(step.side, half),
        writes=(planned,),
        reason=step.decision.reason,
        notes=tuple(job.state.notes(step.one.pair)),
        opened_at=job.now(),
    )


def _lend(job: RunningConfigJob, fence: Lease, intents: Sequence[Intent]) -> FieldWrite:
    def note(step: str, detail: str) -> None:
        noted = Note(step=step, detail=detail)
        job.commit([NoteIntent(intent.id, noted) for intent in intents], fence)

    earlier = dict.fromkeys(note for intent in intents for note in intent.notes)
    return FieldWrite(note=note, earlier=tuple(earlier))


def before_item(step: FieldStep) -> ConfigItem:
    """Return what the written side held."""
    if step.side is Side.LEFT:
        return source_item(step.one, step.before)
    return target_item(step.one, step.before)


def confirm(
    job: RunningConfigJob,
    fence: Lease,
    batch: Batch,
    intents: Sequence[Intent],
    record: ConfigRecord,
    report: Report,
) -> None:
    """Make what the object holds now the base of all written fields, in one commit."""
    now = job.now()
    effects: list[Effect] = []
    for step, intent in zip(batch.steps, intents, strict=True):
        after = _read_back(step, record)
        link = evolve(_based(step, after, batch, record), synced_at=now)
        effects += _remembered(job, step, link, after, record)
        effects.append(CloseIntent(intent.id))
        report.add(result_of(step, event_of(step), detail=detail_of(step, after)))
    effects += news_of(job, batch.ref, {step.one.rule.target.ref for step in batch.steps})
    job.commit(effects, fence)
    report.counts["writes"] += 1
    logger.info("an object was written", extra={"job": job.name, "ref": str(batch.ref)})


def _read_back(step: FieldStep, record: ConfigRecord) -> ConfigItem:
    held = held_at(record, step.path)
    if step.side is Side.LEFT:
        return source_item(step.one, held)
    return target_item(step.one, held)


def _based(step: FieldStep, after: ConfigItem, batch: Batch, record: ConfigRecord) -> Link:
    link = agreed(step)
    if step.side is Side.RIGHT:
        return link.with_half(Side.RIGHT, half_of(after, step.one.right))
    seen = {**batch.seen, record.ref: record}
    said = said_now(step.one, seen) or step.said
    return link if said is None else link.with_half(Side.LEFT, half_of(said, step.one.left))


def said_now(one: ManagedField, seen: observation.Answers) -> ConfigItem | None:
    """Return what a rule says about what was read; None where that cannot be told."""
    try:
        values = inputs_of(one.rule, observation.records(seen))
        return said_item(one, settled(one.rule, evaluate(one.rule, values)))
    except RuleError:
        return None


def event_of(step: FieldStep) -> str:
    """Return what the history calls a write."""
    if step.decision.reason is Reason.HELD:
        return UNDONE
    return REPAIRED if step.drifted else UPDATED


def detail_of(step: FieldStep, after: ConfigItem) -> str:
    """Return what a write changed, and why."""
    author = f"changed by {step.author}" if step.author else ""
    # The line is called after the target: what was written instead is said.
    field = f"{step.one.source_title} " if step.side is Side.LEFT else ""
    return f"{field}{change_of(step, value_of(after))} ({why_of(step, author=author)})"


def _remembered(
    job: RunningConfigJob, step: FieldStep, link: Link, after: ConfigItem, record: ConfigRecord
) -> list[Effect]:
    before = before_item(step)
    expected = step.decision.expected if isinstance(step.decision, Write) else None
    return [
        SaveItem(before),
        SaveItem(after),
        *remembered(job, link),
        job.entry(
            link,
            event_of(step),
            side=step.side,
            reason=step.decision.reason.value,
            detail=detail_of(step, after),
            before=item_digest(before),
            after=item_digest(after),
            before_version=expected or "",
            after_version=record.version,
        ),
    ]


def remembered(job: RunningConfigJob, link: Link) -> list[Effect]:
    """Return what remembers an agreement: the pair, and the end of what stood in its way."""
    return [
        SaveLink(link),
        *mended(job, link),
        *conflict_closed(job, link, "agreed"),
    ]


def news_of(job: RunningConfigJob, written: Ref, done: set[Ref]) -> list[Effect]:
    """Return what has the rules looked at that read an object which was just written."""
    return [
        MarkDirty(job.name, Side.RIGHT, Change(ref=group.ref))
        for group in job.book.affected([written])
        if group.ref not in done
    ]


def mark_dirty(job: RunningConfigJob, ref: Ref, at: datetime | None = None) -> MarkDirty:
    """Return the mark that has an object looked at again."""
    return MarkDirty(job.name, Side.RIGHT, Change(ref=ref), at=at)


__all__ = [
    "Batch",
    "announce",
    "confirm",
    "mark_dirty",
    "news_of",
    "remembered",
    "said_now",
    "write",
]
