"""The request models of routing queues, and what the server fills in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .errors import bad_request, invalid_value
from .estate import MEDIA
from .shapes import (
    Member,
    Shape,
    boolean,
    ignored,
    integer,
    listing,
    members,
    needed,
    one_of,
    read_only,
    text,
    uuid,
)


def plain_number(value: Any, path: str) -> float:
    """A number as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid_value(path, "a number is expected")
    return value


def plain(value: Any, path: str) -> Any:
    """Parts of a queue that people build in the console: kept as they are sent.

    Their models nest deeply (scripts, rings, rules); what counts here is that a client which
    leaves them out takes them away.
    """
    if not isinstance(value, dict | list):
        raise invalid_value(path, "an object or a list is expected")
    return value


REF = members(id=text(), name=text(), selfUri=ignored)
"""`DomainEntityRef`."""
DIVISION = members(id=uuid, name=text(), selfUri=ignored)

_LEVEL = members(percentage=plain_number, durationMs=integer(0))
_MEDIUM: dict[str, Shape | Member] = {
    "enableAutoAnswer": boolean,
    "alertingTimeoutSeconds": integer(7, 604_800),
    "serviceLevel": _LEVEL,
    "autoAnswerAlertToneSeconds": plain_number,
    "manualAnswerAlertToneSeconds": plain_number,
}


def _mode(value: Any, path: str) -> str:
    if value not in ("AgentFirst", "CustomerFirst"):
        message = f"Value [{value}] is not valid for field type [Mode]"
        raise bad_request(message, code="invalid.value", field_name=path)
    return str(value)


_REACTION = one_of("HangUp", "TransferToQueue", "TransferToFlow")
_CALLBACK: dict[str, Shape | Member] = {
    "mode": _mode,
    "enableAutoDialAndEnd": boolean,
    "autoDialDelaySeconds": integer(0),
    "autoEndDelaySeconds": integer(0),
    "pacingModifier": plain_number,
    "maxRetryCount": integer(0),
    "retryDelaySeconds": integer(0),
    "liveVoiceReactionType": _REACTION,
    "liveVoiceFlow": REF,
    "answeringMachineReactionType": _REACTION,
    "answeringMachineFlow": REF,
    "edgeGroup": REF,
    "site": REF,
}
_MESSAGE: dict[str, Shape | Member] = {
    "subTypeSettings": plain,
    "enableInactivityTimeout": boolean,
    "inactivityTimeoutSettings": members(timeoutSeconds=integer(0), actionType=text(), flowId=REF),
}
_SETTINGS = members(
    call=members(**_MEDIUM),
    callback=members(**_MEDIUM, **_CALLBACK),
    chat=members(**_MEDIUM),
    email=members(**_MEDIUM, allOutboundEmailAddresses=plain),
    message=members(**_MEDIUM, **_MESSAGE),
)

_NUMBER = re.compile(r"\+?[0-9]{2,20}|")


def _phone(value: Any, path: str) -> str:
    found = text()(value, path)
    if not _NUMBER.fullmatch(found):
        raise invalid_value(path, "is not a telephone number")
    return str(found)


FIELDS: dict[str, Shape | Member] = {
    "name": needed(text(most=256, blank=False)),
    "division": DIVISION,
    "description": text(most=512),
    "mediaSettings": _SETTINGS,
    "routingRules": listing(
        members(
            operator=one_of("MEETS_THRESHOLD", "ANY"),
            threshold=integer(0),
            waitSeconds=plain_number,
        )
    ),
    "conditionalGroupRouting": plain,
    "conditionalGroupActivation": plain,
    "bullseye": plain,
    "scoringMethod": one_of("TimestampAndPriority", "PriorityOnly"),
    "lastAgentRoutingMode": one_of("Disabled", "QueueMembersOnly", "AnyAgent"),
    "acwSettings": members(
        wrapupPrompt=one_of(
            "MANDATORY",
            "OPTIONAL",
            "MANDATORY_TIMEOUT",
            "MANDATORY_FORCED_TIMEOUT",
            "AGENT_REQUESTED",
        ),
        timeoutMs=integer(0, 86_400_000),
    ),
    "skillEvaluationMethod": one_of("NONE", "BEST", "ALL"),
    "memberGroups": plain,
    "queueFlow": REF,
    "emailInQueueFlow": REF,
    "messageInQueueFlow": REF,
    "whisperPrompt": REF,
    "onHoldPrompt": REF,
    "defaultMediaLanguage": text(),
    "autoAnswerOnly": boolean,
    "cannedResponseLibraries": members(
        libraryIds=listing(text()), mode=one_of("All", "SelectedOnly", "None")
    ),
    "enableTranscription": boolean,
    "enableAudioMonitoring": boolean,
    "enableManualAssignment": boolean,
    "agentOwnedRouting": members(
        enableAgentOwnedCallbacks=boolean,
        maxOwnedCallbackHours=integer(0),
        maxOwnedCallbackDelayHours=integer(0),
    ),
    "directRouting": plain,
    "callingPartyName": text(most=256),
    "callingPartyNumber": _phone,
    "defaultScripts": plain,
    "outboundMessagingAddresses": members(
        smsAddress=REF, openMessagingRecipient=REF, whatsAppRecipient=REF
    ),
    "outboundEmailAddress": plain,
    "peerId": text(),
    "suppressInQueueCallRecording": boolean,
}
"""What a client writes of a queue."""

OWNED = ("id", "memberCount", "userMemberCount", "joinedMemberCount", "selfUri")
SERVED = ("dateCreated", "dateModified", "createdBy", "modifiedBy")
"""What the server alone writes: clients send it back, and it is not looked at."""

REQUEST = members(**FIELDS, **read_only(*OWNED, *SERVED))
"""`QueueRequest`."""
CREATE = members(**FIELDS, sourceQueueId=text(), **read_only(*OWNED, *SERVED))
"""`CreateQueueRequest`."""

_TIMEOUTS = dict(zip(MEDIA, (8, 30, 30, 300, 30), strict=True))
DEFAULTS: Mapping[str, Any] = {
    "mediaSettings": {
        medium: {
            "enableAutoAnswer": False,
            "alertingTimeoutSeconds": timeout,
            "serviceLevel": {"percentage": 0.8, "durationMs": 20_000},
        }
        for medium, timeout in _TIMEOUTS.items()
    },
    "scoringMethod": "TimestampAndPriority",
    "lastAgentRoutingMode": "AnyAgent",
    "acwSettings": {"wrapupPrompt": "MANDATORY_TIMEOUT", "timeoutMs": 300_000},
    "skillEvaluationMethod": "ALL",
    "autoAnswerOnly": True,
    "enableTranscription": False,
    "enableAudioMonitoring": False,
    "enableManualAssignment": False,
    "suppressInQueueCallRecording": True,
}
"""What the server puts where a request is silent; the vendor's own numbers are not published."""


def completed(given: Mapping[str, Any]) -> dict[str, Any]:
    """A request as the server keeps it: everything that was left out is gone or back to default."""
    return filled(given, DEFAULTS)


def filled(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The given members, and the defaults of the others, at every level."""
    found = dict(given)
    for name, default in defaults.items():
        if name not in found:
            found[name] = filled({}, default) if isinstance(default, dict) else default
        elif isinstance(default, dict) and isinstance(found[name], dict):
            found[name] = filled(found[name], default)
    return found
