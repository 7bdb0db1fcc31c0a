"""uvicorn in somebody else's event loop: it takes no signals, and stops when it is told."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from .protocol import BoundedProtocol

DRAIN_SECONDS = 10
"""How long the answers at hand may take when the service ends."""
MOST_CONNECTIONS = 2_000
"""Connections of one listener at the same time; more are answered 503."""
IDLE_SECONDS = 15
"""How long a connection may wait for its next request."""


class _Server(uvicorn.Server):
    """A server of a process that handles its signals itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@asynccontextmanager
async def serving(
    app: ASGIApp,
    listening: socket.socket,
    *,
    certificate: Path | None = None,
    key: Path | None = None,
) -> AsyncIterator[None]:
    """Serve an application on a socket for as long as the context lasts."""
    server = _Server(_config(app, certificate, key))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await _started(server, task)
        yield
    finally:
        server.should_exit = True
        await _ended(task)


async def _started(server: uvicorn.Server, task: asyncio.Task[None]) -> None:
    while not server.started:
        if task.done():
            task.result()
            raise RuntimeError("the server ended before it began")
        await asyncio.sleep(0.005)


async def _ended(task: asyncio.Task[None]) -> None:
    """Wait for the end of a server, and take it along when whoever waits is cancelled."""
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        raise


def _config(app: ASGIApp, certificate: Path | None, key: Path | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        # Whoever logs does so elsewhere; an access log would write the one-time address down.
        log_config=None,
        # A warning is about one request that is senseless or too many: strangers fill no log.
        log_level="error",
        access_log=False,
        # `X-Forwarded-*` counts from the peers of the configuration alone: see `access`.
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )


__all__ = ["serving"]
