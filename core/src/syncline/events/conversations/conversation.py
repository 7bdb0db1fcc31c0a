"""What is remembered of one conversation, so that it is told once and in order. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import frozen

from .micros import Micros
from .reading import Place

State: TypeAlias = Literal["open", "ended", "finalized", "gone", "quiet"]
"""`quiet`: nothing that was told says that it ever was open, or ended."""


@frozen(kw_only=True)
class Conversation:
    """What was told of one conversation; who knows it tells the rest once, and in order."""

    told: bytes = b""
    """Digests of the ids of what was told, eight bytes each, oldest first."""
    opened: Micros = 0
    """When the first thing happened that was told."""
    latest: Micros = 0
    """When the last thing happened that was told; what happened before it is late."""
    heard: Micros = 0
    """When something new was told of it last, by the clock of whoever merges."""
    alive: Micros = 0
    """When the last real thing happened that only happens to an open conversation."""
    ended: Micros = 0
    """When it really ended."""
    finalized: Micros = 0
    """When it ended by what the vendor says on being asked; never before `alive` was then."""
    gone: bool = False
    """The vendor knew nothing of it when it was finalised."""
    media: str = ""
    """The first medium that was told."""
    asks: int = 0
    """How often the vendor was asked since something was heard of it."""
    later: Micros = 0
    """Until when the vendor is not asked again."""
    places: Mapping[bytes, Place] = {}
    """What was told of values that have no time, by what they are values of."""

    @property
    def open(self) -> bool:
        """True where something real says so, and nothing that happened later says otherwise.

        It goes by when things happened, not by when they were told: any order gives the same.
        """
        return self.alive > self.ended and self.alive > self.finalized

    @property
    def state(self) -> State:
        """What it is, in one word; a real end wins over one that was inferred."""
        if self.open:
            return "open"
        if self.ended and self.ended >= self.alive:
            return "ended"
        if self.finalized:
            return "gone" if self.gone else "finalized"
        return "quiet"


__all__ = ["Conversation", "State"]
