"""One notification channel of the vendor's, and the socket that listens to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from attrs import Factory, define, field, frozen

from syncline.errors import NotFound
from syncline.ports import Clock
from syncline.redaction import register

from .calls import ChannelCalls, Opened, Refusal
from .handover import Handover
from .system import Ended, SystemMessage

if TYPE_CHECKING:
    from .websocket import Messages, WebSocket

LIFE = timedelta(hours=24)
"""What a channel lives where the vendor does not say."""
_GRACE = 2
"""Signs of life for which a socket that was not read may still be behind."""
_EARLIEST, _LATEST = 0.6, 0.8
"""Of its life, when a channel is replaced: spread, so that not all are replaced at once."""


@frozen(kw_only=True)
class Means:
    """What channels of one OAuth client are made with."""

    calls: ChannelCalls
    clock: Clock
    random: Random
    observe: Callable[[str, dict[str, Any]], None]
    take: Callable[[Channel, Messages], None]
    """Gets all messages."""
    refused: Callable[[Iterable[Refusal]], None]
    """Gets the topics that the vendor does not give."""
    opened: Callable[[WebSocket], None]
    """Gets every socket as soon as it is there."""
    renewals: asyncio.Semaphore
    """How many channels may be replaced at a time: more would drive others out."""
    proxy: str
    heartbeat: float
    """Seconds between signs of life."""


def _now(channel: Channel) -> datetime:
    return channel.means.clock.now()


@define(eq=False)
class Channel:
    """A channel that is listened to, by its `socket`."""

    means: Means
    opened: Opened = field(repr=False)
    socket: WebSocket = field(repr=False)
    renew_at: float
    """By the loop's clock."""
    names: frozenset[str] = frozenset()
    """What it is subscribed to."""
    rejected: frozenset[str] = frozenset()
    """What of it the vendor does not give."""
    verified: float = 0.0
    """When the vendor last said that the channel is there, by the loop's clock."""
    since: float = field(init=False, factory=lambda: asyncio.get_running_loop().time())
    """When its socket was there, by the loop's clock."""
    opened_at: datetime = field(init=False, default=Factory(_now, takes_self=True))
    """The same, by ours."""
    through: datetime | None = None
    """The newest time that was heard, by the vendor's clock: a channel tells in order."""
    behind: float = 0.0
    """Seconds that what was heard last had been on its way at most: what follows may be lost."""
    handover: Handover | None = field(default=None, repr=False)
    """While it takes over from another one, or another one from it."""
    sequence: object = field(factory=object, repr=False)
    """Whose order what it tells is in: a channel that takes over goes on with another one's."""
    told: SystemMessage | None = None
    """What a system message said last that asks for something."""
    news: asyncio.Event = field(factory=asyncio.Event)

    def hear(self, what: SystemMessage) -> None:
        """Take what the vendor says about the channel."""
        if isinstance(what, Ended) and what.channel not in ("", self.opened.id):
            # About another one, such as the one that this one replaced.
            return
        if not isinstance(self.told, Ended):
            self.told = what
        self.news.set()

    @property
    def whole_until(self) -> float:
        """Until when everything was heard, by the loop's clock."""
        heard = self.socket.whole_until(_GRACE * self.means.heartbeat)
        return max(min(heard, self.since), heard - self.behind)

    def heard(self, at: datetime, now: datetime) -> None:
        """Note that something was heard that was sent at this time, or later.

        Args:
            now: by the vendor's clock, as `at` is.
        """
        self.through = at if self.through is None else max(at, self.through)
        self.behind = max(0.0, (now - self.through).total_seconds())

    async def follow(self, names: frozenset[str]) -> None:
        """Subscribe to these names and no others, by what the vendor charges least for.

        Raises:
            NotFound: the channel is gone.
        """
        if names == self.names:
            return
        if self.names and self.names < names:
            found = await self.means.calls.add(self.opened.id, names - self.names)
        else:
            found = await self.means.calls.subscribe(self.opened.id, names)
            self.rejected = frozenset()
        self._followed(names, found)

    async def ask_again(self) -> None:
        """Ask for what was refused: a permission may have been given since.

        Raises:
            NotFound: the channel is gone.
        """
        if not (asked := self.means.calls.may_ask(sorted(self.rejected))):
            return
        found = await self.means.calls.add(self.opened.id, asked)
        self.rejected -= frozenset(asked)
        self._followed(self.names, found)

    def _followed(self, names: frozenset[str], found: Sequence[Refusal]) -> None:
        self.names = names
        self.rejected |= {one.topic for one in found}
        self.verified = asyncio.get_running_loop().time()
        self.means.refused(found)

    async def exists(self) -> bool:
        """Ask the vendor whether the channel is still there."""
        asked = asyncio.get_running_loop().time()
        found = await self.means.calls.exists(self.opened.id)
        if found:
            self.verified = asked
        return found

    async def again(self) -> Channel:
        """Return it with another socket, after its own has ended.

        Raises:
            NotFound: the channel is gone.
            Unavailable: it cannot be had now.
        """
        channel = await _connected(self.means, self.opened, self.renew_at)
        channel.names, channel.rejected = self.names, self.rejected
        # What the vendor does not keep any more may still be let in: it is asked.
        if not await channel.exists():
            channel.socket.abort()
            raise NotFound("the channel is gone")
        return channel


async def open_channel(
    means: Means, names: frozenset[str], handover: Handover | None = None
) -> Channel:
    """Make a channel, listen to it, and subscribe it: nothing is missed once it is returned.

    Args:
        handover: from the one that it replaces.

    Raises:
        Forbidden: the client may not have channels.
        Rejected: a name is no topic.
        NotFound, RateLimited, Unavailable: it cannot be had now.
    """
    opened = await means.calls.create()
    register(opened.id, lasting=False)
    loop = asyncio.get_running_loop()
    channel = await _connected(means, opened, loop.time() + _renewal(means, opened))
    if handover is not None:
        handover.begin(channel)
    try:
        await channel.follow(names)
    except BaseException:
        channel.socket.abort()
        if handover is not None:
            handover.cancel()
        raise
    return channel


async def _connected(means: Means, opened: Opened, renew_at: float) -> Channel:
    # Late: the library is slow to import, and only whoever listens needs it.
    from .websocket import open_websocket

    early: list[bytes] = []
    channel: Channel | None = None

    def take(messages: Messages) -> None:
        if channel is None:
            early.extend(messages)
        else:
            means.take(channel, messages)

    socket = await open_websocket(opened.uri, take, proxy=means.proxy)
    channel = Channel(means, opened, socket, renew_at)
    means.opened(socket)
    if early:
        means.take(channel, early)
    return channel


def _renewal(means: Means, opened: Opened) -> float:
    """Return in how many seconds a channel is replaced."""
    return life(opened, means.clock.now()) * means.random.uniform(_EARLIEST, _LATEST)


def life(opened: Opened, now: datetime) -> float:
    """Return the seconds that a channel lives."""
    left = (opened.expires - now) if opened.expires else LIFE
    return max(1.0, min(left, LIFE).total_seconds())


__all__ = ["LIFE", "Channel", "Means", "life", "open_channel"]
