"""What a job has to do at this moment, where nothing runs between two invocations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from syncline.engine.opening.jobs import AnySession
from syncline.runner.cron import next_time

from .house import House
from .shapes import Do

PATIENCE = timedelta(minutes=10)
"""How long a full pass that failed is not made again by the timetable."""
_POLLED, _FAILED = "polled at", "a full pass failed at"


def due(house: House, session: AnySession) -> Iterator[Do]:
    """Yield what is due, hints first: they are people's edits."""
    yield "hints"
    job, now = session.job, house.clock.now()
    if session.polls and (every := house.config.pass_job(job).poll):
        last = _noted(house, job, _POLLED)
        if last is None or last + every <= now + _slack(every):
            yield "poll"
    failed = _noted(house, job, _FAILED)
    if (failed is None or failed + PATIENCE <= now) and _full(house, session, now):
        yield "sync"


def _slack(every: timedelta) -> timedelta:
    """Return how much early a poll may be: what invokes this is not exact."""
    return min(every / 10, timedelta(seconds=10))


def _full(house: House, session: AnySession, now: datetime) -> bool:
    if session.full_pass_due:
        return True
    last = session.state.last_run(session.job, "full")
    settings = house.config.pass_job(session.job)
    at = next_time(settings.schedule, last.started_at) if last else None
    return at is not None and at <= now


def polled(house: House, job: str) -> None:
    """Note that a job was polled."""
    house.state.cache(job, _POLLED, house.clock.now().isoformat())


def full_pass_ended(house: House, job: str, *, well: bool) -> None:
    """Note how a full pass ended."""
    if not well or house.state.cached(job, _FAILED):
        house.state.cache(job, _FAILED, "" if well else house.clock.now().isoformat())


def _noted(house: House, job: str, what: str) -> datetime | None:
    text = house.state.cached(job, what)
    return datetime.fromisoformat(text) if text else None


__all__ = ["due", "full_pass_ended", "polled"]
