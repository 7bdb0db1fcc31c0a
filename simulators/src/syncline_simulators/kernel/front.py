"""A small HTTP/1.1 server on asyncio that leaves its sockets in our hands.

Faults have to be real on the wire: a reset, a short body, bytes after the end. No ASGI server
lets an application do that, so requests are parsed here (by httptools) and answered by whatever
the handler writes to the `Connection`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable

import attrs
import httptools

logger = logging.getLogger(__name__)

MAX_BODY = 128 * 1024 * 1024
"""Bytes of one request's body beyond which the connection is closed unanswered."""
_QUEUE = 16
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_LINGER_OFF = struct.pack("ii", 1, 0)


@attrs.frozen(kw_only=True)
class Received:
    """One complete request."""

    method: str
    target: bytes
    """Path and query as sent."""
    headers: list[tuple[bytes, bytes]]
    """Names in lower case."""
    body: bytes
    keep_alive: bool
    peer: tuple[str, int]


Handler = Callable[["Received", "Connection"], Awaitable[None]]


class Connection(asyncio.Protocol):
    """One client's connection. Its requests are handled one after the other."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self._parser = httptools.HttpRequestParser(self)
        self._queue: deque[Received] = deque()
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._size = 0
        self.open = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP has no other kind
        self._transport = transport
        self._peer = transport.get_extra_info("peername")[:2]
        self.open = True
        self.front.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        self._writable.set()
        self._queue.clear()
        self.front.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.write(_BAD_REQUEST)
            self.close()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # httptools

    def on_message_begin(self) -> None:
        self._target, self._headers, self._body, self._size = b"", [], [], 0

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if (b"expect", b"100-continue") in self._headers:
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size > MAX_BODY:
            self.reset()
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        received = Received(
            method=self._parser.get_method().decode("ascii"),
            target=self._target,
            headers=self._headers,
            body=b"".join(self._body),
            keep_alive=self._parser.should_keep_alive(),
            peer=self._peer,
        )
        self._queue.append(received)
        if len(self._queue) > _QUEUE:
            self._transport.pause_reading()
        if self._task is None:
            self._task = self.front.spawn(self._work())

    async def _work(self) -> None:
        try:
            while self._queue and self.open:
                received = self._queue.popleft()
                await self._handled(received)
                if not received.keep_alive:
                    self.close()
            if self.open:
                self._transport.resume_reading()
        finally:
            self._task = None

    async def _handled(self, received: Received) -> None:
        try:
            await self.front.handler(received, self)
        except Exception:
            # One request that breaks us ends its connection; the others must not notice.
            logger.exception("the handler broke on %s", received.target)
            self.reset()

    # for handlers

    def write(self, data: bytes) -> None:
        """Send these bytes, unless the client has gone."""
        if self.open:
            self._transport.write(data)

    async def drain(self) -> None:
        """Wait until the client has taken most of what was written, or has gone."""
        await self._writable.wait()

    def close(self) -> None:
        """Send what was written, then end the connection in order (FIN)."""
        if self.open:
            self.open = False
            self._transport.close()

    def reset(self) -> None:
        """Drop the connection at once so that the client sees a reset (RST)."""
        raw = self._transport.get_extra_info("socket")
        if raw is not None:
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
        self.open = False
        self._transport.abort()


class Front:
    """A listening socket on loopback and the connections that it accepted."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.connections: set[Connection] = set()
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Where clients find it, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self, port: int = 0) -> None:
        """Listen on this port of 127.0.0.1, or on a free one.

        Raises:
            OSError: the port is taken.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self), "127.0.0.1", port, backlog=512
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def restart(self, seconds: float) -> None:
        """Drop every connection, refuse new ones for so long, then listen again."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        self._drop()
        self.spawn(self._return(seconds))

    async def _return(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.start(self.port)

    def _drop(self) -> None:
        for connection in tuple(self.connections):
            connection.reset()

    def spawn(self, work: Awaitable[None]) -> asyncio.Task[None]:
        """Run this in the background; `stop` ends it."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            logger.error("a simulator's task ended with an error", exc_info=error)

    async def stop(self) -> None:
        """Stop listening, end what is under way, drop all connections."""
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._drop()
        await asyncio.sleep(0)
