"""What of a Genesys Cloud configuration a rule can read and write. Needs no HTTP.

Field names are the vendor's own. What a queue, a schedule or a row does not list here is never
touched: it is sent back as it was read where the vendor wants the whole object.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import field, frozen

from syncline.config_items import FieldSpec, FieldType, Kind

MEDIA = ("call", "callback", "chat", "email", "message")
"""Media of queues and utilization; the analytics call the first one `voice`."""
MEDIA_TYPES = ("voice", "callback", "chat", "email", "message")
STATUSES = ("OFF_QUEUE", "IDLE", "INTERACTING", "NOT_RESPONDING", "COMMUNICATING")
CONVERSATIONS = ("oWaiting", "oInteracting", "oAlerting")
"""Metrics of queue observations that count conversations, by media type."""
USERS = ("oOnQueueUsers", "oOffQueueUsers", "oActiveUsers", "oMemberUsers")
"""Metrics that count users."""
ID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
"""An id as the vendor makes them."""
MOST_PROFICIENT = 5
"""Of a skill (UserRoutingSkillPost.proficiency: 0 to 5 stars)."""


@frozen(kw_only=True)
class PatternKind(Kind):
    """A kind with fields whose names are known only where the object is, such as labels."""

    patterns: tuple[tuple[str, FieldSpec], ...] = field(default=())
    """Regular expressions of whole paths; the first that fits says what the field is."""

    def spec(self, path: str) -> FieldSpec | None:
        """Return what the field at `path` is; None when objects of this kind have none such."""
        found = self.fields.get(path)
        if found is not None:
            return found
        fits = (spec for pattern, spec in self.patterns if re.fullmatch(pattern, path))
        return next(fits, self.others)


def _int(help: str = "", *, least: float | None = 0, writable: bool = True) -> FieldSpec:
    return FieldSpec(type=FieldType.INT, help=help, writable=writable, minimum=least)


def _count(help: str) -> FieldSpec:
    return FieldSpec(type=FieldType.INT, help=help, minimum=0)


def _of(type_: FieldType, help: str = "", *, writable: bool = True) -> FieldSpec:
    return FieldSpec(type=type_, help=help, writable=writable)


def _medium(name: str) -> dict[str, FieldSpec]:
    at = f"mediaSettings.{name}"
    share = FieldSpec(
        type=FieldType.DOUBLE,
        help="Share of interactions to answer in time.",
        writable=True,
        minimum=0,
        maximum=1,
    )
    return {
        f"{at}.alertingTimeoutSeconds": _int("How long an agent is alerted, in seconds.", least=1),
        f"{at}.enableAutoAnswer": _of(FieldType.BOOL),
        f"{at}.autoAnswerAlertToneSeconds": FieldSpec(
            type=FieldType.DOUBLE, writable=True, minimum=0
        ),
        f"{at}.manualAnswerAlertToneSeconds": FieldSpec(
            type=FieldType.DOUBLE, writable=True, minimum=0
        ),
        f"{at}.serviceLevel.percentage": share,
        f"{at}.serviceLevel.durationMs": _int("In what time, in milliseconds."),
    }


_CALLBACK = {
    "mediaSettings.callback.mode": _of(FieldType.STRING, "AgentFirst or CustomerFirst."),
    "mediaSettings.callback.enableAutoDialAndEnd": _of(FieldType.BOOL),
    "mediaSettings.callback.autoDialDelaySeconds": _int(),
    "mediaSettings.callback.autoEndDelaySeconds": _int(),
    "mediaSettings.callback.pacingModifier": FieldSpec(
        type=FieldType.DOUBLE, writable=True, minimum=0
    ),
    "mediaSettings.callback.maxRetryCount": _int(),
    "mediaSettings.callback.retryDelaySeconds": _int(),
}

QUEUE = Kind(
    name="queue",
    summary="A routing queue; it has no capacity: see utilization, or a row that a flow reads.",
    naming="name or id",
    fields={
        "id": _of(FieldType.STRING, writable=False),
        "name": _of(FieldType.STRING, writable=False),
        "dateModified": _of(FieldType.STRING, writable=False),
        "memberCount": _count("Members, joined or not."),
        "userMemberCount": _count("Users among them."),
        "joinedMemberCount": _count("Members who work for it now."),
        "description": _of(FieldType.STRING),
        **{path: spec for medium in MEDIA for path, spec in _medium(medium).items()},
        **_CALLBACK,
        "acwSettings.wrapupPrompt": _of(FieldType.STRING, "MANDATORY, OPTIONAL and so on."),
        "acwSettings.timeoutMs": _int("After-call work ends after so many milliseconds."),
        "skillEvaluationMethod": _of(FieldType.STRING, "NONE, BEST or ALL."),
        "scoringMethod": _of(FieldType.STRING, "TimestampAndPriority or PriorityOnly."),
        "lastAgentRoutingMode": _of(FieldType.STRING),
        "routingRules": _of(FieldType.LIST, "Objects with operator, threshold and waitSeconds."),
        "autoAnswerOnly": _of(FieldType.BOOL),
        "enableTranscription": _of(FieldType.BOOL),
        "enableAudioMonitoring": _of(FieldType.BOOL),
        "enableManualAssignment": _of(FieldType.BOOL),
        "suppressInQueueCallRecording": _of(FieldType.BOOL),
        "agentOwnedRouting.enableAgentOwnedCallbacks": _of(FieldType.BOOL),
        "agentOwnedRouting.maxOwnedCallbackHours": _int(),
        "agentOwnedRouting.maxOwnedCallbackDelayHours": _int(),
        "callingPartyName": _of(FieldType.STRING),
        "callingPartyNumber": _of(FieldType.STRING),
        "defaultMediaLanguage": _of(FieldType.STRING),
    },
)

_CAPACITY = _int("How many interactions an agent can have at a time.")

UTILIZATION = PatternKind(
    name="utilization",
    summary="How much an agent can do at a time: of the organisation, or of one user.",
    naming="'organization' or user/<id>",
    names=f"organization|user/{ID}",
    fields={
        **{f"{medium}.maximumCapacity": _CAPACITY for medium in MEDIA},
        **{f"{medium}.includeNonAcd": _of(FieldType.BOOL) for medium in MEDIA},
        **{f"{medium}.interruptableMediaTypes": _of(FieldType.LIST) for medium in MEDIA},
        "maxInboundCalls": _int("Inbound calls at a time."),
        "level": _of(FieldType.STRING, "Agent or Organization: whose numbers these are.",
                     writable=False),
    },
    patterns=(
        (r"labelUtilizations\.[^.]+\.maximumCapacity", _CAPACITY),
        (r"labelUtilizations\.[^.]+\.interruptingLabelIds", _of(FieldType.LIST)),
    ),
)  # fmt: skip

_VERSIONED = {
    "id": _of(FieldType.STRING, writable=False),
    "name": _of(FieldType.STRING, writable=False),
    "description": _of(FieldType.STRING),
    "version": _count("Grows with every change."),
    "state": _of(FieldType.STRING, "active, inactive or deleted.", writable=False),
    "open": _of(FieldType.BOOL, "Whether it is open right now; computed here.", writable=False),
}

SCHEDULE = Kind(
    name="schedule",
    summary="When something is open: a time of day and how it recurs.",
    naming="name or id",
    fields={
        **_VERSIONED,
        "start": _of(FieldType.STRING, "Local date and time, such as 2026-03-02T09:00:00.000."),
        "end": _of(FieldType.STRING, "End of the first time; local date and time."),
        "rrule": _of(FieldType.STRING, "Recurrence, such as FREQ=WEEKLY;BYDAY=MO,TU."),
    },
)

_REFERENCES = "Schedules, as objects with an id."

SCHEDULE_GROUP = Kind(
    name="schedule-group",
    summary="Open, closed and holiday schedules in a time zone.",
    naming="name or id",
    fields={
        **_VERSIONED,
        "holiday": _of(FieldType.BOOL, "Whether a holiday is on now; computed.", writable=False),
        "timeZone": _of(FieldType.STRING, "Such as Europe/Berlin."),
        "openSchedules": _of(FieldType.LIST, _REFERENCES),
        "closedSchedules": _of(FieldType.LIST, _REFERENCES),
        "holidaySchedules": _of(FieldType.LIST, _REFERENCES),
    },
)

ROW = Kind(
    name="data-table-row",
    summary="A row of a data table, which flows read; a missing one is made by the first write.",
    naming="<table name or id>/<key>",
    names="[^/]+/.+",
    fields={"key": _of(FieldType.STRING, "The reference key.", writable=False)},
    others=_of(FieldType.ANY, "A column of the table."),
)

OBSERVATION = Kind(
    name="queue-observation",
    summary="What goes on in a queue right now.",
    naming="name or id of the queue",
    fields={
        **{metric: _count("Of all media.") for metric in CONVERSATIONS},
        **{f"{m}.{metric}": _count("") for m in MEDIA_TYPES for metric in CONVERSATIONS},
        **{metric: _count("") for metric in USERS},
        **{f"oUserRoutingStatuses.{status}": _count("") for status in STATUSES},
    },
)

STATUS_COUNT = PatternKind(
    name="user-status-count",
    summary="How many users have a routing status or a presence.",
    naming="'organization' or queue/<name or id>",
    names="organization|queue/.+",
    fields={
        **{status: _count("Users with this routing status.") for status in STATUSES},
        "total": _count("All of them."),
        "onQueue": _count("All but those who are OFF_QUEUE."),
    },
    patterns=((r"presence\.[A-Z_]+", _count("Users with this system presence.")),),
)

USER = PatternKind(
    name="user",
    summary="Skills and queues of a user.",
    naming="id",
    names=ID,
    fields={
        "id": _of(FieldType.STRING, writable=False),
        "name": _of(FieldType.STRING, writable=False),
        "email": _of(FieldType.STRING, writable=False),
        "state": _of(FieldType.STRING, writable=False),
        "routingStatus.status": _of(FieldType.STRING, writable=False),
        "presence.presenceDefinition.systemPresence": _of(FieldType.STRING, writable=False),
        "skillCount": _count("Skills that the user has."),
        "queueCount": _count("Queues that the user is a member of."),
        "joinedQueueCount": _count("Those among them that the user works for."),
    },
    patterns=(
        (
            r"skills\.[^.]+",
            FieldSpec(
                type=FieldType.DOUBLE,
                help="Proficiency in a skill, by its name.",
                writable=True,
                minimum=0,
                maximum=MOST_PROFICIENT,
            ),
        ),
        (r"queues\.[^.]+\.joined", _of(FieldType.BOOL, "Works for the queue.")),
        (r"queues\.[^.]+\.member", _of(FieldType.BOOL, "Is a member of the queue.")),
    ),
)

KINDS: Mapping[str, Kind] = {
    one.name: one
    for one in (
        QUEUE,
        UTILIZATION,
        SCHEDULE,
        SCHEDULE_GROUP,
        ROW,
        OBSERVATION,
        STATUS_COUNT,
        USER,
    )
}
"""By name; the same for every connection."""


def kinds() -> Mapping[str, Kind]:
    """Return all kinds; nothing is opened for it."""
    return KINDS


__all__ = [
    "CONVERSATIONS",
    "KINDS",
    "MEDIA",
    "MEDIA_TYPES",
    "OBSERVATION",
    "QUEUE",
    "ROW",
    "SCHEDULE",
    "SCHEDULE_GROUP",
    "STATUSES",
    "STATUS_COUNT",
    "USER",
    "USERS",
    "UTILIZATION",
    "PatternKind",
    "kinds",
]
