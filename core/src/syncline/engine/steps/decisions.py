"""What becomes of a pair that was read: the decision table, and what goes around it."""

from __future__ import annotations

from attrs import evolve

from ...decision import (
    Adopt,
    Conflict,
    Decision,
    Detach,
    Forget,
    Keep,
    Merge,
    Reason,
    Remove,
    Seen,
    Write,
    decide,
)
from ...model import Side, Status
from ...state.records import LinkState
from ..content import carrying, view
from ..context import Job
from .observation import Evidence, Reading
from .values import carried_to, differs, value_of


def decide_pair(job: Job, reading: Reading, evidence: Evidence) -> Decision:
    """Return what becomes of a pair by what was read and remembered of it."""
    link, seen = reading.link, reading.seen
    left, right = (value_of(job, reading, side) for side in Side)
    changed = any(seen[s].seen is Seen.CHANGED for s in Side)
    equal = changed and left is not None and right is not None and view.equal(job, left, right)
    outside = [s for s in Side if seen[s].seen is Seen.OUTSIDE]
    if outside and not evidence.listed:
        # Whether it was moved out or the scope itself is another one, a complete listing tells.
        return Keep(Reason.UNSEEN)
    if any(side in evidence.epochs for side in outside):
        copy_only = link.origin not in outside
        return Detach(Reason.COPY_LEFT_SCOPE if copy_only else Reason.LEFT_SCOPE)
    decision = decide(
        seen[Side.LEFT], seen[Side.RIGHT], origin=link.origin, equal=equal, policy=job.policy
    )
    if link.missing >= 2 and isinstance(decision, Keep):
        decision = _lost_sight(job, reading)
    if link.state is LinkState.CONFLICT:
        return _frozen(job, reading, decision)
    if link.state is LinkState.SYNCED and isinstance(decision, Keep):
        return _owed(job, reading, decision)
    return decision


_ENDS_BY_HAND = (Reason.BOTH_EDITED, Reason.OPEN_DRAFT)


def _frozen(job: Job, reading: Reading, decision: Decision) -> Decision:
    """Return what becomes of a pair whose content waits for a person.

    An agreement reached by hand ends it: both sides equal, both as they were, or the draft gone.
    A draft that is in the way of what the rules or a link owe goes on to be in the way.
    """
    conflict = job.state.conflict_of(reading.link.pair)
    if conflict is None:
        return decision  # it was settled, or purged, and what it was about is still to be done
    reason = conflict.reason
    if isinstance(decision, Keep):
        as_they_were = all(reading.seen[side].seen is Seen.UNCHANGED for side in Side)
        if not as_they_were or reason not in _ENDS_BY_HAND:
            return decision
        owed = _owed(job, reading, decision) if reason is Reason.OPEN_DRAFT else decision
        if isinstance(owed, Keep):
            return Adopt()
        decision = owed
    if not isinstance(decision, Write | Merge):
        return decision
    drafts = any(record is not None and record.draft for record in reading.records.values())
    if reason is Reason.OPEN_DRAFT and not drafts:
        return decision
    return Conflict(reason)


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
    if keep.reason is not Reason.NOTHING:
        return keep
    for side in (link.origin.other, link.origin):
        if not job.policy.direction.writes(side):
            continue
        carried = carried_to(job, reading, side)
        before = value_of(job, reading, side)
        if carried and before and differs(job, side, carried.value, before):
            return Write(side, link.half(side).version, Reason.EDITED)
        if link.epoch != job.mapping.version:
            break  # a changed mapping is carried from the original only
    return keep


def release(job: Job, reading: Reading, decision: Decision) -> Decision:
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
        reading.bases[side] = carrying.fresh(job, side, other).value
    return decision


def as_people_say(reading: Reading, decision: Decision) -> Decision:
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
