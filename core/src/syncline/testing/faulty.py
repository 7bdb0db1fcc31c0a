"""A real HTTP server on this machine that misbehaves on demand, in every way in `FAULTS`.

async with FaultyServer() as server:
    server.next("cut-json", "reset-after")     # the next two requests; then all is well
    ...
    assert server.applied == [...]             # what had its effect, whatever was answered
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Self

from attrs import field, frozen

from .faults import FAULTS, RETRY_AFTER, End, Sound, reply

_MOMENT = 0.05
"""Seconds."""


@frozen(kw_only=True)
class Received:
    """One request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = field(repr=False)
    connection: int
    """Which of the server's connections it came over, counted from 0."""
    at: float
    """The event loop's time."""


class Listener:
    """An HTTP/1.1 listener on 127.0.0.1 whose subclass decides what to answer.

    `hang` is how many seconds a silent or dripping answer lasts before the connection is closed.
    With `tls` it speaks https, and is then addressed by `localhost`.
    """

    def __init__(self, *, hang: float = float("inf"), tls: ssl.SSLContext | None = None) -> None:
        self.connections = 0
        """How many were made."""
        self._hang = hang
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}" if self._tls else f"http://127.0.0.1:{self.port}"

    async def answer(self, request: Received) -> tuple[bytes, End]:
        """Return what to send, and what becomes of the connection then."""
        raise TypeError("a listener knows what to answer")

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._connected, "127.0.0.1", 0, limit=2**20, ssl=self._tls
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        number, self.connections = self.connections, self.connections + 1
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while True:
                    request = await _receive(reader, number)
                    sent, end = await self.answer(request)
                    writer.write(sent)
                    if not await _ended(end, writer, self._hang):
                        break
                    if request.headers.get("connection", "").lower() == "close":
                        break
        finally:
            self._tasks.discard(task)
            writer.close()


class FaultyServer(Listener):
    """A server with JSON answers, and faults on demand.

    A sound answer to anything is `{"path": ..., "number": n}`, n counting all requests from 1.
    `answer` replaces it: from the request to the whole answer on the wire, see `reply`.
    """

    def __init__(
        self,
        answer: Callable[[Received], bytes] | None = None,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(tls=tls)
        self.requests: list[Received] = []
        self.applied: list[Received] = []
        """Those that had their effect, as often as they had it."""
        self.always: str | None = None
        """The fault of every request that no `next` is left for."""
        self._answer = answer or self._told
        self._next: deque[str | None] = deque()
        self._news = asyncio.Event()

    def next(self, *faults: str | None) -> None:
        """Queue a fault for each of the next requests; None is a sound answer."""
        for fault in faults:
            if fault is not None and fault not in FAULTS:
                raise KeyError(f"{fault!r} is none of the faults: {', '.join(FAULTS)}")
        self._next.extend(faults)

    async def arrived(self, count: int) -> None:
        """Return when `count` requests have arrived in all."""
        while len(self.requests) < count:
            self._news.clear()
            await self._news.wait()

    async def answer(self, request: Received) -> tuple[bytes, End]:
        self.requests.append(request)
        self._news.set()
        name = self._next.popleft() if self._next else self.always
        if name is None:
            self.applied.append(request)
            return self._answer(request), End.KEEP
        kind = FAULTS[name]
        sound = Sound()
        for _ in range(kind.applies):
            self.applied.append(request)
            sound = _sound(self._answer(request))
        if kind.slow:
            await asyncio.sleep(_MOMENT)
        return kind.wire(sound), kind.end

    def _told(self, request: Received) -> bytes:
        said = {"path": request.target, "number": len(self.requests)}
        return reply(200, json.dumps(said).encode())


def _sound(answer: bytes) -> Sound:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    named = (line.partition(": ") for line in lines)
    headers = tuple((n, v) for n, _, v in named if n.lower() != "content-length")
    return Sound(status=int(first.split(" ")[1]), headers=headers, body=body)


async def _receive(reader: asyncio.StreamReader, connection: int) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = dict(_named(head[1:]))
    return Received(
        method=method,
        target=target,
        headers=headers,
        body=await reader.readexactly(int(headers.get("content-length", "0"))),
        connection=connection,
        at=asyncio.get_running_loop().time(),
    )


def _named(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in filter(None, lines):
        name, _, value = line.partition(":")
        yield name.lower(), value.strip()


async def _ended(end: End, writer: asyncio.StreamWriter, hang: float) -> bool:
    """Do to the connection what `end` says; return whether it goes on."""
    match end:
        case End.KEEP:
            await writer.drain()
        case End.CLOSE:
            await writer.drain()
            writer.close()
        case End.RESET:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        case End.HANG:
            await asyncio.sleep(min(hang, 3600))
        case End.DRIP:
            until = asyncio.get_running_loop().time() + hang
            while asyncio.get_running_loop().time() < until:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)
    return end is End.KEEP


__all__ = ["FAULTS", "RETRY_AFTER", "FaultyServer", "Listener", "Received", "reply"]
