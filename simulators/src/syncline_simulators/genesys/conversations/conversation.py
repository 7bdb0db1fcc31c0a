"""One conversation while it goes on: who takes part, and what they do.

Every deed changes the snapshot that the vendor would send, and writes down the fact beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import orjson

from . import truth
from .moment import text
from .participant import GONE, MEDIA, Communication, Participant
from .truth import Fact


@attrs.define(kw_only=True, eq=False)
class Conversation:
    """A conversation, and the facts of the change that is being made."""

    id: str
    number: int
    medium: str
    direction: str
    now: int
    """The moment of the present change; never the same for two changes."""
    steps: Iterator[float] | None = None
    """What is still to come: seconds until the next change."""
    participants: list[Participant] = attrs.field(factory=list)
    topics: dict[str, None] = attrs.field(factory=dict)
    facts: list[Fact] = attrs.field(factory=list)
    started: int = 0
    ended: int | None = None
    recording: str = ""
    address: str = ""
    divisions: bytes = b"[]"
    extra: bytes = b""
    transfers: list[dict[str, Any]] = attrs.field(factory=list)
    hold_times: bool = False
    """Whether `startHoldTime` stays after a hold."""
    muted: bool = False
    """Whether its end is never published."""
    changed: bool = False

    # the snapshot

    def body(self) -> bytes:
        """The snapshot, as compact JSON."""
        parts = [b'{"id":"', self.id.encode(), b'","participants":[']
        parts.append(b",".join([one.encoded() for one in self.participants]))
        parts.append(b"]")
        if self.transfers:
            parts += [b',"recentTransfers":', orjson.dumps(self.transfers)]
        if self.recording:
            parts += [b',"recordingState":"', self.recording.encode(), b'"']
        if self.address:
            parts += [b',"address":', orjson.dumps(self.address)]
        parts += [b',"divisions":', self.divisions, self.extra, b"}"]
        return b"".join(parts)

    @property
    def open(self) -> bool:
        """Whether anybody still takes part."""
        return any(two.state not in GONE for one in self.participants for two in one.communications)

    # deeds

    def join(self, participant: Participant) -> Participant:
        """Somebody takes part, with what is in progress then."""
        if not self.participants:
            self.started = participant.joined
            self._fact(truth.STARTED, at=self.started)
        self.participants.append(participant)
        self._fact(truth.JOINED, participant, at=participant.joined)
        for one in participant.communications:
            self._begun(participant, one)
        if participant.value.get("attributes"):
            self._fact(truth.ATTRIBUTES, participant)
        return self._touched(participant)

    def add(self, participant: Participant, communication: Communication) -> Communication:
        """One more communication of somebody who takes part."""
        participant.communications.append(communication)
        member = MEDIA[communication.medium]
        participant.value.setdefault(member, []).append(communication.value)
        self._touched(participant)
        self._begun(participant, communication)
        return communication

    def _begun(self, participant: Participant, one: Communication) -> None:
        one.path.append((one.state, self.now))
        match one.state:
            case "alerting":
                self._fact(truth.ALERTING, participant, one)
            case "connected":
                one.value["connectedTime"] = text(self.now)
                self._fact(truth.CONNECTED, participant, one)
            case _:
                self._fact(truth.CHANGED, participant, one)

    def connect(self, participant: Participant, one: Communication | None = None) -> None:
        """It is connected."""
        one = one or participant.main
        one.path.append(("connected", self.now))
        one.value["state"] = "connected"
        one.value["connectedTime"] = text(self.now)
        self._touched(participant)
        self._fact(truth.CONNECTED, participant, one)

    def turn(self, participant: Participant, state: str, one: Communication | None = None) -> None:
        """It has a state that has no event of its own."""
        one = one or participant.main
        one.path.append((state, self.now))
        one.value["state"] = state
        self._touched(participant)
        self._fact(truth.CHANGED, participant, one)

    def hold(self, participant: Participant) -> None:
        """It is put on hold."""
        one = participant.main
        one.holds.append([self.now])
        one.value |= {"held": True, "startHoldTime": text(self.now)}
        self._touched(participant)
        self._fact(truth.HELD, participant, one)

    def resume(self, participant: Participant) -> None:
        """It is taken off hold."""
        one = participant.main
        one.holds[-1].append(self.now)
        one.value["held"] = False
        if not self.hold_times:
            del one.value["startHoldTime"]
        self._touched(participant)
        self._fact(truth.RESUMED, participant, one)

    def record(self, participant: Participant, state: str) -> None:
        """Its recording begins, pauses or goes on."""
        one = participant.main
        one.value |= {"recording": state != "none", "recordingState": state}
        self.recording = state
        self._touched(participant)
        self._fact(truth.RECORDING, participant, one, said=state)

    def note(self, participant: Participant, attributes: Mapping[str, str]) -> None:
        """Attributes have other values."""
        participant.value["attributes"] = {**participant.value["attributes"], **attributes}
        self._touched(participant)
        self._fact(truth.ATTRIBUTES, participant)

    def alter(self, participant: Participant, **values: Any) -> None:
        """Something changes in its communication that is no event: it is muted, a message comes."""
        participant.main.value |= values
        self._touched(participant)

    def leave(self, participant: Participant, reason: str, *, acw: bool = False) -> None:
        """It takes part no longer; `acw` when work comes after."""
        at = text(self.now)
        for one in participant.communications:
            if one.state not in GONE:
                self.disconnect(participant, one, reason)
        participant.left = self.now
        participant.value["endTime"] = at
        if acw:
            participant.value["startAcwTime"] = at
            participant.main.value["afterCallWork"] = {"state": "pending", "startTime": at}
            participant.main.value["afterCallWorkRequired"] = True
            self._fact(truth.ACW, participant, participant.main, said="pending")
        self._fact(truth.LEFT, participant)
        if not self.open:
            self.ended = self.now
            self._fact(truth.ENDED)

    def disconnect(self, participant: Participant, one: Communication, reason: str) -> None:
        """A communication ends; its participant may have others."""
        if one.holds and len(one.holds[-1]) == 1:
            one.holds[-1].append(self.now)
            one.value["held"] = False
            if not self.hold_times:
                del one.value["startHoldTime"]
        one.path.append(("disconnected", self.now))
        one.value |= {
            "state": "disconnected",
            "disconnectedTime": text(self.now),
            "disconnectType": reason,
        }
        self._touched(participant)
        if reason.startswith("transfer"):
            self._fact(truth.TRANSFERRED, participant, one, reason=reason)
        self._fact(truth.DISCONNECTED, participant, one, reason=reason)

    def wrap_up(self, participant: Participant, code: str, notes: str) -> None:
        """An agent chooses a wrap-up code."""
        seconds = (self.now - (participant.left or self.now)) // 1000
        participant.value["wrapup"] = {
            "code": code,
            "notes": notes,
            "tags": [],
            "durationSeconds": seconds,
            "endTime": text(self.now),
        }
        self._touched(participant)
        self._fact(truth.WRAPUP, participant, participant.main, said=code)

    def finish(self, participant: Participant) -> None:
        """After-call work is done."""
        at = text(self.now)
        participant.value["endAcwTime"] = at
        work = participant.main.value["afterCallWork"]
        participant.main.value["afterCallWork"] = {**work, "state": "complete", "endTime": at}
        self._touched(participant)
        self._fact(truth.ACW, participant, participant.main, said="complete")

    def _touched(self, participant: Participant) -> Participant:
        participant.raw = None
        self.changed = True
        return participant

    def _fact(
        self,
        kind: str,
        participant: Participant | None = None,
        one: Communication | None = None,
        *,
        reason: str = "",
        said: str = "",
        at: int | None = None,
    ) -> None:
        self.facts.append(
            Fact(
                type=kind,
                at=self.now if at is None else at,
                participant=participant.id if participant else "",
                communication=one.id if one else "",
                state=said or (one.state if one else ""),
                reason=reason,
            )
        )
