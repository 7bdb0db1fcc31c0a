"""Whether conversations that look open have ended: analytics by the hundred, else one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from syncline.connector import Context
from syncline.errors import NotFound
from syncline.events import Found

from ..blocks.decode import text
from ..blocks.words import Json
from ..client import open_client
from ..config.calls import chunks
from ..documents import moment
from ..settings import Settings
from .calls import AT_ONCE, ConversationCalls

ONE_BY_ONE = 20
"""Conversations of one look-up that analytics do not know and that are asked for one by one."""


def open_lookup(settings: Settings, context: Context) -> ConversationLookup:
    """Return what asks with the connection's own client; it asks nothing yet."""
    client = open_client(
        settings, context.clock, context.observe, context.connection, context.shared
    )
    return ConversationLookup(ConversationCalls(client))


@frozen
class ConversationLookup:
    """A `Lookup` of conversations.

    Source: GET /api/v2/analytics/conversations/details?id= answers for those that analytics know;
    GET /api/v2/conversations/{id} answers 404 for what is unknown or purged.
    """

    _calls: ConversationCalls

    @property
    def at_once(self) -> int:
        return AT_ONCE

    async def look_up(self, keys: Sequence[str]) -> Mapping[str, Found]:
        """Return what is known of each; some of many that analytics do not know are left out."""
        found: dict[str, Found] = {}
        for some in chunks(list(dict.fromkeys(keys)), AT_ONCE):
            for one in await self._calls.details(some):
                found[text(one, "conversationId")] = standing(one, "conversationEnd")
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        for key in missing[:ONE_BY_ONE]:
            found[key] = await self._one(key)
        return {key: found[key] for key in dict.fromkeys(keys) if key in found}

    async def _one(self, key: str) -> Found:
        try:
            return standing(await self._calls.conversation(key), "endTime")
        except NotFound:
            return Found(standing="gone")

    async def aclose(self) -> None:
        await self._calls.aclose()


def standing(conversation: Json, end: str) -> Found:
    """Return how a conversation stands by the member that says when it ended."""
    ended = moment(conversation.get(end))
    return Found(standing="open") if ended is None else Found(standing="ended", ended_at=ended)


__all__ = ["ONE_BY_ONE", "ConversationLookup", "open_lookup", "standing"]
