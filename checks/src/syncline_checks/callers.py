"""Callers whose every personal value is one to look for, in frames as the vendor sends them."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

from .strings import canary

LET_OUT = "accountTier"
"""The attribute that may leave, as a hash."""
TOO_LARGE = 1_200_000
"""Characters that make an event too large for a broker."""


def _number() -> str:
    return "+49" + "".join(secrets.choice("0123456789") for _ in range(14))


@frozen(kw_only=True)
class Caller:
    """Somebody of whom a vendor knows everything."""

    number: str = field(factory=_number)
    other: str = field(factory=_number)
    """Of whoever takes the call."""
    name: str = field(factory=canary)
    mail: str = field(factory=lambda: f"c4n.{secrets.token_hex(8)}@example.org")
    tier: str = field(factory=canary)
    """The value of the attribute that may leave."""
    account: str = field(factory=canary)
    """That of one that may not."""
    attribute: str = field(factory=lambda: f"c4n{secrets.token_hex(6)}")
    """The name of that one."""
    notes: str = field(factory=canary)
    subject: str = field(factory=canary)

    @property
    def values(self) -> Mapping[str, str]:
        """All that must stay with the vendor, by what it is."""
        # A number without its sign: it is one in any spelling.
        return {
            "a number": self.number[1:],
            "the other number": self.other[1:],
            "a name": self.name,
            "an e-mail address": self.mail,
            "an attribute that leaves": self.tier,
            "an attribute that does not": self.account,
            "the name of an attribute": self.attribute,
            "wrap-up notes": self.notes,
            "a subject": self.subject,
        }

    def frames(self, topics: list[str]) -> Iterator[bytes]:
        """Yield the frames of a call and an e-mail that begin and end, line by line."""
        for body in (*self._call(""), *self._call("x" * TOO_LARGE), *self._mail(), *self._broken()):
            for topic in topics:
                yield json.dumps({"topicName": topic, "version": "2", "eventBody": body}).encode()

    def _call(self, provider: str) -> Iterator[dict[str, Any]]:
        ids = [str(uuid.uuid4()) for _ in range(3)]
        call: dict[str, Any] = {
            "id": ids[2], "state": "connected", "initialState": "alerting", "direction": "inbound",
            "self": self._address(self.number), "other": self._address(self.other),
            "provider": provider or "Edge", "connectedTime": "2026-03-02T09:15:02.114Z",
        }  # fmt: skip
        who: dict[str, Any] = {
            "id": ids[1], "connectedTime": "2026-03-02T09:15:02.114Z", "purpose": "customer",
            "name": self.name, "address": f"tel:{self.number}", "ani": self.number,
            "dnis": self.other, "aniName": self.name, "calls": [call],
            "attributes": {LET_OUT: self.tier, self.attribute: self.account},
        }  # fmt: skip
        body = {"id": ids[0], "address": self.other, "participants": [who]}
        yield json.loads(json.dumps(body))
        ended = "2026-03-02T09:16:02.114Z"
        call |= {"state": "disconnected", "disconnectedTime": ended, "disconnectType": "endpoint"}
        who |= {
            "endTime": ended,
            "wrapup": {"code": "done", "notes": self.notes, "tags": [self.notes]},
        }
        yield body

    def _mail(self) -> Iterator[dict[str, Any]]:
        mail = {
            "id": str(uuid.uuid4()), "state": "connected", "direction": "inbound",
            "subject": self.subject, "connectedTime": "2026-03-02T09:15:03.114Z",
            "draftAttachments": [{"name": self.subject}], "messageId": self.mail,
        }  # fmt: skip
        who = {
            "id": str(uuid.uuid4()), "connectedTime": "2026-03-02T09:15:03.114Z",
            "purpose": "customer", "name": self.name, "address": self.mail, "emails": [mail],
        }  # fmt: skip
        yield {"id": str(uuid.uuid4()), "participants": [who]}

    def _broken(self) -> Iterator[dict[str, Any]]:
        """Yield what no reader of the vendor's schema expects: personal values everywhere."""
        yield {"id": {self.name: self.number}, "participants": [self.name]}
        yield {"id": str(uuid.uuid4()), "participants": [{"id": "p", "calls": self.number}]}
        yield {"participants": [{"name": self.name, "connectedTime": self.notes}]}
        who = {"id": "p", "connectedTime": self.notes, "address": [self.mail], "calls": []}
        yield {"id": str(uuid.uuid4()), "participants": [who]}

    def _address(self, number: str) -> dict[str, str]:
        raw = f"tel:{number}"
        return {
            "name": self.name, "nameRaw": self.name, "addressNormalized": raw, "addressRaw": raw,
            "addressDisplayable": number,
        }  # fmt: skip


__all__ = ["LET_OUT", "TOO_LARGE", "Caller"]
