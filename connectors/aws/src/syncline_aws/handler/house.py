"""What an environment of the function keeps between invocations: configuration, state, sessions."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from attrs import define, evolve, field

from syncline.config import Config
from syncline.config.states import ConnectedState
from syncline.config_store import EventReader
from syncline.connector import Context
from syncline.engine.opening.jobs import AnySession
from syncline.engine.opening.secrets import resolve_secrets
from syncline.engine.opening.state import open_state
from syncline.engine.opening.stores import context_of
from syncline.errors import SynclineError
from syncline.events import EventSink
from syncline.ports import Clock, Webhook
from syncline.redaction import redact
from syncline.runner.hints import Delivery as News
from syncline.runner.hints import marks
from syncline.runner.opening import Openings
from syncline.runner.publisher import close_sinks, open_sinks, publish_all
from syncline.state.port import StateStore
from syncline.state.records import Effect
from syncline.webhooks.opening import open_webhook

from ..clients import Clients
from ..settings import Settings

logger = logging.getLogger(__name__)


_THOROUGH = timedelta(minutes=5)
"""How often lines of the history are looked for that were written late."""
_ROTATED = timedelta(minutes=1)
"""How often the secret of a webhook is looked up because a signature is not right."""


def _quiet(event: str, **fields: object) -> None:
    return None


@define(kw_only=True, eq=False)
class House:
    """One configuration, its state open; jobs and webhooks are opened when first needed."""

    config: Config
    state: StateStore
    clock: Clock
    openings: Openings
    clients: Clients
    """Of the connection whose queue this function sends itself messages through, or defaults."""
    queue: str
    _sessions: dict[str, AnySession] = field(factory=dict, init=False)
    _webhooks: dict[str, Webhook] = field(factory=dict, init=False)
    _readers: dict[str, EventReader] | None = field(default=None, init=False)
    _sinks: dict[str, EventSink] | None = field(default=None, init=False)
    _then: dict[str, float] = field(factory=dict, init=False)
    _stack: AsyncExitStack = field(factory=AsyncExitStack, init=False)

    @classmethod
    async def open(cls, config: Config, clock: Clock, *, queue: str = "") -> House:
        """Open the state of a configuration.

        Args:
            queue: used instead of that of a connection.

        Raises:
            ConfigError: a secret of the state's connection cannot be resolved.
            StateError: the state cannot be used.
        """
        _warn(config)
        settings = _settings(config)
        state = await open_state(config, clock)
        # Environments have one host name and one process number: neither tells them apart.
        holder = f"lambda-{uuid4().hex[:12]}"
        openings = Openings(state=state, clock=clock, holder=holder, progress=_quiet, given=None)
        house = cls(
            config=config, state=state, clock=clock, openings=openings, clients=Clients(settings),
            queue=queue or settings.queue,
        )  # fmt: skip
        house._stack.callback(state.close)
        house._stack.callback(house.clients.close)
        return house

    async def session(self, job: str) -> AnySession:
        """Return a job, opened.

        Raises:
            ConfigError: there is none, or it cannot be opened.
        """
        if job not in self._sessions:
            self.config.job(job)
            opened = await self.openings.open(self.config, job)
            self._stack.push_async_callback(opened.closing.aclose)
            self._sessions[job] = opened.session
        return self._sessions[job]

    def forget(self, job: str) -> None:
        """Open a job anew the next time: a secret of it may have been rotated."""
        self._sessions.pop(job, None)

    def has_webhook(self, connection: str) -> bool:
        """Tell whether a webhook is open already."""
        return connection in self._webhooks

    def forget_webhook(self, connection: str) -> bool:
        """Open a webhook anew, for the same reason; False where that was done a moment ago."""
        known = self.now_and_then(f"webhook {connection}", _ROTATED)
        return known and self._webhooks.pop(connection, None) is not None

    async def webhook(self, connection: str) -> Webhook:
        """Return what reads the deliveries of a connection.

        Raises:
            ConfigError: a secret cannot be resolved.
        """
        if connection not in self._webhooks:
            intake = self.config.service.intake
            context = evolve(self.context(connection), age=intake.age, ahead=intake.ahead)
            self._webhooks[connection] = await open_webhook(self.config, context)
        return self._webhooks[connection]

    async def readers(self) -> dict[str, EventReader]:
        """Return what understands events, for the connections of the configuration jobs."""
        if self._readers is None:
            names = {n: None for job in self.config.rules for n in self.config.connections_of(job)}
            self._readers = {
                name: reader for name in names if (reader := await self._reader(name)) is not None
            }
        return self._readers

    async def _reader(self, name: str) -> EventReader | None:
        connection, context = self.config.connections[name], self.context(name)
        if connection.connector.events is None:
            return None
        values = await resolve_secrets(self.config, connection, context)
        return connection.connector.events(connection.ready(values), context)

    async def tell(self, jobs: Iterable[str], since: datetime) -> None:
        """Tell the sinks of the connections what was done; what cannot be sent is sent later."""
        try:
            if self._sinks is None:
                self._sinks = await open_sinks(self.config, self.state, self.clock)
                self._stack.push_async_callback(close_sinks, self._sinks)
        except SynclineError as error:
            logger.error("a sink cannot be opened", extra={"error": redact(str(error))})
            return
        thorough = self.now_and_then("thorough", _THOROUGH)
        await publish_all(self.state, jobs, self._sinks, since, thorough=thorough)

    def context(self, connection: str) -> Context:
        """Return what the connector of a connection is lent."""
        return context_of(connection, self.state, self.clock)

    def hint(
        self, news: Sequence[News], *, kind: str | None = None, also: Iterable[Effect] = ()
    ) -> frozenset[str]:
        """Store in one commit what has to be looked at; return the jobs that have something to do.

        Raises:
            StateError: nothing was stored.
        """
        found = [one.mark for one in marks(self.config, news, self.clock.now(), kind=kind)]
        effects: list[Effect] = [*found, *also]
        if effects:
            self.state.commit(effects, None)
        return frozenset(mark.job for mark in found)

    def now_and_then(self, what: str, every: timedelta) -> bool:
        """Tell whether something has not been done for so long; it counts as done then."""
        now = self.clock.monotonic()
        due = now >= self._then.get(what, float("-inf"))
        if due:
            self._then[what] = now + every.total_seconds()
        return due

    async def aclose(self) -> None:
        """Close everything."""
        await self._stack.aclose()


def _settings(config: Config) -> Settings:
    """Return the settings of the connection that has a queue: that of the state, before others."""
    own = config.state.connection if isinstance(config.state, ConnectedState) else ""
    names = sorted(config.connections, key=lambda name: name != own)
    found = [s for n in names if isinstance(s := config.connections[n].settings, Settings)]
    plain = [one for one in found if one.access_key_id is None]
    return next((one for one in plain if one.queue), plain[0] if plain else Settings())


def _warn(config: Config) -> None:
    if isinstance(config.state, Path):
        logger.warning(
            "the state is a file, which ends with this environment of the function",
            extra={"state": str(config.state)},
        )
    for connection in config.connections.values():
        if any(secret.provider == "env" for _, secret in connection.all_secrets):
            logger.warning(
                "a secret is in the environment of the function, where many can read it"
                '; keep it in Secrets Manager: { aws = "name" }',
                extra={"connection": connection.name},
            )


__all__ = ["House"]
