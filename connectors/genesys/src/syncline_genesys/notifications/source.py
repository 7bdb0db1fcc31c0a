"""Genesys Cloud notifications as a source of interaction events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING

from attrs import asdict, define

from syncline.connector import Context
from syncline.errors import ConfigError, Forbidden, SynclineError
from syncline.events import Batch, Event, Subscription
from syncline.http import Client

from ..client import open_client
from ..interactions import Normaliser
from ..settings import ListeningClient, Settings
from .backoff import Backoff
from .budget import Budget
from .calls import ChannelCalls, ConversationCalls, Refusal
from .channel import Channel, Means
from .clients import listening_clients, settings_of
from .frames import Frames, Heard
from .inbox import Inbox
from .open_gap import Report
from .plan import KEPT, plan_channels, told
from .repair import Repairs
from .slot_listeners import SlotListeners
from .topic_watch import TopicWatch
from .topics import wanted

if TYPE_CHECKING:
    from .websocket import Messages, WebSocket

logger = logging.getLogger(__name__)

_NOBODYS = "00000000-0000-4000-8000-000000000000"
"""The id of no channel."""
_LOOK = 1.0
"""Seconds between two looks at how much came, and whether all clients are refused."""
_MOMENT = 0.05
"""Seconds between two looks at how far all channels have told everything."""
NAMED = 1000
"""Most conversations that one gap lists: an event has to fit where events go."""


def open_source(
    settings: Settings, context: Context, subscription: Subscription
) -> NotificationSource:
    """Return the source of a job; it connects once somebody asks for what it hears.

    Raises:
        ConfigError: a topic is none, or the listener is not known.
    """
    return NotificationSource(settings, context, subscription)


@define(eq=False)
class _Running:
    """What goes on while somebody listens."""

    inbox: Inbox
    repairs: Repairs
    lines: SlotListeners | None = None
    """None until topics are known."""
    _complete_until: datetime | None = None
    _looked: float = float("-inf")

    def complete_until(self) -> datetime | None:
        """Return until when everything was told, as far as that is known: of a moment ago.

        It takes a look at every channel, which is too much for each of thousands of batches.
        """
        now = asyncio.get_running_loop().time()
        if self._complete_until is None or now - self._looked >= _MOMENT:
            self._looked = now
            heard = self.lines.quiet_since() if self.lines is not None else None
            missing = self.repairs.since
            self._complete_until = heard and (heard if missing is None else min(heard, missing))
        return self._complete_until


class NotificationSource:
    """An `EventSource`: channels, their sockets, and what they missed."""

    def __init__(self, settings: Settings, context: Context, subscription: Subscription) -> None:
        self._settings, self._context, self._subscription = settings, context, subscription
        self._clients = listening_clients(settings, subscription.listener)
        try:
            self._wanted = wanted(subscription.topics)
        except ValueError as error:
            raise ConfigError([f"topics: {error}"]) from None
        # Chance spreads waits here; nothing is secret about it.
        self._random = Random()  # noqa: S311
        self._normaliser = Normaliser(
            f"genesys/{context.connection}", subscription.listener, subscription.privacy
        )
        self._heard = Heard()
        self._frames = Frames(self._normaliser, self._heard)
        self._calls = ConversationCalls(self._open(settings))
        self._means = [self._means_of(client) for client in self._clients]
        self._sockets: set[WebSocket] = set()
        self._rejected: set[str] = set()
        self._running: _Running | None = None
        self._task: asyncio.Task[None] | None = None

    def _open(self, settings: Settings) -> Client:
        context = self._context
        return open_client(
            settings, context.clock, context.observe, context.connection, context.shared
        )

    def _means_of(self, client: ListeningClient) -> Means:
        return Means(
            calls=ChannelCalls(self._open(settings_of(client, self._settings))),
            clock=self._context.clock,
            random=self._random,
            observe=self._context.observe,
            take=self._take,
            refused=self._refused,
            opened=self._opened,
            renewals=asyncio.Semaphore(max(1, KEPT - client.channels)),
            proxy=self._settings.proxy,
            heartbeat=self._settings.heartbeat.total_seconds(),
        )

    @property
    def _grace(self) -> float:
        return 2 * self._settings.heartbeat.total_seconds()

    @property
    def _places(self) -> list[int]:
        return [client.channels for client in self._clients]

    # -- the port

    async def batches(self) -> AsyncIterator[Batch]:
        """Yield what is heard, and what is read again after gaps.

        Raises:
            Forbidden: a client is refused.
            ConfigError: the topics cannot be had.
        """
        inbox = Inbox(on_full=self._pause, on_room=self._resume)
        running = self._running = _Running(inbox, self._repairs(inbox))
        self._task = asyncio.create_task(self._listen(running), name="listening")
        try:
            while True:
                events = await inbox.take()
                until = None if len(inbox) else running.complete_until()
                yield Batch(events=events, complete_until=until)
        finally:
            await self._end()

    async def aclose(self) -> None:
        """Stop listening, and close the connections."""
        await self._end()
        await self._calls.aclose()
        for means in self._means:
            await means.calls.aclose()

    async def describe(self) -> Sequence[str]:
        """Return what would be subscribed to, line by line; nothing is.

        Raises:
            ConfigError: the clients do not suffice, or there is no such group.
            StoreError: users and queues cannot be listed, or a client is refused.
        """
        names = await self._following().names()
        for client, means in zip(self._clients, self._means, strict=True):
            await _admitted(client, means.calls)
        return told(plan_channels(names, self._places), self._places)

    # -- beginning and ending

    def _repairs(self, inbox: Inbox) -> Repairs:
        context, settings, known = self._context, self._settings, self._subscription.known
        return Repairs(
            calls=self._calls,
            telling=self._normaliser,
            clock=context.clock,
            budget=Budget(context.clock, settings.repairs_per_minute),
            backoff=Backoff(self._random, first=1.0),
            lag=settings.analytics_lag,
            put=inbox.put,
            room=inbox.room,
            report=self._report,
            earlier=list(known.open()) if known is not None else (),
        )

    def _following(self) -> TopicWatch:
        context, settings = self._context, self._settings
        return TopicWatch(
            wanted=self._wanted,
            calls=self._calls.listing,
            clock=context.clock,
            cache=context.cache,
            connection=context.connection,
            every=settings.topics_every.total_seconds(),
            per_minute=settings.requests_per_minute,
            backoff=Backoff(self._random, first=1.0),
        )

    async def _listen(self, running: _Running) -> None:
        """Keep everything going; whoever takes events learns of an end."""
        following, known = self._following(), self._subscription.known
        self._context.observe("channels", {"open": 0})
        try:
            async with asyncio.TaskGroup() as tasks:
                lines = running.lines = SlotListeners(
                    means=self._means,
                    places=self._places,
                    missed=running.repairs.missed,
                    tasks=tasks,
                    since=known.complete_until if known is not None else None,
                )
                lines.assign(await following.first())
                tasks.create_task(running.repairs.run(), name="repairs")
                tasks.create_task(following.run(lines.assign), name="topics")
                tasks.create_task(self._watch(lines), name="watch")
                tasks.create_task(self._ask_again(lines), name="refused topics")
        except BaseExceptionGroup as group:
            running.inbox.fail(_first(group))

    async def _end(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        left, self._running = [socket.ended for socket in self._sockets], None
        for socket in tuple(self._sockets):
            socket.abort()
        if left:
            await asyncio.wait(left)

    async def _watch(self, lines: SlotListeners) -> None:
        """Tell how much came; end where the vendor refuses every client."""
        while True:
            await asyncio.sleep(_LOOK)
            if self._heard.frames or self._heard.rejected:
                self._context.observe("frames", asdict(self._heard))
                self._heard.forget()
            self._granted(lines)
            fields = {**lines.figures(), "rejected_topics": len(self._rejected)}
            self._context.observe("channels", fields)
            lines.check()

    async def _ask_again(self, lines: SlotListeners) -> None:
        """Ask for refused topics now and then, as often as users and queues are listed."""
        while True:
            await self._context.clock.sleep(self._settings.topics_every.total_seconds())
            lines.ask_again()

    # -- what comes

    def _take(self, channel: Channel, messages: Messages) -> None:
        running = self._running
        if running is None:
            return
        events = self._frames.read(channel, messages, self._context.clock.now())
        if events:
            running.inbox.put(events)

    def _opened(self, socket: WebSocket) -> None:
        self._sockets.add(socket)
        socket.ended.add_done_callback(lambda _: self._sockets.discard(socket))
        if self._running is not None and self._running.inbox.full:
            socket.pause(self._grace)

    def _pause(self) -> None:
        logger.info("what was heard waits to be taken: nothing more is read")
        self._context.observe("paused", {})
        for socket in self._sockets:
            socket.pause(self._grace)

    def _resume(self) -> None:
        for socket in self._sockets:
            socket.resume()

    def _refused(self, refusals: Iterable[Refusal]) -> None:
        fresh = [one for one in refusals if one.topic not in self._rejected]
        if not fresh:
            return
        self._rejected.update(one.topic for one in fresh)
        missing = sorted({name for one in fresh for name in one.permissions})
        fields = {
            "topics": len(fresh),
            "first": fresh[0].topic,
            "reason": fresh[0].reason,
            "permissions": ", ".join(missing),
        }
        logger.warning("topics are refused; the others are listened to", extra=fields)
        self._context.observe("topics.rejected", fields)

    def _granted(self, lines: SlotListeners) -> None:
        """Tell of topics that were refused and are heard now, or that nobody wants any more."""
        gone = self._rejected - lines.rejected()
        if not gone:
            return
        self._rejected -= gone
        heard = sorted(gone & lines.wanted())
        if heard:
            fields = {"topics": len(heard), "first": heard[0]}
            logger.info("topics that were refused are listened to", extra=fields)
            self._context.observe("topics.granted", fields)

    # -- what was missed

    def _report(self, report: Report) -> None:
        running = self._running
        if running is None:
            return
        gap = report.gap
        fields = {
            "seconds": (gap.until - gap.since).total_seconds(),
            "topics": len(gap.topics),
            "repaired": report.repaired,
            "unrepaired": len(report.unrepaired),
        }
        logger.info("what was missed was read again", extra=fields)
        self._context.observe("gap", fields)
        running.inbox.put([self._told(report)])

    def _told(self, report: Report) -> Event:
        gap, reason = report.gap, f"{report.gap.why}: {report.reason}"
        named = report.unrepaired[:NAMED]
        if len(report.unrepaired) > len(named):
            reason += f"; the first {len(named)} of {len(report.unrepaired)} are listed"
        return self._normaliser.gap(
            gap.since,
            gap.until,
            sorted(gap.topics),
            self._context.clock.now(),
            repaired=report.repaired,
            unrepaired=named,
            reason=reason,
        )


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error of a group: what ended it, and not what that ended."""
    found = group.exceptions[0]
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    if not isinstance(found, SynclineError):
        logger.error("listening failed", exc_info=found)
    return found


async def _admitted(client: ListeningClient, calls: ChannelCalls) -> None:
    """Ask with an OAuth client for a channel that nobody has: an answer proves its credentials."""
    try:
        await calls.exists(_NOBODYS)
    except Forbidden as error:
        raise Forbidden(f"OAuth client {client.client_id!r} of the listener: {error}") from error


__all__ = ["NAMED", "NotificationSource", "open_source"]
