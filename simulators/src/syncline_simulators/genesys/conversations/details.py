"""Conversations as analytics show them: sessions and segments, some time late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from .moment import read, text
from .participant import MEDIA

SEGMENTS = {
    "alerting": "alert",
    "connected": "interact",
    "dialing": "dialing",
    "contacting": "contacting",
    "offering": "delay",
    "parked": "parked",
    "scheduled": "scheduled",
}
_REASONS = {
    "endpoint.dnd": "dndEndpoint",
    "transfer.conference": "conferenceTransfer",
    "transfer.consult": "consultTransfer",
    "transfer.forward": "forwardTransfer",
    "transfer.noanswer": "noAnswerTransfer",
    "transfer.notavailable": "notAvailableTransfer",
    "transfer.dnd": "dndTransfer",
    "transport.failure": "transportFailure",
}

Record = Mapping[str, Any]


def details_view(record: Record, until: int) -> dict[str, Any] | None:
    """`AnalyticsConversation`, as it was at that moment; None where it had not begun."""
    if record["started"] > until:
        return None
    snapshot, ended = record["snapshot"], record["ended"]
    found = {
        "conversationId": snapshot["id"],
        "conversationStart": text(record["started"]),
        "originatingDirection": record["direction"],
        "divisionIds": [one["division"]["id"] for one in snapshot["divisions"]],
        "participants": [
            _participant(one, tracks, until)
            for one, tracks in zip(snapshot["participants"], record["tracks"], strict=True)
            if read(one["connectedTime"]) <= until
        ],
    }
    if ended is not None and ended <= until:
        found["conversationEnd"] = text(ended)
    return found


def _participant(told: Mapping[str, Any], tracks: Sequence[Record], until: int) -> dict[str, Any]:
    names = {
        "participantId": "id",
        "participantName": "name",
        "purpose": "purpose",
        "userId": "userId",
        "externalContactId": "externalContactId",
    }
    found = {name: told[own] for name, own in names.items() if own in told}
    found["sessions"] = [*_sessions(told, tracks, until)]
    return found


def _sessions(
    told: Mapping[str, Any], tracks: Sequence[Record], until: int
) -> Iterator[dict[str, Any]]:
    at = dict.fromkeys(MEDIA, 0)
    for number, track in enumerate(tracks):
        medium = track["medium"]
        one = told[MEDIA[medium]][at[medium]]
        at[medium] += 1
        segments = [*_segments(told, one, track, until)]
        if number == 0:
            segments += _work(told, until)
        if segments:
            yield _session(told, one, medium, segments)


def _session(
    told: Mapping[str, Any], one: Mapping[str, Any], medium: str, segments: list[dict[str, Any]]
) -> dict[str, Any]:
    found = {
        "sessionId": one["id"],
        "mediaType": medium,
        "provider": one["provider"],
        "direction": one.get("direction", "inbound"),
        "segments": segments,
    }
    found |= {name: one[name] for name in ("peerId", "callbackNumbers") if name in one}
    if "callbackScheduledTime" in one:
        found["callbackScheduledTime"] = one["callbackScheduledTime"]
    if "type" in one:
        found["messageType"] = one["type"]
    if told["purpose"] == "customer":
        address = told["address"]
        outbound = found["direction"] == "outbound"
        voice, other = ("dnis", "addressTo") if outbound else ("ani", "addressFrom")
        found[voice if medium in ("voice", "callback") else other] = address
    return found


def _segments(
    told: Mapping[str, Any], one: Mapping[str, Any], track: Record, until: int
) -> Iterator[dict[str, Any]]:
    """What a communication went through; the last one of those that ended says why."""
    found = [*_states(track["path"], track["holds"], told["purpose"])]
    for number, (kind, start, end) in enumerate(found):
        if start > until:
            return
        segment: dict[str, Any] = {"segmentType": kind, "segmentStart": text(start)}
        if end is not None and end <= until:
            segment["segmentEnd"] = text(end)
            if number == len(found) - 1 and "disconnectType" in one:
                reason = one["disconnectType"]
                segment["disconnectType"] = _REASONS.get(reason, reason)
        if "queueId" in told:
            segment["queueId"] = told["queueId"]
        if "subject" in one:
            segment["subject"] = one["subject"]
        yield segment


def _states(
    path: Sequence[Sequence[Any]], holds: Sequence[Sequence[int]], purpose: str
) -> Iterator[tuple[str, int, int | None]]:
    ends: list[Sequence[Any]] = [*path[1:], ("", None)]
    for (state, start), (_, end) in zip(path, ends, strict=True):
        if state == "disconnected":
            return
        kind = "ivr" if purpose == "ivr" else SEGMENTS.get(state, "unknown")
        if kind == "interact":
            yield from _interactions(start, end, holds)
        else:
            yield kind, start, end


def _interactions(
    start: int, end: int | None, holds: Sequence[Sequence[int]]
) -> Iterator[tuple[str, int, int | None]]:
    """Talk and hold by turns."""
    cuts: list[tuple[str, int]] = [("interact", start)]
    for hold in holds:
        if hold[0] < start or (end is not None and hold[0] >= end):
            continue
        cuts.append(("hold", hold[0]))
        if len(hold) == 2 and hold[1] != end:
            cuts.append(("interact", hold[1]))
    marks: list[tuple[str, int | None]] = [*cuts, ("", end)]
    for (kind, since), (_, until) in pairwise(marks):
        assert since is not None  # noqa: S101 - only the last end may be open
        yield kind, since, until


def _work(told: Mapping[str, Any], until: int) -> list[dict[str, Any]]:
    if "startAcwTime" not in told or read(told["startAcwTime"]) > until:
        return []
    segment = {"segmentType": "wrapup", "segmentStart": told["startAcwTime"]}
    if "queueId" in told:
        segment["queueId"] = told["queueId"]
    if "endAcwTime" in told and read(told["endAcwTime"]) <= until:
        segment["segmentEnd"] = told["endAcwTime"]
    if "wrapup" in told and read(told["wrapup"]["endTime"]) <= until:
        segment |= {"wrapUpCode": told["wrapup"]["code"], "wrapUpNote": told["wrapup"]["notes"]}
    return [segment]
