"""Topics of one medium, such as `v2.users.{id}.conversations.calls`. Pure.

Their participants have no list of communications: the only one of this medium is spread over the
participant, and has no id. Its events have ids of their own, therefore: whoever listens to these
topics and to those of whole conversations is told the same twice.
"""

from __future__ import annotations

from msgspec import Raw, structs

from .facts import Communications
from .reading import read_or_salvage
from .shapes import Communication, Flattened, Named, Participant
from .words import MEDIA

_BEFORE = ".conversations."
_MEDIA = {name.lower(): media for name, media in MEDIA.items()}
_SAME = (
    "state", "initialState", "direction", "disconnectType", "connectedTime", "startHoldTime",
    "parkTime", "resumeTime", "callbackScheduledTime", "held", "muted", "recordingState",
    "provider", "type", "subject",
)  # fmt: skip


def medium_of(topic: str) -> str:
    """Return the media type that a topic is limited to; "" where it tells whole conversations."""
    _, found, name = topic.partition(_BEFORE)
    return _MEDIA.get(name.lower(), name.lower().removesuffix("s")) if found else ""


def participant_of(raw: Raw, media: str) -> tuple[Participant | None, Communications, bool]:
    """Return a participant with its communication, and whether all of it could be read."""
    flat, whole = read_or_salvage(Flattened, raw)
    if not flat.id:
        return None, [], False
    communication = Communication(
        disconnectedTime=flat.endTime,
        startAlertingTime=flat.startTime if flat.initialState in ("alerting", "offering") else None,
        peerId=flat.peer,
        **{name: getattr(flat, name) for name in _SAME},
    )
    return _unspread(flat), [(media, communication)] if flat.state else [], whole


def _unspread(flat: Flattened) -> Participant:
    named = {
        name: getattr(flat, name) for name in structs.asdict(Participant()) if hasattr(flat, name)
    }
    return Participant(
        **named,
        userId=_id(flat.user),
        queueId=_id(flat.queue),
        groupId=_id(flat.group),
        teamId=_id(flat.team),
        externalContactId=_id(flat.externalContact),
    )


def _id(named: Named | None) -> str | None:
    return named.id if named is not None else None


__all__ = ["medium_of", "participant_of"]
