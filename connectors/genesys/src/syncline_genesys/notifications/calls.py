"""The calls that listening takes, one method for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from datetime import datetime
from typing import Any

from attrs import field, frozen

from syncline.errors import Rejected, Unavailable
from syncline.http import Client

from ..blocks.decode import text
from ..blocks.words import Json
from ..client import entities, listed
from ..config.calls import Calls
from ..documents import moment
from .refused_topics import Refusal, RefusedTopics

CHANNELS = "/api/v2/notifications/channels"
DETAILS = "/api/v2/analytics/conversations/details"
CONVERSATIONS = "/api/v2/conversations"
GROUPS = "/api/v2/groups"
AT_ONCE = 100
"""Conversations that one look-up in analytics names."""
TRIES = 50
"""Times that a subscription is repeated without what the vendor said is no topic."""
_SOON = 0
"""Before everything else on the credential: events are lost meanwhile."""
_LATER = 2
"""After everything else on the credential."""


@frozen(kw_only=True)
class Opened:
    """A channel that the vendor made."""

    id: str = field(repr=False)
    """The credential of its socket."""
    uri: str = field(repr=False)
    """Holds the credential, too: it is never logged."""
    expires: datetime | None


class ChannelCalls:
    """The notification channels of one OAuth client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._barred = RefusedTopics()

    async def aclose(self) -> None:
        await self._client.aclose()

    async def create(self) -> Opened:
        """Make a channel."""
        # Repeating it makes one channel too many, which nobody connects to and which expires.
        answer = await self._client.request("POST", CHANNELS, idempotent=True, priority=_SOON)
        channel = _object(answer.json(), CHANNELS)
        if not text(channel, "id") or not text(channel, "connectUri"):
            raise Unavailable(f"{CHANNELS}: a channel came without its address")
        return Opened(
            id=text(channel, "id"),
            uri=text(channel, "connectUri"),
            expires=moment(channel.get("expires")),
        )

    async def exists(self, channel: str) -> bool:
        """Tell whether a channel is still there."""
        answer = await self._client.request(
            "HEAD", f"{CHANNELS}/{channel}", ok={200, 204, 404}, priority=_SOON
        )
        return answer.status != 404

    async def subscribe(self, channel: str, names: Iterable[str]) -> list[Refusal]:
        """Have a channel tell these topics and no others, and live for another day.

        Returns those that are refused; what is no topic is left out from then on.

        Raises:
            NotFound: the channel is gone.
            Rejected: there are too many.
        """
        return await self._set("PUT", channel, names)

    async def add(self, channel: str, names: Iterable[str]) -> list[Refusal]:
        """Have a channel tell these topics, too; return those that are refused."""
        return await self._set("POST", channel, names)

    def may_ask(self, topics: Iterable[str]) -> list[str]:
        """Return those of these topics of which the vendor did not say that they are none."""
        return [topic for topic in topics if self._barred.left([topic])]

    async def _set(self, method: str, channel: str, names: Iterable[str]) -> list[Refusal]:
        wanted, tries = [*names], 0
        while True:
            left = self._barred.left(wanted)
            try:
                return await self._subscribed(method, channel, left) + self._barred.of(wanted)
            except Rejected as error:
                # One name that is no topic leaves the channel without any.
                tries += 1
                if tries > TRIES or not self._barred.learn(left, error):
                    raise

    async def _subscribed(self, method: str, channel: str, names: Sequence[str]) -> list[Refusal]:
        # Without ignoreErrors one topic that is refused leaves the channel without any.
        path = f"{CHANNELS}/{channel}/subscriptions"
        answer = await self._client.request(
            method,
            path,
            params={"ignoreErrors": "true"},
            json=[{"id": name} for name in names],
            idempotent=True,
            priority=_SOON,
        )
        return refusals(entities(_object(answer.json(), "subscriptions")))


def refusals(topics: Iterable[Json]) -> list[Refusal]:
    """Return the topics that a subscription lists as refused."""
    return [
        Refusal(
            topic=text(one, "id"),
            reason=text(one, "rejectionReason"),
            permissions=tuple(map(str, one.get("missingPermissions") or ())),
        )
        for one in topics
        if text(one, "state").casefold() == "rejected"
    ]


class ConversationCalls:
    """What is asked about conversations that nobody told of."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.listing = Calls(client)
        """Users, queues and groups."""

    async def aclose(self) -> None:
        await self._client.aclose()

    async def details(self, ids: Sequence[str]) -> list[Json]:
        """Return what analytics know of these conversations, a hundred at most."""
        answer = await self._client.request(
            "GET", DETAILS, params={"id": ",".join(ids)}, priority=_LATER
        )
        return _conversations(_object(answer.json(), DETAILS))

    async def conversation(self, id: str) -> Json:
        """Return one conversation as it is now.

        Raises:
            NotFound: the vendor does not know it, or no longer.
        """
        path = f"{CONVERSATIONS}/{id}"
        return _object((await self._client.request("GET", path, priority=_LATER)).json(), path)

    async def began(self, since: datetime, until: datetime, number: int) -> list[Json]:
        """Return one page of the conversations that began in an interval, the latest first."""
        return await self._query(since, until, {"orderBy": "conversationStart"}, number)

    async def ended(self, since: datetime, until: datetime, number: int) -> list[Json]:
        """Return one page of those that have ended, the latest end first.

        The vendor counts an interval in the days on which conversations began.
        """
        has = {"dimension": "conversationEnd", "operator": "exists"}
        only = {"type": "and", "predicates": [{"type": "dimension", **has}]}
        wanted = {"orderBy": "conversationEnd", "conversationFilters": [only]}
        return await self._query(since, until, wanted, number)

    async def _query(
        self, since: datetime, until: datetime, wanted: Json, number: int
    ) -> list[Json]:
        path = f"{DETAILS}/query"
        body = {
            "interval": f"{_stamp(since)}/{_stamp(until)}",
            "order": "desc",
            "paging": {"pageSize": AT_ONCE, "pageNumber": number},
            **wanted,
        }
        # A query that is sent as a POST writes nothing.
        answer = await self._client.request(
            "POST", path, json=body, idempotent=True, priority=_LATER
        )
        return _conversations(_object(answer.json(), path))


def _conversations(answer: Json) -> list[Json]:
    # Analytics leave out the member that would be empty.
    return listed(answer, "conversations", DETAILS) if "conversations" in answer else []


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def _object(value: Any, what: str) -> Json:
    if not isinstance(value, dict):
        raise Unavailable(f"{what} answered {type(value).__name__} where an object was expected")
    return value


def known(conversation: Json, about: Set[str]) -> bool:
    """Tell whether details of analytics concern one of these users or queues."""
    return any(id in about for id in _subjects(conversation))


def _subjects(conversation: Json) -> Iterable[str]:
    for participant in _objects(conversation, "participants"):
        yield text(participant, "userId")
        for session in _objects(participant, "sessions"):
            for segment in _objects(session, "segments"):
                yield text(segment, "queueId")


def _objects(holder: Json, name: str) -> Iterable[Json]:
    return (one for one in holder.get(name) or () if isinstance(one, dict))


__all__ = [
    "AT_ONCE", "CHANNELS", "CONVERSATIONS", "DETAILS", "GROUPS", "ChannelCalls",
    "ConversationCalls", "Opened", "Refusal", "known", "refusals",
]  # fmt: skip
