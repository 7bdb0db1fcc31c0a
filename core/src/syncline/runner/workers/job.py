"""One job in a runner: what it does when, and where it stands."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Literal

from attrs import define, field

from ...config import PassJob
from ...engine import Report
from ...engine.opening.jobs import AnySession
from ...errors import SynclineError
from ...ports import Clock
from ...scope import about
from ...state.records import Quarantined
from ..cron import next_time
from ..events import Events
from ..timetable import Timetable
from .agenda import FULL, HINTS, POLL, Agenda, Kind
from .backoff import IncompletePass, JobBackoff
from .lease import RunnerLease
from .quarantine import due_again, settle_again

logger = logging.getLogger(__name__)

Role = Literal["active", "standby"]

QUICK: Sequence[Kind] = (HINTS, POLL)
SLOW: Sequence[Kind] = (FULL,)
LANES: Sequence[Kind] = (HINTS, POLL, FULL)
"""One kind after the other would let a hint wait for a feed that takes long to read."""
LOOK_SECONDS = 0.5
"""How often the state is asked for hints that another process has stored."""
PATIENCE_SECONDS = 5.0
"""How long a full pass that is due lets hints go first; endless hints cannot keep it away."""
_TROUBLE_SECONDS = 5.0
_CHOICE_SECONDS = 30.0
"""How long the exchange of a session waits for what people have begun."""
_DRAIN_SECONDS = 0.02
"""How often a job that ends is asked whether a write is still under way."""


@define(slots=False, eq=False, kw_only=True)
class JobWorker:
    """One job of a runner. The attributes without an underscore are for everybody to read."""

    name: str
    settings: PassJob
    session: AnySession
    """Open for as long as the runner is; another one after a reload that changed the job."""
    _lease: RunnerLease = field(alias="lease")
    _clock: Clock = field(alias="clock")
    _events: Events = field(alias="events")
    _timetable: Timetable = field(alias="timetable")
    _backoff: JobBackoff = field(alias="backoff")
    _agenda: Agenda = field(factory=Agenda, init=False)
    _running: dict[Kind, asyncio.Task[Report]] = field(factory=dict, init=False)
    _closed: set[Kind] = field(factory=set, init=False)
    """What is not begun at present: while the session is exchanged, or for good."""
    _worked: int = field(default=-1, init=False)
    """The generation of the latest hint that a pass has had the chance to work."""
    _again_at: float = field(default=0.0, init=False)
    """From when on hints are worked again that a pass had to leave, in monotonic seconds."""
    _waiting_since: float | None = field(default=None, init=False)
    """Since when a full pass lets others go first."""
    _retried: Sequence[Quarantined] = field(default=(), init=False)
    _wake: dict[Kind, asyncio.Event] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._wake = {kind: asyncio.Event() for kind in LANES}

    # -- for everybody -----------------------------------------------------------------------------

    @property
    def role(self) -> Role:
        """`active` for the runner that works the job, `standby` for every other."""
        return "active" if self._lease.held else "standby"

    @property
    def doing(self) -> Kind | None:
        """What is under way; a full pass counts for more than what goes on beside it."""
        return next((kind for kind in (FULL, POLL, HINTS) if kind in self._running), None)

    @property
    def last_error(self) -> str | None:
        """Why the latest pass of some kind failed; None when the latest of every kind did not."""
        return self._backoff.last_error

    @property
    def next_full(self) -> datetime | None:
        """When the next full pass is due by the schedule."""
        return self._timetable.next(self.name, FULL)

    @property
    def next_poll(self) -> datetime | None:
        """When the next poll is due; None where neither side tells what changed."""
        return self._timetable.next(self.name, POLL)

    @property
    def waiting(self) -> int:
        """How many items wait to be looked at."""
        return self.session.state.backlog(self.name).count

    @property
    def lag(self) -> timedelta:
        """The age of the oldest hint that nobody has worked yet; zero when there is none."""
        oldest = self.session.state.backlog(self.name).oldest
        if oldest is None:
            return timedelta()
        return max(timedelta(), self._clock.now() - oldest)

    @property
    def polls(self) -> bool:
        """Tell whether there is something to ask for between full passes."""
        return self.session.polls and bool(self.settings.poll)

    # -- for the runner ----------------------------------------------------------------------------

    def want(self, kind: Kind) -> None:
        """Make a pass due, once, however often it is asked for before it begins."""
        if self.role == "active":
            self._agenda.want(kind)
            self.wake()

    def due(self, kind: Kind) -> None:
        """Make a pass due by the timetable: one that is under way will do."""
        if kind not in self._running:
            self.want(kind)

    def wake(self) -> None:
        """Look at once whether there is something to do."""
        for event in self._wake.values():
            event.set()

    def open(self) -> None:
        """Be ready for work, the first time or once more."""
        self._closed.clear()
        self.session.resume()
        self.plan_ahead()

    def plan_ahead(self) -> None:
        """Enter the job into the timetable."""
        self._timetable.set(self.name, self.settings, polls=self.polls)

    def beat(self) -> None:
        """Keep the job, or try to get it; called again and again."""
        if self.role == "active":
            self.confirm()
        elif FULL not in self._closed and self._lease.take():
            self._became_active()

    def confirm(self) -> bool:
        """Tell whether the job is still ours; whatever runs is ended if it is not."""
        if self._lease.confirm():
            return True
        if not self._lease.held:
            self._agenda.forget()
            for task in self._running.values():
                task.cancel()
            self._events.emit("role", job=self.name, role=self.role)
            logger.warning("another runner took over", extra={"job": self.name})
        return False

    def _became_active(self) -> None:
        self._events.emit("role", job=self.name, role=self.role)
        logger.info("this runner works the job", extra={"job": self.name})
        self._begin()

    def _begin(self) -> None:
        self._backoff.begin_anew()
        self.hurry()
        if self.polls:
            self._agenda.want(POLL)
        if self.session.full_pass_due or self._missed():
            self._agenda.want(FULL)
        self.wake()

    def _missed(self) -> bool:
        """Tell whether a full pass was due while no runner was there."""
        last = self.session.state.last_run(self.name, "full")
        due = next_time(self.settings.schedule, last.started_at) if last else None
        return due is not None and due + self.settings.jitter <= self._clock.now()

    def hurry(self) -> None:
        """Try at once what was put off after a failure: its cause may have been mended."""
        self._agenda.hurry()
        self._again_at = 0.0
        self.wake()

    def retry(self) -> None:
        """Look again at what failed and is due, and at lost answers; called again and again."""
        if self.role != "active" or self._closed:
            return
        if not self._retried:
            self._retried = due_again(self.session)
        if self.session.state.intents(self.name):
            self._agenda.want(HINTS)
        self.wake()

    async def lane(self, kind: Kind) -> None:
        """Do one kind of work whenever it is due, until cancelled."""
        while True:
            try:
                await self._turn(kind)
            except Exception as error:
                # The state could not be read, or worse: said, and tried again.
                logger.exception("a turn failed", extra={"job": self.name})
                said = self._backoff.said(kind, error)
                self._events.emit("job.failed", job=self.name, error=said)
                await asyncio.sleep(_TROUBLE_SECONDS)

    async def _turn(self, kind: Kind) -> None:
        self._wake[kind].clear()
        if self._ready(kind) and self.confirm():
            await self._attempt(kind)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await self._wake[kind].wait()

    def _ready(self, kind: Kind) -> bool:
        if self.role != "active":
            return False
        if kind == HINTS and self._hinted():
            self._agenda.want(HINTS)
        if kind in self._closed or not self._agenda.ready((kind,), self._clock.monotonic()):
            return False
        return kind != FULL or not self._lets_others_go_first()

    def _hinted(self) -> bool:
        """Tell whether hints wait: new ones, or after a while what the latest pass had to leave."""
        backlog = self.session.state.backlog(self.name)
        fresh = backlog.generation > self._worked
        return bool(backlog.count) and (fresh or self._clock.monotonic() >= self._again_at)

    def _lets_others_go_first(self) -> bool:
        now = self._clock.monotonic()
        busy = any(kind in self._running for kind in QUICK) or self._agenda.ready(QUICK, now)
        if not busy:
            self._waiting_since = None
            return False
        self._waiting_since = now if self._waiting_since is None else self._waiting_since
        return now - self._waiting_since < PATIENCE_SECONDS

    async def _attempt(self, kind: Kind) -> None:
        self._agenda.take(kind)
        if kind == HINTS:
            self._worked = self.session.state.backlog(self.name).generation
        task = asyncio.create_task(self._make(kind), name=f"{kind} {self.name}")
        self._running[kind] = task
        try:
            await asyncio.wait({task})
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
            del self._running[kind]
            self.wake()
        self._settle(kind, task)

    async def _make(self, kind: Kind) -> Report:
        with about("pass", job=self.name, kind=kind):
            match kind:
                case "full":
                    return await self.session.sync()
                case "poll":
                    return await self.session.poll()
                case "hints":
                    again, self._retried = self._retried, ()
                    report = await self.session.work()
                    settle_again(self.session, again)
                    return report

    def _settle(self, kind: Kind, task: asyncio.Task[Report]) -> None:
        if task.cancelled():
            self._agenda.want(kind)
        elif (error := task.exception()) is not None:
            self._failed(kind, error)
        else:
            self._succeeded(kind, task.result())

    def _succeeded(self, kind: Kind, report: Report) -> None:
        self._log(kind, report)
        if kind == FULL and report.incomplete:
            self._failed(kind, IncompletePass(report.incomplete))
            return
        self._backoff.went_well(kind)
        if kind in QUICK:
            pause = self._backoff.with_leftovers(self.waiting)
            if (due := self.session.due_in()) is not None:
                # What waits for its time is known to the second; what is left without a reason
                # is asked for now and then.
                pause = due.total_seconds() or pause
            self._again_at = self._clock.monotonic() + pause
            if self.session.full_pass_due and FULL not in self._running:
                self._agenda.want(FULL)

    def _log(self, kind: Kind, report: Report) -> None:
        if report.counts:
            # Some counts are called like attributes of a log record.
            counts = " ".join(f"{event}={n}" for event, n in sorted(report.counts.items()))
            fields = {"job": self.name, "kind": kind, "run": report.run, "counts": counts}
            logger.info("a pass ended", extra=fields)

    def _failed(self, kind: Kind, error: BaseException) -> None:
        """Say why, and try again after a pause."""
        if not isinstance(error, SynclineError):
            logger.error("a pass failed unexpectedly", extra={"job": self.name}, exc_info=error)
        said, pause = self._backoff.said(kind, error), self._backoff.after(kind, error)
        self._agenda.want(kind, at=self._clock.monotonic() + pause)
        self._events.emit("job.failed", job=self.name, error=said)
        fields = {"job": self.name, "kind": kind, "again": f"{pause:.0f}", "error": said}
        logger.warning("a pass will be tried again", extra=fields)

    # -- boundaries --------------------------------------------------------------------------------

    async def exchange(self, settings: PassJob, session: AnySession) -> None:
        """Go on with other settings after the pass that is under way; hints go on until then."""
        self._closed.add(FULL)
        try:
            await self._until_idle(SLOW)
            self._closed.update(QUICK)
            await self._until_idle(QUICK)
            with suppress(TimeoutError):
                async with asyncio.timeout(_CHOICE_SECONDS):
                    await self._written()  # what a person chose
            self.settings, self.session = settings, session
        finally:
            self._closed.clear()
        self.plan_ahead()
        if self.role == "active":
            self._begin()

    async def _until_idle(self, lane: Sequence[Kind]) -> None:
        while tasks := [self._running[kind] for kind in lane if kind in self._running]:
            await asyncio.wait(tasks)
            await asyncio.sleep(0)

    async def drain(self) -> None:
        """Begin nothing more, and finish the items at hand; the next run goes on from there."""
        self._closed.update((*QUICK, *SLOW))
        self._timetable.drop(self.name)
        self.session.wind_down()
        await self._written()
        while self._running:
            for task in self._running.values():
                task.cancel()
            await asyncio.wait(self._running.values())
            await asyncio.sleep(0)

    async def _written(self) -> None:
        """Wait until nothing is being written, by passes or by people."""
        while self.session.writing:  # noqa: ASYNC110 -- the journal announces nothing
            await asyncio.sleep(_DRAIN_SECONDS)

    def give_up(self) -> None:
        """Let another runner take the job."""
        if self._lease.held:
            self._lease.release()
            self._events.emit("role", job=self.name, role=self.role)


__all__ = ["LANES", "LOOK_SECONDS", "PATIENCE_SECONDS", "JobWorker", "Role"]
