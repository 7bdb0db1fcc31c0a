"""Conversations that say nothing: when to ask for them, and what follows from the answer. Pure.

An open conversation of which nothing was heard for some time is asked for: its end may have been
lost. What was inferred so never wins over what is real: a later real event corrects it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import TypeAlias

import attrs
from attrs import frozen

from ...model import JSON
from ..event import Event
from ..interaction import FINALIZED
from ..lookup import Found
from ..merge_stage import Zombies
from .conversation import Conversation
from .merging import merge
from .micros import Micros, when

BACK_OFF = (2, 6)
"""Times the threshold of the medium: voice is asked for after 4 hours, 8 later, then every 24."""
AGAIN = 600_000_000
"""Microseconds after which it is asked again where no answer came, at most."""
NEVER: Micros = 2**62
_Silence: TypeAlias = Mapping[str, Micros]


@frozen
class Patience:
    """How long conversations may say nothing, and how long those that ended are remembered."""

    after: _Silence
    """By medium."""
    others: Micros
    """For a medium that is not named: the longest, since asking for nothing costs calls."""
    remember: Micros
    asks: bool = True
    """False where nobody can be asked: nothing is due then but to be forgotten."""

    @classmethod
    def of(cls, zombies: Zombies, remember: timedelta) -> Patience:
        """Return it as a job says it."""
        after = {medium: _micros(time) for medium, time in zombies.after.items()}
        longest = max(after.values(), default=_micros(timedelta(days=30)))
        return cls(after, longest, _micros(remember), zombies.lookup is not None)

    def due(self, conversation: Conversation) -> Micros:
        """Return when something is to be done: an open one is asked for, another one forgotten."""
        if conversation.open and not self.asks:
            return NEVER
        if conversation.open:
            return max(conversation.heard + self.silence(conversation), conversation.later)
        return conversation.heard + self.remember

    def silence(self, conversation: Conversation) -> Micros:
        """Return how long it may say nothing."""
        return self.after.get(conversation.media, self.others)

    def open_still(self, conversation: Conversation, now: Micros) -> Conversation:
        """Return what is known after the vendor said that it is open: each time it waits longer."""
        step = BACK_OFF[min(conversation.asks, len(BACK_OFF) - 1)]
        later = now + step * self.silence(conversation)
        return attrs.evolve(conversation, asks=conversation.asks + 1, later=later)

    def unanswered(self, conversation: Conversation, now: Micros) -> Conversation:
        """Return what is known after the vendor did not answer: it is asked again soon."""
        later = now + min(AGAIN, self.silence(conversation))
        return attrs.evolve(conversation, later=later)


def finalized(
    key: str, conversation: Conversation, found: Found, now: Micros, *, source: str
) -> Event | None:
    """Return the event that follows from the vendor's answer; None where it is open.

    Its id is made of the conversation and of its last sign of life: whoever asks makes the same,
    and one that really went on after it was finalised can be finalised once more.
    """
    if found.standing == "open" or not conversation.open:
        return None
    # What is gone has no time of its own: its last sign of life is the last that is known.
    at = found.ended_at or when(conversation.latest)
    event_id = sha256(f"{key}\0{FINALIZED}\0{conversation.alive}".encode()).hexdigest()[:32]
    event = Event(
        id=event_id, key=key, type=FINALIZED, source=source, occurred_at=at, observed_at=when(now),
        synthetic=True,
    )  # fmt: skip
    return attrs.evolve(event, data=_data(event, conversation, found))


def answered(
    key: str,
    conversation: Conversation,
    found: Found | None,
    now: Micros,
    *,
    patience: Patience,
    source: str,
) -> tuple[Conversation, Event | None]:
    """Return what is known after an answer, and what is to be told; None for no answer."""
    if found is None:
        return patience.unanswered(conversation, now), None
    event = finalized(key, conversation, found, now, source=source)
    if event is None:
        return patience.open_still(conversation, now), None
    merged, told = merge(conversation, event, heard=now)
    return attrs.evolve(merged, gone=found.standing == "gone"), told


def _data(event: Event, conversation: Conversation, found: Found) -> dict[str, JSON]:
    data: dict[str, JSON] = {
        "event_id": event.id,
        "event_type": event.type,
        "conversation_id": event.key,
        "media_type": conversation.media,
        "reason": found.standing,
        "occurred_at": _text(event.occurred_at),
        "observed_at": _text(event.observed_at),
        "synthetic": True,
    }
    return {name: value for name, value in data.items() if value != ""}


def _text(time: datetime) -> str:
    return time.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _micros(time: timedelta) -> Micros:
    return time // timedelta(microseconds=1)


__all__ = ["AGAIN", "BACK_OFF", "NEVER", "Patience", "answered", "finalized"]
