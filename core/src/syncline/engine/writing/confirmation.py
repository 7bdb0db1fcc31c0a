"""After the effect: the read-back becomes the new base, and the intent is closed."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from attrs import evolve, frozen

from ...decision import Reason
from ...model import Document, Record, Side
from ...state.records import (
    TAKEN_AWAY,
    Bury,
    CloseIntent,
    DropLink,
    Effect,
    Half,
    Intent,
    Link,
    LinkState,
    Log,
    Planned,
    SaveValue,
)
from ...state.values import key_of
from ..content import view
from ..content.links import WITHDRAWN
from ..context import Job
from ..runs.report import ItemResult, Report
from ..steps.step import Step
from .commits import conflict_closed, pair_saved, referrers_marked

logger = logging.getLogger(__name__)


@frozen(kw_only=True)
class Confirmed:
    """What is known after a write: the pair, and how it is told."""

    intent: Intent
    link: Link
    entries: Sequence[Log]
    effects: Sequence[Effect]
    """What makes it durable, in one commit, and closes the intent."""

    def tell(self, report: Report) -> None:
        """Count the writes; to be called once they are durable."""
        _count(self.link, self.intent, self.entries, report)


def confirm(
    job: Job, intent: Intent, done: Sequence[Record | None], step: Step | None, report: Report
) -> None:
    """Make what the stores gave back the new base, in one commit, and close the intent."""
    confirmed = confirmation(job, intent, done, step)
    job.commit(confirmed.effects)
    confirmed.tell(report)


def confirmation(
    job: Job, intent: Intent, done: Sequence[Record | None], step: Step | None
) -> Confirmed:
    """Return what makes that which the stores gave back the new base."""
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
        ending: list[Effect] = [DropLink(link, job.now(), intent.reason.value, gone=True)]
    else:
        ending = pair_saved(job, link, step) + _buried(job, link, intent)
    effects = [
        *values,
        *ending,
        *conflict_closed(job, link, "settled by a write"),
        *referrers_marked(job, link, gone=withdrawn or removal),
        *entries,
        CloseIntent(intent.id),
    ]
    return Confirmed(intent=intent, link=link, entries=entries, effects=effects)


def _buried(job: Job, link: Link, intent: Intent) -> list[Effect]:
    """Remember the items that the pair goes on without: no link leads to them any more."""
    withdrawn = link.state is LinkState.WITHDRAWN
    reason = WITHDRAWN if withdrawn else TAKEN_AWAY + intent.reason.value
    known = job.state.pair(link.pair)
    left = {w.side: w.ref for w in intent.writes if w.ref is not None and not w.value}
    if known is not None:
        left |= {side: ref for side in Side if (ref := known.half(side).ref) is not None}
    return [
        Bury(job.name, side, ref, link.pair, job.now(), reason)
        for side, ref in left.items()
        if ref != link.half(side).ref
    ]


def _written_half(job: Job, planned: Planned, record: Record) -> Half:
    if record.value is None:
        # Somebody hid it, or put it away, while it was written. What we wrote is its base, in a
        # version that nobody has seen; without a stamp the next pass looks at what became of it.
        return Half(ref=record.ref, digest=planned.digest, value=planned.value, stamp="")
    half = view.half_of(job, planned.side, record)
    if half.digest == planned.digest:
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
