"""The service as an object: jobs that are worked for as long as it runs."""

from __future__ import annotations

import asyncio
import logging
import random as chance
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from ..clock import SystemClock
from ..config import Config
from ..engine import Report
from ..engine.opening.jobs import AnySession
from ..engine.opening.state import open_state
from ..engine.runs.holder import is_dead, this_process
from ..errors import ConfigError, StateError
from ..model import Change
from ..ports import Clock
from ..redaction import redact
from ..state.port import StateStore
from ..state.records import Effect
from . import web
from .events import Events, Listener
from .hints import Delivery, counted, marks
from .intakes import Intakes
from .janitor import housekeeping
from .loop_lag import measure
from .opening import Openings, OpenSession
from .publisher import Publisher
from .reload import immovable, only_at_start, raise_all
from .timetable import Timetable
from .workers.job import JobWorker
from .workers.jobs import JobWorkers
from .workers.lease import BEAT, TTL, RunnerLease

if TYPE_CHECKING:
    from .workers.stream import StreamWorker
    from .workers.streams import StreamWorkers

logger = logging.getLogger(__name__)

_WRITE_LATE = "a write did not end in time; it is looked for at the next start"
_STREAM_LATE = (
    "streams did not end in time; what their sinks and the disk do not have is read again at the"
    " next start"
)

DRAIN_SECONDS = 30.0
"""How long a runner that ends waits for the items at hand."""


class Runner:
    """Works the jobs of a configuration: hints as they come, polls and full passes when due.

    Use it as a context: what it opens on entering is closed in reverse on leaving. Passes are made
    while `run` runs; before that, and beside it, `session`, `sync` and `hint` may be used.

    Args:
        jobs: these jobs only; all of the configuration unless told otherwise.
        state: used instead of the file that the configuration names, and not closed.
        clock: what the passes, the back-off and the leases go by. The timetable goes by the
            machine's clock in any case.
        sessions: opens a job; by default with its connections, which jobs share.
        holder: the name of this runner in leases; unique among those that share a state.
        ttl: seconds after which a runner that no longer answers is replaced.
        drain: seconds for which `run` waits, when it ends, for the items at hand.
        random: returns a number from 0 to 1, for jitter.
    """

    def __init__(
        self,
        config: Config,
        *,
        jobs: Iterable[str] | None = None,
        state: StateStore | None = None,
        clock: Clock | None = None,
        sessions: OpenSession | None = None,
        holder: str | None = None,
        ttl: float = TTL,
        drain: float = DRAIN_SECONDS,
        random: Callable[[], float] = chance.random,
    ) -> None:
        self._config = config
        self._chosen = None if jobs is None else tuple(dict.fromkeys(jobs))
        self._given_state = state
        self._state: StateStore | None = None
        self._clock: Clock = clock or SystemClock()
        self._sessions = sessions
        self._holder = holder or _holder(config)
        self._ttl, self._drain_seconds, self._random = ttl, drain, random
        self._events = Events()
        self._timetable = Timetable(lambda name, kind: self._workers.due(name, kind))
        self._workers = JobWorkers(
            openings=lambda: self._openings, lease=self._lease, clock=self._clock,
            events=self._events, timetable=self._timetable, random=random, drain=drain,
        )  # fmt: skip
        self._streams: StreamWorkers | None = None
        self._stack = AsyncExitStack()
        self._stop = asyncio.Event()
        self.begun = asyncio.Event()
        """Set once every job has a role: from then on hints are worked here, or by another."""
        self._running = False
        self._reloading = asyncio.Lock()

    # -- life ------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Open the state and every job.

        Raises:
            ConfigError: a job is not there, or secrets cannot be resolved: all problems at once.
            StateError: the state cannot be used.
        """
        async with AsyncExitStack() as stack:
            self._state = self._given_state
            if self._state is None:
                self._state = await open_state(self._config, self._clock)
                stack.callback(self._state.close)
            self._openings = Openings(
                state=self._state, clock=self._clock, holder=self._holder,
                progress=self._progress, given=self._sessions,
            )  # fmt: skip
            self._streams = self._no_streams()
            stack.push_async_callback(self._close_all)
            raise_all([await self._tried(name) for name in self._wanted(self._config)])
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def _no_streams(self) -> StreamWorkers | None:
        if not self._config.stream_jobs:
            return None  # Only a configuration with streams pays for what they need.
        from .workers.streams import StreamWorkers

        return StreamWorkers(
            state=self.state, clock=self._clock, events=self._events, progress=self._progress,
            random=self._random, drain=self._drain_seconds, lease=self._lease,
        )  # fmt: skip

    async def _tried(self, name: str) -> ConfigError | None:
        try:
            await self._start(self._config, name)
        except ConfigError as error:
            return error
        return None

    def _wanted(self, config: Config) -> Iterator[str]:
        for name in config.jobs if self._chosen is None else self._chosen:
            config.job(name)
            yield name

    async def run(self) -> None:
        """Work until cancelled or stopped; the items at hand are finished before it returns."""
        if self._running:
            raise RuntimeError("this runner runs already")
        self._running = True
        self.begun.clear()
        self._timetable.start()
        try:
            async with asyncio.TaskGroup() as group:
                tasks: list[asyncio.Task[None]] = []
                try:
                    tasks += [group.create_task(part) for part in self._parts()]
                    await self._stop.wait()
                finally:
                    await self._drain()
                    for task in tasks:
                        task.cancel()
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            self._running = False
            self._stop.clear()

    def _parts(self) -> Iterator[Any]:
        self._workers.open()
        if self._streams is not None:
            self._streams.open()
        yield self._beats()
        yield Intakes(
            config=lambda: self._config, jobs=lambda: self.jobs, state=self.state,
            clock=self._clock, hint=partial(self.hint_many, kind="config"), random=self._random,
        ).run()  # fmt: skip
        yield Publisher(
            config=lambda: self._config, jobs=self._workers.active, state=self.state,
            clock=self._clock,
        ).run()  # fmt: skip
        yield housekeeping(self.state, self._clock, lambda: list(self.jobs.values()))
        yield measure(lambda seconds: self.emit("loop.lag", seconds=seconds))

    async def stop(self) -> None:
        """End `run`, gracefully."""
        self.end()

    def end(self) -> None:
        """End `run`, gracefully, also before it has begun; for signal handlers and the like."""
        self._stop.set()

    async def _drain(self) -> None:
        await self._timetable.stop()
        drains = {asyncio.create_task(worker.drain()): name for name, worker in self.jobs.items()}
        streams = None
        if self._streams is not None:
            streams = asyncio.create_task(self._streams.drained())
            drains[streams] = ", ".join(self.streams)
        if drains:
            _, late = await asyncio.wait(drains, timeout=self._drain_seconds)
            for task in late:
                task.cancel()
                fields = {"job": drains[task], "seconds": self._drain_seconds}
                logger.warning(_STREAM_LATE if task is streams else _WRITE_LATE, extra=fields)
        await self._workers.stop()
        with suppress(StateError):
            if self._streams is not None:
                await self._streams.stop()

    async def _beats(self) -> None:
        while True:
            kept: list[JobWorker | StreamWorkers] = [*self.jobs.values()]
            kept += [self._streams] if self._streams is not None else []
            for worker in kept:
                try:
                    worker.beat()
                except Exception as error:
                    # A busy or full disk: nothing is taken and nothing kept that is not sure.
                    logger.error("a lease could not be kept", extra={"error": str(error)})
            self.begun.set()
            await asyncio.sleep(min(BEAT, self._ttl / 5))

    # -- jobs ------------------------------------------------------------------------------------

    async def _start(self, config: Config, name: str) -> None:
        """Open a job, and work it if this runner runs."""
        if name in config.stream_jobs:
            self._streams = self._streams or self._no_streams()
            if self._streams is not None:
                await self._streams.start(config, name, running=self._running)
            return
        await self._workers.start(config, name, running=self._running)

    def _lease(self, name: str) -> RunnerLease:
        return RunnerLease(
            state=self.state, job=name, holder=self._holder, clock=self._clock,
            is_dead=partial(_is_dead, self._holder), ttl=self._ttl,
        )  # fmt: skip

    async def _end(self, name: str) -> None:
        """Stop working a job, and close it."""
        if self._streams is not None and name in self._streams.by_name:
            await self._streams.end(name)
            return
        await self._workers.end(name)

    async def _close_all(self) -> None:
        for name in reversed([*self.jobs, *self.streams]):
            await self._end(name)

    # -- what others see ---------------------------------------------------------------------------

    @property
    def config(self) -> Config:
        """The configuration that is followed."""
        return self._config

    @property
    def state(self) -> StateStore:
        """What is remembered; open while the runner is."""
        if self._state is None:
            raise RuntimeError("the runner is not open; use `async with Runner(…)`")
        return self._state

    @property
    def clock(self) -> Clock:
        """What the passes, the back-off and the leases go by."""
        return self._clock

    @property
    def holder(self) -> str:
        """The name of this runner in leases."""
        return self._holder

    @property
    def jobs(self) -> Mapping[str, JobWorker]:
        """The jobs that work in passes, by name, in the order of the configuration."""
        return self._workers.by_name

    @property
    def streams(self) -> Mapping[str, StreamWorker]:
        """The jobs that mirror or merge events, by name, in the order of the configuration."""
        return self._streams.by_name if self._streams is not None else {}

    def session(self, job: str) -> AnySession:
        """Return the open session of a job.

        Raises:
            ConfigError: this runner has no such job.
        """
        if job not in self.jobs:
            self._config.pass_job(job)
            raise ConfigError([f"this runner does not work the job {job!r}"])
        return self.jobs[job].session

    async def sync(self, job: str) -> Report:
        """Make a full pass now.

        Raises:
            Refused: another process works on this job.
        """
        return await self.session(job).sync()

    @property
    def webhooks(self) -> Any:
        """An ASGI application that takes the deliveries of all connections.

        Raises:
            ConfigError: the web part is not installed.
        """
        return web.load().webhooks_app(self)

    @property
    def pages(self) -> Any:
        """An ASGI application of the pages, health and metrics.

        Raises:
            ConfigError: the web part is not installed.
        """
        return web.load().pages_app(self)

    # -- hints and events --------------------------------------------------------------------------

    def hint(self, connection: str, changes: Sequence[Change]) -> int:
        """Remember durably that these items have to be looked at, in every job that has them.

        Returns how many rows that made: none where no job has the connection.
        """
        return self.hint_many([(connection, changes)])

    def hint_many(
        self,
        deliveries: Sequence[Delivery],
        also: Iterable[Effect] = (),
        *,
        kind: str | None = None,
    ) -> int:
        """Remember what many deliveries say in one commit, with `also` in the same.

        Args:
            kind: only in jobs of this kind; in all that have the connection unless told otherwise.

        Returns how many rows that made.

        Raises:
            StateError: they could not be stored; nothing was.
        """
        marked = marks(self._config, deliveries, self._clock.now(), kind=kind)
        effects: list[Effect] = [*(one.mark for one in marked), *also]
        if effects:
            self.state.commit(effects, None)
        told = counted(marked)
        for (job, connection), count in told.items():
            self.emit("hints", job=job, connection=connection, count=count)
        self._workers.wake(job for job, _ in told)
        return len(marked)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(event, fields)` for every event from now on; returns what ends that."""
        return self._events.subscribe(listener)

    def emit(self, event: str, **fields: object) -> None:
        """Tell the listeners; for the parts of the service that stand beside the runner."""
        self._events.emit(event, **fields)

    def _progress(self, event: str, **fields: object) -> None:
        # The steps of a pass are for progress bars; calls, and whole passes, are for everybody.
        if event.startswith(("http.", "pass.")):
            if error := fields.get("error"):
                fields["error"] = redact(str(error))
            self.emit(event, **fields)

    # -- reload ------------------------------------------------------------------------------------

    async def reload(self, config: Config) -> None:
        """Follow another configuration: only jobs that differ are opened anew, between two passes.

        What cannot be opened is not begun: that job goes on as it was. What was put off after a
        failure is tried at once.

        Raises:
            ConfigError: some jobs could not be opened, or the state is another; all problems.
        """
        async with self._reloading:
            if problems := immovable(self._config, config, self._chosen):
                raise ConfigError(problems)
            before, self._config = self._config, config
            wanted = list(self._wanted(config))
            for name in _others(before, config, [*self.jobs, *self.streams], wanted):
                await self._end(name)
            results = await asyncio.gather(
                *(self._follow(config, name) for name in wanted), return_exceptions=True
            )
            self._workers.sort(wanted)
            if self._streams is not None:
                self._streams.sort(wanted)
            raise_all(results)
            if later := only_at_start(before, config):
                fields = {"settings": ", ".join(later)}
                logger.warning("some settings count from the next start on", extra=fields)
            self.emit("reloaded")
            logger.info("the configuration was read again")

    async def _follow(self, config: Config, name: str) -> None:
        if name in self.jobs:
            await self._workers.follow(config, name)
        elif self._streams is not None and name in self._streams.by_name:
            await self._streams.follow(config, name, running=self._running)
        else:
            await self._start(config, name)


def _others(
    before: Config, after: Config, open_: Sequence[str], wanted: Sequence[str]
) -> list[str]:
    """Return the jobs that are open and go: not wanted any more, or of another kind."""
    return [n for n in open_ if n not in wanted or before.jobs[n].kind != after.jobs[n].kind]


def _holder(config: Config) -> str:
    # The process's number comes last: another runner of this name can tell whether it lives.
    mine = this_process()
    name = config.service.name
    return f"{name}-{mine.rpartition('-')[2]}" if name else mine


def _is_dead(mine: str, other: str) -> bool:
    """Tell whether another holder was a process of this host that runs no more."""
    if mine.rpartition("-")[0] != other.rpartition("-")[0]:
        return is_dead(other)
    return is_dead(f"{this_process().rpartition('-')[0]}-{other.rpartition('-')[2]}")


__all__ = ["DRAIN_SECONDS", "Runner"]
