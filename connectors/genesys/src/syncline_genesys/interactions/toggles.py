"""What has no time of its own and can come again: recordings, attributes, holds without a start.

Here alone it matters what was told before: the same value again says nothing, another one does.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from syncline.events import interaction as words

from .facts import BEFORE_HELD, Fact
from .fields import Screen
from .memory import KnownConversation
from .reading import Communications
from .shapes import Communication, Participant
from .states import SAID, height, is_over
from .times import newest, text_of
from .words import lower


def toggled(
    known: KnownConversation,
    participant: Participant,
    communications: Communications,
    fresh: Sequence[Fact],
    screen: Screen,
) -> list[Fact]:
    """Return what is another value than the one told last, and remember it.

    Args:
        fresh: what else is told of the participant now.
    """
    found: list[Fact] = []
    for media, communication in communications:
        found += _state(known, participant, communication, media, fresh)
        found += _recording(known, participant, communication, media)
        found += _hold(known, participant, communication, media)
    found += _attributes(known, participant, communications, screen)
    return found


def _state(
    known: KnownConversation,
    participant: Participant,
    communication: Communication,
    media: str,
    fresh: Sequence[Fact],
) -> list[Fact]:
    """Return that a communication is back in a state that it had before."""
    state = communication.state or ""
    before = known.communication(participant.id, communication.id).state
    if not before or state == before or is_over(communication):
        return []
    if (state in SAID and state != "connected") or height(state) < height(before):
        return []
    if any(fact.communication is communication and fact.state == state for fact in fresh):
        return []
    place = (participant.id, communication.id, words.CHANGED)
    mark = _mark(known, place, f"{state} {text_of(communication.connectedTime)}")
    return [Fact(words.CHANGED, None, participant, communication, media, mark, state)]


def _recording(
    known: KnownConversation, participant: Participant, communication: Communication, media: str
) -> list[Fact]:
    state = lower(communication.recordingState)
    one = known.communication(participant.id, communication.id)
    if not state or state == (one.recording or "none"):
        return []
    one.recording = state
    anchor = text_of(newest((communication.connectedTime, communication.startHoldTime)))
    place = (participant.id, communication.id, words.RECORDING)
    mark = _mark(known, place, f"{state} {anchor}")
    until = communication.disconnectedTime or participant.endTime
    return [
        Fact(words.RECORDING, None, participant, communication, media, mark, until=until),
    ]


def _hold(
    known: KnownConversation, participant: Participant, communication: Communication, media: str
) -> list[Fact]:
    one = known.communication(participant.id, communication.id)
    if communication.held is None or communication.holds or is_over(communication):
        return []
    state, start = communication.state or "", text_of(communication.startHoldTime)
    place = (participant.id, communication.id or "")
    found = []
    if one.hold and (not communication.held or start not in ("", one.hold)):
        if known.tell((*place, words.RESUMED, one.hold)):
            # Where the next hold has begun already, it was over by then.
            at, rank = (communication.startHoldTime, BEFORE_HELD) if start else (None, None)
            fact = Fact(words.RESUMED, at, participant, communication, media, one.hold, state)
            fact.rank = rank
            found.append(fact)
        one.hold = ""
    if communication.held and not one.hold:
        one.hold = start or _mark(known, (*place, words.HELD), text_of(communication.connectedTime))
        if not start:
            found.append(Fact(words.HELD, None, participant, communication, media, one.hold, state))
    return found


def _attributes(
    known: KnownConversation,
    participant: Participant,
    communications: Communications,
    screen: Screen,
) -> list[Fact]:
    chosen = screen.attributes(participant.attributes)
    one = known.participants.get(participant.id or "")
    if not chosen and (one is None or not one.attributes):
        return []
    # Made of what leaves: whoever may not see a value cannot guess it from an id either.
    text = "\0".join(f"{name}\0{value}" for name, value in chosen.items())
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    one = known.participant(participant.id)
    if digest == one.attributes:
        return []
    one.attributes = digest
    anchor = newest((participant.connectedTime, *(c.connectedTime for _, c in communications)))
    mark = _mark(known, (participant.id, words.ATTRIBUTES), f"{digest} {text_of(anchor)}")
    return [Fact(words.ATTRIBUTES, None, participant, mark=mark, attributes=chosen)]


def _mark(known: KnownConversation, place: tuple[str | None, ...], value: str) -> str:
    """Return what tells this turn of a value from earlier ones."""
    turn = 0
    while not known.tell((place, value, turn)):
        turn += 1
    return f"{value} {turn}" if turn else value


__all__ = ["toggled"]
