"""What has no time of its own and can come again: recordings, attributes, holds without a start."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

from syncline.events import interaction as words

from .facts import BEFORE_HELD, Fact, is_over
from .fields import Screen
from .memory import KnownCommunication, KnownConversation, KnownParticipant
from .reading import Communications
from .shapes import Communication, Participant
from .times import newest, text_of
from .words import lower


def toggled(
    known: KnownConversation,
    participant: Participant,
    communications: Communications,
    screen: Screen,
) -> list[Fact]:
    """Return what is another value than the one told last, and remember it."""
    found: list[Fact] = []
    for media, communication in communications:
        if communication.id:
            _recording(found, known, participant, communication, media)
            _hold(found, known, participant, communication, media)
    _attributes(found, known, participant, communications, screen)
    return found


def _communication(known: KnownConversation, id: str) -> KnownCommunication:
    one = known.communications.get(id)
    if one is None:
        one = known.communications[id] = KnownCommunication()
    return one


def _recording(
    found: list[Fact],
    known: KnownConversation,
    participant: Participant,
    communication: Communication,
    media: str,
) -> None:
    state = lower(communication.recordingState)
    one = _communication(known, communication.id or "")
    if not state or state == (one.recording or "none"):
        return
    one.recording = state
    anchor = text_of(newest((communication.connectedTime, communication.startHoldTime)))
    mark = _mark(known, (communication.id, words.RECORDING), f"{state} {anchor}")
    found.append(
        Fact(
            words.RECORDING, None, participant, communication, media, mark,
            until=communication.disconnectedTime or participant.endTime,
        )
    )  # fmt: skip


def _hold(
    found: list[Fact],
    known: KnownConversation,
    participant: Participant,
    communication: Communication,
    media: str,
) -> None:
    one = _communication(known, communication.id or "")
    if communication.held is None or communication.holds or is_over(communication):
        return
    state = communication.state or ""
    start = text_of(communication.startHoldTime)
    if one.hold and (not communication.held or start not in ("", one.hold)):
        mark = one.hold
        one.hold = ""
        if known.tell((participant.id, communication.id, words.RESUMED, mark)):
            at: datetime | None = communication.startHoldTime if communication.held else None
            fact = Fact(words.RESUMED, at, participant, communication, media, mark, state)
            fact.rank = BEFORE_HELD if communication.held else None
            found.append(fact)
    if communication.held and not one.hold:
        one.hold = start
        if not start:
            anchor = text_of(communication.connectedTime)
            one.hold = _mark(known, (communication.id, words.HELD), anchor or "held")
            found.append(Fact(words.HELD, None, participant, communication, media, one.hold, state))


def _attributes(
    found: list[Fact],
    known: KnownConversation,
    participant: Participant,
    communications: Communications,
    screen: Screen,
) -> None:
    chosen = screen.attributes(participant.attributes)
    id = participant.id or ""
    one = known.participants.get(id)
    if not chosen and (one is None or not one.attributes):
        return
    if one is None:
        one = known.participants[id] = KnownParticipant()
    # Made of what leaves: whoever may not see a value cannot guess it from an id either.
    text = "\0".join(f"{name}\0{value}" for name, value in chosen.items())
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    if digest == one.attributes:
        return
    one.attributes = digest
    times = [participant.connectedTime, *(c.connectedTime for _, c in communications)]
    mark = _mark(known, (id, words.ATTRIBUTES), f"{digest} {text_of(newest(times))}")
    found.append(Fact(words.ATTRIBUTES, None, participant, mark=mark, attributes=chosen))


def _mark(known: KnownConversation, place: tuple[str | None, str], value: str) -> str:
    """Return what tells this time of a value from earlier ones."""
    turn = 0
    while not known.tell((place, value, turn)):
        turn += 1
    return f"{value} {turn}" if turn else value


__all__ = ["toggled"]
