"""What merging needs to know of an event, and no more. Pure."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

from attrs import frozen

from ..event import Event
from .conversation import Micros, micros


@frozen
class Fact:
    """An event without its content."""

    digest: bytes
    """Of the event's id."""
    type: str
    at: Micros
    """When it happened."""
    heard: Micros
    """When whoever merges was told of it, so that nothing is forgotten while others catch up."""
    media: str = ""
    synthetic: bool = False


def digest(event_id: str | bytes) -> bytes:
    """Return the eight bytes by which an id, or its UTF-8, is remembered everywhere.

    Two of a conversation's ids have the same with a chance of one in 10^16 for some hundred events.
    """
    text = event_id.encode() if isinstance(event_id, str) else event_id
    return blake2b(text, digest_size=8).digest()


def fact_of(event: Event, *, heard: Micros | None = None) -> Fact:
    """Return what merging needs to know of an event.

    Args:
        heard: when whoever merges was told of it; when the listener was, if nothing else is known.
    """
    return Fact(
        digest(event.id), event.type, micros(event.occurred_at),
        micros(event.observed_at) if heard is None else heard,
        str(event.data.get("media_type") or ""), event.synthetic,
    )  # fmt: skip


def moment(text: str) -> Micros:
    """Return a time that is written in ISO 8601, with its offset from UTC.

    Raises:
        ValueError: it is none.
    """
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text}: a time without an offset from UTC")
    return micros(time)


__all__ = ["Fact", "digest", "fact_of", "moment"]
