"""What carrying a decision out takes: the documents to be written, and the pair afterwards."""

from __future__ import annotations

from attrs import evolve

from ...body.version import NORMALISER
from ...decision import (
    Adopt,
    Conflict,
    Decision,
    Keep,
    Merge,
    Otherwise,
    Reason,
    Remove,
    Withdraw,
    Write,
)
from ...model import Side
from ...state.records import Half, Link, LinkState
from ..content import carrying, links, merging, view
from ..context import Job
from .observation import Reading
from .step import RemoteWrite, Step, plain, stamped
from .values import base_of, carried_to, differs, title_of, value_of


def complete(job: Job, reading: Reading, decision: Decision) -> Step:
    """Fill in what carrying out the decision takes; a carry that clashes becomes a conflict."""
    match decision:
        case Write(side=side, expected=None):
            return creating(job, reading, decision, side)
        case Write(side=side):
            return _update(job, reading, decision, side)
        case Merge():
            return _merge(job, reading, decision)
        case Remove(side=side) | Withdraw(side=side):
            return _removal(job, reading, decision, side)
        case Adopt():
            return evolve(plain(reading, decision), after=_agreed(job, reading))
        case Keep(reason=Reason.NOTHING):
            return evolve(plain(reading, decision), after=_refreshed(job, reading))
        case Conflict(reason=Reason.BOTH_EDITED | Reason.UNEQUAL | Reason.DRIFTED):
            return _with_proposal(job, reading, decision)
        case _:
            return plain(reading, decision)


def _refreshed(job: Job, reading: Reading) -> Link:
    """Return the pair with newer version tokens and, after an upgrade, newer digests."""
    link = evolve(stamped(reading), norm=NORMALISER, epoch=job.mapping.version)
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


def _agreed(job: Job, reading: Reading, *, remapped: bool = False) -> Link:
    """Return the pair in agreement.

    Args:
        remapped: the copy is as the rules of now have it; else it is looked at once more.
    """
    link = _refreshed(job, reading)
    epoch = link.epoch if remapped else reading.link.epoch
    return evolve(
        link,
        state=LinkState.SYNCED,
        synced_at=job.now(),
        title=title_of(reading, link),
        epoch=epoch,
    )


def creating(job: Job, reading: Reading, decision: Write, side: Side) -> Step:
    """Return the step that creates the counterpart on `side`."""
    source = value_of(job, reading, side.other)
    if source is None:
        return plain(reading, Keep(Reason.UNSEEN))
    carried = carrying.fresh(job, side, source)
    link = evolve(_agreed(job, reading, remapped=True), unresolved=carried.unresolved)
    link = link.with_half(side, Half())
    write = RemoteWrite(side=side, ref=None, expected=None, value=carried.value)
    return evolve(
        plain(reading, decision),
        writes=(write,),
        after=link,
        loser=None,
    )


def _update(job: Job, reading: Reading, decision: Write, side: Side) -> Step:
    target = value_of(job, reading, side)
    record = reading.records[side]
    if target is None:
        return plain(reading, Keep(Reason.UNSEEN))
    if record is not None and not record.writable:
        return plain(reading, Conflict(Reason.NOT_WRITABLE))
    if decision.keep_loser:
        return _overwrite(job, reading, decision, side)
    carried = carried_to(job, reading, side)
    if carried is None:
        return plain(reading, Keep(Reason.UNSEEN))
    if carried.clashes:
        conflict = plain(reading, Conflict(Reason.OPAQUE))
        proposed = carried.value
        return evolve(conflict, clashes=carried.clashes, proposed=proposed)
    return _writing(job, reading, decision, side, carried)


def _overwrite(job: Job, reading: Reading, decision: Write, side: Side) -> Step:
    # The other side wins: its whole content goes over the edit, which is kept for review. What
    # only this side can say is taken from its base, where nobody had edited it yet.
    base, source = base_of(job, reading, side), value_of(job, reading, side.other)
    source_base = base_of(job, reading, side.other)
    if base is None or source is None or source_base is None:
        carried = carrying.fresh(job, side, source) if source else None
    else:
        carried = carrying.carry(
            job, side, source_base=source_base, source_now=source, target=base,
            frozen_out=reading.link.unresolved,
        )  # fmt: skip
    if carried is None:
        return plain(reading, Keep(Reason.UNSEEN))
    if carried.clashes:
        # No policy settles what only a person can: the winner's edit has no place on this side.
        conflict = plain(reading, Conflict(Reason.OPAQUE))
        return evolve(conflict, clashes=carried.clashes, proposed=carried.value)
    return evolve(_writing(job, reading, decision, side, carried), loser=side)


def _writing(
    job: Job, reading: Reading, decision: Decision, side: Side, carried: links.Carried
) -> Step:
    before = value_of(job, reading, side)
    version = reading.seen[side].version
    overwrites = isinstance(decision, Write) and decision.keep_loser
    remapped = side is not reading.link.origin and not overwrites
    after = evolve(_agreed(job, reading, remapped=remapped), unresolved=carried.unresolved)
    if before is not None and not differs(job, side, carried.value, before):
        # What the edit changed has no place on this side: the base moves, nothing is written.
        return evolve(plain(reading, Adopt()), after=after)
    ref = reading.link.half(side).ref
    write = RemoteWrite(side=side, ref=ref, expected=version, value=carried.value, before=before)
    return evolve(plain(reading, decision), writes=(write,), after=after)


def _merge(job: Job, reading: Reading, decision: Merge) -> Step:
    merged = _merged(job, reading)
    if merged is None:
        return plain(reading, Conflict(Reason.BOTH_EDITED))
    if merged.clashes:
        return _unclean(job, reading, merged)
    writes = []
    for side, carried in ((Side.LEFT, merged.left), (Side.RIGHT, merged.right)):
        before = value_of(job, reading, side)
        record = reading.records[side]
        if before is None or not differs(job, side, carried.value, before):
            continue
        if record is not None and not record.writable:
            return plain(reading, Conflict(Reason.NOT_WRITABLE))
        writes.append(
            RemoteWrite(
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
    return evolve(plain(reading, decision), writes=tuple(writes), after=after, loser=loser)


def _merged(job: Job, reading: Reading) -> merging.MergedPair | None:
    bases = [base_of(job, reading, side) for side in Side]
    now = [value_of(job, reading, side) for side in Side]
    if None in bases or None in now:
        return None
    left_base, right_base = (b for b in bases if b is not None)
    left, right = (n for n in now if n is not None)
    newer = [side for side in Side if reading.seen[side].newer]
    return merging.merge(
        job,
        left_base=left_base,
        right_base=right_base,
        left=left,
        right=right,
        newest=newer[0] if len(newer) == 1 else None,
    )


def _unclean(job: Job, reading: Reading, merged: merging.MergedPair) -> Step:
    match job.policy.otherwise:
        case Otherwise.LEFT:
            side = Side.RIGHT
        case Otherwise.RIGHT:
            side = Side.LEFT
        case _:
            conflict = plain(reading, Conflict(Reason.BOTH_EDITED))
            return evolve(conflict, clashes=merged.clashes, proposed=merged.left.value)
    write = Write(side, reading.seen[side].version, Reason.BOTH_EDITED, keep_loser=True)
    return _overwrite(job, reading, write, side)


def _with_proposal(job: Job, reading: Reading, decision: Conflict) -> Step:
    merged = None
    if decision.reason is not Reason.UNEQUAL:
        merged = _merged(job, reading)
    step = plain(reading, decision)
    if merged is None:
        return step
    return evolve(step, clashes=merged.clashes, proposed=merged.left.value)


def _removal(job: Job, reading: Reading, decision: Remove | Withdraw, side: Side) -> Step:
    ref = reading.link.half(side).ref
    record = reading.records[side]
    expected = record.version if record else decision.expected
    if ref is None or expected is None:
        # As soon as the copy can be read it goes; until then it is tried again every pass.
        return plain(reading, Keep(Reason.UNSEEN))
    before = value_of(job, reading, side)
    write = RemoteWrite(side=side, ref=ref, expected=expected, value=None, before=before)
    after = None
    if isinstance(decision, Withdraw):
        after = evolve(stamped(reading), state=LinkState.WITHDRAWN)
        after = after.with_half(side, Half())
    edited = isinstance(decision, Withdraw) and decision.save
    return evolve(
        plain(reading, decision), writes=(write,), after=after, loser=side if edited else None
    )
