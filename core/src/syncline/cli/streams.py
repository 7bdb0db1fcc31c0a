"""What verbs do with jobs that mirror or merge events."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ..clock import SystemClock
from ..config import Config
from ..config.scalars import written
from ..config.streams import unknown_listener
from ..connector import Finding, Preparation
from ..errors import ConfigError, SynclineError
from .exit_codes import DONE
from .output import counted, emit, say
from .sessions import run

if TYPE_CHECKING:
    from ..engine.mirroring.context import StreamContext

LISTENER = "SYNCLINE_LISTENER"
"""The environment variable that names the listener of this process."""


@runtime_checkable
class Describing(Protocol):
    """A source that can say what it would subscribe to."""

    async def describe(self) -> Sequence[str]:
        """Return that, line by line; nothing is subscribed to."""
        ...


def listening_as(
    config: Config, given: str | None, environment: Mapping[str, str] = os.environ
) -> Config:
    """Return the configuration with the listener that the command line or environment names.

    Raises:
        ConfigError: that is no name of a listener.
    """
    listener = given or environment.get(LISTENER)
    if not listener:
        return config
    try:
        return config.listening_as(listener)
    except ValueError as error:
        raise ConfigError([f"{'--listener' if given else LISTENER}: {error}"]) from None


def require_listeners(config: Config, jobs: Sequence[str]) -> None:
    """Refuse to begin as a listener that the source of a job does not know: no retry mends that.

    Args:
        jobs: those that are worked; all of them where none is named.

    Raises:
        ConfigError: with a line for each job.
    """
    found = {
        name: unknown_listener(config.connections[job.source], job.listener)
        for name, job in config.stream_jobs.items()
        if job.kind == "events" and not job.intake and (not jobs or name in jobs)
    }
    if problems := [f"jobs.{name}.listener: {why}" for name, why in found.items() if why]:
        raise ConfigError(problems)


def plan(config: Config, name: str, args: argparse.Namespace) -> int:
    """Print what an events job would subscribe to as the listener of this process."""
    lines = run(described(listening_as(config, None), name))
    if args.json:
        emit({"job": name, "subscriptions": lines})
    else:
        say([f"{name}: nothing is written by a plan; `syncline run {name}` would listen to"])
        say(f"  {line}" for line in lines)
    return DONE


async def described(config: Config, name: str) -> list[str]:
    """Return what an events job would subscribe to.

    Raises:
        SynclineError: it cannot be found out.
    """
    from ..engine.mirroring.opening import open_source

    with stream_context(config) as context:
        source = await open_source(context, name, None)
        try:
            if isinstance(source, Describing):
                return [*await source.describe()]
            return [*config.events_job(name).topics]
        finally:
            await source.aclose()


@contextmanager
def stream_context(config: Config) -> Iterator[StreamContext]:
    """Lend what parts of a stream are opened with; what they remember is gone afterwards."""
    from ..engine.mirroring import StreamMetrics
    from ..engine.mirroring.context import StreamContext
    from ..state import SqliteState

    state = SqliteState.memory()
    try:
        yield StreamContext(
            config=config,
            state=state,
            clock=SystemClock(),
            progress=_quiet,
            metrics=StreamMetrics(),
        )
    finally:
        state.close()


def _quiet(event: str, **fields: object) -> None:
    """Show no progress."""


def findings(config: Config, *, create: bool) -> dict[str, list[Finding]]:
    """Return what is found at the places that events go to, by connection.

    Args:
        create: make what is missing.
    """
    return run(_findings(config, create))


async def _findings(config: Config, create: bool) -> dict[str, list[Finding]]:
    from ..engine.opening.secrets import resolve_secrets
    from ..engine.opening.stores import context_of
    from ..state import SqliteState

    found: dict[str, list[Finding]] = {}
    state = SqliteState.memory()
    try:
        for name in dict.fromkeys(j.sink for j in config.jobs.values() if j.kind == "events"):
            connection = config.connections[name]
            if (prepare := connection.connector.prepare) is None:
                continue
            context = context_of(name, state, SystemClock())
            try:
                values = await resolve_secrets(config, connection, context)
                asked = Preparation(create=create, merged=_merged(config, name))
                found[name] = [*await prepare(connection.ready(values), context, asked)]
            except (SynclineError, OSError) as error:
                found[name] = [Finding(fine=False, text=" ".join(str(error).split("\n")))]
    finally:
        state.close()
    return found


def _merged(config: Config, sink: str) -> bool:
    jobs = (job for job in config.jobs.values() if job.kind == "events" and job.sink == sink)
    return any(job.dedupe == "merge" for job in jobs)


def finding_lines(found: Mapping[str, Sequence[Finding]]) -> Iterator[str]:
    """Yield what was found, for people."""
    for name, each in found.items():
        for finding in each:
            yield f"{name}: {'' if finding.fine else 'not as it should be: '}{finding.text}"


def writes_to_stdout(config: Config) -> bool:
    """Tell whether a mirror writes its lines to standard output: nothing else belongs there."""
    sinks = {job.sink for job in config.jobs.values() if job.kind == "events"}
    connections = (config.connections[name] for name in sinks)
    return any(c.connector.name == "lines" and not c.settings.file for c in connections)


def stream_line(config: Config, name: str, role: str, instance: str) -> str:
    """Return who works a stream, and what it does."""
    job = config.stream_jobs[name]
    sides = f"{name} ({', '.join(config.connections_of(name))})"
    as_ = f"as {'listener' if job.kind == 'events' else 'instance'} {instance}"
    if role == "standby":
        return f"{sides}: another process works it {as_}; this one stands by"
    if job.kind == "merge":
        after = ", ".join(
            f"{medium} {written(time)}" for medium, time in job.zombies.thresholds.items()
        )
        return f"{sides}: active {as_}; merges {job.of}; asks after silence ({after})"
    return (
        f"{sides}: active {as_}; mirrors {counted(len(job.topics), 'topic')}, repeats: {job.dedupe}"
    )


__all__ = [
    "LISTENER",
    "described",
    "finding_lines",
    "findings",
    "listening_as",
    "plan",
    "stream_line",
    "writes_to_stdout",
]
