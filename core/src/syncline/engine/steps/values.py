"""What a reading says of each side: what it holds now, what it held, what would be carried over."""

from __future__ import annotations

from ...decision import Seen
from ...model import Document, Side, digest, restrict
from ...state.records import Link
from ..content import carrying, links
from ..context import Job
from .observation import Reading


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


def carried_to(job: Job, reading: Reading, side: Side) -> links.Carried | None:
    """Return the other side's edit carried over to `side`; None when a text is missing."""
    link = reading.link
    source_now = value_of(job, reading, side.other)
    source_base = base_of(job, reading, side.other) or source_now
    target = value_of(job, reading, side)
    if source_now is None or source_base is None or target is None:
        return None
    return carrying.carry(
        job,
        side,
        source_base=source_base,
        source_now=source_now,
        target=target,
        frozen_out=link.unresolved,
        # Other rules are carried from the original only.
        remap=link.epoch != job.mapping.version and side is not link.origin,
    )


def differs(job: Job, side: Side, new: Document, old: Document) -> bool:
    """Tell whether `new` would be an edit of `old`, as far as that side can hold it."""
    store = job.store(side)
    return digest(new) != digest(restrict(store.project(old), store.fields))


def title_of(reading: Reading, link: Link) -> str:
    """Return the title by which people know the pair: the original's."""
    for side in (link.origin, link.origin.other):
        record = reading.live(side)
        if record is not None and record.value is not None:
            return record.value.title
    return link.title
