"""What happens in conversations of each medium: generators that act, and say how long it lasts."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from typing import TypeAlias

import attrs

from .cast import Cast
from .conversation import Conversation, Participant
from .moment import text
from .population import Population, Queue

CODES = ("7fb334b0-0e9e-11e4-9191-0800200c9a66", "a3b1f1de-6a7a-4c43-9d2c-94a1f1f6c001")
"""Wrap-up codes that agents choose."""

Steps: TypeAlias = Generator[float, None, None]
Served: TypeAlias = Generator[float, None, "Participant | None"]


@attrs.define(kw_only=True)
class Script:
    """A conversation with its cast, and chance."""

    conversation: Conversation
    cast: Cast
    chance: random.Random
    population: Population
    queue: Queue
    unknown: float = 0.0
    """Share of talks in which something comes that no model has."""

    # words of the scripts

    def often(self, share: float) -> bool:
        """Whether it happens this time."""
        return self.chance.random() < share

    def between(self, least: float, most: float) -> float:
        """Seconds, short ones more often."""
        return least + (most - least) * self.chance.random() ** 2

    def join(self, participant: Participant) -> Participant:
        """Somebody joins; the topics of a queue or user hear of it from now on."""
        value, topics = participant.value, self.conversation.topics
        if "queueId" in value:
            topics[f"v2.routing.queues.{value['queueId']}.conversations"] = None
        if "userId" in value:
            topics[f"v2.users.{value['userId']}.conversations"] = None
        self.conversation.join(participant)
        ids = [one.value[n] for one in self._all() for n in ("queueId", "userId") if n in one.value]
        self.conversation.divisions = self.population.divisions(*dict.fromkeys(ids))
        return participant

    def _all(self) -> list[Participant]:
        return self.conversation.participants

    def soon(self) -> None:
        """The rest of this change is some milliseconds later."""
        self.conversation.now += 4

    def here(self) -> list[Participant]:
        """Who still takes part."""
        return [one for one in self._all() if one.left is None]

    # parts

    def customer(self, state: str = "connected") -> Participant:
        """A customer comes, or is called."""
        tiers = ("gold", "silver", "basic")
        attributes = {"accountTier": self.chance.choice(tiers)} if self.often(0.7) else {}
        return self.join(self.cast.customer(self.conversation.now, state, attributes))

    def flow(self, customer: Participant, purpose: str) -> Steps:
        """A flow asks what it is about."""
        self.soon()
        flow = self.join(self.cast.flow(self.conversation.now, purpose))
        yield self.between(4, 40)
        if self.often(0.5):
            number = f"{self.chance.randrange(10**8):08d}"
            self.conversation.note(customer, {"customerNumber": number, "intent": "billing"})
            yield self.between(1, 15)
        self.conversation.leave(flow, "transfer")
        self.soon()

    def wait(self, customer: Participant, patience: float = 0.06, tries: int = 4) -> Served:
        """The queue finds an agent who answers; None when the customer is gone before.

        `patience` is the chance that the customer leaves before each try.
        """
        customer.value["queueId"] = self.queue.id
        customer.raw = None
        acd = self.join(self.cast.acd(self.conversation.now, self.queue))
        yield self.between(1, 45)
        for _ in range(tries):
            if self.often(patience):
                break
            agent = self._alert()
            yield self.between(2, 14)
            if self.often(0.86):
                self.conversation.leave(acd, "transfer")
                self.soon()
                self.conversation.connect(agent)
                return agent
            # REST has no word for it in chats.
            chat = self.conversation.medium == "chat"
            self.conversation.leave(agent, "timeout" if chat else "transfer.noanswer")
            yield self.between(0.5, 5)
        self.conversation.leave(customer, "endpoint")
        self.soon()
        self.conversation.leave(acd, "peer")
        return None

    def _alert(self) -> Participant:
        user = self.queue.agent()
        return self.join(self.cast.agent(self.conversation.now, user, self.queue, "alerting"))

    def hang_up(self, customer: Participant, agent: Participant) -> Steps:
        """Either ends it; then comes the work after it."""
        ends = ((customer, "endpoint"), (agent, "client"))
        first, reason = ends[0] if self.often(0.6) else ends[1]
        others = [one for one in self.here() if one is not first]
        self.conversation.leave(first, reason, acw=first is agent)
        for other in others:
            self.soon()
            worked = other is agent or self._acd_agent(other)
            self.conversation.leave(other, "peer", acw=worked)
        yield from self.after_work([one for one in self._all() if _pending(one)])

    def _acd_agent(self, one: Participant) -> bool:
        return bool(one.value["wrapupRequired"])

    def after_work(self, agents: list[Participant]) -> Steps:
        """The work after a conversation."""
        for agent in agents:
            yield self.between(3, 60)
            if self.often(0.9):
                notes = f"Order {self.cast.number} was asked about."
                self.conversation.wrap_up(agent, self.chance.choice(CODES), notes)
                if self.often(0.5):
                    yield self.between(0.5, 5)
            self.conversation.finish(agent)

    # media

    def voice(self) -> Steps:
        """A call that comes in."""
        customer = self.customer()
        yield from self.flow(customer, "ivr")
        agent = yield from self.wait(customer)
        if agent is None:
            return
        if self.often(0.8):
            self.conversation.record(agent, "active")
        yield self.between(5, 240)
        yield from self._talk(agent, customer)
        if self.often(0.12):
            other = yield from self._blind(agent, customer)
            if other is None:
                return
            agent = other
            yield self.between(5, 120)
        elif self.often(0.08):
            agent = yield from self._consult(agent)
            yield self.between(5, 120)
        yield from self.hang_up(customer, agent)

    def _talk(self, agent: Participant, customer: Participant) -> Steps:
        if self.often(self.unknown):
            self.conversation.turn(agent, "rerouting")
            yield self.between(1, 10)
            self.conversation.turn(agent, "connected")
            self.conversation.alter(agent, aNewProperty={"level": self.chance.randrange(9)})
            yield self.between(1, 10)
        while self.often(0.3):
            self.conversation.hold(agent)
            yield self.between(3, 60)
            if self.often(0.05):
                return
            self.conversation.resume(agent)
            yield self.between(5, 90)
        if self.often(0.1):
            self.conversation.alter(agent, muted=True)
            yield self.between(1, 10)
            self.conversation.alter(agent, muted=False)
            yield self.between(1, 30)
        if agent.main.value.get("recording") and self.often(0.1):
            self.conversation.record(agent, "paused")
            yield self.between(3, 20)
            self.conversation.record(agent, "active")
            yield self.between(3, 30)
        if self.often(0.05):
            self.conversation.note(customer, {"verified": "true"})
            yield self.between(1, 20)

    def _blind(self, agent: Participant, customer: Participant) -> Served:
        """The agent hands the customer to another queue."""
        self._command(agent, "unattended")
        self.conversation.leave(agent, "transfer", acw=True)
        self.soon()
        self.queue = self.chance.choice(self.population.queues)
        found = yield from self.wait(customer, patience=0.03)
        if found is None:
            yield from self.after_work([one for one in self._all() if _pending(one)])
        return found

    def _consult(self, agent: Participant) -> Generator[float, None, Participant]:
        """The agent asks another one, and leaves, or stays as a third."""
        conversation = self.conversation
        if not agent.main.value["held"]:
            conversation.hold(agent)
            yield self.between(1, 4)
        other = self.join(self.cast.agent(conversation.now, self.queue.agent(), None, "alerting"))
        other.value["consultParticipantId"] = agent.id
        other.raw = None
        yield self.between(2, 10)
        conversation.connect(other)
        yield self.between(5, 60)
        if self.often(0.5):
            self._command(agent, "attended")
            conversation.leave(agent, "transfer.consult", acw=True)
            return other
        conversation.resume(agent)
        yield self.between(5, 60)
        conversation.leave(other, "client")
        return agent

    def _command(self, agent: Participant, kind: str) -> None:
        self.conversation.transfers.append(
            {
                "id": self.cast.uuid(),
                "state": "complete",
                "dateIssued": text(self.conversation.now),
                "initiator": {"userId": agent.value["userId"]},
                "transferType": kind,
            }
        )

    def outbound(self) -> Steps:
        """A call that an agent makes."""
        conversation = self.conversation
        user = self.queue.agent()
        agent = self.join(self.cast.agent(conversation.now, user, self.queue, "dialing"))
        yield self.between(0.5, 3)
        customer = self.customer("dialing")
        yield self.between(1, 5)
        conversation.turn(agent, "contacting")
        yield self.between(2, 20)
        if self.often(0.3):
            conversation.leave(customer, "timeout")
            self.soon()
            conversation.leave(agent, "peer", acw=True)
            yield from self.after_work([agent])
            return
        conversation.connect(customer)
        self.soon()
        conversation.connect(agent)
        yield self.between(5, 180)
        yield from self._talk(agent, customer)
        yield from self.hang_up(customer, agent)

    def chat(self) -> Steps:
        """A chat on a web page."""
        customer = self.customer()
        agent = yield from self.wait(customer)
        if agent is not None:
            yield self.between(20, 600)
            yield from self.hang_up(customer, agent)

    def message(self) -> Steps:
        """A message, and those that follow it."""
        customer = self.customer()
        yield from self.flow(customer, "workflow")
        agent = yield from self.wait(customer)
        if agent is None:
            return
        for number in range(self.chance.randrange(1, 5)):
            yield self.between(5, 120)
            one = {
                "messageId": self.cast.uuid(),
                "messageTime": text(self.conversation.now),
                "messageStatus": "received" if number % 2 else "sent",
                "messageSegmentCount": 1,
            }
            self.conversation.alter(agent, messages=[*agent.main.value["messages"], one])
        yield from self._parked(agent)
        yield from self.hang_up(customer, agent)

    def _parked(self, agent: Participant) -> Steps:
        yield self.between(5, 60)
        if self.often(0.1):
            self.conversation.turn(agent, "parked")
            self.conversation.alter(agent, parkTime=text(self.conversation.now))
            yield self.between(30, 300)
            self.conversation.turn(agent, "connected")
            self.conversation.alter(agent, resumeTime=text(self.conversation.now))
            yield self.between(5, 60)

    def email(self) -> Steps:
        """A letter, and its answer."""
        customer = self.customer()
        agent = yield from self.wait(customer, patience=0.0, tries=100)
        if agent is None:
            return
        yield from self._parked(agent)
        self.conversation.alter(agent, messagesSent=1)
        yield self.between(1, 5)
        yield from self.hang_up(customer, agent)

    def callback(self) -> Steps:
        """A customer is called back: the agent has a callback, then also a call."""
        conversation = self.conversation
        customer = self.customer("scheduled")
        due = conversation.now + 60_000
        conversation.alter(customer, callbackScheduledTime=text(due))
        yield self.between(5, 60)
        conversation.connect(customer)
        agent = yield from self.wait(customer, patience=0.0, tries=100)
        if agent is None:
            return
        yield self.between(2, 15)
        call = conversation.add(agent, self.cast.communication("dialing", "voice"))
        yield self.between(2, 15)
        conversation.connect(agent, call)
        yield self.between(5, 120)
        conversation.disconnect(agent, call, "peer")
        yield self.between(1, 5)
        yield from self.hang_up(customer, agent)


def _pending(one: Participant) -> bool:
    return "startAcwTime" in one.value and "endAcwTime" not in one.value


SCRIPTS: dict[str, tuple[str, str, Callable[[Script], Steps]]] = {
    "call": ("voice", "inbound", Script.voice),
    "outbound": ("voice", "outbound", Script.outbound),
    "chat": ("chat", "inbound", Script.chat),
    "message": ("message", "inbound", Script.message),
    "email": ("email", "inbound", Script.email),
    "callback": ("callback", "outbound", Script.callback),
}
"""Medium, direction and script, by name."""
