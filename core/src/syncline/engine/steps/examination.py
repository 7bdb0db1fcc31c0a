"""A pair examined: read, decided, and made a step of. Changes nothing."""

from __future__ import annotations

from attrs import evolve

from ...decision import Decision, Detach, Keep, Merge, Reason, Remove, Seen, Withdraw, Write, decide
from ...mapping import Excluded
from ...model import Side
from ...state.listing import aux_of
from ...state.records import Link, LinkState
from ..content import view
from ..context import Job
from .completion import complete
from .decisions import as_people_say, decide_pair, release
from .observation import Evidence, Reading, read_pair
from .step import Step, plain

_NEW_RULES = "the mapping rules have changed"


async def examine(
    job: Job, link: Link, evidence: Evidence, *, force: frozenset[Side] = frozenset()
) -> Step:
    """Read what has to be read of a pair, and decide. Changes nothing."""
    reading = await read_pair(job, link, evidence, force=force)
    step = step_of(job, reading, evidence)
    # What was not looked at directly is not acted on, whatever a listing said.
    unread = frozenset(
        s for s in Side if reading.records[s] is None and reading.link.half(s).ref is not None
    ) - frozenset(reading.errors)
    if unread and _wants_both_read(link, step.decision, evidence):
        reading = await read_pair(job, link, evidence, force=unread, known=reading)
        step = step_of(job, reading, evidence)
    return step


def _wants_both_read(link: Link, decision: Decision, evidence: Evidence) -> bool:
    match decision:
        case Remove() | Withdraw() | Merge() | Write(expected=None):
            return True
        case Write(side=side):
            # A version is no precondition for what changes without one.
            return not evidence.listed or bool(aux_of(link.half(side).stamp))
    return False


def step_of(job: Job, reading: Reading, evidence: Evidence) -> Step:
    link = reading.link
    left = reading.live(Side.LEFT)
    if left is not None and left.value is not None:
        mapped = view.as_shared(job, Side.LEFT, left.value)
        if isinstance(mapped, Excluded) and link.state is not LinkState.WITHDRAWN:
            return evolve(_left_out(job, reading), detail=mapped.reason)
    if link.state is LinkState.WITHDRAWN:
        return withdrawn(job, reading)
    decision = decide_pair(job, reading, evidence)
    if link.state is LinkState.HELD and not isinstance(decision, Withdraw):
        if all(reading.seen[side].seen is not Seen.CHANGED for side in Side):
            return plain(reading, Keep(Reason.HELD))
        decision = release(job, reading, decision)
    step = complete(job, reading, as_people_say(reading, decision))
    return evolve(step, detail=_NEW_RULES) if _is_of_new_rules(job, reading, step) else step


def _is_of_new_rules(job: Job, reading: Reading, step: Step) -> bool:
    """Tell whether a write is nobody's edit, but the mapping's."""
    unedited = all(reading.seen[side].seen is Seen.UNCHANGED for side in Side)
    other_rules = reading.link.epoch != job.mapping.version
    return unedited and other_rules and isinstance(step.decision, Write) and not step.detail


def _left_out(job: Job, reading: Reading) -> Step:
    """Return what becomes of a pair that the job's filters keep out.

    While the filters are the same, the document has left what they cover, and its copy goes like
    that of any other that leaves the scope. Filters that changed dissolve pairs and remove nothing.
    """
    link = reading.link
    if link.epoch != job.mapping.version:
        own = link.origin is Side.LEFT
        return plain(reading, Detach(Reason.LEFT_SCOPE if own else Reason.COPY_LEFT_SCOPE))
    left, right = (reading.seen[side] for side in Side)
    outside = evolve(left, seen=Seen.OUTSIDE)
    decision = decide(outside, right, origin=link.origin, equal=False, policy=job.policy)
    return complete(job, reading, decision)


def withdrawn(job: Job, reading: Reading) -> Step:
    # The copy is away. What counts is the original alone.
    link = reading.link
    origin = link.origin
    match reading.seen[origin].seen:
        case Seen.GONE:
            return plain(reading, as_people_say(reading, Detach(Reason.DELETED)))
        case Seen.UNCHANGED | Seen.CHANGED if reading.records[origin] is not None:
            return complete(job, reading, Write(origin.other, None, Reason.REOPENED))
        case Seen.OUTSIDE:
            return plain(reading, Detach(Reason.LEFT_SCOPE))
        case _:
            return plain(reading, Keep(Reason.WITHDRAWN))
