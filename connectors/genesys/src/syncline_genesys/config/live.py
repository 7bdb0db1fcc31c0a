"""News of the configuration over a notification channel: which of the objects to look at again.

Source: Genesys available topics. On a channel every topic names its object, so that only objects
whose ids are known are listened to: those that were read once. Rows of data tables and the
organisation's utilization have no such topic. What a frame says is not looked at.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

from attrs import define, field
from msgspec import DecodeError, Struct
from msgspec.json import Decoder

from syncline.config_items import kind_and_name
from syncline.config_store import Delivery
from syncline.connector import Context
from syncline.model import Ref

from ..client import open_client
from ..notifications.calls import ChannelCalls, Refusal
from ..notifications.channel import Channel, Means
from ..notifications.gap import Gap
from ..notifications.plan import MOST, Slot
from ..notifications.slot_listener import SlotListener
from ..notifications.system import system_message
from ..settings import Settings
from .directory import Directory
from .events import live_source

if TYPE_CHECKING:
    from ..notifications.websocket import Messages, WebSocket

logger = logging.getLogger(__name__)

WAIT = 5.0
"""Seconds that one look for news takes at most; then objects that were met since are added."""
_AUDITED: Mapping[str, str] = {
    "queue": "Queue",
    "schedule": "Schedule",
    "schedule-group": "ScheduleGroup",
    "user": "User",
}
"""What the audit topics call our kinds."""


def topics_of(refs: Iterable[Ref], directory: Directory) -> dict[str, set[str]]:
    """Return the topics that tell of these objects, with the ids of the objects."""
    found: dict[str, set[str]] = {}
    for ref in refs:
        for topic in _topics(*kind_and_name(ref), directory):
            found.setdefault(topic, set()).add(ref.id)
    return found


def _topics(kind: str, name: str, directory: Directory) -> Iterator[str]:
    if kind == "user-status-count" and name.startswith("queue/"):
        kind, name = "queue-observation", name.removeprefix("queue/")
    id = directory.id_of("queue" if kind == "queue-observation" else kind, name)
    if id is None:
        return
    if kind == "queue-observation":
        yield f"v2.analytics.queues.{id}.observations"
    if kind in _AUDITED:
        yield f"v2.audits.entitytype.{_AUDITED[kind]}.entityid.{id}"
    if kind == "user":
        yield f"v2.users.{id}.routingStatus"


class _Topic(Struct, rename={"name": "topicName"}):
    name: str = ""


_topic = Decoder(_Topic)


@define(eq=False)
class LiveNews:
    """An `Intake` of what a channel tells; nothing is kept for whoever does not listen.

    Objects that were told of while nobody asked are told once, however often that was.
    """

    _settings: Settings
    _context: Context
    _refs: Sequence[Ref]
    _waiting: dict[str, None] = field(factory=dict, init=False)
    """Ids of objects to tell of."""
    _topics: dict[str, set[str]] = field(factory=dict, init=False)
    _looked: float = field(default=float("-inf"), init=False)
    """When ids were looked up last, by the loop's clock."""
    _asked: float = field(default=float("-inf"), init=False)
    """When it was seen last whether what was refused is granted by now."""
    _unheard: set[str] = field(factory=set, init=False)
    """Topics that were refused, as people were told."""
    _news: asyncio.Event = field(factory=asyncio.Event, init=False)
    _sockets: set[WebSocket] = field(factory=set, init=False)
    _calls: ChannelCalls = field(init=False)
    _line: SlotListener = field(init=False)
    _task: asyncio.Task[None] | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        settings, context = self._settings, self._context
        client = open_client(
            settings, context.clock, context.observe, context.connection, context.shared
        )
        self._calls = ChannelCalls(client)
        means = Means(
            calls=self._calls,
            clock=context.clock,
            random=Random(),  # noqa: S311 - spreads waits; nothing is secret about it
            observe=context.observe,
            take=self._take,
            refused=self._refused,
            opened=self._opened,
            renewals=asyncio.Semaphore(1),
            proxy=settings.proxy,
            heartbeat=settings.heartbeat.total_seconds(),
        )
        self._line = SlotListener(slot=Slot(0, 0), means=means, missed=self._missed, strict=False)

    # -- the port

    async def receive(self) -> Sequence[Delivery]:
        """Return one message with the objects that were told of; none after some seconds."""
        now = asyncio.get_running_loop().time()
        if now - self._looked >= WAIT:
            self._looked = now
            self._follow()
        if now - self._asked >= self._settings.topics_every.total_seconds():
            self._asked = now
            self._line.ask_again()
        if self._task is None and self._line.names:
            self._task = asyncio.create_task(self._line.run(), name="configuration channel")
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT):
                await self._news.wait()
        if self._task is not None and self._task.done():
            task, self._task = self._task, None
            task.result()  # raises what ended it
        self._news.clear()
        ids, self._waiting = list(self._waiting), {}
        if not ids:
            return ()
        body = {"source": live_source(self._context.connection), "objects": ids}
        return [Delivery(id="channel", body=json.dumps(body).encode())]

    async def done(self, deliveries: Sequence[Delivery]) -> None:
        """Nothing is kept there."""

    async def failed(self, delivery: Delivery, why: str) -> None:
        """Nothing is kept there; the next poll looks."""

    async def aclose(self) -> None:
        """Stop listening."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        for socket in tuple(self._sockets):
            socket.abort()
        await self._calls.aclose()

    # -- what is listened to

    def _follow(self) -> None:
        """Listen to all objects whose ids are known by now."""
        # Read afresh: it is another part of this program that meets names.
        directory = Directory(self._context.cache, self._context.connection)
        found = topics_of(self._refs, directory)
        if len(found) > MOST and len(self._topics) < MOST:
            fields = {"connection": self._context.connection, "topics": len(found), "most": MOST}
            logger.warning("a channel holds no more topics; the rest is polled", extra=fields)
        self._topics = dict(list(found.items())[:MOST])
        self._line.assign(frozenset(self._topics))

    def _refused(self, refusals: Iterable[Refusal]) -> None:
        # They are asked for again now and then, and people are told once.
        told = [one for one in refusals if one.topic not in self._unheard]
        self._unheard |= {one.topic for one in told}
        if told:
            fields = {"topics": len(told), "first": told[0].topic, "reason": told[0].reason}
            logger.warning("topics are refused; their objects are polled", extra=fields)

    # -- what comes

    def _take(self, channel: Channel, messages: Messages) -> None:
        for raw in messages:
            try:
                topic = _topic.decode(raw).name
            except (DecodeError, RecursionError):
                topic = ""
            if topic in self._topics:
                self._tell(self._topics[topic])
            elif (what := system_message(raw)) is not None:
                channel.hear(what)

    def _missed(self, gap: Gap) -> None:
        """Have everything looked at that may have changed while nobody listened."""
        for topic in gap.topics & self._topics.keys():
            self._tell(self._topics[topic])

    def _tell(self, ids: Iterable[str]) -> None:
        self._waiting |= dict.fromkeys(ids)
        self._news.set()

    def _opened(self, socket: WebSocket) -> None:
        self._sockets.add(socket)
        socket.ended.add_done_callback(lambda _: self._sockets.discard(socket))


def open_live(settings: Settings, context: Context, refs: Sequence[Ref]) -> LiveNews | None:
    """Open the news of these objects; None where the connection is not to use a channel for it."""
    return LiveNews(settings, context, refs) if settings.channel else None


__all__ = ["WAIT", "LiveNews", "open_live", "topics_of"]
