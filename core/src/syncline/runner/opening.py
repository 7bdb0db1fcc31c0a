"""How a runner opens its jobs: on connections that they share, comparable between two reloads."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Protocol, TypeVar

from attrs import define, field, frozen

from ..config import Config, Connection, DocumentsJob
from ..config.leaves import Path
from ..config.pairs import read_pairs
from ..config.secrets import SecretRef
from ..config_store import ConfigStore
from ..engine.opening.jobs import AnySession, Stores, open_job
from ..engine.opening.jobs import documents_session as of_documents
from ..engine.opening.secrets import resolve_secrets
from ..engine.opening.stores import OpenWith, context_of, open_config_store, open_store
from ..ports import Clock, Store
from ..state.port import StateStore
from .connections import Access, Connections, Opener

T = TypeVar("T")


class OpenSession(Protocol):
    """Opens one job; `syncline.open_session` is one, and a test brings its own."""

    def __call__(
        self,
        config: Config,
        job: str,
        *,
        state: StateStore,
        clock: Clock,
        progress: Callable[..., None],
    ) -> AbstractAsyncContextManager[AnySession]: ...


@frozen
class Opened:
    """An open session, what it was opened with, and what closes it."""

    session: AnySession
    access: tuple[Access, ...]
    closing: AsyncExitStack


@define(eq=False, kw_only=True)
class Openings:
    """Opens jobs on one state."""

    state: StateStore
    clock: Clock
    holder: str
    progress: Callable[..., None]
    given: OpenSession | None
    """Used instead of the configured connections."""
    _documents: Connections[Store] = field(factory=lambda: Connections[Store](), init=False)
    _config: Connections[ConfigStore] = field(
        factory=lambda: Connections[ConfigStore](), init=False
    )

    async def open(self, config: Config, name: str) -> Opened:
        """Open a job; the pairs of its file are accepted.

        Raises:
            ConfigError: secrets cannot be resolved, or pairs cannot be read.
        """
        access = await self.access(config, name)
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(
                (self.given or self._shared)(
                    config,
                    name,
                    state=self.state.for_job(name),
                    clock=self.clock,
                    progress=self.progress,
                )
            )
            accept_pairs(config, name, session)
            return Opened(session, access, stack.pop_all())

    async def access(self, config: Config, name: str) -> tuple[Access, ...]:
        """Return what a job would be opened with now."""
        sides = [config.connections[each] for each in config.connections_of(name)]
        if self.given is not None:
            return tuple(Access(connection, "") for connection in sides)
        return tuple([await access_to(config, c, self.state, self.clock) for c in sides])

    @asynccontextmanager
    async def _shared(
        self,
        config: Config,
        job: str,
        *,
        state: StateStore,
        clock: Clock,
        progress: Callable[..., None],
    ) -> AsyncIterator[AnySession]:
        # What is cached of a connection belongs to no job: the state as such is lent to stores.
        documents = partial(open_store, config, state=self.state, clock=clock, progress=progress)
        objects = partial(
            open_config_store, config, state=self.state, clock=clock, progress=progress
        )
        stores = Stores(
            documents=self._lending(config, self._documents, documents),
            config=self._lending(config, self._config, objects),
        )
        async with open_job(
            config, job, state=state, clock=clock, progress=progress, stores=stores,
            holder=self.holder,
        ) as session:  # fmt: skip
            yield session

    def _lending(self, config: Config, shared: Connections[T], opener: Opener[T]) -> OpenWith[T]:
        @asynccontextmanager
        async def lent(connection: Connection) -> AsyncIterator[T]:
            access = await access_to(config, connection, self.state, self.clock)
            async with shared.use(access, opener) as store:
                yield store

        return lent


def accept_pairs(config: Config, name: str, session: AnySession) -> None:
    """Accept the pairs of the job's file, if it has one."""
    job = config.jobs[name]
    if isinstance(job, DocumentsJob) and job.pairs is not None:
        of_documents(session, "pairs").accept(
            read_pairs(config.folder / job.pairs.expanduser(), job)
        )


async def access_to(
    config: Config,
    connection: Connection,
    state: StateStore,
    clock: Clock,
    wanted: Sequence[tuple[Path, SecretRef]] | None = None,
) -> Access:
    """Return a connection with a digest of what its secrets are worth now.

    Args:
        wanted: these secrets alone; all that its store needs unless said otherwise.

    Raises:
        ConfigError: some cannot be resolved.
    """
    context = context_of(connection.name, state, clock)
    values = await resolve_secrets(config, connection, context, wanted)
    digest = hashlib.sha256()
    for reference in sorted(values, key=str):
        digest.update(f"{reference}\0{values[reference].reveal()}\0".encode())
    return Access(connection, digest.hexdigest())


__all__ = ["OpenSession", "Opened", "Openings", "accept_pairs", "access_to"]
