"""The vendor's words in one spelling, whichever transport they came by. Pure.

Notifications write `transfer.noanswer`, REST `endpoint.donotdisturb`, analytics `noAnswerTransfer`,
detail events `NO_ANSWER_TRANSFER`. The words of notifications are the ones that leave; a word that
is not known leaves as it came.
"""

from __future__ import annotations

from collections.abc import Mapping

MEDIA: Mapping[str, str] = {
    "calls": "voice",
    "callbacks": "callback",
    "chats": "chat",
    "cobrowsesessions": "cobrowse",
    "emails": "email",
    "internalMessages": "internalmessage",
    "messages": "message",
    "screenMonitorings": "screenmonitoring",
    "screenshares": "screenshare",
    "socialExpressions": "socialexpression",
    "videos": "video",
}
"""Where a participant keeps its communications, with their media type in analytics' word."""

_REASONS = (
    "endpoint", "endpoint.dnd", "client", "system", "timeout", "transfer", "transfer.conference",
    "transfer.consult", "transfer.forward", "transfer.noanswer", "transfer.notavailable",
    "transfer.dnd", "transport.failure", "error", "peer", "other", "spam", "uncallable",
    "inactivity", "session.expired", "takeover",
)  # fmt: skip
_OTHER_REASONS: Mapping[str, str] = {
    "conferencetransfer": "transfer.conference",
    "consulttransfer": "transfer.consult",
    "forwardtransfer": "transfer.forward",
    "noanswertransfer": "transfer.noanswer",
    "notavailabletransfer": "transfer.notavailable",
    "dndtransfer": "transfer.dnd",
    "dndendpoint": "endpoint.dnd",
    "endpointdonotdisturb": "endpoint.dnd",
    "transferdonotdisturb": "transfer.dnd",
}


def _letters(word: str) -> str:
    return word.replace("_", "").replace(".", "").lower()


_KNOWN = {_letters(word): word for word in _REASONS} | dict(_OTHER_REASONS)
_AS_THEY_ARE = frozenset(_REASONS)


def reason_of(word: str | None) -> str:
    """Return a disconnect type in the spelling of notifications; "" for none."""
    if not word or word in _AS_THEY_ARE:
        return word or ""
    if word in ("unknown", "UNKNOWN"):
        return ""
    return _KNOWN.get(_letters(word), word)


def lower(word: str | None) -> str:
    """Return an enum value in lower case; "" for none and for `unknown`."""
    known = (word or "").lower()
    return "" if known == "unknown" else known


def media_of(name: str) -> str:
    """Return the media type of a list of communications; an unknown list gives its own name."""
    return MEDIA.get(name) or name.lower().removesuffix("s")


__all__ = ["MEDIA", "lower", "media_of", "reason_of"]
