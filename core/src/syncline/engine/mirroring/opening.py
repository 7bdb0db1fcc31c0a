"""From a configuration to a stream at work: an events job, or a merge job."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import attrs
from attrs import define

from ...config import Config
from ...config.jobs.events import EventsJob
from ...config.secrets import resolved
from ...config_store import Intake
from ...connector import Context
from ...errors import ConfigError, SynclineError
from ...events import (
    EventSource,
    Lookup,
    MergeJob,
    MergeStage,
    OpenKeys,
    Privacy,
    Subscription,
)
from ...events.dead_letters import DeadLetters
from ...events.delivered import DeliveredSource
from ...events.privacy import weakness
from ...events.spool import Spool
from ...redaction import register
from ..opening.secrets import resolve_secret
from ..opening.stores import context_of
from .context import Stream, StreamContext
from .folders import folder_of, locked
from .mirror import Mirror
from .open_conversations import OpenConversations
from .single_process import LocalConversations, zombies_of


@asynccontextmanager
async def open_stream(context: StreamContext, name: str, instance: str) -> AsyncIterator[Stream]:
    """Open an events job or a merge job, and close what it used.

    Args:
        instance: name of this process among those of a merge job.

    Raises:
        ConfigError: a secret cannot be resolved, or a connection has not what the job needs.
        StateError: its folder cannot be used.
    """
    job = context.config.job(name)
    async with AsyncExitStack() as stack:
        if job.kind == "events":
            stream: Stream = await _mirror(context, name, job, stack)
        else:
            stream = await _stage(context, name, instance, stack)
        yield stream


# -- events jobs ---------------------------------------------------------------------------------


async def _mirror(
    context: StreamContext, name: str, job: EventsJob, stack: AsyncExitStack
) -> Stream:
    whole = folder_of(context.config, name)
    folder = whole / job.listener
    stack.enter_context(locked(folder))
    known = OpenConversations.open_at(folder / "known.db", context.clock)
    stack.callback(known.close)
    spool = Spool.open(folder / "spool", job.spool.size)
    stack.callback(spool.close)
    connection = context.config.connections[job.sink].connector
    make = connection.raw_sink if job.dedupe == "merge" else connection.sink
    sink = await context.opened(job.sink, make, "takes no events")
    stack.push_async_callback(sink.aclose)
    kept = None
    if job.dedupe == "state":
        kept = LocalConversations.open(context, job, whole, stack)
        sink = kept.sink(sink)
    source = await open_source(context, name, known)
    stack.push_async_callback(source.aclose)
    mirror = Mirror(
        source=source, sink=sink, spool=spool, open_conversations=known, clock=context.clock,
        dead_letters=DeadLetters(folder / "dead-letters.jsonl"), random=context.random,
        metrics=context.metrics,
    )  # fmt: skip
    return mirror if kept is None else await kept.with_janitor(mirror, stack)


async def open_source(context: StreamContext, name: str, known: OpenKeys | None) -> EventSource:
    """Open the source of an events job.

    Raises:
        ConfigError: a secret cannot be resolved.
    """
    job = context.config.events_job(name)
    wanted = Subscription(
        job=name,
        topics=job.topics,
        listener=job.listener,
        privacy=await privacy_of(context, name, job),
        known=known,
    )
    connection = context.config.connections[job.source]
    make = connection.connector.source
    lent = context.connector_context(job.source)
    settings = await context.settings(connection, lent, job.listener)
    if job.intake:
        return await _delivered(context, job, settings, lent, wanted)
    if make is None:
        raise ConfigError([f"connections.{job.source}: it tells nothing live"])
    return make(settings, lent, wanted)


async def _delivered(
    context: StreamContext, job: EventsJob, settings: Any, lent: Context, wanted: Subscription
) -> EventSource:
    """Open a source whose messages a queue of another connection hands out."""
    make = context.config.connections[job.source].connector.envelopes
    if make is None:
        raise ConfigError([f"connections.{job.source}: it has no messages"])
    envelopes = make(settings, lent, wanted)
    make_intake = context.config.connections[job.intake].connector.intake
    intake: Intake = await context.opened(job.intake, make_intake, "names no queue")
    return DeliveredSource(intake, envelopes, context.clock)


async def privacy_of(context: StreamContext, name: str, job: EventsJob) -> Privacy:
    """Return what may leave, with the key of its hashes.

    Raises:
        ConfigError: the key cannot be looked up, or can be guessed.
    """
    lent = context_of(job.source, context.state, context.clock)
    values = {}
    for path, reference in job.secrets:
        try:
            values[reference] = await resolve_secret(context.config, reference, lent)
        except SynclineError as error:
            raise ConfigError([f"jobs.{name}.{'.'.join(map(str, path))}: {error}"]) from None
        register(values[reference])
    ready: EventsJob = resolved(job, values)
    found = ready.privacy.privacy()
    if found.key is not None and (why := weakness(found.key)):
        raise ConfigError([f"jobs.{name}.privacy.key: {why}"])
    return found


# -- merge jobs ----------------------------------------------------------------------------------


async def _stage(context: StreamContext, name: str, instance: str, stack: AsyncExitStack) -> Stream:
    job = context.config.job(name)
    if job.kind != "merge":
        raise ConfigError([f"job {name!r} is of kind {job.kind!r}: it merges nothing"])
    mirror = context.config.events_job(job.of)
    zombies = zombies_of(context, job.zombies, mirror.source)
    if zombies.lookup is not None:
        # Looked up before anything is at work: a secret that is not there is told at once.
        asked = job.zombies.connection or mirror.source
        make = context.config.connections[asked].connector.lookup
        open_lookup = await _ready(context, asked, make)
        zombies = attrs.evolve(zombies, lookup=open_lookup)
    told = MergeJob(job=name, instance=instance, zombies=zombies)
    connector = context.config.connections[mirror.sink].connector
    stage: MergeStage = await context.opened(mirror.sink, connector.merge, "merges nothing", told)
    stack.push_async_callback(stage.aclose)
    return _Staged(stage)


async def _ready(
    context: StreamContext, name: str, make: Callable[[Any, Context], Lookup] | None
) -> Callable[[], Lookup] | None:
    if make is None:
        return None
    lent = context.connector_context(name)
    settings = await context.settings(context.config.connections[name], lent, None)
    return partial(make, settings, lent)


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
    "Stream",
    "StreamContext",
    "instance_of",
    "open_source",
    "open_stream",
    "privacy_of",
]
