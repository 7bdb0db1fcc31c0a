"""What is listened to without end: one channel after another in the same place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from attrs import define, field, frozen

from syncline.errors import ConfigError, Forbidden, NotFound, Rejected, SynclineError
from syncline.redaction import redact

from .backoff import LONGEST, Backoff
from .channel import Channel, Means, open_channel
from .gap import Gap
from .plan import Slot
from .renewal import Renewal
from .system import Closing, Ended

logger = logging.getLogger(__name__)

_STEADY = 2
"""Signs of life after which a channel counts as steady."""
_ASK = 10
"""Signs of life after which the vendor is asked whether the channel is there: one that was driven
out may go on to beat."""
_REFUSED = 300.0
"""Most seconds between two tries of a client that is refused."""


@frozen
class _Loss:
    """How a channel was lost."""

    channel: Channel
    why: str
    heard: float
    """Until when nothing was missed, by the loop's clock."""
    gone: bool = False
    """The vendor does not have it any more."""


@define(eq=False, kw_only=True)
class SlotListener:
    """The channels of one slot.

    Args:
        missed: gets every gap once it has ended.
    """

    slot: Slot
    means: Means
    missed: Callable[[Gap], None]
    names: frozenset[str] = frozenset()
    strict: bool = True
    """Whether a first channel that is refused is an error rather than tried again."""
    deaf_since: datetime | None = None
    """Since when nothing is heard; None while a channel listens, and before the first one."""
    why: str = ""
    """Why nothing is heard."""
    channel: Channel | None = None
    _leaving: Channel | None = field(default=None, init=False)
    """The one that it has just replaced, while both listen."""
    _rejected: frozenset[str] = field(default=frozenset(), init=False)
    _asks_again: bool = field(default=False, init=False)
    _changed: asyncio.Event = field(factory=asyncio.Event, init=False)
    _ends: set[asyncio.Task[None]] = field(factory=set, init=False)
    refused: SynclineError | None = None
    """Why the vendor refused the last try for good."""

    def assign(self, names: frozenset[str]) -> None:
        """Listen to these from now on."""
        if names != self.names:
            self.names = names
            self._changed.set()

    @property
    def rejected(self) -> frozenset[str]:
        """What the vendor does not give, as the last channel was told."""
        if self.channel is not None:
            self._rejected = self.channel.rejected
        return self._rejected

    def ask_again(self) -> None:
        """Ask for what was refused, once there is a channel; for nothing where nothing was."""
        if self.rejected:
            self._asks_again = True
            self._changed.set()

    @property
    def quiet_since(self) -> datetime | None:
        """Until when everything was heard; None before the first channel listens."""
        if self.deaf_since is not None or self.channel is None:
            return self.deaf_since
        whole_until = self.channel.whole_until
        if self._leaving is not None:
            whole_until = min(whole_until, self._leaving.whole_until)
        return self._when(whole_until)

    async def run(self) -> None:
        """Listen until cancelled.

        Raises:
            Forbidden: the first channel was refused.
            ConfigError: a name is no topic, or the proxy cannot be used.
        """
        backoff = Backoff(self.means.random)
        try:
            while True:
                channel = await self._obtain(backoff)
                began = self._now()
                self._lost(await self._kept(channel))
                if self._now() - began > _STEADY * self.means.heartbeat:
                    backoff.reset()
                await self.means.clock.sleep(backoff.next())
        finally:
            await self._end()

    # -- getting a channel

    async def _obtain(self, backoff: Backoff) -> Channel:
        """Return a channel that listens, the last one if it is still there."""
        old = self.channel
        self.channel = None
        while True:
            try:
                channel = await self._open(old)
            except NotFound:
                old = None
            except SynclineError as error:
                self._failed(error)
                self.refused = error if isinstance(error, Forbidden | Rejected) else None
                backoff.longest = _REFUSED if self.refused else LONGEST
            else:
                self._has(channel)
                return channel
            await self.means.clock.sleep(backoff.next())

    async def _open(self, old: Channel | None) -> Channel:
        if old is None:
            return await open_channel(self.means, self.names)
        channel = await old.again()
        try:
            await channel.follow(self.names)
        except BaseException:
            channel.socket.abort()
            raise
        return channel

    def _failed(self, error: SynclineError) -> None:
        if isinstance(error, ConfigError) or (self.strict and isinstance(error, Forbidden)):
            raise error
        if self.strict and isinstance(error, Rejected):
            raise ConfigError([f"topics: Genesys refuses them: {redact(str(error))}"]) from error
        fields = {"slot": str(self.slot), "error": redact(str(error))}
        logger.warning("a channel cannot be had", extra=fields)
        self.means.observe("channel.refused", fields)

    def _has(self, channel: Channel) -> None:
        """Count a channel as listening, and the gap before it as ended."""
        self.strict, self.refused, self.channel = False, None, channel
        fields = {"slot": str(self.slot), "topics": len(channel.names)}
        logger.info("a channel listens", extra=fields)
        self.means.observe("channel.opened", fields)
        if self.deaf_since is not None:
            self._tell_gap(self.deaf_since, channel.names, self.why)
        self.deaf_since = None

    def _tell_gap(self, since: datetime, names: frozenset[str], why: str) -> None:
        until = max(self.means.clock.now(), since)
        self.missed(Gap(since=since, until=until, topics=names, why=why, slot=self.slot))

    # -- keeping it

    async def _kept(self, channel: Channel) -> _Loss:
        """Listen, replacing the channel in time, until one was lost; return how that was."""
        retry = Backoff(self.means.random, first=1.0)
        while True:
            await self._wait(channel)
            if (loss := self._loss(channel)) is not None:
                return loss
            try:
                channel = await self._tended(channel)
                retry.reset()
            except NotFound:
                return _Loss(channel, "driven out, or expired", channel.verified, gone=True)
            except SynclineError as error:
                fields = {"slot": str(self.slot), "error": redact(str(error))}
                logger.warning("a channel could not be changed", extra=fields)
                # What could not be done is still to do.
                self._changed.set()
                await asyncio.wait([channel.socket.ended], timeout=retry.next())

    def _loss(self, channel: Channel) -> _Loss | None:
        socket = channel.socket
        # What the vendor says comes first: the connection often ends with it.
        if isinstance(channel.told, Ended):
            return _Loss(channel, channel.told.why, channel.whole_until, gone=True)
        if socket.ended.done():
            return _Loss(channel, socket.ended.result(), channel.whole_until)
        if self._silence(channel) > 2 * self.means.heartbeat:
            return _Loss(channel, "silent", channel.whole_until)
        return None

    def _silence(self, channel: Channel) -> float:
        # A socket that is not read may well have something to say.
        return 0.0 if channel.socket.paused else self._now() - channel.socket.heard

    async def _tended(self, channel: Channel) -> Channel:
        """Do what is due, and return the channel that listens then.

        Raises:
            NotFound: the channel is gone.
            SynclineError: it could not be done now.
        """
        if self._silence(channel) > self.means.heartbeat:
            await channel.socket.ping()
        if self._now() >= channel.renew_at or isinstance(channel.told, Closing):
            return await self._renewed(channel)
        if self._changed.is_set():
            self._changed.clear()
            await channel.follow(self.names)
            if self._asks_again:
                await channel.ask_again()
                self._asks_again = False
        elif self._now() - channel.verified > _ASK * self.means.heartbeat:
            await self._verify(channel)
        return channel

    async def _verify(self, channel: Channel) -> None:
        if not await channel.exists():
            raise NotFound("the channel is gone")

    async def _wait(self, channel: Channel) -> None:
        """Wait until there may be something to do."""
        until = min(channel.renew_at, self._now() + self.means.heartbeat / 2)
        waits: list[asyncio.Future[Any]] = [
            asyncio.create_task(one.wait()) for one in (channel.news, self._changed)
        ]
        try:
            await asyncio.wait(
                [*waits, channel.socket.ended],
                timeout=max(0.0, until - self._now()),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for wait in waits:
                wait.cancel()
        channel.news.clear()

    async def _renewed(self, old: Channel) -> Channel:
        """Return the channel that takes over; for a while both listen.

        Raises:
            SynclineError: there is none to be had now; the old one goes on.
        """
        renewal = Renewal(old)
        if not await renewal.turn():
            return old
        try:
            new = await renewal.open(self.names)
            self.channel, self._leaving = new, old
            fields = {"slot": str(self.slot), "topics": len(new.names)}
            logger.info("a channel is replaced", extra=fields)
            self.means.observe("channel.renewed", fields)
            if not await renewal.overlap(new):
                # What the old one had yet to tell is read again: here it would come too late.
                why = "replaced before it had told everything"
                self._tell_gap(self._when(old.whole_until), new.names, why)
        finally:
            if self._leaving is not None:
                self._leave(self._leaving)
            self.means.renewals.release()
        return new

    def _leave(self, old: Channel) -> None:
        self._leaving = None
        ending = asyncio.create_task(old.socket.aclose(), name="end of a channel")
        self._ends.add(ending)
        ending.add_done_callback(self._ends.discard)

    # -- losing it

    def _lost(self, loss: _Loss) -> None:
        loss.channel.socket.abort()
        self.channel = None if loss.gone else loss.channel
        self.deaf_since, self.why = self._when(loss.heard), loss.why
        fields = {"slot": str(self.slot), "reason": loss.why, "topics": len(loss.channel.names)}
        logger.warning("a channel was lost", extra=fields)
        self.means.observe("channel.closed", fields)

    async def _end(self) -> None:
        if self.channel is not None:
            await self.channel.socket.aclose()
        if self._ends:
            await asyncio.wait(self._ends)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _when(self, at: float) -> datetime:
        """Return the wall clock's time of a time of the loop's clock."""
        return self.means.clock.now() - timedelta(seconds=max(0.0, self._now() - at))


__all__ = ["SlotListener"]
