"""One WebSocket of a channel. The protocol is that of `websockets`; events bypass it, as bytes."""

from __future__ import annotations

import asyncio
import contextlib
import socket as sockets
import struct
from typing import TYPE_CHECKING

import orjson
from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from .channel import Channel

if TYPE_CHECKING:
    from .hub import Hub

_LINGER_OFF = struct.pack("ii", 1, 0)
MOST = 1024 * 1024
"""Bytes of a message of a client."""


class Socket(asyncio.Protocol):
    """A client's connection: the upgrade, then its messages and ours."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._protocol = ServerProtocol(max_size=MOST)
        self._loop = asyncio.get_running_loop()
        self._parts: list[bytes] = []
        self._waiting = 0
        self._text = b""
        self.channel: Channel | None = None
        self.beat = 0.0
        """When the next heartbeat is due."""
        self.silent = False
        """Whether it was evicted: it stays open, and nothing is said or answered on it."""
        self.backlog_since: float | None = None
        self.lag = 0.0
        """Seconds by which its frames are behind those of others."""

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP has no other kind
        self._transport = transport
        self._hub.connected(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._hub.gone(self)

    def data_received(self, data: bytes) -> None:
        if self.silent:
            return
        self._protocol.receive_data(data)
        for one in self._protocol.events_received():
            match one:
                case Request():
                    self._upgrade(one)
                case Frame():
                    self._frame(one)
        self._answer()

    def eof_received(self) -> bool:
        self._protocol.receive_eof()
        return False

    def _answer(self) -> None:
        self.flush()
        for data in self._protocol.data_to_send():
            if data:
                self._transport.write(data)
        if self._protocol.close_expected():
            # The client has had its close frame, or broke the protocol.
            self._transport.close()

    def _upgrade(self, request: Request) -> None:
        status, reason = self._hub.admitted(request.path)
        if status != 101:
            self._protocol.send_response(self._protocol.reject(status, reason))
            return
        response = self._protocol.accept(request)
        self._protocol.send_response(response)
        if response.status_code == 101:
            for data in self._protocol.data_to_send():
                self._transport.write(data)
            self._hub.opened(self, request.path)

    def _frame(self, frame: Frame) -> None:
        if frame.opcode not in (Opcode.TEXT, Opcode.CONT):
            return
        self._text += bytes(frame.data)
        if frame.fin:
            text, self._text = self._text, b""
            self._hub.said(self, text)

    # for the hub

    @property
    def open(self) -> bool:
        """Whether events can be sent."""
        return self._protocol.state is State.OPEN and not self._transport.is_closing()

    @property
    def waiting(self) -> int:
        """Bytes that the client has not taken yet."""
        return self._waiting + self._transport.get_write_buffer_size()

    def send(self, frame: bytes) -> None:
        """Send a whole frame soon; what is sent in one turn of the loop goes out together."""
        if not self._parts:
            self._loop.call_soon(self.flush)
        self._parts.append(frame)
        self._waiting += len(frame)

    def flush(self) -> None:
        """Hand what was sent to the transport."""
        if self._parts:
            parts, self._parts, self._waiting = self._parts, [], 0
            if not self._transport.is_closing():
                self._transport.write(b"".join(parts))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End it in order."""
        self.flush()
        with contextlib.suppress(InvalidState):
            self._protocol.send_close(code, reason)
        for data in self._protocol.data_to_send():
            self._transport.write(data)
        # A client that does not answer the close frame is not waited for.
        self._loop.call_later(1.0, self.drop)

    def drop(self) -> None:
        """End it without a word."""
        self._transport.abort()

    def reset(self) -> None:
        """End it so that the client sees a reset (RST)."""
        raw = self._transport.get_extra_info("socket")
        if raw is not None:
            with contextlib.suppress(OSError):
                raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, _LINGER_OFF)
        self._transport.abort()


def read(text: bytes) -> dict[str, object] | None:
    """The object that a client sent, or None where it is none."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
