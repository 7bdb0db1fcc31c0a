"""Why does this field hold what it holds? Everything that is known, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Ref
from ...state.records import Link, LinkState
from ..status.explanation import past
from . import observation
from .context import RunningConfigJob
from .execution import step_of
from .guards import with_objections
from .plans import item_of
from .rulebook import ManagedField
from .steps import FieldStep
from .values import value_of
from .wording import value_text, why_of

_STATES = {
    LinkState.SYNCED: "Both agreed last at {at}.",
    LinkState.CONFLICT: "It is frozen until a person settles its conflict.",
    LinkState.HELD: "It is held after an undo, until its rule or somebody changes it, or"
    " `syncline release` frees it.",
    LinkState.WITHDRAWN: "It is withdrawn.",
}


async def explain(job: RunningConfigJob, ref: Ref) -> list[str]:
    """Return what the rules, the state and the stores say about an object, a field or a rule."""
    found = list(job.book.find(ref))
    if not found:
        buried = job.state.tombstone(job.name, ref)
        why = f"It was managed once: {buried}." if buried else f"No rule of {job.name} names it."
        return [f"{ref} is managed by nothing here. {why}", *past(job, ref)]
    seen = await observation.read(job, [r for one in found for r in one.rule.reads])
    lines: list[str] = []
    for one in found:
        (step,) = with_objections(job, [step_of(job, one, seen)], seen)
        lines += _field(job, one, step)
    return lines


def _field(job: RunningConfigJob, one: ManagedField, step: FieldStep) -> Iterator[str]:
    link = job.state.pair(one.pair)
    held = value_text(value_of(step.found)) if step.found is not None else "unknown"
    said = value_text(value_of(step.said)) if step.said is not None else "unknown"
    way = "two-way" if one.rule.two_way else "one-way"
    yield f"{one.title} [{one.right}] holds {held}."
    yield f"It should hold {said} ({why_of(step)}, {way})."
    if link is not None:
        yield _STATES[link.state].format(at=_when(link))
    yield from _waits(job, one)
    if step.error is not None:
        yield f"Nothing can be decided now: {step.error}"
    elif not step.quiet:
        yield f"The next pass: {item_of(step).line}"
    yield from past(job, one.right)


def _when(link: Link) -> str:
    return f"{link.synced_at:%Y-%m-%d %H:%M:%S} UTC" if link.synced_at else "an unchanged value"


def _waits(job: RunningConfigJob, one: ManagedField) -> Iterator[str]:
    if (conflict := job.state.conflict_of(one.pair)) is not None:
        yield f"Conflict {conflict.id}: {conflict.reason.value}."
    if (failed := job.state.quarantined(job.name, one.right)) is not None:
        when = "when it changes" if failed.skipped else f"at {failed.next_at:%Y-%m-%d %H:%M:%S} UTC"
        yield f"It failed {failed.failures} times, last with: {failed.reason} Tried again {when}."
    if job.state.intents(job.name, pair=one.pair):
        yield "A write to it was sent and its answer was lost; it is being looked for."


__all__ = ["explain"]
