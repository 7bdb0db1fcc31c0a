"""A real HTTP server on this machine that misbehaves on demand, in every way in `FAULTS`.

async with FaultyServer() as server:
    server.next("cut-json", "reset-after")     # the next two requests; then all is well
    ...
    assert server.applied == [...]             # what had its effect, whatever was answered
"""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from enum import Enum, auto
from functools import cache
from typing import Self

from attrs import field, frozen


class End(Enum):
    """What becomes of the connection after the bytes of an answer."""

    KEEP = auto()
    CLOSE = auto()
    RESET = auto()
    HANG = auto()
    DRIP = auto()
    """A blank every 10 ms, for ever."""


Wire = Callable[[bytes], bytes]
"""From the JSON that a healthy answer would hold to all bytes that are sent."""


@frozen(kw_only=True)
class Kind:
    """One way of misbehaving."""

    says: str
    """A sentence for people."""
    wire: Wire = lambda payload: b""
    end: End = End.KEEP
    applies: bool = True
    """Whether a write has its effect all the same."""


def reply(
    status: int = 200,
    body: bytes = b"",
    *headers: str,
    kind: str = "application/json",
    length: int | None = None,
) -> bytes:
    """Return an answer as it goes over the wire; `length` is what Content-Length claims."""
    lines = [
        f"HTTP/1.1 {status} Status",
        *([f"Content-Type: {kind}"] if body else []),
        f"Content-Length: {len(body) if length is None else length}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _chunked(*parts: bytes) -> bytes:
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    return head + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)


def _zipped(data: bytes) -> bytes:
    return reply(200, data, "Content-Encoding: gzip")


@cache
def _bomb() -> bytes:
    """Return some 64 KiB that decompress to 64 MiB of blanks."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(squeeze.compress(b" " * 2**20) for _ in range(64)) + squeeze.flush()


def _in(seconds: float) -> str:
    moment = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return format_datetime(moment, usegmt=True)


_PAGE = b"<!doctype html><title>Sorry</title><p>We will be back in a minute."
_OTHER = "Location: http://127.0.0.1:9/elsewhere"

_BODIES: Mapping[str, Kind] = {
    "cut-json": Kind(
        says="The JSON is cut in the middle; Content-Length agrees.",
        wire=lambda payload: reply(200, payload[: len(payload) // 2]),
    ),
    "empty-200": Kind(says="200 with an empty body.", wire=lambda payload: reply(200)),
    "html-200": Kind(
        says="200 with an HTML page where JSON is due.",
        wire=lambda payload: reply(200, _PAGE, kind="text/html"),
    ),
    "html-as-json": Kind(
        says="200 with an HTML page that claims to be JSON.",
        wire=lambda payload: reply(200, _PAGE),
    ),
    "not-a-number": Kind(
        says="JSON with NaN in it, which is none.", wire=lambda payload: reply(200, b'{"n": NaN}')
    ),
    "not-utf-8": Kind(
        says="JSON in no Unicode encoding.", wire=lambda payload: reply(200, b'{"n": "\xff\xfe"}')
    ),
    "deep-json": Kind(
        says="JSON nested 100,000 deep.",
        wire=lambda payload: reply(200, b"[" * 100_000 + b"]" * 100_000),
    ),
    "long-number": Kind(
        says="JSON with a number of 10,000 digits.",
        wire=lambda payload: reply(200, b'{"n": %b}' % (b"9" * 10_000)),
    ),
    "gzip-bomb": Kind(
        says="64 KiB of gzip that hold 64 MiB.", wire=lambda payload: _zipped(_bomb())
    ),
    "gzip-cut": Kind(
        says="A gzip body that ends early; Content-Length agrees.",
        wire=lambda payload: _zipped(gzip.compress(payload)[:-12]),
    ),
    "gzip-lie": Kind(
        says="Content-Encoding says gzip; it is none.", wire=lambda payload: _zipped(payload)
    ),
    "unknown-encoding": Kind(
        says="A content encoding that was not offered.",
        wire=lambda payload: reply(200, payload, "Content-Encoding: br"),
    ),
}

_CONNECTIONS: Mapping[str, Kind] = {
    "reset-before": Kind(
        says="The connection is reset before the request has any effect.",
        end=End.RESET,
        applies=False,
    ),
    "reset-after": Kind(says="It has its effect, then the connection is reset.", end=End.RESET),
    "close-before": Kind(
        says="The connection is closed before the request has any effect.",
        end=End.CLOSE,
        applies=False,
    ),
    "close-after": Kind(says="It has its effect, then the connection is closed.", end=End.CLOSE),
    "short-body": Kind(
        says="The body is shorter than Content-Length, then the connection is closed.",
        wire=lambda payload: reply(200, payload[:-3], length=len(payload)),
        end=End.CLOSE,
    ),
    "long-body": Kind(
        says="The body is longer than Content-Length.",
        wire=lambda payload: reply(200, payload, length=len(payload) - 3),
    ),
    "answered-twice": Kind(
        says="The whole answer comes twice on one connection.",
        wire=lambda payload: reply(200, payload) * 2,
    ),
    "bad-chunk": Kind(
        says="A chunk's size is no number.",
        wire=lambda payload: _chunked(payload[:-2]) + b"zz\r\n}}\r\n0\r\n\r\n",
    ),
    "short-chunk": Kind(
        says="The last chunk is shorter than its size, then the connection is closed.",
        wire=lambda payload: _chunked(payload)[:-4],
        end=End.CLOSE,
    ),
    "no-last-chunk": Kind(
        says="The chunks end without the closing one.",
        wire=lambda payload: _chunked(payload),
        end=End.CLOSE,
    ),
    "big-header": Kind(
        says="A header of 128 KiB.",
        wire=lambda payload: reply(200, payload, "X-Padding: " + "x" * 128 * 1024),
    ),
    "not-http": Kind(
        says="Something that is not HTTP.", wire=lambda payload: b"SSH-2.0-OpenSSH\r\n\r\n"
    ),
    "drip-body": Kind(
        says="The body drips: each byte is in time, the whole never comes.",
        wire=lambda payload: reply(200, payload, length=2**20),
        end=End.DRIP,
    ),
    "silence": Kind(says="It has its effect, and no answer ever comes.", end=End.HANG),
}

_STATUSES: Mapping[str, Kind] = {
    "html-502": Kind(
        says="502 from a proxy, with an HTML page; the request never arrived.",
        wire=lambda payload: reply(502, _PAGE, kind="text/html"),
        applies=False,
    ),
    "applied-502": Kind(
        says="502 from a proxy, after the effect.", wire=lambda payload: reply(502), applies=True
    ),
    "applied-504": Kind(
        says="504 from a proxy, after the effect.",
        wire=lambda payload: reply(504, _PAGE, kind="text/html"),
    ),
    "json-500": Kind(
        says="500 with a JSON error.",
        wire=lambda payload: reply(500, b'{"code": "internal.server.error"}'),
        applies=False,
    ),
    "empty-503": Kind(says="503, empty.", wire=lambda payload: reply(503), applies=False),
    "503-retry-after": Kind(
        says="503 with Retry-After.",
        wire=lambda payload: reply(503, b"", "Retry-After: 2"),
        applies=False,
    ),
    "408": Kind(says="408, nothing was done.", wire=lambda payload: reply(408), applies=False),
    "423": Kind(says="423, it is locked.", wire=lambda payload: reply(423), applies=False),
    "425": Kind(says="425, too early.", wire=lambda payload: reply(425), applies=False),
    "401": Kind(
        says="401: the token has expired.",
        wire=lambda payload: reply(401, b'{"code": "bad.credentials"}'),
        applies=False,
    ),
    "redirect-elsewhere": Kind(
        says="307 to another host.", wire=lambda payload: reply(307, b"", _OTHER), applies=False
    ),
    "early-hints": Kind(
        says="103 Early Hints before the answer, which is allowed.",
        wire=lambda payload: b"HTTP/1.1 103 Early Hints\r\n\r\n" + reply(200, payload),
    ),
}

RETRY_AFTER: Mapping[str, Callable[[], str | None]] = {
    "seconds": lambda: "2",
    "zero": lambda: "0",
    "fraction": lambda: "1.5",
    "date": lambda: _in(2),
    "past-date": lambda: _in(-3600),
    "garbage": lambda: "soon",
    "negative": lambda: "-5",
    "huge": lambda: "9" * 5000,
    "a-day": lambda: "86400",
    "list": lambda: "2, 4",
    "absent": lambda: None,
}
"""The forms in which a 429 says how long to wait."""


def _throttle(form: Callable[[], str | None]) -> Wire:
    def wire(payload: bytes) -> bytes:
        told = form()
        headers = [] if told is None else [f"Retry-After: {told}"]
        return reply(429, b'{"code": "too.many.requests"}', *headers)

    return wire


FAULTS: Mapping[str, Kind] = {
    **_CONNECTIONS,
    **_BODIES,
    **_STATUSES,
    **{
        f"429-{name}": Kind(says=f"429, Retry-After: {name}.", wire=_throttle(form), applies=False)
        for name, form in RETRY_AFTER.items()
    },
}
"""Every fault, by name."""


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


class FaultyServer:
    """An HTTP/1.1 server on 127.0.0.1: keep-alive, JSON answers, and faults on demand.

    A healthy answer to anything is `{"path": ..., "number": n}`, n counting all requests from 1.
    `answer` replaces it: from the request to the whole answer on the wire, see `reply`.
    """

    def __init__(self, answer: Callable[[Received], bytes] | None = None) -> None:
        self.requests: list[Received] = []
        self.applied: list[Received] = []
        """Those that had their effect."""
        self.always: str | None = None
        """The fault of every request that no `next` is left for."""
        self.connections = 0
        self._answer = answer
        self._next: deque[str | None] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    def next(self, *faults: str | None) -> None:
        """Queue a fault for each of the next requests; None is a healthy answer."""
        for fault in faults:
            if fault is not None and fault not in FAULTS:
                raise KeyError(f"{fault!r} is none of the faults: {', '.join(FAULTS)}")
        self._next.extend(faults)

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=2**20)
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
                while await self._exchange(reader, writer, number):
                    pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int
    ) -> bool:
        request = await _receive(reader, connection)
        self.requests.append(request)
        name = self._next.popleft() if self._next else self.always
        kind = FAULTS[name] if name else Kind(says="well", wire=lambda payload: reply(200, payload))
        if kind.applies:
            self.applied.append(request)
        if name is None and self._answer is not None:
            writer.write(self._answer(request))
        else:
            writer.write(kind.wire(self._payload(request)))
        return await _ended(kind.end, writer)

    def _payload(self, request: Received) -> bytes:
        return json.dumps({"path": request.target, "number": len(self.requests)}).encode()


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


async def _ended(end: End, writer: asyncio.StreamWriter) -> bool:
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
            await asyncio.Event().wait()
        case End.DRIP:
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)
    return end is End.KEEP


__all__ = ["FAULTS", "RETRY_AFTER", "End", "FaultyServer", "Kind", "Received", "reply"]
