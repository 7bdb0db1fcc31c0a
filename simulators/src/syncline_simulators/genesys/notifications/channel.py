"""Channels of notifications: whose they are, what they hear, and which one has to go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from attrs import define, field

from ...kernel.ids import Ids
from ..errors import Refusal, bad_request, not_found
from . import topics
from .habits import Habits

if TYPE_CHECKING:
    from .socket import Socket


DETAILS = "v2.detail.events.conversation."
MEDIUM = ".conversations."
"""Stands before the medium in topics of a single one."""


@define(kw_only=True, eq=False)
class Channel:
    """One channel. Its id is the credential of its socket."""

    id: str = field(repr=False)
    client: str
    token: str = field(repr=False)
    used: datetime
    expires: datetime
    topics: dict[str, None] = field(factory=dict, repr=False)
    """As they were named, in order."""
    socket: Socket | None = field(default=None, repr=False)


@define(kw_only=True)
class Channels:
    """All channels of the organisation."""

    ids: Ids
    now: Callable[[], datetime]
    habits: Habits = field(factory=Habits)
    _channels: dict[str, Channel] = field(factory=dict, repr=False)
    _listeners: dict[str, list[Channel]] = field(factory=dict, repr=False)
    """By single topic."""
    media: set[str] = field(factory=set, repr=False)
    """Media of which somebody has subscribed to topics of their own."""
    watched: set[str] = field(factory=set, repr=False)
    """Conversations whose details somebody has subscribed to by name."""

    def __iter__(self) -> Iterator[Channel]:
        return iter(tuple(self._channels.values()))

    def __len__(self) -> int:
        return len(self._channels)

    def listeners(self, topic: str) -> Sequence[Channel]:
        """The channels that are subscribed to a single topic."""
        return self._listeners.get(topic, ())

    def of(self, client: str) -> list[Channel]:
        """The channels of a client that live."""
        return [one for one in self._living() if one.client == client]

    def create(self, client: str, token: str) -> tuple[Channel, Channel | None]:
        """A new channel, and the one that it evicts."""
        now = self.now()
        own = self.of(client)
        evicted = None
        if len(own) >= self.habits.channels:
            evicted = min(own, key=lambda one: (one.socket is not None, one.used))
            self.remove(evicted)
        channel = Channel(
            id=f"streaming-{len(self._channels) % 4}-{self.ids.token()}",
            client=client,
            token=token,
            used=now,
            expires=self._end(now),
        )
        self._channels[channel.id] = channel
        return channel, evicted

    def find(self, channel_id: str) -> Channel | None:
        """A channel that lives."""
        found = self._channels.get(channel_id)
        return found if found and found.expires > self.now() else None

    def get(self, channel_id: str, client: str) -> Channel:
        """A channel of this client, which uses it now.

        Raises:
            Refusal: 404; gone, or another client's.
        """
        found = self.find(channel_id)
        if found is None or found.client != client:
            raise not_found("channel", channel_id)
        found.used = self.now()
        return found

    def subscribe(self, channel: Channel, names: Iterable[str], *, replace: bool) -> None:
        """Add these topics, or have them instead of the others; the channel lives on from now.

        Raises:
            Refusal: 400; too many of them.
        """
        kept = {} if replace else dict(channel.topics)
        kept.update(dict.fromkeys(names))
        if len(kept) > self.habits.topics:
            raise bad_request(
                f"A channel can have at most {self.habits.topics} subscriptions.",
                code="notification.subscription.too.many.subscriptions",
            )
        if replace:
            self._forget(channel)
        for name in kept:
            if replace or name not in channel.topics:
                self._listen(channel, name)
        now = self.now()
        channel.topics, channel.used, channel.expires = kept, now, self._end(now)

    def remove(self, channel: Channel) -> None:
        """Forget a channel and its subscriptions; the socket is the caller's."""
        self._channels.pop(channel.id, None)
        self._forget(channel)
        channel.topics = {}

    def expired(self) -> list[Channel]:
        """Those whose time is over."""
        now = self.now()
        return [one for one in self._channels.values() if one.expires <= now]

    def _living(self) -> list[Channel]:
        now = self.now()
        return [one for one in self._channels.values() if one.expires > now]

    def _end(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.habits.expires)

    def _listen(self, channel: Channel, name: str) -> None:
        for one in topics.single(name):
            found = self._listeners.setdefault(one, [])
            _, of_medium, medium = one.partition(MEDIUM)
            if of_medium:
                self.media.add(medium)
            if one.startswith(DETAILS):
                self.watched.add(one[len(DETAILS) :].partition(".")[0])
            if channel not in found:
                found.append(channel)

    def _forget(self, channel: Channel) -> None:
        for name in channel.topics:
            for one in topics.single(name):
                found = self._listeners.get(one, [])
                if channel in found:
                    found.remove(channel)
                if not found:
                    self._listeners.pop(one, None)


def checked(names: Sequence[str]) -> None:
    """Refuse what is no topic.

    Raises:
        Refusal: 400.
    """
    for name in names:
        if topics.templates(name) is None:
            raise Refusal(
                status=400,
                code="notification.invalid.topic",
                message=f"Topic {name} is not valid.",
                params={"topic": name},
            )
