"""When passes are due by the clock: cron for full ones, an interval for polls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ..config import PassJob
from .cron import trigger
from .workers.agenda import FULL, POLL, Kind

if TYPE_CHECKING:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler
    from apscheduler.triggers.base import BaseTrigger

_POLL_JITTER = 0.1
"""Share of its interval by which a poll comes earlier, by chance: many do not come together."""


class Timetable:
    """Says what is due, job by job.

    A time that was missed, because the machine slept or the loop was busy, counts as soon as that
    is over, and several missed ones count once: a pass looks at everything in any case.
    """

    def __init__(self, due: Callable[[str, Kind], None]) -> None:
        self._due = due
        self._scheduler: AsyncIOScheduler | None = None

    def start(self) -> None:
        """Begin; needs the running event loop."""
        # Imported late: it is slow, and most commands plan nothing.
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        self._scheduler = AsyncIOScheduler(
            timezone=timezone.utc,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.start()

    async def stop(self) -> None:
        """End; nothing comes due any more."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None
            await asyncio.sleep(0)  # it ends in the loop's next turn

    def set(self, name: str, job: PassJob, *, polls: bool) -> None:
        """Follow these settings of a job from now on, and no earlier ones."""
        self.drop(name)
        self._add(name, FULL, trigger(job.schedule, job.jitter))
        if polls and (seconds := job.poll.total_seconds()):
            self._add(name, POLL, _interval(seconds))

    def _add(self, name: str, kind: Kind, when: BaseTrigger) -> None:
        async def due() -> None:
            self._due(name, kind)

        if self._scheduler is not None:
            # A plain function would be called in a thread.
            self._scheduler.add_job(due, when, id=_id(name, kind))

    def drop(self, name: str) -> None:
        """Forget a job."""
        for kind in (FULL, POLL):
            if self._scheduler is not None and self._scheduler.get_job(_id(name, kind)):
                self._scheduler.remove_job(_id(name, kind))

    def next(self, name: str, kind: Kind) -> datetime | None:
        """Return when a pass is due by the clock; None for never."""
        job = self._scheduler.get_job(_id(name, kind)) if self._scheduler else None
        when: datetime | None = job.next_run_time if job else None
        return when


def _interval(seconds: float) -> BaseTrigger:
    from apscheduler.triggers.interval import IntervalTrigger

    jitter = seconds * _POLL_JITTER
    least = max(1, round(seconds - jitter))
    return IntervalTrigger(seconds=least, jitter=jitter, timezone=timezone.utc)


def _id(name: str, kind: Kind) -> str:
    return f"{kind} {name}"


__all__ = ["Timetable"]
