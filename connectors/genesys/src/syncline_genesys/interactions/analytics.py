"""Conversations as analytics tells them: sessions and their segments, each with real times. Pure.

`POST /api/v2/analytics/conversations/details/query` and `GET …/details`. A session is what
notifications call a communication, with the same id. Its segments say what it went through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from attrs import frozen
from msgspec import Raw

from .facts import Communications
from .lookups import hold, objects
from .reading import text_in, time_of
from .shapes import NULL, Communication, Participant, Passage, Wrapup
from .times import earliest, newest
from .words import lower

_STATES = frozenset(
    {"scheduled", "dialing", "contacting", "uploading", "converting", "transmitting", "parked"}
)
"""Segments in which a session is not connected yet, or not now; notifications say the same word."""
_SILENT = frozenset({"delay", "unknown"})
"""Segments that do not say whether a session is connected."""
_ALERT, _HOLD, _WRAPUP, _PARKED = "alert", "hold", "wrapup", "parked"
_BEFORE = _STATES | _SILENT | {_ALERT}
_CUSTOMERS = frozenset({"customer", "external"})


@frozen
class _Segment:
    kind: str
    start: datetime
    end: datetime | None
    raw: Mapping[str, Any]


def participants_of(details: Mapping[str, Any]) -> Iterator[tuple[Participant, Communications]]:
    """Yield who takes part, each with its sessions as communications."""
    for one in objects(details.get("participants")):
        sessions = objects(one.get("sessions"))
        communications = [
            (lower(text_in(raw, "mediaType")), _communication(raw, _segments(raw)))
            for raw in sessions
            if text_in(raw, "sessionId")
        ]
        if text_in(one, "participantId"):
            yield _participant(one, sessions, communications), communications


def _segments(session: Mapping[str, Any]) -> list[_Segment]:
    found = (
        (str(raw.get("segmentType") or "").lower(), time_of(raw.get("segmentStart")), raw)
        for raw in objects(session.get("segments"))
    )
    segments = [
        _Segment(kind, start, time_of(raw.get("segmentEnd")), raw)
        for kind, start, raw in found
        if start
    ]
    return sorted(segments, key=lambda segment: segment.start)


def _communication(session: Mapping[str, Any], segments: Sequence[_Segment]) -> Communication:
    media = [segment for segment in segments if segment.kind != _WRAPUP]
    over, reason = _end(media)
    connected = earliest(one.start for one in media if one.kind not in _BEFORE)
    return Communication(
        id=text_in(session, "sessionId"),
        state="disconnected" if over is not None else None,
        initialState=_state(media[0].kind if media else ""),
        held=bool(media) and over is None and media[-1].kind == _HOLD,
        disconnectType=reason,
        direction=text_in(session, "direction"),
        provider=text_in(session, "provider"),
        peerId=text_in(session, "peerId"),
        startAlertingTime=earliest(one.start for one in media if one.kind == _ALERT),
        connectedTime=connected,
        disconnectedTime=over,
        callbackScheduledTime=time_of(session.get("callbackScheduledTime")),
        subject=next((text for one in media if (text := text_in(one.raw, "subject"))), None),
        type=lower(text_in(session, "messageType")) or None,
        holds=[hold(one.start, one.end, over) for one in media if one.kind == _HOLD],
        passages=[*_passages(media, over)],
    )


def _passages(media: Sequence[_Segment], over: datetime | None) -> Iterator[Passage]:
    for segment in media:
        if segment.kind in _STATES:
            yield Passage(segment.kind, segment.start)
        if segment.kind == _PARKED and segment.end is not None and segment.end != over:
            yield Passage("connected", segment.end)


def _end(media: Sequence[_Segment]) -> tuple[datetime | None, str | None]:
    """Return when and why a session ended: its last segment says so, all others are over, too."""
    if not media or any(segment.end is None for segment in media):
        return None, None
    reason = text_in(media[-1].raw, "disconnectType")
    return (newest(segment.end for segment in media), reason) if reason else (None, None)


def _state(kind: str) -> str | None:
    if kind == _ALERT:
        return "alerting"
    if kind in _STATES:
        return kind
    return "connected" if kind and kind not in _SILENT else None


def _participant(
    one: Mapping[str, Any], sessions: Sequence[Mapping[str, Any]], communications: Communications
) -> Participant:
    segments = [segment for raw in sessions for segment in _segments(raw)]
    work = [segment for segment in segments if segment.kind == _WRAPUP]
    over = [c.disconnectedTime for _, c in communications]
    attributes = one.get("attributes")
    return Participant(
        id=text_in(one, "participantId"),
        startTime=earliest(segment.start for segment in segments),
        endTime=newest(over) if over and None not in over else None,
        userId=text_in(one, "userId"),
        queueId=_first(segments, "queueId"),
        groupId=_first(segments, "groupId"),
        teamId=text_in(one, "teamId"),
        externalContactId=text_in(one, "externalContactId"),
        name=text_in(one, "participantName"),
        address=_address(one, sessions),
        purpose=text_in(one, "purpose"),
        attributes=Raw(msgspec.json.encode(attributes)) if isinstance(attributes, dict) else NULL,
        wrapup=_wrapup(work),
        startAcwTime=earliest(segment.start for segment in work),
        endAcwTime=newest(segment.end for segment in work)
        if all(segment.end for segment in work)
        else None,
    )


def _first(segments: Sequence[_Segment], name: str) -> str | None:
    return next((text for segment in segments if (text := text_in(segment.raw, name))), None)


def _address(one: Mapping[str, Any], sessions: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the customer's own address; of others, analytics knows none."""
    if one.get("purpose") not in _CUSTOMERS or not sessions:
        return None
    outbound = text_in(sessions[0], "direction") == "outbound"
    names = ("dnis", "addressTo") if outbound else ("ani", "addressFrom")
    return next((text for name in names if (text := text_in(sessions[0], name))), None)


def _wrapup(work: Sequence[_Segment]) -> Wrapup | None:
    for segment in reversed(work):
        if code := text_in(segment.raw, "wrapUpCode"):
            seconds = int((segment.end - segment.start).total_seconds()) if segment.end else None
            notes = text_in(segment.raw, "wrapUpNote")
            known = None if seconds is None or seconds < 0 else seconds
            return Wrapup(code=code, notes=notes, durationSeconds=known, endTime=segment.end)
    return None


__all__ = ["participants_of"]
