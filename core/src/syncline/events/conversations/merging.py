"""Merges what several listeners tell of one conversation into one story. Pure.

Whatever the order in which they tell: no id is told twice, nothing that one of them tells is left
out, and what happened before something that was told already says that it is late. Of values that
have no time, each change is told once, whatever its ids (see `reading`).
"""

from __future__ import annotations

from enum import Enum

import attrs

from ..event import Event
from ..interaction import (
    ALERTING,
    CHANGED,
    CONNECTED,
    ENDED,
    FINALIZED,
    GAP,
    HELD,
    JOINED,
    RESUMED,
    STARTED,
)
from .conversation import Conversation
from .fact import Fact, fact_of
from .micros import Micros
from .reading import Place, Reading, another_id

ALIVE = frozenset({STARTED, JOINED, ALERTING, CONNECTED, HELD, RESUMED, CHANGED})
"""What only happens to a conversation that is open."""
MOST = 32_768
"""So many ids of one key are remembered: a record must not outgrow what a broker takes."""
PLACES = 256
"""So many values of one key are remembered."""
_BYTES = 8


class Verdict(Enum):
    """What becomes of an event in the clean stream."""

    NEW = "new"
    LATE = "late"
    """New, and something that happened after it was told before it."""
    REPEAT = "repeat"
    VOID = "void"
    """Inferred, and something real says otherwise: it is left out."""


UNKNOWN = Conversation()
"""Of which nothing was told."""
_NOWHERE = Place()


def weigh(known: Conversation | None, fact: Fact) -> tuple[Conversation, Verdict]:
    """Return what is known after an event, and what becomes of it.

    A change of a value may be new although something was told by its id: then it needs another one.
    """
    known = known or UNKNOWN
    if fact.reading is not None:
        known, new = _read(known, fact, fact.reading)
        if not new:
            return known, Verdict.REPEAT
    elif fact.digest in known.told:
        return known, Verdict.REPEAT
    if fact.type == FINALIZED:
        return _finalized(known, fact)
    # Gaps of channels that went side by side overlap: they have no order among each other.
    late = fact.at < known.latest and fact.type != GAP and not fact.synthetic
    return _told(known, fact), Verdict.LATE if late else Verdict.NEW


def merge(
    known: Conversation | None, event: Event, *, heard: Micros | None = None
) -> tuple[Conversation, Event | None]:
    """Return what is known after an event, and the event as it is told; None where it is not.

    Args:
        heard: the time, by the clock of whoever merges; the event's `observed_at` without it.
    """
    fact = fact_of(event, heard=heard)
    merged, verdict = weigh(known, fact)
    if verdict in (Verdict.REPEAT, Verdict.VOID):
        return merged, None
    if fact.reading is not None and known is not None and fact.digest in known.told:
        id = another_id(event.id, fact.reading.read)
        event = attrs.evolve(event, id=id, data={**event.data, "event_id": id})
    if verdict is Verdict.LATE:
        event = attrs.evolve(event, data={**event.data, "late": True})
    return merged, event


def _read(known: Conversation, fact: Fact, reading: Reading) -> tuple[Conversation, bool]:
    """Return what is known after a value was read, and whether that is a change not told yet."""
    told = fact.digest in known.told
    before = known.places.get(reading.place)
    after, new = (before or _NOWHERE).after(reading, fact.digest, told=told)
    if after is before:
        return known, new
    places = {**known.places, reading.place: after}
    if len(places) > PLACES:
        del places[next(iter(places))]
    # A reading that tells of nothing is known by its id all the same, when it is delivered again.
    ids = known.told if new or told else _with(known.told, fact.digest)
    return attrs.evolve(known, places=places, told=ids), new


def _told(known: Conversation, fact: Fact) -> Conversation:
    real = not fact.synthetic
    # Not `attrs.evolve`: this runs for every event, and evolving takes as long as all the rest.
    return Conversation(
        told=_with(known.told, fact.digest),
        opened=min(known.opened or fact.at, fact.at),
        latest=max(known.latest, fact.at),
        heard=max(known.heard, fact.heard),
        alive=max(known.alive, fact.at) if real and fact.type in ALIVE else known.alive,
        ended=max(known.ended, fact.at) if real and fact.type == ENDED else known.ended,
        finalized=known.finalized,
        gone=known.gone,
        media=known.media or fact.media,
        places=known.places,
    )


def _finalized(known: Conversation, fact: Fact) -> tuple[Conversation, Verdict]:
    if known.told and not known.open:
        return known, Verdict.VOID
    merged = attrs.evolve(_told(known, fact), finalized=max(fact.at, known.alive))
    return merged, Verdict.NEW


def _with(told: bytes, digest: bytes) -> bytes:
    grown = told + digest
    return grown if len(grown) <= MOST * _BYTES else grown[_BYTES:]


__all__ = ["ALIVE", "MOST", "PLACES", "UNKNOWN", "Verdict", "merge", "weigh"]
