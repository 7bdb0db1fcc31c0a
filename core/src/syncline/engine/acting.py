"""Carrying out a step: intent before effect, then the read-back becomes the new base."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import timedelta

from attrs import evolve

from ..decision import (
    Adopt,
    Conflict,
    Detach,
    Forget,
    Keep,
    Merge,
    Reason,
    Remove,
    Withdraw,
    Write,
)
from ..errors import (
    NotFound,
    OpenDraft,
    OutcomeUnknown,
    Refused,
    Rejected,
    StoreError,
)
from ..model import Change, Digest, Document, Record, Ref, Side, digest, restrict
from ..ports import Note
from ..ports import Write as Lent
from ..state.listing import stamp
from ..state.records import (
    Bury,
    CloseConflict,
    CloseIntent,
    ConflictRecord,
    DropLink,
    DropNotes,
    DropQuarantine,
    Effect,
    Half,
    Intent,
    KeepNotes,
    Link,
    LinkState,
    Log,
    MarkDirty,
    NoteIntent,
    OpenIntent,
    Planned,
    SaveConflict,
    SaveLink,
    SaveReferences,
    SaveValue,
)
from ..state.values import key_of
from . import view
from .context import Job
from .newcomers import skip
from .report import ItemResult, Report
from .steps import Draft, Step, pairing
from .view import WITHDRAWN

logger = logging.getLogger(__name__)

_MOST_NOTES = 50
"""How many announcements of failed attempts are remembered for a pair."""
_WRITES = ("created", "updated", "merged")


async def carry_out(job: Job, step: Step, report: Report) -> None:
    """Do what the step says and remember it.

    Raises:
        VersionMismatch, NotFound: the item moved since it was read; look again and decide again.
        OutcomeUnknown: the answer was lost; the intent stays open and is looked for.
        StoreError: the store refused; nothing was changed.
        Again: it was there already, and somebody else is at it; nothing was changed.
    """
    match step.decision:
        case Keep():
            _keep(job, step, report)
        case Adopt():
            _adopt(job, step, report)
        case Forget() | Detach():
            _end(job, step, report)
        case Conflict():
            raise_conflict(job, step, report)
        case Write() | Merge() | Remove() | Withdraw():
            await _write(job, step, report)


# --- decisions without a remote effect ------------------------------------------------------


def _keep(job: Job, step: Step, report: Report) -> None:
    after = step.after or step.link
    if job.state.pair(after.pair) != after and job.state.pair(after.pair) is not None:
        # Facts that are no content (a path, a URL) make another value of the same digest.
        approval = _approval(job, after)
        job.commit([*_values(step), SaveLink(after), *_settled(job, after), *approval])
    if step.reason is Reason.UNSEEN:
        report.counts["held"] += 1


def _adopt(job: Job, step: Step, report: Report) -> None:
    link = step.after or step.link
    effects = [*_values(step), *_saved(job, link, step), *_closing(job, link, "agreed")]
    job.commit([*effects, job.entry(link, "adopted", reason=step.reason.value)])
    report.add(_item(link, "adopted", step))


def _end(job: Job, step: Step, report: Report) -> None:
    link = step.link
    event = "forgotten" if isinstance(step.decision, Forget) else "detached"
    job.commit(
        [
            DropLink(link, job.now(), step.reason.value),
            *_closing(job, link, event),
            *_settled(job, link),
            job.entry(link, event, reason=step.reason.value, detail=step.detail),
        ]
    )
    report.add(_item(link, event, step))


def raise_conflict(job: Job, step: Step, report: Report) -> None:
    """Save or refresh the conflict of a pair, whose content is frozen until it is settled."""
    link = evolve(_as_seen(step), state=LinkState.CONFLICT)
    known = job.state.conflict_of(link.pair)
    record = _conflict(job, link, step, known)
    new = known is None or known.reason is not record.reason
    effects: list[Effect] = [*_values(step), SaveLink(link), SaveConflict(record)]
    if step.proposed is not None:
        effects.append(SaveValue(step.proposed))
    if new:
        detail = "; ".join(step.clashes) or step.detail
        effects.append(job.entry(link, "conflict", reason=step.reason.value, detail=detail))
    job.commit([*effects, *_settled(job, link)])
    if new:
        report.add(_item(link, "conflict", step))
        logger.warning(
            "a conflict waits for a person",
            extra={"job": job.name, "ref": str(link.left.ref), "reason": step.reason.value},
        )


def _as_seen(step: Step) -> Link:
    # The base stays what it was; only what was looked at need not be looked at again.
    link = step.link
    draft = isinstance(step.decision, Conflict) and step.decision.reason is Reason.OPEN_DRAFT
    for side in Side:
        record = step.records.get(side)
        if record is not None:
            # Listings do not tell when a draft is discarded: such a pair is read in each pass.
            seen = "a draft is open" if draft else stamp(record)
            link = link.with_half(side, evolve(link.half(side), stamp=seen))
    return link


def _conflict(job: Job, link: Link, step: Step, known: ConflictRecord | None) -> ConflictRecord:
    now = job.now()
    values = {side: _now_key(job, step, side) for side in Side}
    stamps = {side: _stamp_of(step, side) for side in Side}
    actors = (r.updated_by for r in step.records.values() if r is not None)
    return ConflictRecord(
        id=known.id if known else job.new_id()[:12],
        job=job.name,
        pair=link.pair,
        left=link.left.ref,
        right=link.right.ref,
        title=link.title,
        reason=step.reason,
        found_at=known.found_at if known else now,
        updated_at=now,
        base=step.link.left.value,
        left_value=values[Side.LEFT],
        right_value=values[Side.RIGHT],
        proposed=key_of(step.proposed) if step.proposed else "",
        left_stamp=stamps[Side.LEFT],
        right_stamp=stamps[Side.RIGHT],
        clashes=step.clashes,
        actors=tuple(sorted({a for a in actors if a})),
    )


def _now_key(job: Job, step: Step, side: Side) -> str:
    record = step.records.get(side)
    if record is not None:
        return key_of(record.value) if record.value else ""
    return step.link.half(side).value


def _stamp_of(step: Step, side: Side) -> str:
    record = step.records.get(side)
    return stamp(record) if record is not None else step.link.half(side).stamp


# --- remote writes ----------------------------------------------------------------------------


async def _write(job: Job, step: Step, report: Report) -> None:
    if not step.writes:
        _adopt(job, evolve(step, decision=Adopt()), report)
        return
    if _ping_pong(job, step):
        raise_conflict(job, evolve(step, decision=Conflict(Reason.PING_PONG)), report)
        return
    intent = announce(job, step)
    try:
        done = await perform(job, intent, step.writes)
    except OutcomeUnknown:
        raise
    except OpenDraft as error:
        open_now = job.state.intents(job.name, pair=intent.link.pair)
        job.commit(given_up(next((i for i in open_now if i.id == intent.id), intent)))
        stopped = evolve(step, decision=Conflict(Reason.OPEN_DRAFT), detail=str(error))
        raise_conflict(job, stopped, report)
        return
    except StoreError:
        # Where a sub-step had been announced, the intent stays: recovery looks what is there.
        if not _begun(job, intent):
            job.commit(given_up(intent))
        raise
    if (found := _found_instead(job, intent, done)) is not None:
        await _pair_with(job, intent, step, found, report)
        return
    confirm(job, intent, done, step, report)


def _found_instead(job: Job, intent: Intent, done: Sequence[Record | None]) -> Record | None:
    """Return what a create gave back that it did not make: an item that had our mark already.

    It belongs to another pair by now; or nothing was announced, so that nothing was done, and it
    says something else than was asked for.
    """
    (planned, *others), record = intent.writes, done[0]
    if others or planned.ref is not None or record is None or record.value is None:
        return None
    taken = job.state.link(job.name, record.ref)
    if taken is not None and taken.pair != intent.link.pair:
        return record
    same = view.side_digest(job, planned.side, record.value) == planned.digest
    return None if same or _begun(job, intent) else record


async def _pair_with(job: Job, intent: Intent, step: Step, found: Record, report: Report) -> None:
    """Pair two items that turned out to exist already: what both said last is not known."""
    job.commit([CloseIntent(intent.id)])
    job.process.turns.also(found.ref, run=job.run)
    side = intent.writes[0].side
    source = step.records.get(side.other)
    if source is None or source.value is None:
        raise NotFound("the source has to be read again", ref=step.link.half(side.other).ref)
    if (taken := job.state.link(job.name, found.ref)) is not None:
        # It was made of the source once; the source went, came back, and the copy has moved on.
        reason = f"its copy {found.ref} belongs to {taken.half(side.other).ref} now"
        title, at = source.value.title, stamp(source)
        skip(job, side.other, source.ref, reason, report, title=title, at=at)
        return
    pair = (found, source) if side is Side.LEFT else (source, found)
    paired = await pairing(job, *pair, origin=step.link.origin)
    link = evolve(paired.link, pair=step.link.pair)
    after = evolve(paired.after, pair=step.link.pair) if paired.after else None
    await carry_out(job, evolve(paired, link=link, after=after), report)


def given_up(intent: Intent) -> list[Effect]:
    """Close an intent that is not followed any further; what it announced stays known as ours."""
    notes = tuple(dict.fromkeys(intent.notes))[-_MOST_NOTES:]
    kept: list[Effect] = [KeepNotes(intent.link.pair, notes)] if notes else []
    return [CloseIntent(intent.id), *kept]


def _begun(job: Job, intent: Intent) -> bool:
    open_now = job.state.intents(job.name, pair=intent.link.pair)
    notes = (i.notes for i in open_now if i.id == intent.id)
    return any(len(known) > len(intent.notes) for known in notes)


def _ping_pong(job: Job, step: Step) -> bool:
    if isinstance(step.decision, Remove | Withdraw):
        return False
    since = job.now() - timedelta(hours=1)
    pair = step.link.pair
    return job.state.count_events(job.name, _WRITES, since, pair=pair) >= job.limits.writes_per_hour


def announce(job: Job, step: Step) -> Intent:
    """Make the intent durable, with everything that recovery needs."""
    writes = tuple(_planned(job, draft) for draft in step.writes)
    left_open = job.state.intents(job.name, pair=step.link.pair)
    notes = [*job.state.notes(step.link.pair), *(note for old in left_open for note in old.notes)]
    intent = Intent(
        id=job.new_id(),
        job=job.name,
        run=job.run,
        link=step.after or step.link,
        writes=writes,
        reason=step.reason,
        notes=tuple(dict.fromkeys(notes)),
        opened_at=job.now(),
        tries=1 + max((old.tries for old in left_open), default=0),
    )
    saved = [SaveValue(d.value) for d in step.writes if d.value is not None]
    review = _review(job, step)
    job.commit(
        [
            *(CloseIntent(old.id) for old in left_open),
            DropNotes(step.link.pair),
            *saved,
            *_values(step),
            *review,
            OpenIntent(intent),
        ]
    )
    return intent


def _planned(job: Job, draft: Draft) -> Planned:
    if draft.value is None:
        return Planned(side=draft.side, ref=draft.ref, expected=draft.expected)
    return Planned(
        side=draft.side,
        ref=draft.ref,
        expected=draft.expected,
        value=key_of(draft.value),
        digest=expected_digest(job, draft.side, draft.value),
    )


def expected_digest(job: Job, side: Side, value: Document) -> Digest:
    """Return the digest that a read-back of `value` will have."""
    store = job.store(side)
    return digest(view.shared_or_own(job, side, restrict(store.project(value), store.fields)))


def _review(job: Job, step: Step) -> list[Effect]:
    """Keep the edit that this step overwrites or takes away, before it does."""
    drafts = [effect for side in Side for effect in _unpublished(job, step, side)]
    if step.loser is None and step.reason is not Reason.OVERRIDDEN:
        return drafts
    decided = step.decision.side if isinstance(step.decision, Write) else None
    loser = step.loser or decided
    record = evolve(
        _conflict(job, step.link, step, None), review=True, loser=loser.value if loser else ""
    )
    return [SaveConflict(evolve(record, id=_kept_as(record))), *drafts]


def _kept_as(record: ConflictRecord) -> str:
    """Return the id of a review: the same texts are kept once, however often a write is tried."""
    texts = (record.pair, record.reason.name, record.left_value, record.right_value)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]


def _unpublished(job: Job, step: Step, side: Side) -> list[Effect]:
    """Keep a person's open draft of an item that is about to be taken away."""
    record = step.records.get(side)
    leaves = any(draft.side is side and draft.value is None for draft in step.writes)
    if not leaves or record is None or record.unpublished is None:
        return []
    kept = evolve(
        _conflict(job, step.link, step, None),
        review=True,
        reason=Reason.OPEN_DRAFT,
        loser=side.value,
    )
    key = key_of(record.unpublished)
    held = evolve(kept, left_value=key) if side is Side.LEFT else evolve(kept, right_value=key)
    return [SaveValue(record.unpublished), SaveConflict(held)]


async def perform(job: Job, intent: Intent, drafts: Sequence[Draft]) -> list[Record | None]:
    """Carry out the remote writes of an intent, in order; None for a removal."""
    return [await _perform_one(job, intent, draft) for draft in drafts]


async def _perform_one(job: Job, intent: Intent, draft: Draft) -> Record | None:
    if job.dry:
        raise Refused("a dry run does not write")
    store = job.store(draft.side)
    if draft.value is None:
        if draft.ref is not None and draft.expected is not None:
            await store.delete(draft.ref, expected=draft.expected)
        return None
    lent = lend(job, intent, draft.side, draft.value)
    if draft.ref is None:
        return await store.create(draft.value, write=lent)
    if draft.expected is None:
        raise Rejected("an update needs the version it was decided on", ref=draft.ref)
    return await store.update(draft.ref, draft.value, expected=draft.expected, write=lent)


def lend(job: Job, intent: Intent, side: Side, value: Document) -> Lent:
    """Return what the adapter may use while it writes."""
    # An article that was split off has no counterpart: nothing looks like its mark.
    other = intent.link.half(side.other).ref or Ref(job.connection(side.other), intent.link.pair)

    async def asset(sha256: str) -> bytes:
        return await job.store(side.other).asset(other, sha256)

    def note(step: str, detail: str) -> None:
        job.commit([NoteIntent(intent.id, Note(step=step, detail=detail))])

    return Lent(
        origin=other,
        asset=asset,
        note=note,
        earlier=intent.notes,
        mark=intent.link.origin is not side or _brings_back(intent),
    )


def _brings_back(intent: Intent) -> bool:
    """Tell whether an undo creates again what was removed: it is known as ours from then on."""
    held = intent.link.state is LinkState.HELD
    return held and any(planned.ref is None for planned in intent.writes)


def confirm(
    job: Job, intent: Intent, done: Sequence[Record | None], step: Step | None, report: Report
) -> None:
    """Make what the stores gave back the new base, in one commit, and close the intent."""
    link = intent.link
    entries: list[Log] = []
    values: list[Effect] = []
    for planned, record in zip(intent.writes, done, strict=True):
        before = step_before(step, planned)
        if record is not None and planned.value:
            link = link.with_half(planned.side, _written_half(job, planned, record))
            if planned.side is not link.origin:
                link = evolve(link, review=record.review)
            if record.value is not None:
                values.append(SaveValue(record.value))
        entries.append(_entry(job, link, intent, planned, record, before, step))
        if before is not None:
            values.append(SaveValue(before))
    removal = any(not planned.value for planned in intent.writes)
    withdrawn = link.state is LinkState.WITHDRAWN
    if removal and not withdrawn and link.state is not LinkState.HELD:
        ending: list[Effect] = [DropLink(link, job.now(), intent.reason.value)]
    else:
        ending = _saved(job, link, step)
    if withdrawn:
        ending += [
            Bury(job.name, w.side, w.ref, link.pair, job.now(), WITHDRAWN)
            for w in intent.writes
            if w.ref is not None
        ]
    job.commit(
        [
            *values,
            *ending,
            *_closing(job, link, "settled by a write"),
            *_waiting(job, link, withdrawn=withdrawn),
            *entries,
            CloseIntent(intent.id),
        ]
    )
    _count(link, intent, entries, report)


def _written_half(job: Job, planned: Planned, record: Record) -> Half:
    half = view.half_of(job, planned.side, record)
    if half.digest == planned.digest or record.value is None:
        return half
    # The store holds something else than the projection promised: its own read-back is the base.
    logger.info(
        "the store changed what was written",
        extra={"job": job.name, "ref": str(record.ref)},
    )
    return half


def step_before(step: Step | None, planned: Planned) -> Document | None:
    """Return what the written side held before, where the step knows it."""
    if step is None:
        return None
    return next((d.before for d in step.writes if d.side is planned.side), None)


def _entry(
    job: Job,
    link: Link,
    intent: Intent,
    planned: Planned,
    record: Record | None,
    before: Document | None,
    step: Step | None,
) -> Log:
    after = record.value if record else None
    half = link.half(planned.side)
    taken = half.ref is None and planned.ref is not None
    return job.entry(
        # What was taken away is named, too: people ask for it by its own id.
        link.with_half(planned.side, evolve(half, ref=planned.ref)) if taken else link,
        _event(link, intent, planned),
        side=planned.side,
        reason=intent.reason.value,
        before=key_of(before) if before else "",
        after=key_of(after) if after else "",
        detail=step.detail if step else "",
        before_version=planned.expected or "",
        after_version=record.version if record else "",
    )


def _event(link: Link, intent: Intent, planned: Planned) -> str:
    if link.state is LinkState.HELD:
        return "undone"
    if not planned.value:
        return "withdrawn" if link.state is LinkState.WITHDRAWN else "removed"
    if planned.ref is None:
        return "created"
    return "merged" if len(intent.writes) > 1 or intent.reason is Reason.BOTH_EDITED else "updated"


def _count(link: Link, intent: Intent, entries: Sequence[Log], report: Report) -> None:
    report.counts["writes"] += len(entries)
    for log in entries[:1]:
        entry = log.entry
        report.add(
            ItemResult(
                ref=link.left.ref or link.right.ref,
                title=link.title,
                event=entry.event,
                side=entry.side,
                reason=intent.reason.value,
                detail=entry.detail,
            )
        )
    logger.info(
        "an item was written",
        extra={"job": intent.job, "ref": str(link.left.ref), "decision": intent.reason.value},
    )


# --- what every commit of a pair has in common ---------------------------------------------------


def _values(step: Step) -> list[Effect]:
    found = (r.value for r in step.records.values() if r is not None)
    return [SaveValue(value) for value in found if value is not None]


def _saved(job: Job, link: Link, step: Step | None) -> list[Effect]:
    effects: list[Effect] = [SaveLink(link), *_settled(job, link), *_approval(job, link)]
    for side in Side:
        record = step.records.get(side) if step else None
        if record is not None and record.value is not None:
            effects.append(SaveReferences(job.name, record.ref, view.targets(record.value)))
    if job.state.pair(link.pair) is None or _was_apart(job, link):
        effects += _waiting_for(job, link)
    return effects


def _approval(job: Job, link: Link) -> list[Effect]:
    """Record that a person has looked over what Syncline made: its review mark is gone."""
    known = job.state.pair(link.pair)
    if known is None or link.review or not known.review:
        return []
    return [job.entry(link, "approved", side=link.origin.other, reason="reviewed by a person")]


def _was_apart(job: Job, link: Link) -> bool:
    known = job.state.pair(link.pair)
    if known is None:
        return True
    return any(known.half(side).ref != link.half(side).ref for side in Side)


def _waiting_for(job: Job, link: Link) -> list[Effect]:
    """Mark the items whose bodies link to this one: their links lead somewhere else now."""
    effects: list[Effect] = []
    for side in Side:
        ref = link.half(side).ref
        if ref is None:
            continue
        effects += [
            MarkDirty(job.name, side, Change(ref=referrer), priority=2, reencode=True)
            for referrer in job.state.referrers(job.name, ref)
        ]
    return effects


def _waiting(job: Job, link: Link, *, withdrawn: bool) -> list[Effect]:
    return _waiting_for(job, link) if withdrawn else []


def _settled(job: Job, link: Link) -> list[Effect]:
    refs = (link.half(side).ref for side in Side)
    return [DropQuarantine(job.name, ref) for ref in refs if ref is not None]


def _closing(job: Job, link: Link, how: str) -> list[Effect]:
    conflict = job.state.conflict_of(link.pair)
    return [CloseConflict(conflict.id, how, job.now())] if conflict else []


def _item(link: Link, event: str, step: Step) -> ItemResult:
    side = getattr(step.decision, "side", None)
    return ItemResult(
        ref=link.left.ref or link.right.ref,
        title=link.title,
        event=event,
        side=side,
        reason=step.reason.value,
        detail="; ".join(step.clashes) or step.detail,
    )
