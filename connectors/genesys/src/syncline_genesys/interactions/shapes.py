"""What is read of the vendor's JSON, and nothing else of it: unknown members are skipped. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeAlias

from msgspec import DecodeError, Meta, Raw, Struct, field

Time: TypeAlias = Annotated[datetime, Meta(tz=True)] | None
"""RFC 3339 with a zone; everything else is no time."""
Seconds: TypeAlias = Annotated[int, Meta(ge=0, le=2**53)]
NULL = Raw(b"null")
UNREADABLE = (DecodeError, UnicodeError, RecursionError)
"""What msgspec raises on bytes that are no JSON, or another than was expected."""


class Wrapup(Struct, gc=False, frozen=True):
    """What an agent chose after the conversation."""

    code: str | None = None
    notes: str | None = None
    durationSeconds: Seconds | None = None
    endTime: Time = None
    provisional: bool | None = None


class AfterCallWork(Struct, gc=False, frozen=True):
    """The work of an agent after one communication."""

    state: str | None = None
    startTime: Time = None
    endTime: Time = None


class Hold(Struct, gc=False, frozen=True):
    """One time on hold, as look-ups tell it; notifications tell only the newest start."""

    start: Annotated[datetime, Meta(tz=True)]
    end: Time = None
    """None while it lasts, and where the communication ended in it."""


class Passage(Struct, gc=False, frozen=True):
    """A state that a communication went through, as analytics tells it."""

    state: str
    start: Annotated[datetime, Meta(tz=True)]


class Communication(Struct, gc=False, frozen=True):
    """One call, message, e-mail, … of one participant."""

    id: str | None = None
    state: str | None = None
    initialState: str | None = None
    recordingState: str | None = None
    muted: bool | None = None
    held: bool | None = None
    disconnectType: str | None = None
    startHoldTime: Time = None
    direction: str | None = None
    provider: str | None = None
    peerId: str | None = None
    startAlertingTime: Time = None
    connectedTime: Time = None
    disconnectedTime: Time = None
    parkTime: Time = None
    resumeTime: Time = None
    callbackScheduledTime: Time = None
    subject: str | None = None
    type: str | None = None
    wrapup: Wrapup | None = None
    afterCallWork: AfterCallWork | None = None
    holds: list[Hold] = []
    passages: list[Passage] = []
    """These two are never in the vendor's JSON."""


class Participant(Struct, gc=False, frozen=True):
    """A participant of a notification or of `GET /conversations/{id}`."""

    id: str | None = None
    startTime: Time = None
    connectedTime: Time = None
    endTime: Time = None
    userId: str | None = None
    queueId: str | None = None
    groupId: str | None = None
    teamId: str | None = None
    externalContactId: str | None = None
    name: str | None = None
    address: str | None = None
    purpose: str | None = None
    attributes: Raw = NULL
    wrapup: Wrapup | None = None
    startAcwTime: Time = None
    endAcwTime: Time = None
    calls: list[Communication] | None = None
    callbacks: list[Communication] | None = None
    chats: list[Communication] | None = None
    emails: list[Communication] | None = None
    messages: list[Communication] | None = None
    cobrowsesessions: list[Communication] | None = None
    internalMessages: list[Communication] | None = None
    screenMonitorings: list[Communication] | None = None
    screenshares: list[Communication] | None = None
    socialExpressions: list[Communication] | None = None
    videos: list[Communication] | None = None


class Named(Struct, gc=False, frozen=True):
    """A reference to something that has an id."""

    id: str | None = None


class Flattened(Struct, gc=False, frozen=True):
    """A participant of a topic of one medium: its communication is part of it, without an id."""

    id: str | None = None
    state: str | None = None
    initialState: str | None = None
    direction: str | None = None
    disconnectType: str | None = None
    startTime: Time = None
    connectedTime: Time = None
    endTime: Time = None
    startHoldTime: Time = None
    startAcwTime: Time = None
    endAcwTime: Time = None
    parkTime: Time = None
    resumeTime: Time = None
    callbackScheduledTime: Time = None
    held: bool | None = None
    muted: bool | None = None
    recordingState: str | None = None
    purpose: str | None = None
    name: str | None = None
    address: str | None = None
    provider: str | None = None
    peer: str | None = None
    type: str | None = None
    subject: str | None = None
    user: Named | None = None
    queue: Named | None = None
    group: Named | None = None
    team: Named | None = None
    externalContact: Named | None = None
    wrapup: Wrapup | None = None
    attributes: Raw = NULL


class Membership(Struct, gc=False, frozen=True):
    """A division that a conversation belongs to."""

    division: Named | None = None


class Snapshot(Struct, gc=False, frozen=True):
    """A conversation as one notification tells it: whole, with every participant so far."""

    id: str = ""
    participants: list[Raw] = []
    """Read one by one, and only those that say something new."""
    divisions: Raw = NULL
    utilizationLabelId: str | None = None


class Envelope(Struct, gc=False, frozen=True):
    """One frame of a notification channel.

    Answers to `subscribe` have no topic.
    """

    topic: str = field(default="", name="topicName")
    body: Any = field(default=NULL, name="eventBody")
    """What `Normaliser.frame` takes: a `Snapshot`, or the `Raw` text of anything else."""


class SnapshotEnvelope(Envelope, gc=False, frozen=True):
    """A frame that tells of a conversation."""

    body: Snapshot | None = field(default=None, name="eventBody")


class Other(Envelope, gc=False, frozen=True):
    """Any other frame."""

    body: Raw = field(default=NULL, name="eventBody")
