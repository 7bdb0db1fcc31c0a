"""Many creates at once, through the vendor's own bulk job, each with an intent of its own."""

from __future__ import annotations

import logging

from attrs import define, field

from ...errors import OutcomeUnknown, StoreError
from ...model import Record, Ref, Side
from ...ports import BulkItem, BulkStore
from ...state.records import CloseIntent, Intent
from ..context import Job
from ..passes.current import Pass
from ..runs.quarantine import isolate
from ..steps.step import Step
from .confirmation import confirm
from .intents import announce, lend

logger = logging.getLogger(__name__)

_MOST = 200


@define(kw_only=True)
class Batch:
    """Creates on one side that wait to be sent together."""

    this: Pass
    side: Side
    steps: list[Step] = field(factory=list)

    def take(self) -> list[Step]:
        """Return the waiting steps, and forget them."""
        taken, self.steps = self.steps, []
        return taken


def fits(step: Step) -> bool:
    """Tell whether a step is one plain create."""
    return len(step.writes) == 1 and step.writes[0].ref is None


def size(store: BulkStore) -> int:
    """Return how many creates are sent together."""
    return max(store.bulk_threshold, _MOST)


def still_new(this: Pass, step: Step) -> bool:
    """Tell whether no other run has been at the source since the step was decided."""
    ref = _source(step)
    return ref not in this.met and this.job.state.link(this.job.name, ref) is None


def source_of(step: Step) -> tuple[Side, Ref]:
    """Return where the source of a new pair lives, and what it is."""
    return step.link.origin, _source(step)


def _source(step: Step) -> Ref:
    ref = step.link.half(step.link.origin).ref
    if ref is None:
        raise ValueError("a new pair has a source")
    return ref


async def flush(batch: Batch, store: BulkStore) -> list[Step]:
    """Send what waits; every result is settled by itself. Return what must be written singly.

    The turn of every item that is sent is held until the job has ended. An item that somebody is
    at, or has been at since, is left out: whoever that is knows more of it.
    """
    this, turns = batch.this, batch.this.job.process.turns
    taken = batch.take()
    free = [still_new(this, step) and turns.free([_source(step)]) for step in taken]
    steps = [step for step, mine in zip(taken, free, strict=True) if mine]
    this.left |= {source_of(step) for step, mine in zip(taken, free, strict=True) if not mine}
    if not steps:
        return []
    async with turns.of(map(_source, steps), run=this.job.run):
        return await _send(batch, store, steps)


async def _send(batch: Batch, store: BulkStore, steps: list[Step]) -> list[Step]:
    job = batch.this.job
    intents = [announce(job, step) for step in steps]
    items = [_item(job, intent, step) for intent, step in zip(intents, steps, strict=True)]
    pending = list(zip(intents, steps, strict=True))
    singly: list[Step] = []
    try:
        async for result in store.write_many(items):
            intent, step = pending.pop(0)
            if result is None:
                job.commit([CloseIntent(intent.id)])
                singly.append(step)
            else:
                _settle(batch, intent, step, result)
    except StoreError as error:
        logger.warning("a bulk job broke off", extra={"job": job.name, "detail": str(error)})
        for intent, step in pending:
            _settle(batch, intent, step, OutcomeUnknown(str(error)))
    return singly


def _item(job: Job, intent: Intent, step: Step) -> BulkItem:
    write = step.writes[0]
    if write.value is None:
        raise ValueError("a bulk create needs a value")
    return BulkItem(value=write.value, write=lend(job, intent, write.side, write.value))


def _settle(batch: Batch, intent: Intent, step: Step, result: Record | Exception) -> None:
    job, report = batch.this.job, batch.this.report
    match result:
        case Record():
            confirm(job, intent, [result], step, report)
        case OutcomeUnknown():
            # The intent stays open; recovery looks for the item by its mark.
            report.counts["unsure"] += 1
        case _:
            job.commit([CloseIntent(intent.id)])
            title = step.link.title
            isolate(job, batch.side.other, _source(step), result, report, title=title)
