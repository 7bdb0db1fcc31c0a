"""What articles would lose on the other side, before anything is written."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence

from attrs import evolve, frozen

from ... import body as _body
from ...errors import StoreError, Unavailable
from ...model import FIELDS, Document, Head, Incomplete, Record, Ref, Side, Status
from ..content import links, view
from ..content.fields import show
from ..context import Job
from ..pairing.skips import left_out
from ..steps.step import Step

logger = logging.getLogger(__name__)

Answer = Record | tuple[Ref, Exception]
_BATCH = 50


@frozen(kw_only=True)
class ItemLosses:
    """What one article loses on the other side."""

    ref: Ref
    title: str
    losses: tuple[str, ...]


async def item_losses(job: Job) -> AsyncIterator[ItemLosses]:
    """Yield what each article that takes part would lose, one after the other.

    Raises:
        Unavailable: after all others, when a listing was not complete.
    """
    broken: list[str] = []
    for side in Side:
        if not job.policy.direction.writes(side.other):
            continue
        async for refs in _listed(job, side, broken):
            async for answer in _answers(job, side, refs):
                if (found := _losses(job, side, answer)) is not None:
                    yield found
    if broken:
        raise Unavailable(f"not everything was listed, so losses may be missing: {broken[0]}")


async def _listed(job: Job, side: Side, broken: list[str]) -> AsyncIterator[list[Ref]]:
    refs: list[Ref] = []
    try:
        async for head in job.store(side).heads():
            if isinstance(head, Incomplete):
                broken.append(f"{job.connection(side)}: {head.reason}")
            elif isinstance(head, Head) and head.status is Status.LIVE:
                refs.append(head.ref)
            if len(refs) >= _BATCH:
                yield refs
                refs = []
    except StoreError as error:
        broken.append(str(error))
    yield refs


async def _answers(job: Job, side: Side, refs: Sequence[Ref]) -> AsyncIterator[Answer]:
    """Yield the items; where reading many fails as a whole, each is read by itself."""
    left = dict.fromkeys(refs)
    try:
        async for answer in job.store(side).fetch_many(refs):
            left.pop(answer[0] if isinstance(answer, tuple) else answer.ref, None)
            yield answer
    except Exception:
        logger.exception("reading many items failed; they are read one by one")
        for ref in left:
            yield await _alone(job, side, ref)


async def _alone(job: Job, side: Side, ref: Ref) -> Answer:
    try:
        return await job.store(side).fetch(ref)
    except StoreError as error:
        return ref, error
    except Exception as error:
        logger.exception("an item failed unexpectedly", extra={"ref": str(ref)})
        return ref, StoreError(f"{type(error).__name__}: {error}", ref=ref)


def _losses(job: Job, side: Side, answer: Answer) -> ItemLosses | None:
    if isinstance(answer, tuple):
        ref, error = answer
        return ItemLosses(ref=ref, title="", losses=(f"it cannot be read: {error}",))
    if answer.value is None or left_out(job, side, answer):
        return None
    found = losses_of(job, side, answer.value)
    return ItemLosses(ref=answer.ref, title=answer.value.title, losses=found)


def step_losses(job: Job, step: Step, side: Side) -> tuple[str, ...]:
    """Return what the source of a write loses on `side`."""
    record = step.records.get(side.other)
    if record is None or record.value is None:
        return ()
    return losses_of(job, side.other, record.value)


def losses_of(job: Job, side: Side, value: Document) -> tuple[str, ...]:
    """Return what one side's document loses on the other side, one sentence each."""
    # A link is led to the other side's article, or is none until there is one.
    shared = links.translate(job, side, view.shared_or_own(job, side, value)).value
    projected = job.store(side.other).project(shared)
    found = []
    if projected.body != shared.body:
        lost = _body.losses(_body.parse(shared.body), _body.parse(projected.body))
        found = [loss.sentence for loss in lost]
    for name in FIELDS[2:]:
        given, kept = getattr(value, name), getattr(shared, name)
        if given and kept is None:
            found.append(f"{name} have no place there: {show(given)}")
        elif name == "labels" and given and (dropped := given - _said(job, side, value)):
            found.append(f"labels are not carried over: {', '.join(sorted(dropped))}")
    return tuple(found)


def _said(job: Job, side: Side, value: Document) -> frozenset[str]:
    """Return the labels that the other side knows, by whatever name or as a category."""
    if side is Side.RIGHT or value.labels is None:
        return value.labels or frozenset()
    shown = view.shared_or_own(job, side, value)
    return frozenset(
        label
        for label in value.labels
        if view.shared_or_own(job, side, evolve(value, labels=value.labels - {label})) != shown
    )
