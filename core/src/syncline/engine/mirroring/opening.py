"""From a configuration to a stream at work: an events job, or a merge job."""

from __future__ import annotations

import asyncio
import random as chance
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

import attrs
from attrs import define, field, frozen

from ...config import Config, Connection
from ...config.jobs.events import EventsJob
from ...config.jobs.zombies import ZombieSettings
from ...config.secrets import resolved
from ...config_store import Intake
from ...connector import Context
from ...errors import ConfigError, SynclineError
from ...events import (
    Batch,
    EventSink,
    EventSource,
    Lookup,
    MergeJob,
    MergeStage,
    OpenKeys,
    Privacy,
    Subscription,
    Zombies,
)
from ...events.conversations import Janitor, Patience
from ...events.dead_letters import DeadLetters
from ...events.delivered import DeliveredSource
from ...events.spool import Spool
from ...ports import Clock
from ...redaction import register
from ...state import SqliteState
from ...state.port import StateStore
from ..opening import context_of
from ..resolving import resolve_secret, resolve_secrets
from .credentials import needed, ready
from .deduping import DedupingSink, StoreKeeper
from .figures import Figures
from .known import Known
from .mirror import Mirror
from .places import folder_of, locked

T = TypeVar("T")
Progress: TypeAlias = Callable[..., None]

REMEMBER = timedelta(days=3)
"""How long it is known what was told of a conversation that has ended."""


class Stream(Protocol):
    """What works for as long as the service runs."""

    async def run(self) -> None:
        """Work until `stop`.

        Raises:
            SynclineError: it cannot go on; somebody may have to help.
        """
        ...

    async def stop(self, within: float) -> None:
        """Let `run` end, with what is under way finished in so many seconds."""
        ...


@frozen(kw_only=True)
class Surroundings:
    """What every stream is lent."""

    config: Config
    state: StateStore
    """Leases and small facts; what a stream must not lose is kept in its own folder."""
    clock: Clock
    progress: Progress
    figures: Figures
    random: Callable[[], float] = chance.random

    async def opened(
        self, name: str, make: Callable[..., T | None] | None, what: str, *more: object
    ) -> T:
        """Open something of a connection, its secrets resolved.

        Raises:
            ConfigError: it has no such thing, or a secret cannot be resolved.
        """
        connection = self.config.connections[name]
        context = self.context(name)
        settings = await self.settings(connection, context, None)
        found = make(settings, context, *more) if make is not None else None
        if found is None:
            raise ConfigError([f"connections.{name}: it {what}"])
        return found

    async def settings(self, connection: Connection, context: Context, listener: str | None) -> Any:
        """Return the settings of a connection as one listener needs them.

        Raises:
            ConfigError: a secret cannot be resolved.
        """
        wanted = needed(connection, listener)
        return ready(connection, await resolve_secrets(self.config, connection, context, wanted))

    def context(self, name: str) -> Context:
        """Return what the connector of a connection is lent."""
        return context_of(name, self.state, self.clock, self._observed)

    def _observed(self, event: str, connection: str = "", **fields: Any) -> None:
        self.figures.observe(event, fields)
        self.progress(event, connection=connection, **fields)


@asynccontextmanager
async def open_stream(around: Surroundings, name: str, instance: str) -> AsyncIterator[Stream]:
    """Open an events job or a merge job, and close what it used.

    Args:
        instance: name of this process among those of a merge job.

    Raises:
        ConfigError: a secret cannot be resolved, or a connection has not what the job needs.
        StateError: its folder cannot be used.
    """
    job = around.config.job(name)
    async with AsyncExitStack() as stack:
        if job.kind == "events":
            stream: Stream = await _mirror(around, name, job, stack)
        else:
            stream = await _stage(around, name, instance, stack)
        yield stream


# -- events jobs ---------------------------------------------------------------------------------


async def _mirror(around: Surroundings, name: str, job: EventsJob, stack: AsyncExitStack) -> Stream:
    whole = folder_of(around.config, name)
    folder = whole / job.listener
    stack.enter_context(locked(folder))
    known = Known.open_at(folder / "known.db", around.clock)
    stack.callback(known.close)
    spool = Spool.open(folder / "spool", job.spool.size)
    stack.callback(spool.close)
    connection = around.config.connections[job.sink].connector
    make = connection.raw_sink if job.dedupe == "merge" else connection.sink
    sink = await around.opened(job.sink, make, "takes no events")
    stack.push_async_callback(sink.aclose)
    kept = None
    if job.dedupe == "state":
        kept = _Kept.open(around, job, whole, stack)
        sink = kept.sink(sink)
    source = await open_source(around, name, known)
    stack.push_async_callback(source.aclose)
    mirror = Mirror(
        source=source, sink=sink, spool=spool, known=known, clock=around.clock,
        dead_letters=DeadLetters(folder / "dead-letters.jsonl"), random=around.random,
        figures=around.figures,
    )  # fmt: skip
    return mirror if kept is None else await kept.with_janitor(mirror, stack)


async def open_source(around: Surroundings, name: str, known: OpenKeys | None) -> EventSource:
    """Open the source of an events job.

    Raises:
        ConfigError: a secret cannot be resolved.
    """
    job = around.config.events_job(name)
    wanted = Subscription(
        job=name,
        topics=job.topics,
        listener=job.listener,
        privacy=await privacy_of(around, name, job),
        known=known,
    )
    connection = around.config.connections[job.source]
    make = connection.connector.source
    context = around.context(job.source)
    settings = await around.settings(connection, context, job.listener)
    if job.intake:
        return await _delivered(around, job, settings, context, wanted)
    if make is None:
        raise ConfigError([f"connections.{job.source}: it tells nothing live"])
    return make(settings, context, wanted)


async def _delivered(
    around: Surroundings, job: EventsJob, settings: Any, context: Context, wanted: Subscription
) -> EventSource:
    """Open a source whose messages a queue of another connection hands out."""
    make = around.config.connections[job.source].connector.envelopes
    if make is None:
        raise ConfigError([f"connections.{job.source}: it has no messages"])
    envelopes = make(settings, context, wanted)
    make_intake = around.config.connections[job.intake].connector.intake
    intake: Intake = await around.opened(job.intake, make_intake, "names no queue")
    return DeliveredSource(intake, envelopes, around.clock)


async def privacy_of(around: Surroundings, name: str, job: EventsJob) -> Privacy:
    """Return what may leave, with the key of its hashes.

    Raises:
        ConfigError: the key cannot be looked up.
    """
    context = context_of(job.source, around.state, around.clock)
    values = {}
    for path, reference in job.secrets:
        try:
            values[reference] = await resolve_secret(around.config, reference, context)
        except SynclineError as error:
            raise ConfigError([f"jobs.{name}.{'.'.join(map(str, path))}: {error}"]) from None
        register(values[reference])
    ready: EventsJob = resolved(job, values)
    return ready.privacy.privacy()


@define(eq=False, kw_only=True)
class _Kept:
    """What one process that drops repeats alone keeps of conversations."""

    around: Surroundings
    job: EventsJob
    state: SqliteState
    patience: Patience
    deduping: DedupingSink | None = field(default=None, init=False)

    @classmethod
    def open(
        cls, around: Surroundings, job: EventsJob, folder: Path, stack: AsyncExitStack
    ) -> _Kept:
        # One for all listeners of the machine, and a lease sees to it that one of them works.
        state = SqliteState.open(folder / "conversations.db")
        stack.callback(state.close)
        zombies = zombies_of(around, job.zombies, job.source)
        return cls(around=around, job=job, state=state, patience=Patience.of(zombies, REMEMBER))

    def sink(self, sink: EventSink) -> EventSink:
        store = self.state.conversations("", self.patience.due)
        self.deduping = DedupingSink(
            sink=sink, store=store, clock=self.around.clock, repeats=self.around.figures.dropped
        )
        return self.deduping

    async def with_janitor(self, mirror: Mirror, stack: AsyncExitStack) -> Stream:
        asked = self.job.zombies.connection or self.job.source
        make = self.around.config.connections[asked].connector.lookup
        if make is None or self.deduping is None:
            return mirror
        lookup: Lookup = await self.around.opened(asked, make, "cannot be asked")
        stack.push_async_callback(lookup.aclose)
        keeper = StoreKeeper(
            store=self.deduping.store,
            clock=self.around.clock,
            patience=self.patience,
            source=f"{self.around.config.connections[asked].connector.name}/{self.job.source}",
            tell=lambda events: mirror.tell(Batch(events=events)),
        )
        janitor = Janitor(lookup, keeper, self.around.clock, per_minute=self.job.zombies.per_minute)
        return _Accompanied(mirror, janitor)


@define(eq=False)
class _Accompanied:
    """A mirror, and what goes on beside it for as long as it works."""

    mirror: Mirror
    janitor: Janitor

    async def run(self) -> None:
        beside = asyncio.create_task(self.janitor.run(), name="janitor")
        mirroring = asyncio.create_task(self.mirror.run(), name="mirror")
        try:
            # What the janitor may not ask is for people to mend; it ends the mirror, which is
            # begun again later.
            await asyncio.wait({beside, mirroring}, return_when=asyncio.FIRST_COMPLETED)
            if not mirroring.done():
                await self.mirror.stop(10.0)
                await mirroring
        finally:
            for task in (beside, mirroring):
                task.cancel()
            answers = await asyncio.gather(beside, mirroring, return_exceptions=True)
        for answer in reversed(answers):
            if isinstance(answer, Exception):
                raise answer

    async def stop(self, within: float) -> None:
        await self.mirror.stop(within)


# -- merge jobs ----------------------------------------------------------------------------------


async def _stage(around: Surroundings, name: str, instance: str, stack: AsyncExitStack) -> Stream:
    job = around.config.job(name)
    if job.kind != "merge":
        raise ConfigError([f"job {name!r} is of kind {job.kind!r}: it merges nothing"])
    mirror = around.config.events_job(job.of)
    zombies = zombies_of(around, job.zombies, mirror.source)
    if zombies.lookup is not None:
        # Looked up before anything is at work: a secret that is not there is told at once.
        asked = job.zombies.connection or mirror.source
        make = around.config.connections[asked].connector.lookup
        open_lookup = await _ready(around, asked, make)
        zombies = attrs.evolve(zombies, lookup=open_lookup)
    told = MergeJob(job=name, instance=instance, zombies=zombies)
    connector = around.config.connections[mirror.sink].connector
    stage: MergeStage = await around.opened(mirror.sink, connector.merge, "merges nothing", told)
    stack.push_async_callback(stage.aclose)
    return _Staged(stage)


async def _ready(
    around: Surroundings, name: str, make: Callable[[Any, Context], Lookup] | None
) -> Callable[[], Lookup] | None:
    if make is None:
        return None
    context = around.context(name)
    settings = await around.settings(around.config.connections[name], context, None)
    return partial(make, settings, context)


def zombies_of(around: Surroundings, settings: ZombieSettings, source: str) -> Zombies:
    """Return when silent conversations are asked for; by nobody where nobody can be asked.

    The look-up in it says only that there is one; whoever needs it opens it with its secrets.
    """
    asked = settings.connection or source
    can = around.config.connections[asked].connector.lookup is not None
    return Zombies(
        after=settings.thresholds,
        per_minute=settings.per_minute,
        lookup=_not_opened if can else None,
    )


def _not_opened() -> Lookup:
    raise SynclineError("the look-up of silent conversations was never opened")


@define(eq=False)
class _Staged:
    """A merge stage as a stream."""

    stage: MergeStage

    async def run(self) -> None:
        await self.stage.run()

    async def stop(self, within: float) -> None:
        await self.stage.aclose()


def instance_of(config: Config, name: str, environment: Mapping[str, str]) -> str:
    """Return the name of this process among those of a merge job, the same after a restart."""
    job = config.job(name)
    said = job.instance if job.kind == "merge" else ""
    return (
        environment.get("SYNCLINE_INSTANCE", "")
        or said
        or config.service.name
        or (socket.gethostname())
    )


__all__ = [
    "REMEMBER",
    "Stream",
    "Surroundings",
    "instance_of",
    "open_source",
    "open_stream",
    "privacy_of",
]
