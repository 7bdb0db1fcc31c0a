"""One item's step: the decision with everything that carrying it out takes."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, field, frozen

from ...decision import Decision, Reason
from ...errors import StoreError
from ...model import Document, Record, Ref, Side, Version
from ...state.listing import stamp
from ...state.records import Link
from .observation import Reading


@frozen(kw_only=True)
class RemoteWrite:
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
    writes: tuple[RemoteWrite, ...] = ()
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


def plain(reading: Reading, decision: Decision, *, detail: str = "") -> Step:
    """Return the step of a decision that takes no more than is known already."""
    return Step(
        link=reading.link,
        decision=decision,
        records=reading.records,
        # What was held is looked at again, whatever the next listing says.
        after=reading.link if decision.reason is Reason.UNSEEN else stamped(reading),
        detail=detail or "; ".join(str(e) for e in reading.errors.values()),
        errors=reading.errors,
    )


def stamped(reading: Reading) -> Link:
    """Return the pair with what was read of it noted as looked at."""
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
