"""Passes of jobs within the time of one invocation."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from attrs import define, evolve, field

from syncline.engine import Report
from syncline.engine.opening.jobs import AnySession
from syncline.errors import Forbidden, RateLimited, Refused, SynclineError
from syncline.redaction import redact
from syncline.runner.workers.quarantine import due_again, settle_again
from syncline.scope import about

from . import due, nudging
from .deadline import Deadline, within
from .house import House
from .shapes import Do, Order

logger = logging.getLogger(__name__)

BUSY = 20.0
"""Seconds after which hints of a job are looked at again that another process works on."""


@define
class Outcome:
    """What became of one job in one invocation."""

    counts: dict[str, int] = field(factory=dict)
    unfinished: list[Do] = field(factory=list)
    """What goes on in another invocation."""
    again: float | None = None
    """Seconds after which its hints have to be looked at."""
    error: str = ""


async def obey(house: House, order: Order, deadline: Deadline) -> dict[str, Outcome]:
    """Do what an order says, job after job, and see to it that the rest is done.

    A job that fails keeps no other from being worked.
    """
    names, since = order.jobs or tuple(house.config.pass_jobs), house.clock.now()
    outcomes = {name: await _worked(house, name, order.do, deadline) for name in names}
    for name, outcome in outcomes.items():
        for do in outcome.unfinished:
            rest = evolve(order, do=do, jobs=(name,), round=order.round + 1)
            if not await nudging.go_on(house, rest):
                fields = {"job": name, "do": do}
                logger.warning("unfinished; the schedule goes on with it", extra=fields)
        if outcome.again is not None:
            await nudging.nudge_hints(house, [name], delay=outcome.again)
    await house.tell([name for name in names if name in house.config.pass_jobs], since)
    return outcomes


async def _worked(house: House, name: str, do: Do, deadline: Deadline) -> Outcome:
    outcome = Outcome()
    with about("pass", job=name):
        try:
            session = await house.session(name)
            for one in due.due(house, session) if do == "due" else (do,):
                await _done(house, session, one, deadline, outcome)
        except Exception as error:
            _note(outcome, name, error)
            if isinstance(error, Forbidden):
                house.forget(name)
    return outcome


def _note(outcome: Outcome, name: str, error: Exception) -> None:
    match error:
        case Refused():
            outcome.again = BUSY  # another process is at it: what it leaves is looked at again
            logger.info("another process works on it", extra={"job": name})
            return
        case RateLimited():
            outcome.again = error.retry_after
    known = isinstance(error, SynclineError)
    outcome.error = redact(str(error) if known else f"{type(error).__name__}: {error}")
    fields = {"job": name, "reason": outcome.error}
    logger.error("a pass failed", extra=fields, exc_info=not known)


async def _done(
    house: House, session: AnySession, do: Do, deadline: Deadline, outcome: Outcome
) -> None:
    if deadline.left <= 0:
        outcome.unfinished.append(do)
        return
    match do:
        case "sync":
            await _full(house, session, deadline, outcome)
        case "poll":
            report = await within(session, deadline, session.poll)
            if report is not None:
                due.polled(house, session.job)
            _count(outcome, do, report)
        case _:
            await _hints(house, session, deadline, outcome)


async def _full(house: House, session: AnySession, deadline: Deadline, outcome: Outcome) -> None:
    try:
        report = await within(session, deadline, session.sync)
    except SynclineError as error:
        if not isinstance(error, Refused):
            due.full_pass_ended(house, session.job, well=False)
        raise
    _count(outcome, "sync", report)
    if report is not None:
        due.full_pass_ended(house, session.job, well=not report.incomplete)
        for side, why in report.incomplete.items():
            outcome.error = f"a listing was not complete: {side.value}: {redact(why)}"
            logger.warning("a listing was not complete", extra={"reason": outcome.error})


async def _hints(house: House, session: AnySession, deadline: Deadline, outcome: Outcome) -> None:
    """Work hints; those that have to be gathered for a moment more are waited for."""
    retried = due_again(session)
    while True:
        report = await within(session, deadline, session.work)
        _count(outcome, "hints", report)
        if report is None:
            return
        settle_again(session, retried)
        wait = session.due_in()
        if wait is None:
            return
        if not 0 <= wait.total_seconds() < min(deadline.left, _MOST_WAIT):
            outcome.again = max(1.0, wait.total_seconds())
            return
        await house.clock.sleep(max(_LEAST_WAIT, wait.total_seconds()))


_LEAST_WAIT, _MOST_WAIT = 0.05, 30.0
"""Seconds that an invocation waits for hints that are being gathered: waiting is paid for, too."""


def _count(outcome: Outcome, do: Do, report: Report | None) -> None:
    if report is None:
        outcome.unfinished.append(do)
        return
    for event, count in report.counts.items():
        outcome.counts[event] = outcome.counts.get(event, 0) + count


def failures(outcomes: dict[str, Outcome]) -> Sequence[str]:
    """Return the jobs that failed, with their reasons."""
    return [f"{name}: {outcome.error}" for name, outcome in outcomes.items() if outcome.error]


__all__ = ["Outcome", "failures", "obey"]
