"""Who takes part in a conversation, and by which communications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import orjson

MEDIA: Mapping[str, str] = {
    "voice": "calls",
    "chat": "chats",
    "message": "messages",
    "email": "emails",
    "callback": "callbacks",
}
"""The member of a participant that holds its communications, by medium."""

GONE = ("disconnected", "terminated")


@attrs.define(kw_only=True, eq=False)
class Communication:
    """A call, chat, message, e-mail or callback of one participant."""

    medium: str
    value: dict[str, Any]
    """As the vendor sends it."""
    path: list[tuple[str, int]] = attrs.field(factory=list)
    """Its states, each with the moment when it began."""
    holds: list[list[int]] = attrs.field(factory=list)

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.value["id"])

    @property
    def state(self) -> str:
        """Its state."""
        return str(self.value["state"])


@attrs.define(kw_only=True, eq=False)
class Participant:
    """Somebody or something that takes part."""

    value: dict[str, Any]
    """As the vendor sends it."""
    joined: int
    left: int | None = None
    communications: list[Communication] = attrs.field(factory=list)
    raw: bytes | None = None
    """The bytes of `value`, until it changes."""

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.value["id"])

    @property
    def main(self) -> Communication:
        """Its first communication."""
        return self.communications[0]

    def encoded(self) -> bytes:
        """The bytes of `value`."""
        if self.raw is None:
            self.raw = orjson.dumps(self.value)
        return self.raw
