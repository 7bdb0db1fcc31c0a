"""Whether the systems behind the connections answer: what `syncline check --online` asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ..clock import SystemClock
from ..config import Config
from ..config.states import ConnectedState
from ..config_items import ConfigRecord
from ..engine.opening.state import open_state
from ..engine.opening.stores import open_config_store, open_store
from ..errors import SynclineError
from ..model import Incomplete, Ref, Status
from ..ports import Store
from ..state import SqliteState
from .sessions import run

if TYPE_CHECKING:
    from ..events.lookup import Lookup

_NOBODYS = "00000000-0000-4000-8000-000000000000"
"""The id of no conversation."""


def answers(config: Config) -> dict[str, str | None]:
    """Return, for each connection that jobs can use, None when it answers, else the problem.

    A state that a connection keeps has an entry of its own.
    """
    return run(_answers(config))


async def _answers(config: Config) -> dict[str, str | None]:
    objects = _objects(config)
    streaming = {each for name in config.stream_jobs for each in config.connections_of(name)}
    passing = {each for name in config.pass_jobs for each in config.connections_of(name)}
    names = [
        name
        for name, connection in config.connections.items()
        if (connection.connector.documents is not None and name not in streaming - passing)
        or name in objects
    ]
    problems = await asyncio.gather(
        *(_problem(config, name, objects.get(name, ())) for name in names)
    )
    found = dict(zip(names, problems, strict=True))
    for name, job in config.stream_jobs.items():
        if job.kind == "events":
            found[job.source] = found.get(job.source) or await _told(config, name)
    for name in _janitors(config):
        found[name] = found.get(name) or await _looked_up(config, name)
    for name in _intakes(config):
        asked, problem = await _reached(config, name)
        if asked:
            found[name] = found.get(name) or problem
    return found | await _state(config)


async def _told(config: Config, job: str) -> str | None:
    """What would be subscribed to proves address, credentials and topics."""
    from .streams import described

    try:
        await described(config, job)
    except (SynclineError, OSError) as error:
        return " ".join(str(error).split("\n"))
    return None


def _janitors(config: Config) -> list[str]:
    """Return the connections that are asked which conversations have ended."""
    asked: dict[str, None] = {}
    for job in config.stream_jobs.values():
        if job.kind == "events" and job.dedupe != "state":
            continue  # a merge job looks after them, or whoever reads
        source = job.source if job.kind == "events" else config.events_job(job.of).source
        connection = job.zombies.connection or source
        if config.connections[connection].connector.lookup is not None:
            asked[connection] = None
    return [*asked]


async def _looked_up(config: Config, name: str) -> str | None:
    """A conversation that nobody has proves address, credentials and rights as well as any."""
    from .streams import stream_context

    try:
        with stream_context(config) as context:
            make = config.connections[name].connector.lookup
            lookup: Lookup = await context.opened(name, make, "cannot be asked")
            try:
                await lookup.look_up([_NOBODYS])
            finally:
                await lookup.aclose()
    except (SynclineError, OSError) as error:
        return " ".join(str(error).split("\n"))
    return None


@runtime_checkable
class Reachable(Protocol):
    """A queue that can be tried without taking anything from it."""

    async def reach(self) -> None:
        """Raise a StoreError where it cannot be used."""
        ...


def _intakes(config: Config) -> list[str]:
    """Return the connections of jobs that may have a queue."""
    used = dict.fromkeys(each for job in config.jobs for each in config.connections_of(job))
    return [name for name in used if config.connections[name].connector.intake is not None]


async def _reached(config: Config, name: str) -> tuple[bool, str | None]:
    """Return whether there was a queue to ask, and what is wrong with it."""
    from .streams import stream_context

    connection = config.connections[name]
    try:
        with stream_context(config) as context:
            lent = context.connector_context(name)
            settings = await context.settings(connection, lent, None)
            make = connection.connector.intake
            intake = make(settings, lent) if make is not None else None
            if intake is None:  # the connection names none
                return False, None
            try:
                if not isinstance(intake, Reachable):
                    return False, None
                await intake.reach()
            finally:
                await intake.aclose()
    except (SynclineError, OSError) as error:
        return True, " ".join(str(error).split("\n"))
    return True, None


async def _state(config: Config) -> dict[str, str | None]:
    """Open a state that a connection keeps; a file is left alone: opening would make it."""
    if not isinstance(config.state, ConnectedState):
        return {}
    name = f"state in {config.state.connection}"
    try:
        (await open_state(config)).close()
    except (SynclineError, OSError) as error:
        return {name: " ".join(str(error).split("\n"))}
    return {name: None}


def _objects(config: Config) -> dict[str, Sequence[Ref]]:
    """Return the objects that rules name, by their connections."""
    found: dict[str, dict[Ref, None]] = {}
    for rules in config.rules.values():
        for ref in (ref for rule in rules for ref in rule.reads):
            found.setdefault(ref.connection, {})[ref] = None
    return {name: tuple(refs) for name, refs in found.items()}


async def _problem(config: Config, name: str, objects: Sequence[Ref]) -> str | None:
    try:
        lists = any(name in job.connections for job in config.documents_jobs.values())
        if lists or not objects:
            problem = await _listed(config, name)
            if problem is not None or not objects:
                return problem
        return await _read(config, name, objects)
    except (SynclineError, OSError) as error:
        return " ".join(str(error).split("\n"))


async def _listed(config: Config, name: str) -> str | None:
    state, clock = SqliteState.memory(), SystemClock()
    try:
        async with open_store(config, config.connections[name], state=state, clock=clock) as store:
            return await _first_entry(store)
    finally:
        state.close()


async def _first_entry(store: Store) -> str | None:
    """The first entry of a listing proves address, credentials and scope."""
    listing = store.heads()
    try:
        first = await anext(listing, None)
        return first.reason if isinstance(first, Incomplete) else None
    finally:
        if isinstance(listing, AsyncGenerator):
            await listing.aclose()


async def _read(config: Config, name: str, objects: Sequence[Ref]) -> str | None:
    """Read every object that a rule names: one that is missing is most likely misspelt."""
    state, clock = SqliteState.memory(), SystemClock()
    opened = open_config_store(config, config.connections[name], state=state, clock=clock)
    problems: list[str] = []
    try:
        async with opened as store:
            async for answer in store.fetch_many(objects):
                if not isinstance(answer, ConfigRecord):
                    problems.append(str(answer[1]))
                elif answer.status is not Status.LIVE:
                    problems.append(f"{answer.ref} is {answer.status.value}: {answer.reason}")
    finally:
        state.close()
    return "; ".join(problems) or None


__all__ = ["answers"]
