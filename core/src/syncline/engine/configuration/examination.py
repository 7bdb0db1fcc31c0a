"""What a pass saw of an object before anybody reserved it, and whether it may be remembered.

Objects are read by the hundred, and most of what is found then needs no write: a field is as its
rule says and is taken over, or waits, or is in dispute. That is remembered as it was seen, by
whoever alone may write the object, and nothing is read once more. Whatever is written is looked at
afresh first.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from . import observation
from .context import RunningConfigJob
from .guards import freeze_repeated_drift, leave_to_other_job, with_objections
from .rulebook import ManagedObject
from .steps import FieldStep, ends, fresh_link


@frozen
class Examined:
    """One object as a pass found it."""

    group: ManagedObject
    steps: tuple[FieldStep, ...]
    seen: observation.Answers


def rememberable(job: RunningConfigJob, examined: Examined) -> Sequence[FieldStep] | None:
    """Return what is to be remembered of an object as it was seen; None: look at it afresh.

    The caller alone may write the object.
    """
    if not all(_unmoved(job, step) for step in examined.steps):
        return None
    mine = [freeze_repeated_drift(job, leave_to_other_job(job, step)) for step in examined.steps]
    steps = with_objections(job, mine, examined.seen)
    return steps if all(map(_settles_without_a_write, steps)) else None


def _unmoved(job: RunningConfigJob, step: FieldStep) -> bool:
    """Tell whether nobody has done anything about a field since it was seen."""
    pair = step.one.pair
    if job.state.intents(job.name, pair=pair):
        return False
    return (job.state.pair(pair) or fresh_link(step.one)) == step.link


def _settles_without_a_write(step: FieldStep) -> bool:
    # What is gone, or could not be read among others, is asked for by itself before it counts.
    return not (step.writes or step.error is not None or ends(step))


__all__ = ["Examined", "rememberable"]
