"""Lives of conversations for tests: snapshots as the vendor sends them, and what really happened.

What happened is written down by whoever makes it happen, and never derived from a snapshot.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any
from uuid import UUID

from attrs import define, field, frozen

from syncline.events import interaction as words

from .times import text_of

BEGIN = datetime(2026, 3, 2, 9, 15, 2, 114_000, timezone.utc)
ONCE = frozenset(
    {
        words.STARTED, words.JOINED, words.ALERTING, words.CONNECTED, words.TRANSFERRED,
        words.DISCONNECTED, words.LEFT, words.ACW, words.WRAPUP, words.ENDED,
    }
)  # fmt: skip
"""Types that every later snapshot still tells of."""
LISTS = {"voice": "calls", "message": "messages", "email": "emails", "chat": "chats"}
PRIVATE = {
    "name": "Ada Lovelace-Caller",
    "address": "tel:+15550142857",
    "secret": "4111-1111-1111-1111",
    "notes": "Her cat is called Zebedee.",
    "subject": "My order of seventeen lampshades",
}
"""What no event may hold under the default privacy setting."""


@frozen
class Happened:
    """One thing that happened."""

    type: str
    at: datetime
    participant: str = ""
    communication: str = ""


@define
class Life:
    """One conversation, from its begin to its end."""

    random: Random
    media: str = "voice"
    now: datetime = BEGIN
    id: str = ""
    participants: list[dict[str, Any]] = field(factory=list)
    happened: list[Happened] = field(factory=list)
    snapshots: list[bytes] = field(factory=list)
    times: list[datetime] = field(factory=list)
    """When each snapshot was sent."""
    holds: dict[str, list[list[datetime]]] = field(factory=dict)
    """By communication: when each hold began and ended."""

    def __attrs_post_init__(self) -> None:
        self.id = self.id or self.uuid()

    def uuid(self) -> str:
        """Return a new id; the same again from the same seed."""
        return str(UUID(int=self.random.getrandbits(128)))

    def wait(self, seconds: float = 1.0) -> None:
        """Let time pass."""
        self.now += timedelta(milliseconds=max(1, int(seconds * 1000)))

    def send(self) -> bytes:
        """Send the snapshot as it is now."""
        self.snapshots.append(json.dumps(self.snapshot(), separators=(",", ":")).encode())
        self.times.append(self.now)
        return self.snapshots[-1]

    def snapshot(self) -> dict[str, Any]:
        """Return the snapshot as it is now."""
        divisions = [{"division": {"id": "5a1eaef9-cee0-4d74-bb65-f66862227bea"}, "entities": []}]
        told = {"id": self.id, "participants": self.participants, "divisions": divisions}
        return copy.deepcopy({**told, "recordingState": "none", "aNewMember": [1, {"x": None}]})

    def tell(self, type: str, who: Mapping[str, Any] | None = None, of_call: bool = True) -> None:
        """Write down what happens."""
        participant = str(who["id"]) if who else ""
        call = str(self.call(who)["id"]) if who and of_call else ""
        self.happened.append(Happened(type, self.now, participant, call))

    def call(self, who: Mapping[str, Any]) -> dict[str, Any]:
        """Return the communication of a participant."""
        found: dict[str, Any] = who[LISTS[self.media]][0]
        return found

    def join(self, purpose: str, state: str = "connected", **more: Any) -> dict[str, Any]:
        """Somebody takes part."""
        call: dict[str, Any] = {
            "id": self.uuid(), "state": state, "initialState": state, "held": False,
            "direction": "inbound", "provider": "Edge", "recordingState": "none",
        }  # fmt: skip
        if self.media == "email":
            call["subject"] = PRIVATE["subject"]
        who: dict[str, Any] = {
            "id": self.uuid(), "connectedTime": text_of(self.now), "purpose": purpose,
            "name": PRIVATE["name"], "address": PRIVATE["address"], "attributes": {},
            LISTS[self.media]: [call], **more,
        }  # fmt: skip
        if not self.participants:
            self.tell(words.STARTED)
        self.participants.append(who)
        self.tell(words.JOINED, who, of_call=False)
        if state == "connected":
            call["connectedTime"] = text_of(self.now)
        told = {"connected": words.CONNECTED, "alerting": words.ALERTING}
        self.tell(told.get(state, words.CHANGED), who)
        return who

    def answer(self, who: dict[str, Any]) -> None:
        """Who is rung up answers."""
        self.call(who).update(state="connected", connectedTime=text_of(self.now))
        self.tell(words.CONNECTED, who)

    def hold(self, who: dict[str, Any]) -> None:
        """Somebody is put on hold."""
        self.call(who).update(held=True, startHoldTime=text_of(self.now))
        self.holds.setdefault(self.call(who)["id"], []).append([self.now])
        self.tell(words.HELD, who)

    def resume(self, who: dict[str, Any], *, forget: bool) -> None:
        """Somebody is taken off hold; whether the vendor still shows when it began."""
        self.call(who)["held"] = False
        self.holds[self.call(who)["id"]][-1].append(self.now)
        if forget:
            del self.call(who)["startHoldTime"]
        self.tell(words.RESUMED, who)

    def record(self, who: dict[str, Any], state: str) -> None:
        """A recording begins, pauses, goes on."""
        self.call(who)["recordingState"] = state
        self.tell(words.RECORDING, who)

    def note(self, who: dict[str, Any], **attributes: str) -> None:
        """Participant attributes get other values."""
        who["attributes"] = {**who["attributes"], **attributes, "secret": PRIVATE["secret"]}
        self.tell(words.ATTRIBUTES, who, of_call=False)

    def leave(self, who: dict[str, Any], reason: str, *, work: bool = False) -> None:
        """Somebody takes part no longer."""
        call, at = self.call(who), text_of(self.now)
        call.update(state="disconnected", disconnectedTime=at, disconnectType=reason, held=False)
        call.pop("startHoldTime", None)
        if reason.startswith("transfer"):
            self.tell(words.TRANSFERRED, who)
        self.tell(words.DISCONNECTED, who)
        who["endTime"] = at
        if work:
            who["startAcwTime"] = at
            call["afterCallWork"] = {"state": "pending", "startTime": at}
            self.tell(words.ACW, who, of_call=False)
        self.tell(words.LEFT, who, of_call=False)
        if all("endTime" in one for one in self.participants):
            self.tell(words.ENDED)

    def work(self, who: dict[str, Any], code: str | None) -> None:
        """After-call work is done, with a wrap-up code or none."""
        at = text_of(self.now)
        if code:
            who["wrapup"] = {"code": code, "notes": PRIVATE["notes"], "endTime": at}
            self.tell(words.WRAPUP, who, of_call=False)
        who["endAcwTime"] = at
        self.call(who)["afterCallWork"].update(state="complete", endTime=at)
        self.tell(words.ACW, who, of_call=False)


def life(seed: int) -> Life:
    """Return a conversation that happened, other ones for other seeds."""
    random = Random(seed)  # noqa: S311  the same again, not secret
    one = Life(random, random.choice(sorted(LISTS)))
    customer = one.join("customer")
    _told(one)
    flow = one.join("ivr")
    _told(one)
    one.leave(flow, "transfer")
    _told(one)
    agent = _queue(one)
    for _ in range(random.randrange(4)):
        _talk(one, customer, agent)
    if random.random() < 0.3:
        one.leave(agent, "transfer", work=True)
        _told(one)
        agent = _queue(one)
    first, second = (customer, agent) if random.random() < 0.5 else (agent, customer)
    one.leave(first, "client", work=first is agent)
    _told(one, 0.005)
    one.leave(second, "peer", work=second is agent)
    _told(one, 5)
    for who in one.participants:
        if "startAcwTime" in who:
            one.work(who, random.choice(("code-a", "code-b", None)))
            _told(one, 3)
    return one


def _told(one: Life, seconds: float | None = None) -> None:
    # What happens within some moments is often told together.
    if one.random.random() < 0.85 or seconds:
        one.send()
    one.wait(one.random.uniform(0.5, 20) if seconds is None else seconds)


def _queue(one: Life) -> dict[str, Any]:
    queue = one.uuid()
    acd = one.join("acd", queueId=queue)
    _told(one)
    while True:
        agent = one.join("agent", "alerting", userId=one.uuid(), queueId=queue)
        _told(one)
        if one.random.random() < 0.7:
            break
        one.leave(agent, "transfer.noanswer")
        _told(one)
    one.leave(acd, "transfer")
    _told(one)
    one.answer(agent)
    _told(one, 4)
    return agent


def _talk(one: Life, customer: dict[str, Any], agent: dict[str, Any]) -> None:
    match one.random.randrange(3):
        case 0:
            one.hold(agent)
            _told(one, 7)
            one.resume(agent, forget=one.random.random() < 0.5)
        case 1:
            one.record(
                agent, "paused" if one.call(agent)["recordingState"] == "active" else "active"
            )
        case _:
            one.note(customer, tier=one.random.choice(("gold", "silver")))
    _told(one, 9)


__all__ = ["BEGIN", "ONCE", "PRIVATE", "Happened", "Life", "life"]
