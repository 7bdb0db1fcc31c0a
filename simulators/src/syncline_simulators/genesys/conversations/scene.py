"""The parts that conversations are made of: generators that act, and say how long it lasts."""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import TypeAlias

import attrs

from .cast import Cast
from .conversation import Conversation
from .moment import text
from .participant import Participant
from .population import Population, Queue

CODES = ("7fb334b0-0e9e-11e4-9191-0800200c9a66", "a3b1f1de-6a7a-4c43-9d2c-94a1f1f6c001")
"""Wrap-up codes that agents choose."""

Steps: TypeAlias = Generator[float, None, None]
Served: TypeAlias = Generator[float, None, "Participant | None"]


@attrs.define(kw_only=True)
class Scene:
    """A conversation with its cast, and chance."""

    conversation: Conversation
    cast: Cast
    chance: random.Random
    population: Population
    queue: Queue
    unknown: float = 0.0
    """Share of talks in which something comes that no model has."""

    # words of the parts

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
        if self._all():
            participant.main.value["peerId"] = self._all()[0].main.id
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
            self.conversation.leave(other, "peer", acw=bool(other.value["wrapupRequired"]))
        yield from self.after_work([one for one in self._all() if pending(one)])

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

    def talk(self, agent: Participant, customer: Participant) -> Steps:
        """They talk: with holds, mutes, pauses of the recording."""
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

    def transfer(self, agent: Participant, customer: Participant) -> Served:
        """The agent hands the customer to another queue."""
        self._command(agent, "unattended")
        self.conversation.leave(agent, "transfer", acw=True)
        self.soon()
        self.queue = self.chance.choice(self.population.queues)
        found = yield from self.wait(customer, patience=0.03)
        if found is None:
            yield from self.after_work([one for one in self._all() if pending(one)])
        return found

    def consult(self, agent: Participant) -> Generator[float, None, Participant]:
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

    def park(self, agent: Participant) -> Steps:
        """The agent puts it aside for a while."""
        yield self.between(5, 60)
        if self.often(0.1):
            self.conversation.turn(agent, "parked")
            self.conversation.alter(agent, parkTime=text(self.conversation.now))
            yield self.between(30, 300)
            self.conversation.turn(agent, "connected")
            self.conversation.alter(agent, resumeTime=text(self.conversation.now))
            yield self.between(5, 60)


def pending(one: Participant) -> bool:
    """Whether after-call work is still to be done."""
    return "startAcwTime" in one.value and "endAcwTime" not in one.value
