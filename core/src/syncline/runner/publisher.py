"""What the jobs of a runner do, told to the sinks of its connections while it runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from attrs import define, field

from ..config import Config
from ..engine.opening.secrets import resolve_secrets
from ..engine.opening.stores import context_of
from ..errors import SynclineError
from ..events import EventSink
from ..events.publisher import begin, tell
from ..ports import Clock
from ..redaction import redact
from ..state.port import StateStore

logger = logging.getLogger(__name__)

EVERY = 2.0
"""Seconds between two looks at the history."""
THOROUGH = 30
"""Of so many looks one is for lines that came late, too."""
AGAIN = 30.0
"""Seconds before a sink that was not to be had is tried again."""


async def open_sinks(config: Config, state: StateStore, clock: Clock) -> dict[str, EventSink]:
    """Return the sinks of all connections that name one, by connection; opened in turn.

    Raises:
        ConfigError: a secret cannot be resolved; nothing is open then.
    """
    found: dict[str, EventSink] = {}
    try:
        mirrored = {job.sink for job in config.jobs.values() if job.kind == "events"}
        for name, connection in config.connections.items():
            if name in mirrored:
                continue  # Whoever reads interactions there expects nothing else.
            if (make := connection.connector.sink) is not None:
                context = context_of(name, state, clock)
                values = await resolve_secrets(config, connection, context)
                if (sink := make(connection.ready(values), context)) is not None:
                    found[name] = sink
    except BaseException:
        await close_sinks(found)
        raise
    return found


async def close_sinks(sinks: Mapping[str, EventSink]) -> None:
    """Close them all."""
    for sink in sinks.values():
        await sink.aclose()


async def publish_all(
    state: StateStore,
    jobs: Iterable[str],
    sinks: Mapping[str, EventSink],
    since: datetime,
    *,
    thorough: bool,
) -> bool:
    """Tell every job to every sink; return whether all could be told.

    Args:
        since: what happened before this is not told to a sink that is new.
        thorough: as `tell` has it; costs some hundred lines to be read.
    """
    well = True
    for job in jobs:
        for name, sink in sinks.items():
            try:
                begin(state, job, name, since=since)
                await tell(state, job, name, sink, thorough=thorough)
            except Exception as error:
                # How far was told is known: it is made up for.
                well = False
                known = isinstance(error, SynclineError)
                fields = {"job": job, "connection": name, "error": redact(str(error))}
                logger.warning("events could not be sent", extra=fields, exc_info=not known)
    return well


@define(eq=False, kw_only=True)
class Publisher:
    """Tells what the jobs do that this runner works.

    Args:
        config: returns the configuration that is followed.
        jobs: returns the names of the jobs that this runner works by now.
    """

    config: Callable[[], Config]
    jobs: Callable[[], Iterable[str]]
    state: StateStore
    clock: Clock
    _sinks: dict[str, EventSink] = field(factory=dict, init=False)
    _opened: Config | None = field(default=None, init=False)
    _looks: int = field(default=0, init=False)

    async def run(self) -> None:
        """Tell what happens from now on, until cancelled."""
        since = self.clock.now()
        try:
            while True:
                well = await self._look(since)
                await asyncio.sleep(EVERY if well else AGAIN)
        finally:
            await close_sinks(self._sinks)

    async def _look(self, since: datetime) -> bool:
        try:
            await self._follow()
        except SynclineError as error:
            logger.warning("a sink cannot be opened", extra={"error": redact(str(error))})
            return False
        self._looks += 1
        thorough = self._looks % THOROUGH == 0
        return await publish_all(self.state, self.jobs(), self._sinks, since, thorough=thorough)

    async def _follow(self) -> None:
        config = self.config()
        if config is not self._opened:
            before, self._sinks = self._sinks, {}
            await close_sinks(before)
            self._sinks = await open_sinks(config, self.state, self.clock)
            self._opened = config


__all__ = ["Publisher", "close_sinks", "open_sinks", "publish_all"]
