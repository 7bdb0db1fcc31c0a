"""One item's step: the decision with everything that carrying it out takes."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from attrs import evolve, field, frozen

from ..body.version import NORMALISER
from ..decision import (
    Adopt,
    Conflict,
    Decision,
    Detach,
    Forget,
    Keep,
    Merge,
    Observation,
    Otherwise,
    Reason,
    Remove,
    Seen,
    Withdraw,
    Write,
    decide,
    decide_first,
)
from ..errors import StoreError
from ..mapping import Excluded
from ..model import Digest, Document, Record, Ref, Side, Status, Version, digest, restrict
from ..ports import HistoryStore, PastVersion
from ..state.listing import aux_of, stamp
from ..state.records import Half, Link, LinkState
from . import view
from .context import Job
from .observing import Reading, Sight, read_pair


@frozen(kw_only=True)
class Draft:
    """One remote write of a step: a create when `ref` is None, a removal when `value` is None."""

    side: Side
    ref: Ref | None
    expected: Version | None
    value: Document | None
    before: Document | None = None
    """What that side holds now; None for a create."""


@frozen(kw_only=True)
class Step:
    """What will happen to one item, and why."""

    link: Link
    """The pair as it was, refreshed by what was read."""
    decision: Decision
    records: Mapping[Side, Record | None] = field(factory=dict)
    writes: tuple[Draft, ...] = ()
    after: Link | None = None
    """The pair as it will be, but for the halves that are written; None when it ends."""
    clashes: tuple[str, ...] = ()
    proposed: Document | None = None
    loser: Side | None = None
    """The side whose edit is overwritten, and kept for review."""
    detail: str = ""
    errors: Mapping[Side, StoreError] = field(factory=dict)

    @property
    def reason(self) -> Reason:
        return self.decision.reason


async def examine(
    job: Job, link: Link, sight: Sight, *, force: frozenset[Side] = frozenset()
) -> Step:
    """Read what has to be read of a pair, and decide. Changes nothing."""
    reading = await read_pair(job, link, sight, force=force)
    step = _step(job, reading, sight)
    # What was not looked at directly is not acted on, whatever a listing said.
    unread = frozenset(
        s for s in Side if reading.records[s] is None and reading.link.half(s).ref is not None
    ) - frozenset(reading.errors)
    if unread and _wants_both_read(link, step.decision, sight):
        reading = await read_pair(job, link, sight, force=unread, known=reading)
        step = _step(job, reading, sight)
    return step


def _wants_both_read(link: Link, decision: Decision, sight: Sight) -> bool:
    match decision:
        case Remove() | Withdraw() | Merge() | Write(expected=None):
            return True
        case Write(side=side):
            # A version is no precondition for what changes without one.
            return not sight.listed or bool(aux_of(link.half(side).stamp))
    return False


def _step(job: Job, reading: Reading, sight: Sight) -> Step:
    link = reading.link
    left = reading.live(Side.LEFT)
    if left is not None and left.value is not None:
        mapped = view.as_shared(job, Side.LEFT, left.value)
        if isinstance(mapped, Excluded) and link.state is not LinkState.WITHDRAWN:
            return evolve(_left_out(job, reading), detail=mapped.reason)
    if link.state is LinkState.WITHDRAWN:
        return _withdrawn(job, reading)
    decision = _decide(job, reading, sight)
    if link.state is LinkState.HELD and not isinstance(decision, Withdraw):
        if all(reading.seen[side].seen is not Seen.CHANGED for side in Side):
            return _plain(reading, Keep(Reason.HELD))
        decision = _release(job, reading, decision)
    return _complete(job, reading, _as_people_say(reading, decision))


def _as_people_say(reading: Reading, decision: Decision) -> Decision:
    """Call an archived original archived: it is to be found somewhere else than a deleted one."""
    original = reading.records[reading.link.origin]
    if original is None or original.status is not Status.ARCHIVED:
        return decision
    match decision:
        case Remove(reason=Reason.DELETED) | Forget(reason=Reason.DELETED):
            return evolve(decision, reason=Reason.ARCHIVED)
        case Detach(reason=Reason.DELETED):
            return evolve(decision, reason=Reason.ARCHIVED)
    return decision


def _left_out(job: Job, reading: Reading) -> Step:
    """Return what becomes of a pair that the job's filters keep out.

    While the filters are the same, the document has left what they cover, and its copy goes like
    that of any other that leaves the scope. Filters that changed dissolve pairs and remove nothing.
    """
    link = reading.link
    if link.epoch != job.mapping.version:
        own = link.origin is Side.LEFT
        return _plain(reading, Detach(Reason.LEFT_SCOPE if own else Reason.COPY_LEFT_SCOPE))
    left, right = (reading.seen[side] for side in Side)
    outside = evolve(left, seen=Seen.OUTSIDE)
    decision = decide(outside, right, origin=link.origin, equal=False, policy=job.policy)
    return _complete(job, reading, decision)


def _release(job: Job, reading: Reading, decision: Decision) -> Decision:
    """End the hold of an undo: whoever edits a side has seen it, and means all that it says.

    The edited side is compared with what the other one holds, so that the difference which the
    undo had left between them travels with the edit. Two edits have no base: a person decides.
    """
    reading.link = evolve(reading.link, state=LinkState.SYNCED)
    changed = [side for side in Side if reading.seen[side].seen is Seen.CHANGED]
    if len(changed) > 1:
        return Conflict(Reason.UNEQUAL) if isinstance(decision, Write | Merge) else decision
    (side,) = changed
    other = value_of(job, reading, side.other)
    if other is not None:
        reading.bases[side] = view.fresh(job, side, other).value
    return decision


def _decide(job: Job, reading: Reading, sight: Sight) -> Decision:
    link, seen = reading.link, reading.seen
    left, right = (value_of(job, reading, side) for side in Side)
    changed = any(seen[s].seen is Seen.CHANGED for s in Side)
    equal = changed and left is not None and right is not None and view.equal(job, left, right)
    outside = [s for s in Side if seen[s].seen is Seen.OUTSIDE]
    if outside and not sight.listed:
        # Whether it was moved out or the scope itself is another one, a complete listing tells.
        return Keep(Reason.UNSEEN)
    if any(side in sight.epochs for side in outside):
        copy_only = link.origin not in outside
        return Detach(Reason.COPY_LEFT_SCOPE if copy_only else Reason.LEFT_SCOPE)
    decision = decide(
        seen[Side.LEFT], seen[Side.RIGHT], origin=link.origin, equal=equal, policy=job.policy
    )
    if link.missing >= 2 and isinstance(decision, Keep):
        decision = _lost_sight(job, reading)
    if link.state is LinkState.CONFLICT:
        return _frozen(job, reading, decision)
    return _owed(job, reading, decision) if isinstance(decision, Keep) else decision


_ENDS_BY_HAND = (Reason.BOTH_EDITED, Reason.OPEN_DRAFT)


def _frozen(job: Job, reading: Reading, decision: Decision) -> Decision:
    """Return what becomes of a pair whose content waits for a person.

    An agreement reached by hand ends it: both sides equal, both as they were, or the draft gone.
    """
    conflict = job.state.conflict_of(reading.link.pair)
    reason = conflict.reason if conflict else None
    if isinstance(decision, Keep):
        as_they_were = all(reading.seen[side].seen is Seen.UNCHANGED for side in Side)
        return Adopt() if as_they_were and reason in _ENDS_BY_HAND else decision
    if not isinstance(decision, Write | Merge):
        return decision
    drafts = any(record is not None and record.draft for record in reading.records.values())
    if reason is Reason.OPEN_DRAFT and not drafts:
        return decision
    return Conflict(reason or decision.reason)


def _lost_sight(job: Job, reading: Reading) -> Decision:
    # Two 404s, a pass apart, from a credential that otherwise works: the copy goes, under the
    # caps; an original never does.
    copy = reading.link.origin.other
    there = reading.seen[copy]
    if there.seen is not Seen.UNCHANGED or there.version is None:
        return Conflict(Reason.LOST_SIGHT)
    if not job.policy.direction.writes(copy):
        return Keep(Reason.UNSEEN)
    return Remove(copy, there.version, Reason.LOST_SIGHT)


def _owed(job: Job, reading: Reading, keep: Keep) -> Decision:
    # Nobody edited anything; but the mapping may have changed, or a link may now lead somewhere.
    link = reading.link
    if keep.reason is not Reason.NOTHING or link.state is not LinkState.SYNCED:
        return keep
    for side in (link.origin.other, link.origin):
        if not job.policy.direction.writes(side):
            continue
        carried = _carried(job, reading, side)
        before = value_of(job, reading, side)
        if carried and before and _differs(job, side, carried.value, before):
            return Write(side, link.half(side).version, Reason.EDITED)
        if link.epoch != job.mapping.version:
            break  # a changed mapping is carried from the original only
    return keep


def _differs(job: Job, side: Side, new: Document, old: Document) -> bool:
    store = job.store(side)
    return digest(new) != digest(restrict(store.project(old), store.fields))


def value_of(job: Job, reading: Reading, side: Side) -> Document | None:
    """Return what one side holds now: as read, or as remembered where nothing changed."""
    record = reading.live(side)
    if record is not None:
        return record.value
    if reading.seen[side].seen is Seen.UNCHANGED:
        return job.state.value(reading.link.half(side).value)
    return None


def base_of(job: Job, reading: Reading, side: Side) -> Document | None:
    """Return what one side held at the last agreement."""
    if side in reading.bases:
        return reading.bases[side]
    return job.state.value(reading.link.half(side).value)


def _carried(job: Job, reading: Reading, side: Side) -> view.Carried | None:
    link = reading.link
    source_now = value_of(job, reading, side.other)
    source_base = base_of(job, reading, side.other) or source_now
    target = value_of(job, reading, side)
    if source_now is None or source_base is None or target is None:
        return None
    return view.carry(
        job,
        side,
        source_base=source_base,
        source_now=source_now,
        target=target,
        frozen_out=link.unresolved,
        remap=link.epoch != job.mapping.version,
    )


def _withdrawn(job: Job, reading: Reading) -> Step:
    # The copy is away. What counts is the original alone.
    link = reading.link
    origin = link.origin
    match reading.seen[origin].seen:
        case Seen.GONE:
            return _plain(reading, _as_people_say(reading, Detach(Reason.DELETED)))
        case Seen.UNCHANGED | Seen.CHANGED if reading.records[origin] is not None:
            return _complete(job, reading, Write(origin.other, None, Reason.REOPENED))
        case Seen.OUTSIDE:
            return _plain(reading, Detach(Reason.LEFT_SCOPE))
        case _:
            return _plain(reading, Keep(Reason.WITHDRAWN))


def _plain(reading: Reading, decision: Decision, *, detail: str = "") -> Step:
    return Step(
        link=reading.link,
        decision=decision,
        records=reading.records,
        # What was held is looked at again, whatever the next listing says.
        after=reading.link if decision.reason is Reason.UNSEEN else _stamped(reading),
        detail=detail or "; ".join(str(e) for e in reading.errors.values()),
        errors=reading.errors,
    )


def _stamped(reading: Reading) -> Link:
    # The listing need not bring this state up again: it has been looked at. A side that could not
    # be read keeps its stamp, and is looked at again.
    link = reading.link
    for side in Side:
        half, record = link.half(side), reading.records[side]
        if record is not None:
            link = link.with_half(side, evolve(half, stamp=stamp(record)))
        if record is not None and side is not link.origin:
            link = evolve(link, review=record.review)
    return link


def _complete(job: Job, reading: Reading, decision: Decision) -> Step:
    """Fill in what carrying out the decision takes; a carry that clashes becomes a conflict."""
    match decision:
        case Write(side=side, expected=None):
            return _creation(job, reading, decision, side)
        case Write(side=side):
            return _update(job, reading, decision, side)
        case Merge():
            return _merge(job, reading, decision)
        case Remove(side=side) | Withdraw(side=side):
            return _removal(job, reading, decision, side)
        case Adopt():
            return evolve(_plain(reading, decision), after=_agreed(job, reading))
        case Keep(reason=Reason.NOTHING):
            return evolve(_plain(reading, decision), after=_refreshed(job, reading))
        case Conflict(reason=Reason.BOTH_EDITED | Reason.UNEQUAL | Reason.DRIFTED):
            return _with_proposal(job, reading, decision)
        case _:
            return _plain(reading, decision)


def _refreshed(job: Job, reading: Reading) -> Link:
    """Return the pair with newer version tokens and, after an upgrade, newer digests."""
    link = evolve(_stamped(reading), norm=NORMALISER, epoch=job.mapping.version)
    for side in Side:
        record = reading.live(side)
        half = link.half(side)
        if record is not None:
            link = link.with_half(side, view.half_of(job, side, record))
        elif reading.link.epoch != job.mapping.version and half.ref is not None:
            value = job.state.value(half.value)
            new = view.side_digest(job, side, value) if value else half.digest
            link = link.with_half(side, evolve(half, digest=new))
    return link


def _agreed(job: Job, reading: Reading) -> Link:
    link = _refreshed(job, reading)
    state = LinkState.SYNCED
    return evolve(link, state=state, synced_at=job.now(), title=title_of(reading, link))


def title_of(reading: Reading, link: Link) -> str:
    """Return the title by which people know the pair: the original's."""
    for side in (link.origin, link.origin.other):
        record = reading.live(side)
        if record is not None and record.value is not None:
            return record.value.title
    return link.title


def _creation(job: Job, reading: Reading, decision: Write, side: Side) -> Step:
    source = value_of(job, reading, side.other)
    if source is None:
        return _plain(reading, Keep(Reason.UNSEEN))
    carried = view.fresh(job, side, source)
    link = evolve(_agreed(job, reading), unresolved=carried.unresolved)
    link = link.with_half(side, Half())
    write = Draft(side=side, ref=None, expected=None, value=carried.value)
    return evolve(
        _plain(reading, decision),
        writes=(write,),
        after=link,
        loser=None,
    )


def _update(job: Job, reading: Reading, decision: Write, side: Side) -> Step:
    target = value_of(job, reading, side)
    record = reading.records[side]
    if target is None:
        return _plain(reading, Keep(Reason.UNSEEN))
    if record is not None and not record.writable:
        return _plain(reading, Conflict(Reason.NOT_WRITABLE))
    if decision.keep_loser:
        return _overwrite(job, reading, decision, side)
    carried = _carried(job, reading, side)
    if carried is None:
        return _plain(reading, Keep(Reason.UNSEEN))
    if carried.clashes:
        conflict = _plain(reading, Conflict(Reason.OPAQUE))
        proposed = carried.value
        return evolve(conflict, clashes=carried.clashes, proposed=proposed)
    return _writing(job, reading, decision, side, carried)


def _overwrite(job: Job, reading: Reading, decision: Write, side: Side) -> Step:
    # The other side wins: its whole content goes over the edit, which is kept for review. What
    # only this side can say is taken from its base, where nobody had edited it yet.
    base, source = base_of(job, reading, side), value_of(job, reading, side.other)
    source_base = base_of(job, reading, side.other)
    if base is None or source is None or source_base is None:
        carried = view.fresh(job, side, source) if source else None
    else:
        carried = view.carry(
            job, side, source_base=source_base, source_now=source, target=base,
            frozen_out=reading.link.unresolved,
        )  # fmt: skip
    if carried is None:
        return _plain(reading, Keep(Reason.UNSEEN))
    if carried.clashes:
        # No policy settles what only a person can: the winner's edit has no place on this side.
        conflict = _plain(reading, Conflict(Reason.OPAQUE))
        return evolve(conflict, clashes=carried.clashes, proposed=carried.value)
    return evolve(_writing(job, reading, decision, side, carried), loser=side)


def _writing(
    job: Job, reading: Reading, decision: Decision, side: Side, carried: view.Carried
) -> Step:
    before = value_of(job, reading, side)
    version = reading.seen[side].version
    after = evolve(_agreed(job, reading), unresolved=carried.unresolved)
    if before is not None and not _differs(job, side, carried.value, before):
        # What the edit changed has no place on this side: the base moves, nothing is written.
        return evolve(_plain(reading, Adopt()), after=after)
    ref = reading.link.half(side).ref
    write = Draft(side=side, ref=ref, expected=version, value=carried.value, before=before)
    return evolve(_plain(reading, decision), writes=(write,), after=after)


def _merge(job: Job, reading: Reading, decision: Merge) -> Step:
    merged = _merged(job, reading)
    if merged is None:
        return _plain(reading, Conflict(Reason.BOTH_EDITED))
    if merged.clashes:
        return _unclean(job, reading, merged)
    drafts = []
    for side, carried in ((Side.LEFT, merged.left), (Side.RIGHT, merged.right)):
        before = value_of(job, reading, side)
        record = reading.records[side]
        if before is None or not _differs(job, side, carried.value, before):
            continue
        if record is not None and not record.writable:
            return _plain(reading, Conflict(Reason.NOT_WRITABLE))
        drafts.append(
            Draft(
                side=side,
                ref=reading.link.half(side).ref,
                expected=reading.seen[side].version,
                value=carried.value,
                before=before,
            )
        )
    after = evolve(
        _agreed(job, reading), unresolved=merged.left.unresolved | merged.right.unresolved
    )
    loser = next((side for side in (Side.RIGHT, Side.LEFT) if side in merged.lost), None)
    return evolve(_plain(reading, decision), writes=tuple(drafts), after=after, loser=loser)


def _merged(job: Job, reading: Reading) -> view.MergedPair | None:
    bases = [base_of(job, reading, side) for side in Side]
    now = [value_of(job, reading, side) for side in Side]
    if None in bases or None in now:
        return None
    left_base, right_base = (b for b in bases if b is not None)
    left, right = (n for n in now if n is not None)
    newer = [side for side in Side if reading.seen[side].newer]
    return view.merge(
        job,
        left_base=left_base,
        right_base=right_base,
        left=left,
        right=right,
        newest=newer[0] if len(newer) == 1 else None,
    )


def _unclean(job: Job, reading: Reading, merged: view.MergedPair) -> Step:
    match job.policy.otherwise:
        case Otherwise.LEFT:
            side = Side.RIGHT
        case Otherwise.RIGHT:
            side = Side.LEFT
        case _:
            conflict = _plain(reading, Conflict(Reason.BOTH_EDITED))
            return evolve(conflict, clashes=merged.clashes, proposed=merged.left.value)
    write = Write(side, reading.seen[side].version, Reason.BOTH_EDITED, keep_loser=True)
    return _overwrite(job, reading, write, side)


def _with_proposal(job: Job, reading: Reading, decision: Conflict) -> Step:
    merged = None
    if decision.reason is not Reason.UNEQUAL:
        merged = _merged(job, reading)
    step = _plain(reading, decision)
    if merged is None:
        return step
    return evolve(step, clashes=merged.clashes, proposed=merged.left.value)


def _removal(job: Job, reading: Reading, decision: Remove | Withdraw, side: Side) -> Step:
    ref = reading.link.half(side).ref
    record = reading.records[side]
    expected = record.version if record else decision.expected
    if ref is None or expected is None:
        # As soon as the copy can be read it goes; until then it is tried again every pass.
        return _plain(reading, Keep(Reason.UNSEEN))
    before = value_of(job, reading, side)
    write = Draft(side=side, ref=ref, expected=expected, value=None, before=before)
    after = None
    if isinstance(decision, Withdraw):
        after = evolve(_stamped(reading), state=LinkState.WITHDRAWN)
        after = after.with_half(side, Half())
    edited = isinstance(decision, Withdraw) and decision.save
    return evolve(
        _plain(reading, decision), writes=(write,), after=after, loser=side if edited else None
    )


# --- items that belong to no pair yet -------------------------------------------------------


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


def creation(job: Job, side: Side, record: Record) -> Step:
    """Return the step that creates the counterpart of a new item."""
    link = new_link(job, side, record)
    reading = Reading(
        link=link,
        records={side: record, side.other: None},
        seen={s: _seen(record if s is side else None) for s in Side},
    )
    return _creation(job, reading, Write(side.other, None, Reason.NEW), side.other)


def _seen(record: Record | None) -> Observation:
    if record is None:
        return Observation(seen=Seen.GONE)
    return Observation(seen=Seen.CHANGED, version=record.version)


async def pairing(job: Job, left: Record, right: Record, *, origin: Side) -> Step:
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
        return _complete(job, reading, _decide(job, reading, Sight()))
    if not equal:
        # They never agreed: there is nothing that either side could be unchanged against.
        left_half, right_half = (_without_base(reading.link.half(side)) for side in Side)
        reading.link = evolve(reading.link, left=left_half, right=right_half)
    return _complete(job, reading, decide_first(equal=equal, proven=False))


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
