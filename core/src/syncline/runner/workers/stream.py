"""One job in a runner that works without passes: it mirrors, or merges, for as long as it may."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from attrs import define, field

from ...config import Config, StreamJob
from ...engine.mirroring.health import Health, health_of
from ...engine.mirroring.health_record import HealthRecord, save_health
from ...engine.mirroring.metrics import StreamMetrics
from ...engine.mirroring.opening import Stream, StreamContext, open_stream
from ...errors import ConfigError, Forbidden, StateError, SynclineError
from ...ports import Clock
from ...redaction import redact
from ...scope import about
from ...state.port import StateStore
from ..events import Events
from .backoff import Backoff
from .job import Role
from .lease import RunnerLease

logger = logging.getLogger(__name__)

_LOOK = 0.5
"""Seconds between two looks whether the job is ours by now."""
_FIRST, _MOST = 1.0, 60.0
"""Pauses after a stream that could not go on, in seconds."""
_DENIED = 30.0
_PROVEN = 10.0
"""Seconds of work after which earlier failures are over: whoever is refused learns it sooner."""
_APART = 10.0
"""Seconds between two notes of its health."""
_LONG = 300.0
"""Seconds after which a stream that worked has earned a short pause again."""


@define(slots=False, eq=False, kw_only=True)
class StreamWorker:
    """A job of kind `events` or `merge`. The attributes without an underscore are for everybody."""

    name: str
    settings: StreamJob
    instance: str
    """The listener of an events job; the name of this process among those of a merge job."""
    metrics: StreamMetrics = field(factory=StreamMetrics)
    _config: Config = field(alias="config")
    _state: StateStore = field(alias="state")
    _lease: RunnerLease = field(alias="lease")
    _clock: Clock = field(alias="clock")
    _events: Events = field(alias="events")
    _progress: Callable[..., None] = field(alias="progress")
    _random: Callable[[], float] = field(alias="random")
    _drain_seconds: float = field(alias="drain")
    _pause: Backoff = field(init=False)
    _closing: bool = field(default=False, init=False)
    _task: asyncio.Task[None] | None = field(default=None, init=False)
    _stream: Stream | None = field(default=None, init=False)
    _said: str | None = field(default=None, init=False)
    failures: int = field(default=0, init=False)
    """How often it could not go on, one time after the other."""
    since: datetime | None = field(default=None, init=False)
    """Since when it works; None while it does not."""
    _stuck: bool = field(default=False, init=False)
    """It failed for a reason that no retry mends; it is tried all the same, and heals by itself."""
    _record: HealthRecord | None = field(default=None, init=False)
    """What was written down of it last."""
    _written_at: float = field(default=float("-inf"), init=False)

    def __attrs_post_init__(self) -> None:
        self._pause = Backoff(first=_FIRST, most=_MOST, random=self._random)

    # -- for everybody -----------------------------------------------------------------------------

    @property
    def role(self) -> Role:
        """`active` for the runner that works it under this name, `standby` for every other."""
        return "active" if self._lease.held else "standby"

    @property
    def last_error(self) -> str | None:
        """Why it does not work, or its disk or sink takes nothing; None when all is well."""
        return self._said or self.metrics.trouble(self._clock.now())

    @property
    def lag(self) -> timedelta:
        """How long the oldest event has waited that is not delivered."""
        return self.metrics.lag(self._clock.now())

    @property
    def health(self) -> Health:
        """What is wrong with it; nothing where another runner works it."""
        if self.role != "active":
            return Health()
        now = self._clock.now()
        if self.since is not None and (now - self.since).total_seconds() > _PROVEN:
            return health_of(self.metrics, 0, now)
        return health_of(self.metrics, self.failures, now, stuck=self._stuck)

    # -- for the runner ----------------------------------------------------------------------------

    def beat(self) -> None:
        """Keep the job, or try to get it; called again and again."""
        if self._lease.held:
            if not self._lease.confirm() and not self._lease.held:
                self._lost()
            else:
                self._write_down()
        elif not self._closing and self._lease.take():
            self._events.emit("role", job=self.name, role=self.role)
            fields = {"job": self.name, "instance": self.instance}
            logger.info("this runner works the job", extra=fields)

    def _write_down(self) -> None:
        """Let `syncline status` say how healthy it is, which is another process."""
        now = self._clock.monotonic()
        found = HealthRecord(health=self.health, error=self.last_error)
        # How much waits may change all the time; what is wrong is told at once.
        same = self._record is not None and found.kind == self._record.kind
        if found == self._record or (same and now < self._written_at + _APART):
            return
        try:
            save_health(self._state, lease_of(self.name, self.settings, self.instance), found)
        except StateError as error:
            # Whoever looks after the state tells that it cannot be written; the next beat tries.
            logger.debug("how a stream fares is not kept", extra={"error": str(error)})
            return
        self._record, self._written_at = found, now

    def _lost(self) -> None:
        # Whoever has it now works in our place: what is not settled here is read again there.
        if self._task is not None:
            self._task.cancel()
        self._events.emit("role", job=self.name, role=self.role)
        logger.warning("another runner took over", extra={"job": self.name})

    def open(self) -> None:
        """Be ready for work, the first time or once more."""
        self._closing = False

    async def lane(self) -> None:
        """Work whenever the job is ours, until cancelled."""
        while True:
            if self._closing or not self._lease.held:
                await asyncio.sleep(_LOOK)
                continue
            self._task = asyncio.create_task(self._work(), name=f"stream {self.name}")
            try:
                await asyncio.wait({self._task})
            finally:
                if not self._task.done():
                    self._task.cancel()
                    await asyncio.wait({self._task})
                task, self._task = self._task, None
                self.since = None
            await self._settle(task)

    async def _work(self) -> None:
        context = StreamContext(
            config=self._config, state=self._state, clock=self._clock, progress=self._progress,
            metrics=self.metrics, random=self._random,
        )  # fmt: skip
        with about("stream", job=self.name, instance=self.instance):
            async with open_stream(context, self.name, self.instance) as stream:
                self._stream, self.since = stream, self._clock.now()
                self._said = None
                try:
                    await stream.run()
                finally:
                    self._stream = None
                    self.metrics.ended(self._clock.now())

    async def _settle(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self._closing:
            if not task.cancelled() and (error := task.exception()) is not None:
                self._failed(error, 0.0)
            return
        error = task.exception()
        if error is None:
            # A source may come to its end; it is asked again later.
            self.failures = 0
            await asyncio.sleep(self._pause.next())
            return
        pause = self._pause.next(least=_DENIED if _is_for_people(error) else 0.0)
        self._failed(error, pause)
        await asyncio.sleep(pause)

    def _failed(self, error: BaseException, pause: float) -> None:
        known = isinstance(error, SynclineError)
        said = " ".join(str(error).split("\n"))
        self._said = redact(said if known and said else f"{type(error).__name__}: {said}")
        self.failures += 1
        self._stuck = _is_for_people(error)
        self._events.emit("job.failed", job=self.name, error=self._said)
        fields = {"job": self.name, "again": f"{pause:.0f}", "error": self._said}
        level, sentence = logging.WARNING, "a stream will be begun again"
        if self._closing:
            sentence = "a stream ended early"
        elif self._stuck:
            level, sentence = logging.ERROR, "a stream waits for somebody to mend what is wrong"
        logger.log(level, sentence, extra=fields, exc_info=not known and error)

    def steady(self) -> None:
        """Forget earlier failures of a stream that has worked for some time."""
        now = self._clock.now()
        if self.since is not None and (now - self.since).total_seconds() > _LONG:
            self._pause.reset()
            self.failures = 0

    async def drain(self) -> None:
        """End what is under way: what was heard is delivered, or kept on disk."""
        self._closing = True
        task, stream = self._task, self._stream
        if task is None:
            return
        if stream is None:
            task.cancel()
        else:
            # Time is left to write to disk what could not be delivered.
            with suppress(SynclineError):
                await stream.stop(self._drain_seconds * 0.8)
        await asyncio.wait({task})

    def give_up(self) -> None:
        """Let another runner take the job."""
        if self._lease.held:
            self._lease.release()
            self._events.emit("role", job=self.name, role=self.role)


def _is_for_people(error: BaseException) -> bool:
    """Tell whether somebody has to change rights or the configuration."""
    return isinstance(error, Forbidden | ConfigError)


def lease_of(name: str, job: StreamJob, instance: str) -> str:
    """Return what one process at a time works: a job, or one listener of it.

    Where the job itself drops repeats, two listeners at work would each tell everything.
    """
    if job.kind == "events" and job.dedupe == "state":
        return name
    return f"{name}@{instance}"


__all__ = ["StreamWorker", "lease_of"]
