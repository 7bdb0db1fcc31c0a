"""The streaming host: it listens for WebSockets, and hands what happens to who is subscribed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import attrs

from ...kernel.clock import SimClock
from ...kernel.ids import Ids
from ..errors import Refusal
from . import frames, system
from .channel import Channel, Channels
from .habits import Habits
from .socket import Socket, read
from .wire import Wire

TICK = 0.1
"""Seconds between two looks at heartbeats, expiries and orders to close."""

Subscribe = Callable[[Channel, list[str]], list[dict[str, Any]]]


@attrs.define(kw_only=True, eq=False)
class Hub:
    """Channels, the sockets that are open, and the address where they connect."""

    clock: SimClock
    organization: str
    ids: Ids
    spawn: Callable[[Awaitable[None]], object]
    subscribe: Subscribe | None = None
    """Carries out a subscription that came over a socket."""
    habits: Habits = attrs.field(factory=Habits)
    chance: random.Random = attrs.field(factory=lambda: random.Random(0))  # noqa: S311
    port: int = 0
    dropped_readers: int = 0
    channels: Channels = attrs.field(init=False)
    wire: Wire = attrs.field(init=False)
    _sockets: set[Socket] = attrs.field(factory=set, repr=False)
    _server: asyncio.Server | None = None
    _refused_until: float = 0.0
    _next_close: float | None = None

    def __attrs_post_init__(self) -> None:
        now = self.clock.now
        self.channels = Channels(ids=self.ids, now=now, habits=self.habits)
        self.wire = Wire(habits=self.habits, chance=self.chance)

    @property
    def url(self) -> str:
        """Where sockets connect, without a path."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def sockets(self) -> list[Socket]:
        """The sockets of channels that are open."""
        return [one for one in self._sockets if one.channel is not None and one.open]

    async def begin(self) -> None:
        """Listen on a free port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Socket(self), "127.0.0.1", 0, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]
        self.spawn(self._watch())

    def end(self) -> None:
        """Stop listening, and drop every socket."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for one in tuple(self._sockets):
            one.drop()

    # what happens

    def publish(self, topics: Iterable[str], body: bytes) -> int:
        """Send an event's body on these topics to all that listen; how many frames that were."""
        metadata = b""
        sent = 0
        for topic in topics:
            listeners = self.channels.listeners(topic)
            if not listeners:
                continue
            if not metadata:
                metadata = frames.metadata(self.ids.uuid())
            frame = frames.event(topic, body, metadata)
            for channel in listeners:
                socket = channel.socket
                if socket is not None and not socket.silent and self._roomy(socket):
                    sent += 1
                    self.wire.send(socket, topic, frame)
        return sent

    def _roomy(self, socket: Socket) -> bool:
        if socket.waiting <= self.habits.buffer:
            return True
        self.dropped_readers += 1
        self._leave(socket)
        socket.drop()
        return False

    @property
    def busiest(self) -> int:
        """The most bytes that wait for one reader."""
        return max((one.waiting for one in self._sockets), default=0)

    def drop_beyond(self, size: int) -> None:
        """Drop the readers for whom more bytes wait."""
        for socket in tuple(self._sockets):
            if socket.waiting > size:
                self.dropped_readers += 1
                self._leave(socket)
                socket.drop()

    # sockets

    def connected(self, socket: Socket) -> None:
        """A client connects; it has not said yet what it wants."""
        self._sockets.add(socket)

    def gone(self, socket: Socket) -> None:
        """A connection has ended."""
        self._sockets.discard(socket)
        self._leave(socket)

    def _leave(self, socket: Socket) -> None:
        if socket.channel is not None and socket.channel.socket is socket:
            socket.channel.socket = None

    def admitted(self, path: str) -> tuple[int, str]:
        """The status of an upgrade; 101 lets it in."""
        if self.habits.refuse:
            return self.habits.refuse, "refused\n"
        if self.clock.elapsed() < self._refused_until:
            return 503, "unavailable\n"
        return (101, "") if self._named(path) else (404, "no such channel\n")

    def _named(self, path: str) -> Channel | None:
        head, _, channel = path.partition("?")[0].rpartition("/")
        return self.channels.find(channel) if head == "/channels" else None

    def opened(self, socket: Socket, path: str) -> None:
        """A client has its socket: another one of the same channel is kicked out."""
        channel = self._named(path)
        if channel is None:
            return
        other = channel.socket
        if other is not None:
            text = "Another connection of the same channel was opened."
            other.send(self._system(channel, system.UNSUBSCRIBED, text, system.ANOTHER))
            self._leave(other)
            other.close(1000, "another connection")
        for older in self.channels:
            if older.client == channel.client and older.socket is not None:
                older.socket.lag = self.habits.lag
        channel.socket, socket.channel = socket, channel
        channel.used = self.clock.now()
        socket.beat = self.clock.elapsed() + self.habits.heartbeat

    def said(self, socket: Socket, text: bytes) -> None:
        """Answer a client's message."""
        value: Any = read(text)
        channel = socket.channel
        if channel is None:
            return
        match value:
            case {"message": "ping"}:
                if self.habits.heartbeats:
                    socket.send(frames.PONG)
            case {"message": "subscribe", "topics": list(names)}:
                socket.send(frames.message(self._subscribed(channel, value, names)))
            case _:
                text_ = "The message is not understood."
                socket.send(frames.message({"result": "400", "status": "error", "message": text_}))

    def _subscribed(
        self, channel: Channel, value: dict[str, Any], names: list[Any]
    ) -> dict[str, Any]:
        echo = {"correlationId": value["correlationId"]} if "correlationId" in value else {}
        if self.channels.find(channel.id) is None or self.subscribe is None:
            return {"result": "404", "message": "The channel is gone.", **echo}
        try:
            entities = self.subscribe(channel, [str(one) for one in names])
        except Refusal as refusal:
            text = refusal.message
            return {"result": "400", "status": "failure", "message": text, **echo}
        return {"result": "200", "status": "subscribed", "topics": entities, **echo}

    # ends

    def evicted(self, channel: Channel) -> None:
        """A channel had to make room: its socket falls silent."""
        socket = channel.socket
        if socket is None:
            return
        if self.habits.announce_eviction:
            text = "The channel was removed: the client has too many."
            socket.send(self._system(channel, system.UNSUBSCRIBED, text))
        channel.socket = None
        socket.flush()
        socket.silent = True

    def freeze(self, channels: Iterable[Channel]) -> int:
        """Let their sockets fall silent, as a network does that lost them; the channels live on."""
        found = [one for one in channels if one.socket is not None]
        for channel in found:
            socket, channel.socket = channel.socket, None
            if socket is not None:
                socket.flush()
                socket.silent = True
        return len(found)

    def evict(self, channel: Channel) -> None:
        """Remove a channel as if another one had needed its place."""
        self.channels.remove(channel)
        self.evicted(channel)

    def revoked(self, channels: Iterable[Channel]) -> int:
        """The tokens of these channels are revoked: they end, and their sockets are told."""
        count = 0
        for channel in channels:
            count += 1
            self.channels.remove(channel)
            socket, channel.socket = channel.socket, None
            if socket is not None:
                text = "The token was revoked."
                socket.send(self._system(channel, system.REVOKED, text, system.TOKENS))
                socket.close(1000, "token revoked")
        return count

    def close_all(self, how: str) -> int:
        """End every socket: by `reset`, `close`, or `closing` after an announcement."""
        found = self.sockets
        for socket in found:
            if how == "closing":
                socket.send(system.CLOSING)
                asyncio.get_running_loop().call_later(self.habits.closing_notice, _closed, socket)
            elif how == "close":
                socket.close(1001, "going away")
            else:
                socket.reset()
        return len(found)

    def refuse_for(self, seconds: float) -> None:
        """Refuse every upgrade for so long."""
        self._refused_until = self.clock.elapsed() + seconds

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(min(TICK, self.habits.heartbeat / 4 or TICK))
            now = self.clock.elapsed()
            for socket in self.sockets:
                self._beat(socket, now)
            for channel in self.channels.expired():
                self._expire(channel)
            self._close_in_turn(now)

    def _beat(self, socket: Socket, now: float) -> None:
        if now >= socket.beat and not socket.silent:
            socket.beat = now + self.habits.heartbeat
            if self.habits.heartbeats:
                socket.send(frames.HEARTBEAT)

    def _expire(self, channel: Channel) -> None:
        self.channels.remove(channel)
        socket, channel.socket = channel.socket, None
        if socket is not None:
            socket.close(1001, "channel expired")

    def _system(self, channel: Channel, kind: str, text: str, reason: str = "") -> bytes:
        return system.told(channel, kind, text, reason, (self.organization, self.ids.uuid()))

    def _close_in_turn(self, now: float) -> None:
        every = self.habits.close_every
        if not every:
            self._next_close = None
        elif self._next_close is None:
            self._next_close = now + every
        elif now >= self._next_close:
            self._next_close = now + every
            self.close_all(self.habits.close_how)


def _closed(socket: Socket) -> None:
    if socket.open:
        socket.close(1001, "maintenance")
