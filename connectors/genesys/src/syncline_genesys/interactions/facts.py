"""What a participant of a snapshot implies, from its beginning on, and was not told yet. Pure.

A snapshot tells everything so far: a communication with a connected and a disconnected time has
rung, was connected and has ended. So a frame that was lost is made up for by the next one, and
whoever begins to listen in the middle derives the same facts as who heard them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from syncline.events import interaction as words

from .memory import (
    CONNECTED,
    JOINED,
    LEFT,
    MOVED,
    OVER,
    RUNG,
    WORKED,
    WORKING,
    KnownCommunication,
    KnownConversation,
    KnownParticipant,
)
from .shapes import Communication, Participant
from .states import OVER as ENDED
from .states import RINGING, SAID, is_over
from .times import newest, text_of
from .words import reason_of

RANK = {type: float(rank) for rank, type in enumerate(words.TYPES)}
"""The order of types within an instant."""
BEFORE_HELD = RANK[words.HELD] - 0.5

SILENT = Communication()
"""Where a fact is about the participant and not about a communication."""
_WITHOUT_WORK = frozenset({"unknown", "notApplicable"})
Communications = list[tuple[str, Communication]]
"""With the media type of each."""


class Fact(Struct, gc=False):
    """Something that happened."""

    type: str
    at: datetime | None
    """None where the vendor gives it no time of its own."""
    participant: Participant
    communication: Communication = SILENT
    media: str = ""
    once: int = 0
    """Which of what happens once at most; 0 for what can come again."""
    mark: str = ""
    """What tells it from others of the same type and place, where it can come again."""
    state: str = ""
    reason: str = ""
    until: datetime | None = None
    """Where it has no time: it was not after this one."""
    rank: float = -1.0
    """Where it has another place within its instant than its type; else below 0."""
    attributes: Mapping[str, str] | None = None
    of_participant: bool = False
    """Whether its id says nothing of the communication: some transports do not know it."""


def facts_of(
    participant: Participant, communications: Communications, known: KnownConversation
) -> list[Fact]:
    """Return what the participant implies, in no order.

    Of what happens once at most, only what was not told: that is most of what a snapshot shows.
    """
    found: list[Fact] = []
    one = known.participant(participant.id)
    if not one.once & JOINED:
        at = joined_at(participant, communications)
        found.append(Fact(words.JOINED, at, participant, once=JOINED, of_participant=True))
    works = participant.startAcwTime is not None or participant.wrapup is not None
    for media, what in communications:
        told = known.communication(participant.id, what.id)
        _add_communication(found, participant, what, media, told)
        works = works or what.afterCallWork is not None or what.wrapup is not None
    if participant.endTime is not None and not one.once & LEFT:
        at = participant.endTime
        found.append(Fact(words.LEFT, at, participant, once=LEFT, of_participant=True))
    if works:
        found += _work(participant, communications, one)
    return found


def joined_at(participant: Participant, communications: Communications) -> datetime | None:
    """Return when a participant came, as far as it is known."""
    times = [participant.startTime, participant.connectedTime]
    for _, communication in communications:
        times += (communication.startAlertingTime, communication.connectedTime)
    known = [time for time in times if time is not None]
    return min(known) if known else None


def _add_communication(
    found: list[Fact],
    participant: Participant,
    what: Communication,
    media: str,
    told: KnownCommunication,
) -> None:
    state, initial, once = what.state or "", what.initialState or "", told.once
    until = what.disconnectedTime or participant.endTime
    if not once & RUNG and (
        state in RINGING or initial in RINGING or what.startAlertingTime is not None
    ):
        word = state if state in RINGING else initial if initial in RINGING else "alerting"
        at = _rang_at(participant, what)
        found.append(Fact(words.ALERTING, at, participant, what, media, RUNG, "", word, "", until))
    if not once & CONNECTED and (what.connectedTime is not None or state == "connected"):
        at = what.connectedTime
        found.append(
            Fact(
                words.CONNECTED, at, participant, what, media, CONNECTED, "", "connected", "", until
            )
        )
    if state not in SAID or initial not in SAID or what.passages or what.resumeTime is not None:
        found += _other_states(participant, what, media)
    if what.startHoldTime is not None or what.holds:
        found += _holds(participant, what, media)
    if not once & OVER and is_over(what):
        found += _end(participant, what, media)


def _rang_at(participant: Participant, what: Communication) -> datetime | None:
    if what.startAlertingTime is not None:
        return what.startAlertingTime
    joined = participant.startTime or participant.connectedTime
    if joined is None or what.connectedTime is None:
        return joined or what.connectedTime
    return min(joined, what.connectedTime)


def _other_states(participant: Participant, what: Communication, media: str) -> Iterator[Fact]:
    for state, at, until in _passages(participant, what):
        # Of a state without a time, only the first turn follows from a snapshot alone.
        mark = f"{state} {text_of(at)}" if state in ("parked", "connected") else state
        yield Fact(words.CHANGED, at, participant, what, media, mark=mark, state=state, until=until)


def _passages(
    participant: Participant, what: Communication
) -> Iterator[tuple[str, datetime | None, datetime | None]]:
    """Yield states without an event of their own, when they began, and when they did at latest."""
    until = what.disconnectedTime or participant.endTime
    for passage in what.passages:
        yield passage.state, passage.start, None
    if what.resumeTime is not None:
        yield "connected", what.resumeTime, None
    initial, state = what.initialState or "", what.state or ""
    if initial not in SAID:
        began = what.parkTime if initial == "parked" else None
        yield initial, began, what.connectedTime or until
    if state not in SAID and state != initial:
        yield state, what.parkTime if state == "parked" else None, until


def _holds(participant: Participant, what: Communication, media: str) -> Iterator[Fact]:
    state = what.state or ""
    for type, at, start in _turns(what):
        yield Fact(type, at, participant, what, media, mark=text_of(start), state=state)


def _turns(what: Communication) -> Iterator[tuple[str, datetime | None, datetime]]:
    """Yield what was put on hold and taken off it: when, and when the hold began."""
    for hold in what.holds:
        yield words.HELD, hold.start, hold.start
        if hold.end is not None:
            yield words.RESUMED, hold.end, hold.start
    start = what.startHoldTime
    if start is not None:
        yield words.HELD, start, start
        # Who is gone was perhaps never taken off hold; and a look-up tells the end by itself.
        if what.held is False and not what.holds and not is_over(what):
            yield words.RESUMED, None, start


def _end(participant: Participant, what: Communication, media: str) -> Iterator[Fact]:
    at = what.disconnectedTime or participant.endTime
    state = what.state if what.state in ENDED and what.state else "disconnected"
    reason = reason_of(what.disconnectType)
    if reason.startswith("transfer"):
        yield Fact(
            words.TRANSFERRED, at, participant, what, media, MOVED, state=state, reason=reason
        )
    yield Fact(words.DISCONNECTED, at, participant, what, media, OVER, state=state, reason=reason)


def _work(
    participant: Participant, communications: Communications, told: KnownParticipant
) -> Iterator[Fact]:
    begun, ended = participant.startAcwTime, participant.endAcwTime
    media, owner = communications[0] if communications else ("", SILENT)
    state, wrapup = "", participant.wrapup
    for name, communication in communications:
        if wrapup is None and communication.wrapup is not None:
            wrapup, media, owner = communication.wrapup, name, communication
        work = communication.afterCallWork
        if work is not None and work.state and work.state not in _WITHOUT_WORK:
            media, owner, state = name, communication, work.state
            begun, ended = begun or work.startTime, ended or work.endTime
    if (begun is not None or state == "pending") and not told.once & WORKING:
        yield _worked(begun, participant, owner, media, "pending", WORKING)
    if (ended is not None or state == "complete") and not told.once & WORKED:
        yield _worked(ended, participant, owner, media, "complete", WORKED)
    if state not in ("", "pending", "complete"):
        yield _worked(ended or begun, participant, owner, media, state, 0)
    if wrapup is not None and wrapup.code and not wrapup.provisional:
        at, code = wrapup.endTime or ended, wrapup.code
        yield Fact(words.WRAPUP, at, participant, owner, media, mark=code, of_participant=True)


def _worked(
    at: datetime | None, who: Participant, owner: Communication, media: str, state: str, once: int
) -> Fact:
    return Fact(words.ACW, at, who, owner, media, once, state, state, of_participant=True)


def latest_of(participant: Participant, communications: Communications) -> datetime | None:
    """Return the newest time that the participant shows: by it snapshots are older or newer.

    The start of a hold does not count, because it goes when the hold ends.
    """
    times = [
        participant.startTime, participant.connectedTime, participant.endTime,
        participant.startAcwTime, participant.endAcwTime,
    ]  # fmt: skip
    if participant.wrapup is not None:
        times.append(participant.wrapup.endTime)
    for _, one in communications:
        # Nothing comes after the end of a communication but the work.
        if one.disconnectedTime is not None:
            times.append(one.disconnectedTime)
        else:
            times += one.startAlertingTime, one.connectedTime, one.parkTime, one.resumeTime
            if one.passages:
                times += [passage.start for passage in one.passages]
        if one.wrapup is not None:
            times.append(one.wrapup.endTime)
        if one.afterCallWork is not None:
            times += one.afterCallWork.startTime, one.afterCallWork.endTime
    return newest(times)


def ended_at(participant: Participant, communications: Communications) -> datetime | None:
    """Return when the participant took part last; after-call work does not count."""
    last = participant.endTime
    for _, what in communications:
        at = what.disconnectedTime
        if at is not None and (last is None or at > last):
            last = at
    return last


def takes_part(participant: Participant, communications: Communications) -> bool:
    """Tell whether the participant has something that has not ended."""
    if participant.endTime is not None:
        return False
    for _, what in communications:  # noqa: SIM110  `any` takes twice as long, for every frame
        # One that has neither says nothing, and nothing would ever end it.
        if (what.id or what.state) and not is_over(what):
            return True
    return False


__all__ = [
    "BEFORE_HELD", "RANK", "SILENT", "Communications", "Fact", "ended_at", "facts_of", "joined_at",
    "latest_of", "takes_part",
]  # fmt: skip
