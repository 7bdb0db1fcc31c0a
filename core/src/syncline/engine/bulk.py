"""Many creates at once, through the vendor's own bulk job, each with an intent of its own."""

from __future__ import annotations

import logging

from attrs import define, field

from ..errors import LeaseLost, OutcomeUnknown, StateError, StoreError
from ..model import Record, Ref, Side
from ..ports import BulkItem, BulkStore
from ..state.records import CloseIntent, Intent
from .acting import announce, carry_out, confirm, lend
from .context import Job
from .quarantine import isolate
from .report import Report
from .steps import Step

logger = logging.getLogger(__name__)

_MOST = 200


@define(kw_only=True)
class Batch:
    """Creates on one side that wait to be sent together."""

    job: Job
    report: Report
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


async def flush(batch: Batch, store: BulkStore, busy: set[Ref]) -> None:
    """Send what waits; every result is settled by itself, and None is written singly."""
    job, steps = batch.job, batch.take()
    intents = [announce(job, step) for step in steps]
    items = [_item(job, intent, step) for intent, step in zip(intents, steps, strict=True)]
    pending = list(zip(intents, steps, strict=True))
    try:
        async for result in store.write_many(items):
            intent, step = pending.pop(0)
            await _settle(batch, intent, step, result, busy)
    except StoreError as error:
        logger.warning("a bulk job broke off", extra={"job": job.name, "detail": str(error)})
        for intent, step in pending:
            await _settle(batch, intent, step, OutcomeUnknown(str(error)), busy)


def _item(job: Job, intent: Intent, step: Step) -> BulkItem:
    draft = step.writes[0]
    if draft.value is None:
        raise ValueError("a bulk create needs a value")
    return BulkItem(value=draft.value, write=lend(job, intent, draft.side, draft.value))


async def _settle(
    batch: Batch, intent: Intent, step: Step, result: Record | Exception | None, busy: set[Ref]
) -> None:
    job = batch.job
    source = step.link.half(batch.side.other).ref
    match result:
        case Record():
            confirm(job, intent, [result], step, batch.report)
        case OutcomeUnknown():
            # The intent stays open; recovery looks for the item by its mark.
            batch.report.counts["unsure"] += 1
            if source is not None:
                busy.add(source)
        case None:
            job.commit([CloseIntent(intent.id)])
            await _singly(batch, step)
        case _:
            job.commit([CloseIntent(intent.id)])
            if source is not None:
                title = step.link.title
                isolate(job, batch.side.other, source, result, batch.report, title=title)


async def _singly(batch: Batch, step: Step) -> None:
    try:
        await carry_out(batch.job, step, batch.report)
    except (LeaseLost, StateError):
        raise
    except OutcomeUnknown:
        batch.report.counts["unsure"] += 1
    except StoreError as error:
        source = step.link.half(batch.side.other).ref
        if source is not None:
            title = step.link.title
            isolate(batch.job, batch.side.other, source, error, batch.report, title=title)
