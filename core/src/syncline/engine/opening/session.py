"""The composition root of a documents job: from a configuration to an open session, and back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from ...clock import SystemClock
from ...config import Config
from ...ports import Clock
from ...state.port import StateStore
from ..runs.holder import is_dead, this_process
from ..session import Session
from .state import open_state
from .stores import OpenStore, open_store


def _quiet(event: str, **fields: object) -> None:
    return None


@asynccontextmanager
async def open_session(
    config: Config,
    job: str,
    *,
    state: StateStore | None = None,
    clock: Clock | None = None,
    progress: Callable[..., None] = _quiet,
    stores: OpenStore | None = None,
    holder: str | None = None,
) -> AsyncIterator[Session]:
    """Open the stores and the state of one job, and close them in reverse order.

    Args:
        state: used instead of the file that the configuration names, and not closed.
        stores: opens the store of a connection; several jobs may share one.
        holder: who the session is in leases; this process unless told otherwise.

    Raises:
        ConfigError: the job is not there, or a secret cannot be resolved.
        StateError: the state file cannot be used.
    """
    settings = config.documents_job(job)
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        if state is None:
            own = await open_state(config, clock)
            stack.callback(own.close)
            state = own
        stores = stores or partial(open_store, config, state=state, clock=clock, progress=progress)
        left, right = (config.connections[name] for name in (settings.left, settings.right))
        yield Session(
            job=job,
            left=await stack.enter_async_context(stores(left)),
            right=await stack.enter_async_context(stores(right)),
            left_name=settings.left,
            right_name=settings.right,
            state=state,
            clock=clock,
            mapping=settings.lens(),
            policy=settings.policy(),
            limits=settings.limits(),
            retention=settings.retention,
            holder=holder or this_process(),
            is_dead=is_dead,
            progress=progress,
        )
