"""What one participant of a snapshot implies, from its beginning on. Pure.

A snapshot tells everything so far: a communication with a connected and a disconnected time has
rung, was connected and has ended. So a frame that was lost is made up for by the next one, and
whoever begins to listen in the middle derives the same facts as who heard them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from syncline.events import interaction as words

from .shapes import Communication, Participant
from .states import OVER, RINGING, SAID, is_over
from .times import earliest, newest, text_of
from .words import reason_of

RANK = {type: float(rank) for rank, type in enumerate(words.TYPES)}
BEFORE_HELD = RANK[words.HELD] - 0.5

_OF_PARTICIPANT = frozenset({words.ACW, words.WRAPUP})
_WITHOUT_WORK = frozenset({"unknown", "notApplicable"})

SILENT = Communication()
"""Where a fact is about the participant and not about a communication."""


class Fact(Struct, gc=False):
    """Something that happened."""

    type: str
    at: datetime | None
    """None where the vendor gives it no time of its own."""
    participant: Participant
    communication: Communication = SILENT
    media: str = ""
    mark: str = ""
    """What tells it from others of the same type and communication; part of the id."""
    state: str = ""
    reason: str = ""
    until: datetime | None = None
    """Where it has no time: it was not after this one."""
    attributes: Mapping[str, str] | None = None
    rank: float | None = None
    """Where it has another place within its instant than its type."""

    @property
    def place(self) -> str:
        """The communication that it is about; "" where it is about the participant.

        After-call work is told of both, by some transports of the participant alone.
        """
        return "" if self.type in _OF_PARTICIPANT else self.communication.id or ""


def facts_of(
    participant: Participant, communications: list[tuple[str, Communication]]
) -> list[Fact]:
    """Return what the participant implies, in no order."""
    found = [Fact(words.JOINED, joined_at(participant, communications), participant)]
    for media, communication in communications:
        found += _of_communication(participant, communication, media)
    found += _work(participant, communications)
    if participant.endTime is not None:
        found.append(Fact(words.LEFT, participant.endTime, participant))
    return found


def joined_at(
    participant: Participant, communications: list[tuple[str, Communication]]
) -> datetime | None:
    """Return when a participant came, as far as it is known."""
    times = [participant.startTime, participant.connectedTime]
    for _, communication in communications:
        times += (communication.startAlertingTime, communication.connectedTime)
    return earliest(times)


def _of_communication(
    participant: Participant, communication: Communication, media: str
) -> Iterator[Fact]:
    state, initial = communication.state or "", communication.initialState or ""
    until = communication.disconnectedTime or participant.endTime
    if state in RINGING or initial in RINGING or communication.startAlertingTime is not None:
        word = state if state in RINGING else initial if initial in RINGING else "alerting"
        at = _rang_at(participant, communication)
        yield Fact(words.ALERTING, at, participant, communication, media, "", word, "", until)
    if communication.connectedTime is not None or state == "connected":
        at = communication.connectedTime
        yield Fact(
            words.CONNECTED, at, participant, communication, media, "", "connected", "", until
        )
    if state not in SAID or initial not in SAID or communication.passages:
        yield from _other_states(participant, communication, media, until)
    if communication.resumeTime is not None:
        at = communication.resumeTime
        mark = state_mark("connected", at)
        yield Fact(words.CHANGED, at, participant, communication, media, mark, "connected")
    if communication.startHoldTime is not None or communication.holds:
        yield from _holds(participant, communication, media)
    if is_over(communication):
        yield from _end(participant, communication, media)


def _rang_at(participant: Participant, communication: Communication) -> datetime | None:
    if communication.startAlertingTime is not None:
        return communication.startAlertingTime
    joined = participant.startTime or participant.connectedTime
    if joined is None or communication.connectedTime is None:
        return joined or communication.connectedTime
    return min(joined, communication.connectedTime)


def _other_states(
    participant: Participant, communication: Communication, media: str, until: datetime | None
) -> Iterator[Fact]:
    for passage in communication.passages:
        said, at = passage.state, passage.start
        mark = state_mark(said, at)
        yield Fact(words.CHANGED, at, participant, communication, media, mark, said)
    for state in {communication.initialState: None, communication.state: None}:
        if not state or state in SAID:
            continue
        since = communication.parkTime if state == "parked" else None
        if state == communication.initialState:
            until = earliest((until, communication.connectedTime))
        mark = state_mark(state, since)
        yield Fact(words.CHANGED, since, participant, communication, media, mark, state, "", until)


def state_mark(state: str, at: datetime | None) -> str:
    """Return the mark of a state: only some come again, and those have times."""
    return f"{state} {text_of(at)}" if state in ("parked", "connected") else state


def _holds(participant: Participant, communication: Communication, media: str) -> Iterator[Fact]:
    state = communication.state or ""
    for hold in communication.holds:
        mark = text_of(hold.start)
        yield Fact(words.HELD, hold.start, participant, communication, media, mark, state)
        if hold.end is not None:
            yield Fact(words.RESUMED, hold.end, participant, communication, media, mark, state)
    start = communication.startHoldTime
    if start is None:
        return
    mark = text_of(start)
    yield Fact(words.HELD, start, participant, communication, media, mark, state)
    # Who is gone was perhaps never taken off hold; and a look-up tells the end by itself.
    if communication.held is False and not communication.holds and not is_over(communication):
        yield Fact(words.RESUMED, None, participant, communication, media, mark, state)


def _end(participant: Participant, communication: Communication, media: str) -> Iterator[Fact]:
    at = communication.disconnectedTime or participant.endTime
    state = communication.state if communication.state in OVER else "disconnected"
    reason = reason_of(communication.disconnectType)
    if reason.startswith("transfer"):
        yield Fact(
            words.TRANSFERRED, at, participant, communication, media, "", state or "", reason
        )
    yield Fact(words.DISCONNECTED, at, participant, communication, media, "", state or "", reason)


def _work(
    participant: Participant, communications: list[tuple[str, Communication]]
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
    if begun is not None or state == "pending":
        yield _worked(begun, participant, owner, media, "pending")
    if ended is not None or state == "complete":
        yield _worked(ended, participant, owner, media, "complete")
    if state not in ("", "pending", "complete"):
        yield _worked(ended or begun, participant, owner, media, state)
    if wrapup is not None and wrapup.code and not wrapup.provisional:
        at = wrapup.endTime or ended
        yield Fact(words.WRAPUP, at, participant, owner, media, wrapup.code)


def _worked(
    at: datetime | None, participant: Participant, owner: Communication, media: str, state: str
) -> Fact:
    return Fact(words.ACW, at, participant, owner, media, state, state)


def latest_of(
    participant: Participant, communications: list[tuple[str, Communication]]
) -> datetime | None:
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
        times += (
            one.startAlertingTime, one.connectedTime, one.disconnectedTime, one.parkTime,
            one.resumeTime,
        )  # fmt: skip
        if one.wrapup is not None:
            times.append(one.wrapup.endTime)
        if one.afterCallWork is not None:
            times += (one.afterCallWork.startTime, one.afterCallWork.endTime)
    return newest(times)


def ended_at(
    participant: Participant, communications: list[tuple[str, Communication]]
) -> datetime | None:
    """Return when the participant took part last; after-call work does not count."""
    return newest((participant.endTime, *(one.disconnectedTime for _, one in communications)))


def takes_part(participant: Participant, communications: list[tuple[str, Communication]]) -> bool:
    """Tell whether the participant has something that has not ended."""
    if participant.endTime is not None:
        return False
    return any(not is_over(communication) for _, communication in communications)


__all__ = [
    "BEFORE_HELD", "RANK", "SILENT", "Fact", "ended_at", "facts_of", "joined_at", "latest_of",
    "state_mark", "takes_part",
]  # fmt: skip
