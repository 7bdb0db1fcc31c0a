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
from .times import earliest, newest, text_of
from .words import reason_of

RANK = {type: float(rank) for rank, type in enumerate(words.TYPES)}
BEFORE_HELD = RANK[words.HELD] - 0.5

RINGING = frozenset({"alerting", "offering"})
OVER = frozenset({"disconnected", "terminated"})
_OF_THEIR_OWN = RINGING | OVER | {"connected", "none"}
"""States that have an event of their own, or say nothing."""
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
    attributes: Mapping[str, str] = {}
    rank: float | None = None
    """Where it has another place within its instant than its type."""


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
    if state not in _OF_THEIR_OWN or initial not in _OF_THEIR_OWN:
        yield from _other_states(participant, communication, media, until)
    if communication.resumeTime is not None:
        at = communication.resumeTime
        mark = f"connected {text_of(at)}"
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
    for state in dict.fromkeys((communication.initialState, communication.state)):
        if not state or state in _OF_THEIR_OWN:
            continue
        at = communication.parkTime if state == "parked" else None
        if state == communication.initialState:
            until = earliest((until, communication.connectedTime))
        mark = f"{state} {text_of(at)}"
        yield Fact(words.CHANGED, at, participant, communication, media, mark, state, "", until)


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


def is_over(communication: Communication) -> bool:
    """Tell whether a communication has ended.

    In after-call work one may still read `connected`, with a disconnected time.
    """
    return communication.disconnectedTime is not None or communication.state in OVER


def _work(
    participant: Participant, communications: list[tuple[str, Communication]]
) -> Iterator[Fact]:
    begun, ended = participant.startAcwTime, participant.endAcwTime
    media, owner, state = "", SILENT, ""
    wrapup = participant.wrapup
    for name, communication in communications:
        if wrapup is None and communication.wrapup is not None:
            wrapup, media, owner = communication.wrapup, name, communication
        work = communication.afterCallWork
        if work is not None and work.state and work.state not in _WITHOUT_WORK:
            media, owner, state = name, communication, work.state
            begun, ended = begun or work.startTime, ended or work.endTime
    if begun is not None or state == "pending":
        yield Fact(words.ACW, begun, participant, owner, media, "pending", "pending")
    if ended is not None or state == "complete":
        yield Fact(words.ACW, ended, participant, owner, media, "complete", "complete")
    if state not in ("", "pending", "complete"):
        yield Fact(words.ACW, ended or begun, participant, owner, media, state, state)
    if wrapup is not None and wrapup.code and not wrapup.provisional:
        at = wrapup.endTime or ended
        yield Fact(words.WRAPUP, at, participant, owner, media, wrapup.code)


def latest_of(
    participant: Participant, communications: list[tuple[str, Communication]]
) -> datetime | None:
    """Return the newest time that the participant shows: by it snapshots are older or newer."""
    times = [
        participant.startTime, participant.connectedTime, participant.endTime,
        participant.startAcwTime, participant.endAcwTime,
    ]  # fmt: skip
    if participant.wrapup is not None:
        times.append(participant.wrapup.endTime)
    for _, one in communications:
        times += (
            one.startAlertingTime, one.connectedTime, one.disconnectedTime, one.startHoldTime,
            one.parkTime, one.resumeTime,
        )  # fmt: skip
        if one.wrapup is not None:
            times.append(one.wrapup.endTime)
        if one.afterCallWork is not None:
            times += (one.afterCallWork.startTime, one.afterCallWork.endTime)
        for hold in one.holds:
            times += (hold.start, hold.end)
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
    "BEFORE_HELD", "OVER", "RANK", "RINGING", "SILENT", "Fact", "ended_at", "facts_of", "is_over",
    "joined_at", "latest_of", "takes_part",
]  # fmt: skip
