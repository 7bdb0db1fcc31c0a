"""Conflicts as people see them, and what their choice does."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen

from ..decision import Conflict, Merge, Reason, Remove, Write
from ..errors import NotFound, Refused, Stale, StoreError
from ..model import Document, Record, Ref, Side
from ..state.listing import stamp
from ..state.records import (
    CloseConflict,
    CloseIntent,
    ConflictRecord,
    DropLink,
    Effect,
    Half,
    Link,
    LinkState,
    SaveConflict,
    SaveLink,
    SaveValue,
)
from ..state.values import key_of
from . import view
from .acting import carry_out
from .confirming import confirm
from .context import Job
from .examining import examine
from .intents import announce, perform
from .meeting import creation
from .observing import Sight, read_side
from .report import ItemResult, Report
from .steps import Draft, Step
from .turns import Again, in_turn, refs_of

TAKES = ("left", "right", "merge", "edit", "both")
"""What a person can choose: one side, the proposed merge, an edited text, or two articles."""

_CONTENT = (
    Reason.BOTH_EDITED,
    Reason.UNEQUAL,
    Reason.DRIFTED,
    Reason.OPAQUE,
    Reason.PING_PONG,
    Reason.OVERRIDDEN,
)
_ONE_LEFT = (Reason.COPY_DELETED, Reason.DELETE_HELD, Reason.LOST_SIGHT)


@frozen(kw_only=True)
class ConflictView:
    """A conflict with everything a person needs to choose."""

    record: ConflictRecord
    base: Document | None
    left: Document | None
    right: Document | None
    proposed: Document | None
    right_base: Document | None = None
    """What the right itself held at the last agreement: the base, as far as it can hold it."""

    @property
    def choices(self) -> tuple[str, ...]:
        """Return what may be chosen here."""
        if self.record.review or self.record.reason in _CONTENT:
            clean = self.proposed is not None
            return TAKES if clean else ("left", "right", "edit", "both")
        if self.record.reason in _ONE_LEFT:
            return ("left", "right", "both")
        return ("left", "right", "both")


def view_of(job: Job, record: ConflictRecord) -> ConflictView:
    """Return a conflict with its documents."""
    value = job.state.value
    return ConflictView(
        record=record,
        base=value(record.base),
        left=value(record.left_value),
        right=value(record.right_value),
        proposed=value(record.proposed),
        right_base=_right_base(job, record),
    )


def _right_base(job: Job, record: ConflictRecord) -> Document | None:
    link = job.state.pair(record.pair)
    if link is None or record.review or record.resolution or not record.base:
        return None  # the pair has moved on since
    return job.state.value(link.right.value)


async def resolve(
    job: Job, record: ConflictRecord, take: str, report: Report, *, edited: Document | None = None
) -> None:
    """Do what a person chose, if both sides still are what that person saw.

    Raises:
        Stale: either side has moved; the conflict was refreshed, look at it again.
        Refused: the choice makes no sense for this conflict.
    """

    async def now() -> None:
        await _resolve(job, unsettled(job, record.id), take, report, edited)

    def refs() -> frozenset[Ref]:
        return refs_of(job.state.pair(record.pair))

    await in_turn(job.process.turns, refs, now, run=job.run)


def unsettled(job: Job, id: str) -> ConflictRecord:
    """Return a conflict that waits for a choice.

    Raises:
        Stale: there is none of that id, or it was settled already.
    """
    record = job.state.conflict(id)
    if record is None or record.job != job.name:
        raise Stale(f"there is no conflict {id} in job {job.name}; `syncline conflicts` lists")
    if record.resolution:
        at = f"{record.resolved_at:%Y-%m-%d %H:%M:%S}" if record.resolved_at else "a while ago"
        raise Stale(
            f"conflict {id} was settled already ({record.resolution}, at {at}); nothing was done"
        )
    return record


async def _resolve(
    job: Job, record: ConflictRecord, take: str, report: Report, edited: Document | None
) -> None:
    if take not in TAKES or (take == "edit") != (edited is not None):
        raise Refused(f"{take!r} is no choice here; choose one of {', '.join(TAKES)}")
    link = job.state.pair(record.pair)
    if link is None:
        job.commit([CloseConflict(record.id, "its pair is gone", job.now())])
        raise Stale(f"conflict {record.id}: its pair no longer exists; nothing is left to choose")
    if record.review and take in TAKES[:2] and Side(take).other.value == record.loser:
        # What was decided stays: there is nothing to write, whatever happened since.
        report.add(_result(link, "resolved", take))
        _close(job, record, take)
        return
    records = await _read(job, link)
    _still(job, record, link, records)
    if take == "both":
        await _apart(job, record, link, records, report)
    elif record.review or record.reason in _CONTENT:
        await _choose(job, record, link, records, take, edited, report)
    elif record.reason in _ONE_LEFT:
        await _keep_or_remove(job, record, link, records, take, report)
    else:
        await _try_again(job, record, link, report)
    _close(job, record, take)


async def _read(job: Job, link: Link) -> dict[Side, Record | None]:
    records: dict[Side, Record | None] = {}
    for side in Side:
        ref = link.half(side).ref
        answer = await read_side(job, ref) if ref is not None else None
        if isinstance(answer, StoreError) and not isinstance(answer, NotFound):
            raise answer  # a failure is no absence: nobody has chosen anything about that
        records[side] = answer if isinstance(answer, Record) else None
    return records


def _still(
    job: Job, record: ConflictRecord, link: Link, records: dict[Side, Record | None]
) -> None:
    seen = {Side.LEFT: record.left_stamp, Side.RIGHT: record.right_stamp}
    if record.review:
        _still_reviewed(job, record, link, records)
        return
    for side in Side:
        now = records[side]
        if now is not None and stamp(now) != seen[side]:
            _refresh(job, record, records)
            raise Stale(
                f"{now.ref}: it was edited since the conflict was shown (now version"
                f" {now.version}); look at conflict {record.id} again"
            )


def _still_reviewed(
    job: Job, record: ConflictRecord, link: Link, records: dict[Side, Record | None]
) -> None:
    """Bringing back the text that gave way must not undo what was written since."""
    for side, now in records.items():
        if now is None or now.value is None:
            continue
        digest = view.side_digest(job, side, now.value)
        if digest != link.half(side).digest:
            raise Stale(
                f"{now.ref}: it was edited and not synced since; run `syncline sync` first, then"
                f" look at conflict {record.id} again"
            )
        shown = job.state.value(record.left_value if side is Side.LEFT else record.right_value)
        gave_way = side.value == record.loser
        if not gave_way and shown is not None and view.side_digest(job, side, shown) != digest:
            _refresh(job, record, {side: now, side.other: None})
            raise Stale(
                f"{now.ref}: it was edited since the conflict was shown (now version"
                f" {now.version}); look at conflict {record.id} again"
            )


def _refresh(job: Job, record: ConflictRecord, records: dict[Side, Record | None]) -> None:
    effects: list[Effect] = []
    fields: dict[str, str] = {}
    for side in Side:
        now = records[side]
        if now is not None:
            fields[f"{side.value}_stamp"] = stamp(now)
            if now.value is not None:
                fields[f"{side.value}_value"] = key_of(now.value)
                effects.append(SaveValue(now.value))
    changed = evolve(record, updated_at=job.now(), proposed="", **fields)  # type: ignore[arg-type]  # str fields
    job.commit([*effects, SaveConflict(changed)])


def _close(job: Job, record: ConflictRecord, take: str) -> None:
    link = job.state.pair(record.pair)
    effects: list[Effect] = [CloseConflict(record.id, take, job.now())]
    if link is not None:
        effects.append(job.entry(link, "resolved", reason=record.reason.value, detail=take))
    job.commit(effects)


# --- choosing content -------------------------------------------------------------------------


async def _choose(
    job: Job,
    record: ConflictRecord,
    link: Link,
    records: dict[Side, Record | None],
    take: str,
    edited: Document | None,
    report: Report,
) -> None:
    wanted = _wanted(job, record, link, records, take, edited)
    drafts = [d for side in Side if (d := _draft(job, link, records, side, wanted[side]))]
    after = evolve(link, state=LinkState.SYNCED, synced_at=job.now())
    for side in Side:
        now = records[side]
        if now is not None and now.value is not None:
            after = after.with_half(side, view.half_of(job, side, now))
    step = Step(
        link=link,
        decision=Merge(record.reason),
        records=records,
        writes=tuple(drafts),
        after=after,
    )
    if not drafts:
        values = (r.value for r in records.values() if r is not None)
        saved = [SaveValue(v) for v in values if v is not None]
        job.commit([*saved, SaveLink(after)])
        report.add(_result(link, "resolved", take))
        return
    intent = announce(job, step)
    confirm(job, intent, await perform(job, intent, drafts), step, report)


def _wanted(
    job: Job,
    record: ConflictRecord,
    link: Link,
    records: dict[Side, Record | None],
    take: str,
    edited: Document | None,
) -> dict[Side, Document | None]:
    """Return what each side shall hold."""
    now = {side: _value(job, record, records, side) for side in Side}
    base = {side: job.state.value(link.half(side).value) for side in Side}
    if take in ("merge", "edit"):
        left = edited if edited is not None else job.state.value(record.proposed)
        if left is None:
            raise Refused(f"conflict {record.id} has no proposed merge; take a side, or edit")
        if edited is not None and now[Side.LEFT] is not None:
            left = job.mapping.backward(edited, now[Side.LEFT])
        return {Side.LEFT: left, Side.RIGHT: _onto(job, Side.RIGHT, base, left, now)}
    winner = Side(take)
    source = now[winner]
    if source is None:
        raise Refused(f"conflict {record.id}: there is nothing on the {take} to take")
    return {winner: source, winner.other: _onto(job, winner.other, base, source, now)}


def _value(
    job: Job, record: ConflictRecord, records: dict[Side, Record | None], side: Side
) -> Document | None:
    if record.review:
        key = record.left_value if side is Side.LEFT else record.right_value
        return job.state.value(key)
    now = records[side]
    return now.value if now is not None else None


def _onto(
    job: Job,
    side: Side,
    base: dict[Side, Document | None],
    source: Document,
    now: dict[Side, Document | None],
) -> Document:
    """Return `source` as `side` holds it, with what only `side` can say taken from its base."""
    target, source_base = base[side], base[side.other]
    if target is None or source_base is None:
        return view.fresh(job, side, source).value
    carried = view.carry(job, side, source_base=source_base, source_now=source, target=target)
    if carried.clashes and now[side] is None:
        return view.fresh(job, side, source).value
    return carried.value


def _draft(
    job: Job,
    link: Link,
    records: dict[Side, Record | None],
    side: Side,
    wanted: Document | None,
) -> Draft | None:
    now = records[side]
    if wanted is None or now is None or now.value is None:
        return None
    same = view.side_digest(job, side, wanted) == view.side_digest(job, side, now.value)
    if same:
        return None
    if not job.policy.direction.writes(side):
        raise Refused(f"{now.ref}: this job never writes the {side.value}; choose `both` to part")
    return Draft(side=side, ref=now.ref, expected=now.version, value=wanted, before=now.value)


# --- one side is gone ---------------------------------------------------------------------------


async def _keep_or_remove(
    job: Job,
    record: ConflictRecord,
    link: Link,
    records: dict[Side, Record | None],
    take: str,
    report: Report,
) -> None:
    """Taking the side that is there creates the other anew; taking the gone side removes it."""
    found = [s for s in Side if (r := records[s]) is not None and r.value is not None]
    if len(found) == len(Side):
        raise Stale(f"conflict {record.id}: both sides are there; nothing was done: sync first")
    there = next(iter(found), None)
    if there is None:
        job.commit([DropLink(link, job.now(), record.reason.value)])
        report.add(_result(link, "forgotten", take))
        return
    present = records[there]
    if present is None:
        raise Stale(f"conflict {record.id}: neither side is there any more")
    if Side(take) is there:
        step = creation(job, there, present)
        after = evolve(step.after or link, pair=link.pair, origin=link.origin)
        decision = Write(there.other, None, Reason.RESTORED)
        await carry_out(job, evolve(step, link=link, after=after, decision=decision), report)
        return
    write = Draft(
        side=there, ref=present.ref, expected=present.version, value=None, before=present.value
    )
    decision_ = Remove(there, present.version, Reason.DELETED)
    step = Step(link=link, decision=decision_, records=records, writes=(write,))
    await carry_out(job, step, report)


async def _try_again(job: Job, record: ConflictRecord, link: Link, report: Report) -> None:
    """The obstacle was outside of the content (a draft, a setting): look whether it is gone."""
    free = evolve(link, state=LinkState.SYNCED)
    step = await examine(job, free, Sight(), force=frozenset(Side))
    if isinstance(step.decision, Conflict):
        raise Stale(f"conflict {record.id}: nothing has changed: {step.decision.reason.value}")
    await carry_out(job, step, report)


# --- two articles ---------------------------------------------------------------------------------


async def _apart(
    job: Job,
    record: ConflictRecord,
    link: Link,
    records: dict[Side, Record | None],
    report: Report,
) -> None:
    """Make two articles of one pair: the copy's text moves into a new original of its own.

    The pair itself keeps its ids and takes the original's text; so no mark has to change hands.
    """
    live = [s for s in Side if (r := records[s]) is not None and r.value is not None]
    if len(live) < len(Side) or record.reason not in _CONTENT:
        job.commit([DropLink(link, job.now(), "kept as two articles")])
        report.add(_result(link, "detached", "both"))
        return
    origin = link.origin
    edited = _value(job, record, records, origin.other)
    if edited is None or not job.policy.direction.writes(origin):
        raise Refused(f"conflict {record.id}: this job never writes the {origin.value}")
    await _split_off(job, link, origin, edited, report)
    await _choose(job, record, link, records, origin.value, None, report)


async def _split_off(job: Job, link: Link, side: Side, edited: Document, report: Report) -> None:
    value = view.fresh(job, side, edited).value
    # Two articles of one title cannot be told apart: the new one says where it comes from.
    value = evolve(value, title=f"{value.title} ({job.connection(side.other)})")
    new = Link(
        pair=job.new_id(), job=job.name, left=Half(), right=Half(), origin=side, title=value.title
    )
    draft = Draft(side=side, ref=None, expected=None, value=value)
    step = Step(link=new, decision=Write(side, None, Reason.NEW), writes=(draft,), after=new)
    job.process.turns.also(*refs_of(new), run=job.run)
    intent = announce(job, step)
    (made,) = await perform(job, intent, [draft])
    job.commit([CloseIntent(intent.id), job.entry(new, "split off", side=side)])
    report.counts["writes"] += 1
    if made is None or made.value is None:
        return
    try:
        job.process.turns.also(made.ref, run=job.run)
        if job.state.link(job.name, made.ref) is None:
            await carry_out(job, creation(job, side, made), report)
    except Again:
        return  # somebody has met it already, as a newcomer like any other


def _result(link: Link, event: str, take: str) -> ItemResult:
    return ItemResult(
        ref=link.left.ref or link.right.ref, title=link.title, event=event, detail=take
    )


def open_conflicts(job: Job, *, open_only: bool = True) -> Sequence[ConflictView]:
    """Return the conflicts of a job with their documents, oldest first."""
    return [view_of(job, record) for record in job.state.conflicts(job.name, open_only=open_only)]


__all__ = ["TAKES", "ConflictView", "open_conflicts", "resolve", "unsettled", "view_of"]
