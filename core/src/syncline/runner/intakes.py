"""Queues that news of configuration objects arrives in: read, understood, stored, acknowledged.

A message is acknowledged once what it says is stored durably, never before. What a message says is
which objects to look at again; no value in it is believed.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from attrs import define, field, frozen

from ..config import Config, Connection
from ..config_store import Delivery, EventReader, Intake
from ..connector import Context
from ..engine.opening.secrets import resolve_secrets
from ..engine.opening.stores import context_of
from ..errors import SynclineError
from ..model import JSON, Change, Ref
from ..ports import Clock
from ..redaction import redact
from ..state.port import StateStore
from .hints import Delivery as News
from .workers.backoff import Backoff

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
"""How often it is asked whether the configuration names other queues."""
_FIRST, _LONGEST = 1.0, 60.0
"""Pauses after a queue that could not be read, in seconds."""


@frozen
class Interpretation:
    """What became of some messages: what they say, which are done, and which make no sense."""

    news: tuple[News, ...]
    done: tuple[Delivery, ...]
    failed: tuple[tuple[Delivery, str], ...]


def interpret(deliveries: Sequence[Delivery], readers: Mapping[str, EventReader]) -> Interpretation:
    """Return what messages say to whom. Pure.

    After a message that makes no sense, the rest of its group stays in the queue.
    """
    news: list[News] = []
    done: list[Delivery] = []
    failed: list[tuple[Delivery, str]] = []
    stopped: set[str] = set()
    for delivery in deliveries:
        if delivery.group and delivery.group in stopped:
            continue
        try:
            envelope = _envelope(delivery.body)
            found = list(_read(envelope, readers))
        except (ValueError, SynclineError) as error:
            stopped.add(delivery.group)
            failed.append((delivery, str(error)))
            continue
        if not found:
            logger.info("a message is about nothing here", extra={"event": _what(envelope)})
        news += found
        done.append(delivery)
    return Interpretation(tuple(news), tuple(done), tuple(failed))


def _envelope(body: bytes) -> Mapping[str, JSON]:
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError(f"a message of {len(body)} bytes is no JSON") from None
    if not isinstance(envelope, dict):
        raise ValueError("a message is no object, as the envelope of an event is")
    return envelope


def _read(
    envelope: Mapping[str, JSON], readers: Mapping[str, EventReader]
) -> Iterable[tuple[str, Sequence[Change]]]:
    for connection, reader in readers.items():
        changes = reader.read(envelope)
        if changes:
            yield connection, changes


def _what(envelope: Mapping[str, JSON]) -> str:
    return f"{str(envelope.get('source'))[:80]} {str(envelope.get('detail-type'))[:80]}"


@frozen
class _Place:
    """Where news of a connection comes from."""

    connection: Connection
    objects: tuple[Ref, ...] | None = None
    """What is told of live; None for a queue."""

    def open(self, settings: object, context: Context) -> Intake | None:
        connector = self.connection.connector
        if self.objects is None:
            return None if connector.intake is None else connector.intake(settings, context)
        return None if connector.live is None else connector.live(settings, context, self.objects)


def _used_by_rules(config: Config) -> dict[str, tuple[Ref, ...]]:
    found: dict[str, dict[Ref, None]] = {}
    for rules in config.rules.values():
        for rule in rules:
            for ref in rule.reads:
                found.setdefault(ref.connection, {})[ref] = None
    return {connection: tuple(refs) for connection, refs in found.items()}


@define(eq=False, kw_only=True)
class Intakes:
    """The queues of the connections of a runner's configuration jobs, and what tells live.

    Args:
        config: returns the configuration that is followed.
        jobs: returns the names of the jobs that this runner works.
        hint: stores what was heard, for configuration jobs alone.
    """

    config: Callable[[], Config]
    jobs: Callable[[], Iterable[str]]
    state: StateStore
    clock: Clock
    hint: Callable[[Sequence[News]], object]
    random: Callable[[], float]
    _loops: dict[str, tuple[_Place, asyncio.Task[None]]] = field(factory=dict, init=False)
    _used: tuple[Config, dict[str, tuple[Ref, ...]]] | None = field(default=None, init=False)
    """A configuration, and the objects that its rules use, by connection."""

    async def run(self) -> None:
        """Read the queues until cancelled; those that the configuration names by then."""
        try:
            while True:
                await self._follow()
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            await self._end(list(self._loops))

    async def _follow(self) -> None:
        wanted = self._wanted()
        await self._end([n for n, (known, _) in self._loops.items() if wanted.get(n) != known])
        for name, place in wanted.items():
            if name not in self._loops:
                task = asyncio.create_task(self._keep_reading(place), name=f"news of {name}")
                self._loops[name] = (place, task)

    async def _end(self, names: Sequence[str]) -> None:
        tasks = [self._loops.pop(name)[1] for name in names]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _wanted(self) -> dict[str, _Place]:
        found: dict[str, _Place] = {}
        for name, connection in self._connections(self.jobs()).items():
            if connection.connector.intake is not None:
                found[name] = _Place(connection)
            if connection.connector.live is not None:
                found[f"{name}, live"] = _Place(connection, self._objects(name))
        return found

    def _objects(self, connection: str) -> tuple[Ref, ...]:
        """Return what rules use of a connection: of every job, as for what a queue tells."""
        config = self.config()
        if self._used is None or self._used[0] is not config:
            self._used = (config, _used_by_rules(config))
        return self._used[1].get(connection, ())

    def _connections(self, jobs: Iterable[str]) -> dict[str, Connection]:
        """Return the connections of the configuration jobs among these."""
        config = self.config()
        names = (n for job in jobs if job in config.rules for n in config.connections_of(job))
        return {name: config.connections[name] for name in names}

    async def _keep_reading(self, place: _Place) -> None:
        pause = Backoff(first=_FIRST, most=_LONGEST, random=self.random)
        while True:
            try:
                async with self._opened(place) as (intake, readers):
                    if intake is None:
                        return
                    while True:
                        await self._take(intake, readers)
                        pause.reset()
            except Exception as error:
                # The queue keeps what was not acknowledged.
                known = isinstance(error, SynclineError)
                fields = {"connection": place.connection.name, "error": redact(str(error))}
                logger.warning("a queue cannot be read", extra=fields, exc_info=not known)
            await asyncio.sleep(pause.next())

    @asynccontextmanager
    async def _opened(
        self, place: _Place
    ) -> AsyncIterator[tuple[Intake | None, dict[str, EventReader]]]:
        async with AsyncExitStack() as stack:
            connection = place.connection
            context = context_of(connection.name, self.state, self.clock)
            values = await resolve_secrets(self.config(), connection, context)
            intake = place.open(connection.ready(values), context)
            if intake is not None:
                stack.push_async_callback(intake.aclose)
            yield intake, await self._readers()

    async def _readers(self) -> dict[str, EventReader]:
        """Return what understands events: of every configuration job, whoever works it."""
        config, readers = self.config(), {}
        for name, connection in self._connections(config.jobs).items():
            if (make := connection.connector.events) is not None:
                context = context_of(name, self.state, self.clock)
                values = await resolve_secrets(config, connection, context)
                readers[name] = make(connection.ready(values), context)
        return readers

    async def _take(self, intake: Intake, readers: Mapping[str, EventReader]) -> None:
        deliveries = await intake.receive()
        if not deliveries:
            await asyncio.sleep(0)
            return
        found = interpret(deliveries, readers)
        # Stored first: a message that is acknowledged is nowhere else any more.
        self.hint(found.news)
        if found.done:
            await intake.done(found.done)
        for delivery, why in found.failed:
            fields = {"delivery": delivery.id, "error": why}
            logger.warning("a message makes no sense", extra=fields)
            await intake.failed(delivery, why)


__all__ = ["Intakes", "Interpretation", "interpret"]
