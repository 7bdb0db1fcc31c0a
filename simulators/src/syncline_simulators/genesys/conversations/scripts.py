"""What happens in conversations of each medium, told by their parts."""

from __future__ import annotations

from collections.abc import Callable

from .moment import text
from .scene import Scene, Steps


def voice(scene: Scene) -> Steps:
    """A call that comes in."""
    customer = scene.customer()
    yield from scene.flow(customer, "ivr")
    agent = yield from scene.wait(customer)
    if agent is None:
        return
    if scene.often(0.8):
        scene.conversation.record(agent, "active")
    yield scene.between(5, 240)
    yield from scene.talk(agent, customer)
    if scene.often(0.12):
        other = yield from scene.transfer(agent, customer)
        if other is None:
            return
        agent = other
        yield scene.between(5, 120)
    elif scene.often(0.08):
        agent = yield from scene.consult(agent)
        yield scene.between(5, 120)
    yield from scene.hang_up(customer, agent)


def outbound(scene: Scene) -> Steps:
    """A call that an agent makes."""
    conversation = scene.conversation
    user = scene.queue.agent()
    agent = scene.join(scene.cast.agent(conversation.now, user, scene.queue, "dialing"))
    yield scene.between(0.5, 3)
    customer = scene.customer("dialing")
    yield scene.between(1, 5)
    conversation.turn(agent, "contacting")
    yield scene.between(2, 20)
    if scene.often(0.3):
        conversation.leave(customer, "timeout")
        scene.soon()
        conversation.leave(agent, "peer", acw=True)
        yield from scene.after_work([agent])
        return
    conversation.connect(customer)
    scene.soon()
    conversation.connect(agent)
    yield scene.between(5, 180)
    yield from scene.talk(agent, customer)
    yield from scene.hang_up(customer, agent)


def chat(scene: Scene) -> Steps:
    """A chat on a web page."""
    customer = scene.customer()
    agent = yield from scene.wait(customer)
    if agent is not None:
        yield scene.between(20, 600)
        yield from scene.hang_up(customer, agent)


def message(scene: Scene) -> Steps:
    """A message, and those that follow it."""
    customer = scene.customer()
    yield from scene.flow(customer, "workflow")
    agent = yield from scene.wait(customer)
    if agent is None:
        return
    for number in range(scene.chance.randrange(1, 5)):
        yield scene.between(5, 120)
        one = {
            "messageId": scene.cast.uuid(),
            "messageTime": text(scene.conversation.now),
            "messageStatus": "received" if number % 2 else "sent",
            "messageSegmentCount": 1,
        }
        scene.conversation.alter(agent, messages=[*agent.main.value["messages"], one])
    yield from scene.park(agent)
    yield from scene.hang_up(customer, agent)


def email(scene: Scene) -> Steps:
    """A letter, and its answer."""
    customer = scene.customer()
    agent = yield from scene.wait(customer, patience=0.0, tries=100)
    if agent is None:
        return
    yield from scene.park(agent)
    scene.conversation.alter(agent, messagesSent=1)
    yield scene.between(1, 5)
    yield from scene.hang_up(customer, agent)


def callback(scene: Scene) -> Steps:
    """A customer is called back: the agent has a callback, then also a call."""
    conversation = scene.conversation
    customer = scene.customer("scheduled")
    due = conversation.now + 60_000
    conversation.alter(customer, callbackScheduledTime=text(due))
    yield scene.between(5, 60)
    conversation.connect(customer)
    agent = yield from scene.wait(customer, patience=0.0, tries=100)
    if agent is None:
        return
    yield scene.between(2, 15)
    call = conversation.add(agent, scene.cast.communication("dialing", "voice"))
    yield scene.between(2, 15)
    conversation.connect(agent, call)
    yield scene.between(5, 120)
    conversation.disconnect(agent, call, "peer")
    yield scene.between(1, 5)
    yield from scene.hang_up(customer, agent)


SCRIPTS: dict[str, tuple[str, str, Callable[[Scene], Steps]]] = {
    "call": ("voice", "inbound", voice),
    "outbound": ("voice", "outbound", outbound),
    "chat": ("chat", "inbound", chat),
    "message": ("message", "inbound", message),
    "email": ("email", "inbound", email),
    "callback": ("callback", "outbound", callback),
}
"""Medium, direction and script, by name."""
