"""Names of topics: which there are, what they need, and several suffixes in one name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

MOST_CHARACTERS = 200
"""The vendor's own client keeps combined names below this."""

CONVERSATIONS = "conversation:communication:view"
DETAILS = "analytics:conversationDetail:view"

_DETAIL_EVENTS = (
    "acd.start acd.end acw attributes contact customer.start customer.end flow.start flow.end"
    " flow.outcome outbound user.start user.end voicemail.start voicemail.end wrapup"
)
_MEDIA = "callbacks calls chats cobrowseSessions emails messages screenshares socialexpressions"


@frozen
class Template:
    """A kind of topic; `{id}` stands for an id."""

    name: str
    permissions: tuple[str, ...] = ()
    """All of these are needed; which the vendor asks for is unconfirmed."""
    transports: tuple[str, ...] = ("All",)
    description: str = ""

    @property
    def pattern(self) -> str:
        """The regular expression of its names."""
        return re.escape(self.name).replace(re.escape("{id}"), "[^.?&]+")

    def view(self, expand: Sequence[str]) -> dict[str, Any]:
        """`AvailableTopic`, with what is asked for."""
        extra: Mapping[str, Any] = {
            "description": self.description,
            "requiresPermissions": list(self.permissions),
            "transports": list(self.transports),
            "topicParameters": ["id"] * self.name.count("{id}"),
            "visibility": "Public",
            "enforced": True,
        }
        return {"id": self.name, **{name: extra[name] for name in expand if name in extra}}


def _templates() -> list[Template]:
    socket, both = ("Websocket",), ("Websocket", "EventBridge")
    found = [
        Template("v2.users.{id}.conversations", (CONVERSATIONS,), socket, "A user's conversations"),
        Template(
            "v2.routing.queues.{id}.conversations",
            (CONVERSATIONS,),
            socket,
            "Conversations of a queue",
        ),
        Template("v2.users.{id}.presence", (), both, "The presence of a user"),
        Template("v2.users.{id}.routingStatus", (), both, "The routing status of a user"),
        Template("v2.users.{id}.activity", (), both, "What an agent does"),
        Template("v2.users.{id}.conversationsummary", (CONVERSATIONS,), socket, "Counts of a user"),
        Template("v2.routing.queues.{id}.users", ("routing:queue:view",), socket, "Members"),
        Template("v2.analytics.queues.{id}.observations", (), both, "What goes on in a queue"),
        Template("v2.audits.entitytype.{id}.entityid.{id}", ("audits:audit:view",), both, "Audits"),
    ]
    for owner in ("v2.users.{id}", "v2.routing.queues.{id}"):
        found += [
            Template(f"{owner}.conversations.{one}", (CONVERSATIONS,), socket, f"{one} alone")
            for one in _MEDIA.split()
        ]
    return found + [
        Template(f"v2.detail.events.conversation.{{id}}.{one}", (DETAILS,), both, f"Detail: {one}")
        for one in _DETAIL_EVENTS.split()
    ]


TEMPLATES: Sequence[Template] = _templates()
"""The topics that can be subscribed to."""

_ANY = re.compile("|".join(f"({one.pattern})" for one in TEMPLATES))


def template(name: str) -> Template | None:
    """The kind of a single name, or None where there is no such topic."""
    found = _ANY.fullmatch(name)
    return TEMPLATES[found.lastindex - 1] if found and found.lastindex else None


def single(name: str) -> tuple[str, ...]:
    """The single names that a name stands for: `v2.users.{id}?presence&conversations` has two."""
    prefix, combined, suffixes = name.partition("?")
    if not combined:
        return (name,)
    return tuple(f"{prefix}.{suffix}" for suffix in suffixes.split("&"))


def templates(name: str) -> tuple[Template, ...] | None:
    """The kinds of all that a name stands for, or None where one of them is no topic."""
    if len(name) > MOST_CHARACTERS:
        return None
    found = tuple(template(one) for one in single(name))
    return None if None in found else tuple(one for one in found if one)


def missing(name: str, permissions: frozenset[str] | None) -> list[str]:
    """What a client with these permissions (None: all) lacks for a topic."""
    if permissions is None:
        return []
    wanted = {needed for one in templates(name) or () for needed in one.permissions}
    return sorted(wanted - permissions)
