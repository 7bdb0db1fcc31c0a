"""Participants and their communications as the vendor writes them, by purpose and medium."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import attrs

from ..thing import Thing
from .moment import text
from .participant import MEDIA, Communication, Participant
from .population import Queue

PROVIDERS = {
    "voice": "Edge",
    "chat": "PureCloud Webchat v2",
    "message": "PureCloud Messaging",
    "email": "PureCloud Email",
    "callback": "PureCloud Callback",
}
MESSAGE_TYPES = ("sms", "whatsapp", "webmessaging", "facebook", "open")


@attrs.frozen(kw_only=True)
class Cast:
    """Makes those who take part in one conversation."""

    uuid: Callable[[], str]
    chance: random.Random
    number: int
    medium: str
    direction: str
    message_type: str = "whatsapp"

    @property
    def caller(self) -> str:
        """The customer's address."""
        if self.medium == "email":
            return f"customer{self.number}@example.org"
        scheme = "tel:+1555" if self.medium in ("voice", "callback") else "visitor-"
        return f"{scheme}{self.number % 10_000_000:07d}"

    @property
    def called(self) -> str:
        """Our own address."""
        return "support@example.com" if self.medium == "email" else "tel:+15555550199"

    def customer(self, at: int, state: str, attributes: dict[str, str]) -> Participant:
        """The customer."""
        value = self._value("customer", f"Customer {self.number}", self.caller, at)
        value["attributes"] = attributes
        value["externalContactId"] = self.uuid()
        return self._with(value, at, state)

    def flow(self, at: int, purpose: str) -> Participant:
        """A flow: an IVR, a workflow, a bot."""
        value = self._value(purpose, "Support inbound flow", "sip:flow@localhost", at)
        return self._with(value, at, "connected")

    def acd(self, at: int, queue: Queue) -> Participant:
        """A queue."""
        value = self._value("acd", queue.name, "sip:acd@localhost", at)
        value |= {"queueId": queue.id, "conversationRoutingData": _routing(queue)}
        return self._with(value, at, "connected")

    def agent(self, at: int, user: Thing, queue: Queue | None, state: str) -> Participant:
        """An agent; without a queue, who calls by hand or was asked for advice."""
        value = self._value("agent" if queue else "user", user.name, "sip:agent@localhost", at)
        value["userId"] = user.id
        if queue:
            value |= {
                "queueId": queue.id,
                "conversationRoutingData": _routing(queue),
                "wrapupRequired": True,
                "wrapupExpected": True,
                "wrapupPrompt": "mandatory",
                "alertingTimeoutMs": 15_000,
            }
        return self._with(value, at, state)

    def communication(self, state: str, medium: str | None = None) -> Communication:
        """A communication that begins with a state."""
        medium = medium or self.medium
        value = {
            "id": self.uuid(),
            "state": state,
            "initialState": state,
            "held": False,
            **getattr(self, f"_{medium}")(),
            "provider": PROVIDERS[medium],
            "afterCallWorkRequired": False,
        }
        return Communication(medium=medium, value=value)

    def _value(self, purpose: str, name: str, address: str, at: int) -> dict[str, Any]:
        return {
            "id": self.uuid(),
            "connectedTime": text(at),
            "name": name,
            "purpose": purpose,
            "address": address,
            "wrapupRequired": False,
            "wrapupExpected": False,
            "attributes": {},
        }

    def _with(self, value: dict[str, Any], at: int, state: str) -> Participant:
        one = self.communication(state)
        value[MEDIA[one.medium]] = [one.value]
        return Participant(value=value, joined=at, communications=[one])

    def _voice(self) -> dict[str, Any]:
        return {
            "recording": False,
            "recordingState": "none",
            "muted": False,
            "confined": False,
            "securePause": False,
            "direction": self.direction,
            "self": {"nameRaw": "", "addressNormalized": self.caller, "addressRaw": self.caller},
            "other": {"name": "Support line", "addressNormalized": self.called},
        }

    def _chat(self) -> dict[str, Any]:
        return {"roomId": f"room-{self.number}@conference.example.com"}

    def _message(self) -> dict[str, Any]:
        return {
            "direction": self.direction,
            "type": self.message_type,
            "recipientCountry": "US",
            "toAddress": {"addressNormalized": self.called},
            "fromAddress": {"addressNormalized": self.caller},
            "messages": [],
        }

    def _email(self) -> dict[str, Any]:
        return {
            "direction": self.direction,
            "subject": f"Order {self.number}",
            "messagesSent": 0,
            "autoGenerated": False,
            "spam": False,
        }

    def _callback(self) -> dict[str, Any]:
        return {
            "direction": self.direction,
            "callbackNumbers": [self.caller.removeprefix("tel:")],
            "callbackUserName": f"Customer {self.number}",
            "externalCampaign": False,
            "skipEnabled": True,
            "timeoutSeconds": 45,
        }


def _routing(queue: Queue) -> dict[str, Any]:
    return {
        "queue": {"id": queue.id},
        "language": {},
        "priority": 0,
        "skills": [],
        "scoredAgents": [],
    }
