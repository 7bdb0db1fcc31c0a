"""Sessions of whatever kind a job is: opened by one function, told apart where it matters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from ...clock import SystemClock
from ...config import Config, DocumentsJob
from ...config_store import ConfigStore
from ...errors import ConfigError
from ...ports import Clock
from ...state.port import StateStore
from ..runs.holder import is_dead, this_process
from ..session import Session
from .session import open_session
from .state import open_state
from .stores import OpenStore, OpenWith, open_config_store

if TYPE_CHECKING:
    from ..configuration import ConfigSession

AnySession: TypeAlias = "Session | ConfigSession"
"""An open job of any kind."""


@frozen
class Stores:
    """How the stores of connections are opened, for either kind of job."""

    documents: OpenStore
    config: OpenWith[ConfigStore]


def _quiet(event: str, **fields: object) -> None:
    return None


@asynccontextmanager
async def open_job(
    config: Config,
    job: str,
    *,
    state: StateStore | None = None,
    clock: Clock | None = None,
    progress: Callable[..., None] = _quiet,
    stores: Stores | None = None,
    holder: str | None = None,
) -> AsyncIterator[AnySession]:
    """Open the stores and the state of one job of any kind, and close them in reverse order.

    Args:
        state: used instead of what the configuration names, and not closed.
        stores: opens the stores of connections; several jobs may share one.
        holder: who the session is in leases; this process unless told otherwise.

    Raises:
        ConfigError: the job is not there, or a secret cannot be resolved.
        StateError: the state cannot be used.
    """
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        if state is None:
            state = await open_state(config, clock)
            stack.callback(state.close)
        if isinstance(config.job(job), DocumentsJob):
            opened: AnySession = await stack.enter_async_context(
                open_session(
                    config, job, state=state, clock=clock, progress=progress,
                    stores=stores.documents if stores else None, holder=holder,
                )
            )  # fmt: skip
        else:
            lend = stores.config if stores else partial(
                open_config_store, config, state=state, clock=clock, progress=progress
            )  # fmt: skip
            lent = {
                name: await stack.enter_async_context(lend(config.connections[name]))
                for name in config.connections_of(job)
            }
            opened = config_session(
                config, job, lent, state=state, clock=clock, progress=progress, holder=holder
            )
        yield opened


def config_session(
    config: Config,
    job: str,
    stores: Mapping[str, ConfigStore],
    *,
    state: StateStore,
    clock: Clock,
    progress: Callable[..., None] = _quiet,
    holder: str | None = None,
) -> ConfigSession:
    """Return the session of a configuration job on stores that are open.

    Raises:
        ConfigError: there is no such job, or it is of another kind.
    """
    from ..configuration import ConfigSession, Rulebook  # only where there is a job of this kind

    settings = config.config_job(job)
    return ConfigSession(
        job=job,
        stores=stores,
        book=Rulebook.of(job, config.rules[job]),
        state=state,
        clock=clock,
        limits=settings.limits(),
        retention=settings.retention,
        holder=holder or this_process(),
        is_dead=is_dead,
        progress=progress,
    )


def documents_session(session: AnySession, what: str) -> Session:
    """Return the session of a documents job.

    Raises:
        ConfigError: the job is of another kind, which has no `what`.
    """
    match session:
        case Session():
            return session
        case other:
            raise ConfigError([f"job {other.job!r} is of kind 'config': it has no {what}"])


__all__ = ["AnySession", "Stores", "config_session", "documents_session", "open_job"]
