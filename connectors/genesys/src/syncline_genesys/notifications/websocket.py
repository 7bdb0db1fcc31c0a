"""One WebSocket: whole messages out of bytes, as fast as they come. Import it late: it is slow."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)
from websockets.frames import Frame, Opcode
from websockets.protocol import Event

from syncline.errors import ConfigError, NotFound, Unavailable

Messages = Sequence[bytes]
Take = Callable[[Messages], None]

LARGEST = 16 * 2**20
"""Bytes of one message; what is larger ends the connection."""
OPENING = 10.0
"""Seconds in which a connection opens, or is given up."""
_PING = '{"message":"ping"}'
_TEXT = 0x81
"""First byte of a text message that is no fragment and not compressed (RFC 6455, 5.2)."""
_GONE = {401, 403, 404, 410}

# At DEBUG the library writes the address, which is the credential, and every message.
_quiet = logging.getLogger(f"{__name__}.library")
_quiet.setLevel(logging.WARNING)


def split(data: bytes) -> tuple[list[bytes], int]:
    """Return the whole plain text messages at the beginning, and how many bytes they take."""
    found: list[bytes] = []
    at, end = 0, len(data)
    while at + 2 <= end and data[at] == _TEXT:
        size = data[at + 1]
        if size < 126:
            start = at + 2
        elif size == 126 and at + 4 <= end:
            start, size = at + 4, data[at + 2] << 8 | data[at + 3]
        elif size == 127 and at + 10 <= end:
            start, size = at + 10, int.from_bytes(data[at + 2 : at + 10])
        else:
            break
        if start + size > end:
            break
        found.append(data[start : start + size])
        at = start + size
    return found, at


class _Cutter(ClientConnection):
    """A connection that hands on what came with one look at the socket, all together.

    The library opens, keeps and closes it. Plain text messages, which is nearly everything, are
    cut out of the bytes here: its own parser and queue take several times as long for each.
    """

    def __init__(self, protocol: Any, take: Take, **options: Any) -> None:
        super().__init__(protocol, **options)
        self._hand_on = take
        self._begun = b""
        self._whole: list[bytes] = []
        self._fragments = bytearray()
        self.heard = self.loop.time()
        self.ended: asyncio.Future[str] = self.loop.create_future()

    def data_received(self, data: bytes) -> None:
        self.heard = self.loop.time()
        if self.response is None or self.protocol.reader.buffer or self._fragments:
            # The opening, and the rest of what the library has begun to read.
            super().data_received(data)
        else:
            self._cut(self._begun + data if self._begun else data)
        if self._whole:
            whole, self._whole = self._whole, []
            self._hand_on(whole)

    def _cut(self, data: bytes) -> None:
        found, at = split(data)
        self._whole += found
        rest = data[at:] if at < len(data) else b""
        self._begun = rest if not rest or _begun(rest) else b""
        if rest and not self._begun:
            super().data_received(rest)

    def process_event(self, event: Event) -> None:
        if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.CONT, Opcode.BINARY):
            self._gather(event)
        else:
            super().process_event(event)

    def _gather(self, frame: Frame) -> None:
        self._fragments += frame.data
        if frame.fin:
            self._whole.append(bytes(self._fragments))
            self._fragments = bytearray()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if not self.ended.done():
            close = self.protocol.close_rcvd or self.protocol.close_sent
            self.ended.set_result(f"closed with {close.code}" if close else "broken off")


class WebSocket:
    """A connection that is open: it listens to the other end, and asks it for a sign of life."""

    def __init__(self, connection: _Cutter) -> None:
        self._connection = connection
        self._paused = False
        self._paused_at: float | None = None
        self._resumed = float("-inf")

    @property
    def heard(self) -> float:
        """When anything came last, by the loop's clock; for one that was not read, since then."""
        return max(self._connection.heard, self._resumed)

    def whole_until(self, grace: float) -> float:
        """Return until when everything was heard, by the loop's clock.

        What comes after a pause has waited at the other end, and what waits there may be dropped:
        for `grace` seconds nothing is known of what happened since the pause.
        """
        if self._paused_at is None:
            return self._connection.heard
        if self._paused or self._connection.loop.time() - self._resumed < grace:
            return min(self._paused_at, self._connection.heard)
        return self._connection.heard

    @property
    def ended(self) -> asyncio.Future[str]:
        """Set when the connection has ended, whoever ended it: to how."""
        return self._connection.ended

    @property
    def paused(self) -> bool:
        return self._paused

    async def ping(self) -> None:
        """Ask for a sign of life, in the vendor's way: it documents no pings of the protocol."""
        with suppress(ConnectionClosed):
            await self._connection.send(_PING)

    def pause(self, grace: float) -> None:
        """Read nothing until resumed; the vendor is pushed back."""
        if not self._paused and not self.ended.done():
            self._paused_at = self.whole_until(grace)
            self._paused = True
            self._connection.transport.pause_reading()

    def resume(self) -> None:
        """Read on; a silence while nothing was read says nothing."""
        if self._paused and not self.ended.done():
            self._paused = False
            self._resumed = self._connection.loop.time()
            self._connection.transport.resume_reading()

    def abort(self) -> None:
        """End it at once, without telling the other end."""
        self._connection.transport.abort()

    async def aclose(self) -> None:
        """End it as the protocol asks for."""
        await self._connection.close()


def _begun(data: bytes) -> bool:
    """Tell whether bytes can be the beginning of a plain text message that is not too large."""
    if data[0] != _TEXT:
        return False
    if len(data) < 2 or data[1] < 127:
        return True
    return data[1] == 127 and (len(data) < 10 or int.from_bytes(data[2:10]) <= LARGEST)


async def open_websocket(uri: str, take: Take, *, proxy: str = "") -> WebSocket:
    """Return a connection; from now on `take` gets its messages.

    Raises:
        NotFound: the channel is gone, or was never ours.
        ConfigError: the proxy cannot be used.
        Unavailable: there is no connection to be had now.
    """

    def create(protocol: Any, **options: Any) -> _Cutter:
        return _Cutter(protocol, take, **options)

    try:
        opened = await connect(
            uri,
            proxy=proxy or None,
            compression=None,
            max_size=LARGEST,
            open_timeout=OPENING,
            # The vendor does not say that it answers pings of the protocol.
            ping_interval=None,
            close_timeout=1,
            logger=_quiet,
            # It asks for a class, and calls it.
            create_connection=cast("type[ClientConnection]", create),
        )
    except InvalidStatus as error:
        raise _refused(error.response.status_code) from None
    except InvalidProxy:
        raise ConfigError(
            ["proxy: sockets cannot be opened through it; check its address"]
        ) from None
    except InvalidURI:
        raise Unavailable("the channel came with an address that is none") from None
    except (OSError, WebSocketException) as error:
        # Their texts may hold the address.
        raise Unavailable(f"the socket could not be opened: {type(error).__name__}") from None
    return WebSocket(cast("_Cutter", opened))


def _refused(status: int) -> NotFound | Unavailable:
    said = f"the socket was refused with HTTP {status}"
    return NotFound(said) if status in _GONE else Unavailable(said)


__all__ = ["LARGEST", "OPENING", "Messages", "Take", "WebSocket", "open_websocket", "split"]
