"""Generated lives as look-ups and analytics tell them, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from syncline.events import interaction as words

from .testing import Life
from .times import text_of

SPELLED = {"transfer.noanswer": "noAnswerTransfer"}
"""Disconnect types in analytics' word."""


def rest(lived: Life) -> dict[str, Any]:
    """Return what `GET /api/v2/conversations/{id}` says now."""
    told = lived.snapshot()
    told["startTime"] = text_of(lived.happened[0].at)
    told["recordingState"] = "NONE"
    if ended := _at(lived, words.ENDED, "", ""):
        told["endTime"] = text_of(ended)
    for who in told["participants"]:
        call = lived.call(who)
        who["startTime"] = who["connectedTime"]
        call["segments"] = [
            {"type": "Hold", "startTime": text_of(start), "endTime": text_of(end)}
            for start, end in _holds(lived, call["id"], _time(lived, who, words.DISCONNECTED))
        ]
    return told


def analytics(lived: Life) -> dict[str, Any]:
    """Return what analytics' details say, once they have caught up."""
    ended = _at(lived, words.ENDED, "", "")
    return {
        "conversationId": lived.id,
        "conversationStart": text_of(lived.happened[0].at),
        **({"conversationEnd": text_of(ended)} if ended else {}),
        "divisionIds": ["5a1eaef9-cee0-4d74-bb65-f66862227bea"],
        "participants": [_participant(lived, who) for who in lived.participants],
    }


def _participant(lived: Life, who: dict[str, Any]) -> dict[str, Any]:
    call = lived.call(who)
    session = {
        "sessionId": call["id"], "mediaType": lived.media, "direction": "inbound",
        "provider": "Edge", "segments": [*_segments(lived, who)],
    }  # fmt: skip
    named = {"userId": who["userId"]} if "userId" in who else {}
    return {
        "participantId": who["id"], "purpose": who["purpose"], **named,
        "participantName": who["name"], "sessions": [session],
    }  # fmt: skip


def _segments(lived: Life, who: dict[str, Any]) -> Iterator[dict[str, Any]]:
    rung, connected, ended = (
        _time(lived, who, type) for type in (words.ALERTING, words.CONNECTED, words.DISCONNECTED)
    )
    call = lived.call(who)
    reason = call.get("disconnectType", "")
    last = {"disconnectType": SPELLED.get(reason, reason)} if ended else {}
    queue = {"queueId": who["queueId"]} if "queueId" in who else {}
    if rung:
        yield _segment("alert", rung, connected or ended, **queue, **({} if connected else last))
    if connected:
        begin = connected
        for start, end in _holds(lived, call["id"], ended):
            yield _segment("interact", begin, start, **queue)
            if end is None or end == ended:
                yield _segment("hold", start, end, **queue, **last)
                break
            yield _segment("hold", start, end, **queue)
            begin = end
        else:
            yield _segment("interact", begin, ended, **queue, **last)
    if "startAcwTime" in who:
        code = {"wrapUpCode": who["wrapup"]["code"]} if "wrapup" in who else {}
        done = [one.at for one in lived.happened if one.participant == who["id"]]
        over = max(done) if "endAcwTime" in who else None
        yield _segment("wrapup", ended or lived.now, over, **code)


def _segment(kind: str, start: datetime, end: datetime | None, **more: Any) -> dict[str, Any]:
    told = {"segmentType": kind, "segmentStart": text_of(start), **more}
    return {**told, "segmentEnd": text_of(end)} if end else told


def _holds(
    lived: Life, call: str, over: datetime | None
) -> Iterator[tuple[datetime, datetime | None]]:
    for hold in lived.holds.get(call, ()):
        yield hold[0], hold[1] if len(hold) > 1 else over


def _time(lived: Life, who: dict[str, Any], type: str) -> datetime | None:
    return _at(lived, type, who["id"], lived.call(who)["id"])


def _at(lived: Life, type: str, participant: str, call: str) -> datetime | None:
    wanted = (type, participant, call)
    found = (
        one.at for one in lived.happened if (one.type, one.participant, one.communication) == wanted
    )
    return next(found, None)


__all__ = ["analytics", "rest"]
