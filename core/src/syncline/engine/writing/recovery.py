"""After a crash or a lost answer: look at the target, never guess.

An intent was made durable before its write was tried. Whatever happened then is told by reading
the far end: the write is there (adopt it), it is not (drop the intent and decide again), or
somebody else has been there (decide again, with the old base).
"""

from __future__ import annotations

import logging
from enum import Enum, auto

from attrs import evolve

from ...decision import Reason
from ...errors import NotFound, OutcomeUnknown, StoreError
from ...model import Document, Record, Ref, Side, Status
from ...state.records import CloseIntent, Effect, Half, Intent, LinkState, Planned, SaveLink
from ..content import view
from ..context import Job
from ..pairing.duplicates import says_one_of, written_of
from ..runs.report import ItemResult, Report
from ..runs.turns import refs_of
from .abandoned import GIVEN_UP
from .confirmation import confirm
from .intents import given_up, lend

logger = logging.getLogger(__name__)


class Found(Enum):
    """What the far end says about an announced write."""

    DONE = auto()
    NOT_DONE = auto()
    ELSE = auto()
    """Somebody else has been there since."""
    UNSURE = auto()
    """It cannot be told yet: not readable, or an index may lag."""


async def recover(job: Job, report: Report) -> None:
    """Settle every open intent that can be settled now; not those that a run is still at."""
    turns = job.process.turns
    for intent in job.state.intents(job.name):
        refs = refs_of(intent.link)
        if not (job.process.open_writes.has(intent) and turns.free(refs)):
            continue
        try:
            async with turns.of(refs, run=job.run):
                await _recover(job, intent, report)
        except StoreError as error:
            report.add(_failed(intent, error))
            logger.warning(
                "an interrupted write could not be looked up yet",
                extra={"job": job.name, "ref": str(intent.link.left.ref)},
            )


async def _recover(job: Job, intent: Intent, report: Report) -> None:
    if all(intent.link.half(side).ref is None for side in Side):
        # An article was being split off. If it was made, it is a newcomer like any other.
        job.commit([CloseIntent(intent.id)])
        return
    looked = [await _look(job, intent, planned) for planned in intent.writes]
    states = [found for found, _ in looked]
    if Found.UNSURE in states:
        report.counts["unsure"] += 1
        return
    if all(found is Found.DONE for found in states):
        confirm(job, intent, [record for _, record in looked], None, report)
    elif Found.ELSE in states or Found.DONE not in states:
        _drop(job, intent, looked)
    else:
        # A merge with one side written: the other side gets what was announced for it.
        await _finish(job, intent, looked, report)
    report.counts["recovered"] += 1


def _drop(job: Job, intent: Intent, looked: list[tuple[Found, Record | None]]) -> None:
    effects: list[Effect] = []
    for planned, (found, record) in zip(intent.writes, looked, strict=True):
        if found is Found.ELSE and planned.ref is None and record is not None:
            effects += _adopt_orphan(job, intent, planned, record)
        elif found is Found.NOT_DONE and planned.ref is None and planned.value:
            # Should it appear after all, it is known by what it says.
            link = intent.link
            effects.append(job.entry(link, GIVEN_UP, side=planned.side, after=planned.value))
    job.commit([*effects, *given_up(intent)])


def _adopt_orphan(job: Job, intent: Intent, planned: Planned, record: Record) -> list[Effect]:
    # Our create went through and a person has edited it since: it is the pair's item, and what we
    # wrote is its base, so that the edit counts as an edit.
    # Which version that was is not known: it is left open.
    half = Half(
        ref=record.ref,
        digest=planned.digest,
        value=planned.value,
        stamp="",
    )
    held = intent.link.state is LinkState.HELD
    state = LinkState.HELD if held else LinkState.SYNCED
    link = evolve(intent.link, state=state).with_half(planned.side, half)
    log = job.entry(link, "created", side=planned.side, reason=intent.reason.value)
    return [SaveLink(link), log]


async def _finish(
    job: Job, intent: Intent, looked: list[tuple[Found, Record | None]], report: Report
) -> None:
    records: list[Record | None] = []
    for planned, (found, record) in zip(intent.writes, looked, strict=True):
        if found is Found.DONE:
            records.append(record)
            continue
        value = job.state.value(planned.value)
        if value is None or planned.ref is None or planned.expected is None:
            job.commit([CloseIntent(intent.id)])
            return
        # Of what changes without a version only the last agreement is known for certain.
        known = job.state.pair(intent.link.pair)
        base = job.state.value(known.half(planned.side).value) if known is not None else None
        lent = evolve(lend(job, intent, planned.side, value), before=base)
        store = job.store(planned.side)
        try:
            records.append(
                await store.update(planned.ref, value, expected=planned.expected, write=lent)
            )
        except OutcomeUnknown:
            raise
        except StoreError:
            job.commit(given_up(intent))
            return
    confirm(job, intent, records, None, report)


async def _look(job: Job, intent: Intent, planned: Planned) -> tuple[Found, Record | None]:
    if planned.ref is None:
        return await _look_for_create(job, intent, planned)
    store = job.store(planned.side)
    try:
        record = await store.fetch(planned.ref)
    except NotFound:
        # For a removal, not there is done. An update's target that vanished is a new situation.
        return (Found.ELSE if planned.value else Found.DONE), None
    if not planned.value:
        return _removal_state(planned, record), record if record.status.gone else None
    return _update_state(job, planned, record), record


def _removal_state(planned: Planned, record: Record) -> Found:
    if record.status.gone:
        return Found.DONE
    return Found.NOT_DONE if record.version == planned.expected else Found.ELSE


def _update_state(job: Job, planned: Planned, record: Record) -> Found:
    if record.value is None:
        return Found.ELSE
    if view.side_digest(job, planned.side, record.value) == planned.digest:
        return Found.DONE
    return Found.NOT_DONE if record.version == planned.expected else Found.ELSE


async def _look_for_create(
    job: Job, intent: Intent, planned: Planned
) -> tuple[Found, Record | None]:
    origin = intent.link.half(planned.side.other).ref
    value = job.state.value(planned.value)
    if origin is None or value is None:
        return Found.NOT_DONE, None
    store = job.store(planned.side)
    refs = [r for r in await store.find(origin, value) if job.state.link(job.name, r) is None]
    if not refs:
        # The vendor's index may lag: only after a while is "not found" an answer.
        lagging = job.now() - intent.opened_at < job.limits.recreate_after
        return (Found.UNSURE if lagging else Found.NOT_DONE), None
    record = await _kept(job, planned, origin, refs)
    if record is None:
        return Found.NOT_DONE, None
    if _unfinished(job, intent, planned, record, value):
        # Creating again with the same origin is safe by contract: it fills, publishes and marks
        # what was left half done, and returns the item. The mark comes last.
        lent = lend(job, intent, planned.side, value)
        drafted = record.status is Status.DRAFT
        record = await store.create(value, write=lent)
        if drafted and record.value is not None:
            return Found.DONE, record  # it says what the store made just now of what we wrote
    done = _update_state(job, planned, record) is Found.DONE
    return (Found.DONE if done else Found.ELSE), record


def _unfinished(
    job: Job, intent: Intent, planned: Planned, record: Record, value: Document
) -> bool:
    if record.status is Status.DRAFT:
        return True
    return record.origin is None and lend(job, intent, planned.side, value).mark


async def _kept(job: Job, planned: Planned, origin: Ref, refs: list[Ref]) -> Record | None:
    """Return the one of the twins that stays, if any: a person's, else the first that is right.

    Nobody has edited the others: younger ones, and those of an earlier attempt, which say what the
    original said then.
    """
    store, side = job.store(planned.side), planned.side
    records = [await store.fetch(ref) for ref in refs]
    records.sort(key=lambda r: (r.updated_at is None, r.updated_at, r.ref))
    tried = [entry for entry in written_of(job, side, origin) if entry.event == GIVEN_UP]
    done = [r for r in records if _update_state(job, planned, r) is Found.DONE]
    stale = [r for r in records if r not in done and says_one_of(job, side, r, tried)]
    edited = [r for r in records if r not in done and r not in stale]
    kept = next(iter([*edited, *done]), None)
    for twin in [*done, *stale]:
        if twin is not kept:
            await store.delete(twin.ref, expected=twin.version)
    return kept


def _failed(intent: Intent, error: Exception) -> ItemResult:
    link = intent.link
    return ItemResult(
        ref=link.left.ref or link.right.ref,
        title=link.title,
        event="failed",
        reason=Reason.UNSEEN.value,
        detail=str(error),
    )
