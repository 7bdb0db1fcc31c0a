"""Reading both sides of a pair, and saying what each looks like against its own base."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, evolve, field, frozen

from ...body.version import NORMALISER
from ...decision import Limits, Observation, Seen
from ...errors import NotFound, StoreError
from ...model import Document, Record, Ref, Side, Status
from ...state.listing import stamp
from ...state.port import Staged
from ...state.records import Half, Link, LinkState
from ..content.view import side_digest
from ..context import Job


@frozen(kw_only=True)
class Evidence:
    """What one pass's listings said, as far as it matters to single items."""

    staged: Mapping[Side, Staged | None] = field(factory=dict)
    """The listing's word on each side; a side that is not in here was not listed."""
    epochs: frozenset[Side] = frozenset()
    """Sides whose scope has changed since the last complete listing."""
    systemic: bool = False
    """So many visibilities are unknown that the fault is not in the items."""
    listed: bool = True
    """False when `staged` is what is remembered, and no listing has said it again just now."""


@define(kw_only=True)
class Reading:
    """What was read of a pair, and what it means."""

    link: Link
    records: dict[Side, Record | None]
    """None: not read, because the listing proved it unchanged, or because reading failed."""
    seen: dict[Side, Observation]
    errors: dict[Side, StoreError] = field(factory=dict)
    bases: dict[Side, Document] = field(factory=dict)
    """What a side is compared with instead of what it itself held at the last agreement."""

    def live(self, side: Side) -> Record | None:
        """Return the record of one side if it is alive and was read."""
        record = self.records[side]
        return record if record is not None and record.value is not None else None


def needs_read(job: Job, link: Link, side: Side, evidence: Evidence) -> bool:
    """Tell whether the listing leaves anything to learn about one side of a pair."""
    half = link.half(side)
    if half.ref is None:
        return False
    if link.state is LinkState.CONFLICT or link.epoch != job.mapping.version:
        return True
    staged = evidence.staged.get(side)
    return staged is None or staged.stamp != half.stamp or staged.status != Status.LIVE.value


async def read_side(job: Job, ref: Ref) -> Record | StoreError:
    """Return the item, or the failure; everything else is a defect and goes up."""
    side = job.side_of(ref)
    if side is None:
        raise ValueError(f"{ref} belongs to neither side of {job.name}")
    try:
        record = await job.store(side).fetch(ref)
    except StoreError as error:
        return error
    if record.parent is not None:
        job.state.place(side, [(ref, record.parent)])
    return record


async def read_pair(
    job: Job,
    link: Link,
    evidence: Evidence,
    *,
    force: frozenset[Side] = frozenset(),
    known: Reading | None = None,
) -> Reading:
    """Read the sides of a pair that are not known already.

    Args:
        force: sides to read whatever the listing said.
        known: what was read a moment ago, and need not be read again.
    """
    reading = Reading(link=link, records=dict.fromkeys(Side), seen={})
    for side in Side:
        half = link.half(side)
        record = known.records[side] if known is not None else None
        if half.ref is None:
            reading.seen[side] = Observation(seen=Seen.GONE)
        elif record is not None:
            _take(job, reading, side, record, evidence)
        elif side not in force and not needs_read(job, link, side, evidence):
            reading.seen[side] = Observation(seen=Seen.UNCHANGED, version=half.version)
        else:
            await _read(job, reading, side, half.ref, evidence)
    _compare_times(reading, job.limits)
    return reading


async def _read(job: Job, reading: Reading, side: Side, ref: Ref, evidence: Evidence) -> None:
    answer = await read_side(job, ref)
    if isinstance(answer, StoreError):
        reading.errors[side] = answer
        reading.seen[side] = Observation(seen=Seen.UNKNOWN)
        if isinstance(answer, NotFound):
            _count_missing(reading, side)
        return
    _take(job, reading, side, answer, evidence)


def _take(job: Job, reading: Reading, side: Side, record: Record, evidence: Evidence) -> None:
    reading.records[side] = record
    if side is reading.link.origin and reading.link.missing:
        reading.link = evolve(reading.link, missing=0)
    reading.seen[side] = _observe(job, reading, side, record, evidence)


def _count_missing(reading: Reading, side: Side) -> None:
    # The store cannot say whether it is gone or hidden: only a second 404, a pass later, counts.
    if side is reading.link.origin:
        reading.link = evolve(reading.link, missing=min(2, reading.link.missing + 1))


def _observe(
    job: Job, reading: Reading, side: Side, record: Record, evidence: Evidence
) -> Observation:
    link = reading.link
    if record.status.gone:
        return Observation(seen=Seen.GONE)
    match record.status:
        case Status.RESTRICTED:
            return Observation(seen=Seen.RESTRICTED, version=record.version)
        case Status.LIVE if record.value is not None:
            if link.unknown_since is not None and side is link.origin:
                reading.link = evolve(link, unknown_since=None)
            if not record.in_scope:
                return Observation(seen=Seen.OUTSIDE, version=record.version)
            changed = is_changed(job, side, _base_of(job, link, side), record, norm=link.norm)
            return Observation(
                seen=Seen.CHANGED if changed else Seen.UNCHANGED, version=record.version
            )
        case Status.UNKNOWN if side is link.origin:
            return _unknown(job, reading, record, evidence)
        case _:
            return Observation(seen=Seen.UNKNOWN)


def _unknown(job: Job, reading: Reading, record: Record, evidence: Evidence) -> Observation:
    # Nothing leaves while the audience is unknown; an existing copy goes only after a while, and
    # only if most other look-ups succeed: else the fault is ours, not the item's.
    since = reading.link.unknown_since or job.now()
    reading.link = evolve(reading.link, unknown_since=since)
    if job.now() - since >= job.limits.withdraw_after and not evidence.systemic:
        return Observation(seen=Seen.RESTRICTED, version=record.version)
    return Observation(seen=Seen.UNKNOWN)


def _base_of(job: Job, link: Link, side: Side) -> Half:
    """Return what a side last held, by the rules of now: other rules are no edit of anybody's."""
    half = link.half(side)
    value = job.state.value(half.value) if link.epoch != job.mapping.version else None
    return evolve(half, digest=side_digest(job, side, value)) if value is not None else half


def is_changed(job: Job, side: Side, half: Half, record: Record, *, norm: int) -> bool:
    """Tell whether a side's content differs from what that side itself last held.

    A version that moved with an equal digest is no edit. A digest that moved under an unchanged
    version is no edit either when the normaliser was replaced in between.
    """
    value = record.value
    if value is None or side_digest(job, side, value) == half.digest:
        return False
    same_version = record.version == half.version and stamp(record) == half.stamp
    return not (same_version and norm != NORMALISER)


def _compare_times(reading: Reading, limits: Limits) -> None:
    left, right = (reading.records[side] for side in Side)
    if not (left and right and left.updated_at and right.updated_at):
        return
    apart = left.updated_at - right.updated_at
    if abs(apart) <= limits.clock_skew:
        return
    newer = Side.LEFT if apart.total_seconds() > 0 else Side.RIGHT
    reading.seen[newer] = evolve(reading.seen[newer], newer=True)
