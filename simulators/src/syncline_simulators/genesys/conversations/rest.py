"""A conversation as `GET /api/v2/conversations/{id}` shows it: other members than in events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .moment import text
from .participant import MEDIA

ROOT = "/api/v2/conversations"
_SPELLED = {"endpoint.dnd": "endpoint.donotdisturb", "transfer.dnd": "transfer.donotdisturb"}
_MEMBERS = {member: medium for medium, member in MEDIA.items()}

Record = Mapping[str, Any]


def conversation_view(record: Record) -> dict[str, Any]:
    """`Conversation`."""
    snapshot = record["snapshot"]
    ended = {"endTime": text(record["ended"])} if record["ended"] is not None else {}
    return {
        "id": snapshot["id"],
        "startTime": text(record["started"]),
        **ended,
        "address": snapshot.get("address", ""),
        "participants": [
            _participant(one, tracks)
            for one, tracks in zip(snapshot["participants"], record["tracks"], strict=True)
        ],
        "recordingState": snapshot.get("recordingState", "none").upper(),
        "divisions": snapshot["divisions"],
        "recentTransfers": [_transfer(one) for one in snapshot.get("recentTransfers", ())],
        "selfUri": f"{ROOT}/{snapshot['id']}",
    }


def _participant(told: Mapping[str, Any], tracks: Sequence[Record]) -> dict[str, Any]:
    found = {name: value for name, value in told.items() if name not in _MEMBERS}
    found.pop("wrapupExpected", None)
    found["startTime"] = told["connectedTime"]
    found["participantType"] = "External" if told["purpose"] == "customer" else "Internal"
    at = dict.fromkeys(_MEMBERS, 0)
    for track in tracks:
        member = MEDIA[track["medium"]]
        one = told[member][at[member]]
        at[member] += 1
        found.setdefault(member, []).append(_communication(one, track))
    return found


def _communication(told: Mapping[str, Any], track: Record) -> dict[str, Any]:
    rung = [at for state, at in track["path"] if state == "alerting"]
    holds = [one for one in track["holds"] if len(one) == 2]
    found = {
        **told,
        "segments": [
            {"type": "Hold", "startTime": text(start), "endTime": text(end)} for start, end in holds
        ],
        **({"startAlertingTime": text(rung[0])} if rung else {}),
    }
    if "disconnectType" in told:
        found["disconnectType"] = _SPELLED.get(told["disconnectType"], told["disconnectType"])
    return found


def _transfer(told: Mapping[str, Any]) -> dict[str, Any]:
    words = {name: told[name].capitalize() for name in ("state", "transferType")}
    return {**told, **words}
