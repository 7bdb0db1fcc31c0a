"""Genesys Cloud notifications as a source of interaction events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING

from attrs import define, evolve, field

from syncline.connector import Context
from syncline.errors import ConfigError, SynclineError
from syncline.events import Batch, Event, Subscription
from syncline.http import Client

from ..client import open_client
from ..interactions import Normaliser
from ..settings import ListeningClient, Settings
from .backoff import Backoff
from .budget import Budget
from .calls import ChannelCalls, ConversationCalls, Refusal
from .channel import Channel, Means
from .following import Following
from .frames import Frames, Heard
from .inbox import Inbox
from .line import Line
from .plan import KEPT, NOTHING, Plan, Slot, plan_channels, told
from .repair import Repairs, Report
from .topics import wanted

if TYPE_CHECKING:
    from .wire import Messages, Wire

logger = logging.getLogger(__name__)

_LOOK = 1.0
"""Seconds between two looks at how much came, and whether all clients are refused."""

NAMED = 1000
"""Most conversations that one gap lists: an event has to fit where events go."""


def listening_clients(settings: Settings, listener: str) -> tuple[ListeningClient, ...]:
    """Return the OAuth clients whose channels a listener uses.

    Raises:
        ConfigError: there are listeners, and none of this name.
    """
    if not settings.listeners:
        only = ListeningClient(
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            requests_per_minute=settings.requests_per_minute,
        )
        return (only,)
    if listener not in settings.listeners:
        names = ", ".join(sorted(settings.listeners))
        raise ConfigError([f"listeners: there is no listener {listener!r}, there are: {names}"])
    return settings.listeners[listener].clients


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
    following: Following
    lines: dict[Slot, Line] = field(factory=dict)
    tasks: dict[Slot, asyncio.Task[None]] = field(factory=dict)
    plan: Plan = NOTHING
    begun: bool = False


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
        self._wires: set[Wire] = set()
        self._rejected: set[str] = set()
        self._running: _Running | None = None
        self._task: asyncio.Task[None] | None = None
        self._tasks: asyncio.TaskGroup | None = None

    def _open(self, settings: Settings) -> Client:
        context = self._context
        return open_client(
            settings, context.clock, context.observe, context.connection, context.shared
        )

    def _means_of(self, client: ListeningClient) -> Means:
        own = evolve(
            self._settings,
            client_id=client.client_id,
            client_secret=client.client_secret,
            requests_per_minute=client.requests_per_minute,
        )
        return Means(
            calls=ChannelCalls(self._open(own)),
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
        running = self._running = self._begin()
        self._task = asyncio.create_task(self._listen(running), name="listening")
        try:
            while True:
                events = await running.inbox.take()
                until = None if len(running.inbox) else self._complete_until(running)
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
            StoreError: users and queues cannot be listed.
        """
        names = await self._begin().following.names()
        return told(plan_channels(names, self._places), self._places)

    # -- beginning and ending

    def _begin(self) -> _Running:
        context, settings = self._context, self._settings
        inbox = Inbox(on_full=self._pause, on_room=self._resume)
        known = self._subscription.known
        repairs = Repairs(
            calls=self._calls,
            telling=self._normaliser,
            clock=context.clock,
            budget=Budget(context.clock, settings.repairs_per_minute),
            backoff=Backoff(self._random, first=1.0),
            lag=settings.analytics_lag,
            put=inbox.put,
            room=inbox.room,
            report=self._report,
            observe=context.observe,
            earlier=list(known.open()) if known is not None else (),
        )
        following = Following(
            wanted=self._wanted,
            calls=self._calls.listing,
            clock=context.clock,
            cache=context.cache,
            connection=context.connection,
            every=settings.topics_every.total_seconds(),
            per_minute=settings.requests_per_minute,
            backoff=Backoff(self._random, first=1.0),
            assign=self._assign,
        )
        return _Running(inbox, repairs, following)

    async def _listen(self, running: _Running) -> None:
        """Keep everything going; whoever takes events learns of an end."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                await running.following.begin()
                running.begun = True
                self._tasks.create_task(running.repairs.run(), name="repairs")
                self._tasks.create_task(running.following.run(), name="topics")
                self._tasks.create_task(self._watch(running), name="watch")
        except BaseExceptionGroup as group:
            running.inbox.fail(_first(group))
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            running.inbox.fail(error)

    async def _end(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        left, self._running = [wire.ended for wire in self._wires], None
        for wire in tuple(self._wires):
            wire.abort()
        if left:
            await asyncio.wait(left)

    async def _watch(self, running: _Running) -> None:
        """Tell how much came; end where the vendor refuses every client."""
        while True:
            await asyncio.sleep(_LOOK)
            self._observe(running)
            refused = [line.refused for line in running.lines.values()]
            if refused and all(refused) and refused[0] is not None:
                raise refused[0]

    def _observe(self, running: _Running) -> None:
        heard, observe = self._heard, self._context.observe
        if heard.frames or heard.rejected:
            observe(
                "frames",
                {
                    "count": heard.frames,
                    "events": heard.events,
                    "repeats": heard.repeats,
                    "rejected": heard.rejected,
                },
            )
            heard.frames = heard.events = heard.repeats = heard.rejected = 0
        listening = sum(line.channel is not None for line in running.lines.values())
        topics = sum(len(line.names) for line in running.lines.values())
        fields = {"open": listening, "planned": len(running.lines), "topics": topics}
        observe("channels", {**fields, "rejected_topics": len(self._rejected)})

    # -- topics

    def _assign(self, names: Iterable[str]) -> None:
        """Bring the lines in line with the names.

        Raises:
            ConfigError: the clients do not suffice; at the first time alone.
        """
        running = self._running
        if running is None:
            return
        try:
            plan = plan_channels(list(names), self._places, running.plan)
        except ConfigError as error:
            if not running.begun:
                raise
            logger.error("the topics do not fit any more", extra={"error": str(error)})
            return
        running.plan = plan
        for slot in running.lines.keys() - plan.slots.keys():
            running.tasks.pop(slot).cancel()
            del running.lines[slot]
        for slot, held in plan.slots.items():
            if slot in running.lines:
                running.lines[slot].assign(held)
            else:
                self._add(running, slot, held)

    def _add(self, running: _Running, slot: Slot, names: frozenset[str]) -> None:
        known = self._subscription.known
        since = known.complete_until if known is not None and not running.begun else None
        line = Line(
            slot=slot,
            means=self._means[slot.client],
            missed=running.repairs.missed,
            names=names,
            strict=not running.begun,
            deaf_since=since,
            why="nobody listened" if since else "",
        )
        assert self._tasks is not None  # noqa: S101 - lines are made while it runs
        running.lines[slot] = line
        running.tasks[slot] = self._tasks.create_task(line.run(), name=f"channel {slot}")

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
        logger.warning("topics are refused; grant the permissions", extra=fields)
        self._context.observe("topics.rejected", fields)

    # -- what comes

    def _take(self, channel: Channel, messages: Messages) -> None:
        running = self._running
        if running is None:
            return
        events = self._frames.read(channel, messages, self._context.clock.now())
        if events:
            running.inbox.put(events)

    def _opened(self, wire: Wire) -> None:
        self._wires.add(wire)
        wire.ended.add_done_callback(lambda _: self._wires.discard(wire))
        if self._running is not None and self._running.inbox.full:
            wire.pause(self._grace)

    def _pause(self) -> None:
        logger.info("what was heard waits to be taken: nothing more is read")
        self._context.observe("paused", {})
        for wire in self._wires:
            wire.pause(self._grace)

    def _resume(self) -> None:
        for wire in self._wires:
            wire.resume()

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

    def _complete_until(self, running: _Running) -> datetime | None:
        """Return until when everything was told, as far as that is known."""
        times = [line.quiet_since for line in running.lines.values()]
        known = [at for at in (*times, running.repairs.since) if at is not None]
        if None in times or not known:
            return None
        return min(known)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error of a group: what ended it, and not what that ended."""
    found = group.exceptions[0]
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    if not isinstance(found, SynclineError):
        logger.error("listening failed", exc_info=found)
    return found


__all__ = ["NotificationSource", "listening_clients", "open_source"]
