"""After a crash or a lost answer: look at the object, never guess.

A field's announcement names what it will hold. What it holds now tells the rest: just that (the
write is done, and remembered now), or anything else (it is decided again, with the old base).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from attrs import evolve

from ...config_items import ConfigItem, ConfigRecord, item_digest
from ...errors import ConfigError, LeaseLost, OutcomeUnknown, StoreError
from ...model import Ref, Side, Status
from ...rules import object_and_path
from ...state.records import (
    CloseIntent,
    Effect,
    Intent,
    Lease,
    Link,
    LinkState,
    SaveItem,
    SaveLink,
)
from ..runs.report import ItemResult, Report
from ..writing.intents import given_up
from . import observation, writing
from .context import RunningConfigJob
from .leases import Busy, at_objects
from .rulebook import ManagedField, ManagedObject
from .steps import fresh_link
from .values import half_of, held_at, source_item, target_item, value_of
from .wording import value_text

logger = logging.getLogger(__name__)


async def recover(job: RunningConfigJob, report: Report) -> None:
    """Settle every announced write that nobody is at; the objects of living processes are left."""
    open_ = job.state.intents(job.name)
    for group in _groups(job, open_, report):
        try:
            async with at_objects(job, group.locks) as leases:
                await recover_fields(job, leases.fence, group.fields, report)
        except (Busy, LeaseLost):
            continue
        except StoreError as error:
            logger.warning(
                "an interrupted write could not be looked up yet",
                extra={"job": job.name, "ref": str(group.ref), "detail": str(error)},
            )


def _groups(job: RunningConfigJob, open_: Sequence[Intent], report: Report) -> list[ManagedObject]:
    groups: dict[Ref, ManagedObject] = {}
    for intent in open_:
        group = _group_of(job, intent)
        if group is None:
            # Its rule is gone: whatever the write did, the field is nobody's now.
            job.commit(given_up(intent))
            report.counts["recovered"] += 1
        else:
            groups[group.ref] = group
    return list(groups.values())


def _group_of(job: RunningConfigJob, intent: Intent) -> ManagedObject | None:
    field = intent.link.right.ref
    group = job.book.group(object_and_path(field)[0]) if field is not None else None
    if group is None or all(one.pair != intent.link.pair for one in group.fields):
        return None
    return group


async def recover_fields(
    job: RunningConfigJob, fence: Lease, fields: Sequence[ManagedField], report: Report
) -> None:
    """Settle what was announced for these fields; only who alone may write their object does."""
    if not job.state.intents(job.name):
        return
    for one in fields:
        for intent in job.state.intents(job.name, pair=one.pair):
            await _recover(job, fence, one, intent, report)


async def _recover(
    job: RunningConfigJob, fence: Lease, one: ManagedField, intent: Intent, report: Report
) -> None:
    seen = await observation.read(job, one.rule.reads)
    (planned,) = intent.writes
    ref = one.rule.target.ref if planned.side is Side.RIGHT else one.rule.source.ref
    record = seen.get(ref)
    if isinstance(record, Exception):
        raise _not_yet(record)
    found = None if record is None else _held(one, planned.side, record)
    if record is None or found is None or item_digest(found) != planned.digest:
        # Not done, or changed again since: decided afresh, by what is held then.
        job.commit([*given_up(intent), *_rests(job, one, intent, record)], fence)
    else:
        _confirm(job, fence, one, intent, seen, found, report)
    report.counts["recovered"] += 1


def _rests(
    job: RunningConfigJob, one: ManagedField, intent: Intent, record: ConfigRecord | None
) -> list[Effect]:
    """Give a field its rest where the write may have been made, and changed again since."""
    (planned,) = intent.writes
    if record is None or record.version == planned.expected:
        return []
    link = job.state.pair(one.pair) or fresh_link(one)
    last = max(link.synced_at or intent.opened_at, intent.opened_at)
    return [SaveLink(evolve(link, synced_at=last))]


def _not_yet(error: Exception) -> Exception:
    """Return an error that leaves the announcement open: whether it was done is not known."""
    if isinstance(error, StoreError | ConfigError):
        return OutcomeUnknown(f"a write is being looked for: {error}")
    return error


def _held(one: ManagedField, side: Side, record: ConfigRecord) -> ConfigItem | None:
    if record.status is not Status.LIVE:
        return None
    if side is Side.LEFT:
        return source_item(one, held_at(record, one.rule.source.path or ""))
    return target_item(one, held_at(record, one.rule.target.path))


def _confirm(
    job: RunningConfigJob,
    fence: Lease,
    one: ManagedField,
    intent: Intent,
    seen: observation.Answers,
    found: ConfigItem,
    report: Report,
) -> None:
    (planned,) = intent.writes
    written = one.rule.target.ref if planned.side is Side.RIGHT else one.rule.source.ref
    link = evolve(_based(one, intent, seen), synced_at=intent.opened_at, title=one.title)
    event = writing.UNDONE if link.state is LinkState.HELD else writing.UPDATED
    detail = _told(job, one, intent, found)
    effects: list[Effect] = [
        SaveItem(found),
        *writing.remembered(job, link),
        job.entry(
            link,
            event,
            side=planned.side,
            reason=intent.reason.value,
            detail=detail,
            before=intent.link.half(planned.side).stamp,
            after=item_digest(found),
            before_version=planned.expected or "",
        ),
        *writing.news_of(job, written, {one.rule.target.ref}),
        CloseIntent(intent.id),
    ]
    job.commit(effects, fence)
    report.counts["writes"] += 1
    report.add(
        ItemResult(
            ref=one.right,
            title=one.title,
            event=event,
            side=planned.side,
            reason=intent.reason.value,
            detail=detail,
        )
    )


def _told(job: RunningConfigJob, one: ManagedField, intent: Intent, found: ConfigItem) -> str:
    """Return what a write that was found has changed, as it was announced."""
    (planned,) = intent.writes
    before = job.state.item(intent.link.half(planned.side).stamp)
    was = f"{value_text(value_of(before))} " if before is not None else ""
    # The line is called after the target: what was written instead is said.
    field = f"{one.source_title} " if planned.side is Side.LEFT else ""
    now = value_text(value_of(found))
    return f"{field}{was}-> {now} (rule {one.rule.name}, found after a lost answer)"


def _based(one: ManagedField, intent: Intent, seen: observation.Answers) -> Link:
    """Return the pair as it was announced; a rule whose input was written is asked once more."""
    link, side = intent.link, intent.writes[0].side
    link = link.with_half(side, evolve(link.half(side), stamp=""))
    if side is Side.RIGHT:
        return link
    said = writing.said_now(one, seen)
    return link if said is None else link.with_half(Side.LEFT, half_of(said, one.left))


__all__ = ["recover", "recover_fields"]
