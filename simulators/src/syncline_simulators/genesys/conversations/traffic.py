"""The generator: conversations begin at a rate, go on at a pace, and every change is told."""

from __future__ import annotations

import asyncio
import heapq
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import orjson

from ...kernel import settings
from ...kernel.ids import Ids
from ...kernel.simulator import BadAction
from ..organization import Organization
from . import flattened
from .archive import Archive
from .cast import MESSAGE_TYPES, Cast
from .conversation import Conversation
from .habits import MIX, Habits, rate
from .moment import of, text
from .population import Population
from .replay import Replay, opened
from .scene import Scene
from .scripts import SCRIPTS
from .truth import Truth

TURN = 0.01
"""Seconds after which the generator lets others work."""
OTHERS = 10
"""Rounds of the loop that others have then, where it is late: a request takes as many."""
FULL = 2 * 1024 * 1024
"""Bytes that wait for one reader, beyond which the generator waits too where it is to."""
BEHIND = 1.0
"""Seconds by which changes may be late before no conversation begins: more than can be gone on
with would only become more."""
STALLED = 20.0
"""Seconds for which it waits."""


@attrs.define(kw_only=True, eq=False)
class Traffic:
    """All conversations of the organisation."""

    org: Organization
    seed: int
    habits: Habits = attrs.field(factory=lambda: Habits(mix=dict(MIX)))
    truth: Truth = attrs.field(factory=Truth)
    archive: Archive = attrs.field(factory=Archive)
    told: list[Callable[[Conversation], None]] = attrs.field(factory=list)
    """Who else hears of every change, also of one that notifications drop."""
    open: dict[str, Conversation] = attrs.field(factory=dict)
    replay: Replay | None = None
    changes: int = 0
    dropped: int = 0
    frames: int = 0
    begun: int = 0
    _queue: list[tuple[float, int, Conversation]] = attrs.field(factory=list)
    _next: float = 0.0
    _task: object = None
    _chance: random.Random = attrs.field(init=False)
    _ids: Ids = attrs.field(init=False)
    _population: Population = attrs.field(init=False)
    _wake: asyncio.Event = attrs.field(factory=asyncio.Event)

    def __attrs_post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - repeatable, not secret
        self._ids = Ids(self.seed + 3)
        self._population = Population(org=self.org)

    # orders

    def order(self, given: Mapping[str, Any]) -> None:
        """Take settings as they are given; users and queues are made at once."""
        hurried = self.habits.flat_out
        settings.change(self.habits, given)
        if hurried and not self.habits.flat_out:
            self._rebase()
        if "users" in given or "queues" in given or self._wanted():
            self._population.grow(self.habits.users, self.habits.queues)
        self._population.refresh()
        if self._wanted() and not self._population.queues:
            raise BadAction("there is no queue with users: give 'users' and 'queues'")
        self.archive.most = self.habits.keep
        self._next = 0.0
        self.start()

    def _rebase(self) -> None:
        """Whoever hurries is ahead of time: what comes next is due now, the rest after it."""
        if self._queue:
            ahead = self._queue[0][0] - time.monotonic()
            self._queue = [(due - ahead, tie, one) for due, tie, one in self._queue]

    def _wanted(self) -> bool:
        return bool(self.habits.conversations_per_second or self.habits.flat_out)

    def start(self) -> None:
        """Work in the background, where there is something to do."""
        self._wake.set()
        if self._task is None and (self._wanted() or self._queue):
            self._task = self.org.notifications.spawn(self._run())

    def play(self, given: Mapping[str, Any]) -> Replay:
        """Replay a recording: `path`, `pace` or `per_second`, `everywhere`."""
        self.replay = Replay(
            hub=self.org.notifications,
            path=opened(str(given.get("path"))),
            pace=rate(given.get("pace", 1)),
            per_second=rate(given.get("per_second", 0)),
            everywhere=bool(given.get("everywhere", False)),
            room=self.room,
        )
        self.org.notifications.spawn(self.replay.run())
        return self.replay

    def begin(self, name: str | None = None) -> Conversation:
        """One conversation begins now, of this script or any."""
        if not self._population.queues:
            raise BadAction("there is no queue with users: give 'users' and 'queues' to 'traffic'")
        mix = self.habits.mix
        name = name or self._chance.choices(list(mix), list(mix.values()))[0]
        medium, direction, script = SCRIPTS[name]
        self.begun += 1
        cast = Cast(
            uuid=self._ids.uuid,
            chance=self._chance,
            number=self.begun,
            medium=medium,
            direction=direction,
            message_type=self._chance.choice(MESSAGE_TYPES),
        )
        conversation = self._conversation(cast)
        conversation.steps = script(self._scene(conversation, cast))
        self.open[conversation.id] = conversation
        self.archive.begun(conversation)
        return conversation

    def _conversation(self, cast: Cast) -> Conversation:
        return Conversation(
            id=self._ids.uuid(),
            number=cast.number,
            medium=cast.medium,
            direction=cast.direction,
            now=self._now(),
            address=cast.called,
            hold_times=self.habits.hold_times,
            muted=self._chance.random() < self.habits.zombies,
        )

    def _scene(self, conversation: Conversation, cast: Cast) -> Scene:
        return Scene(
            conversation=conversation,
            cast=cast,
            chance=self._chance,
            population=self._population,
            queue=self._chance.choice(self._population.queues),
            unknown=self.habits.unknown,
        )

    def go_on(self, conversation: Conversation, *, by_hand: bool) -> None:
        """The first change happens now, the others in their time or by hand."""
        pause = self.step(conversation)
        if pause is not None and not by_hand:
            self.schedule(conversation, time.monotonic() + pause / self.habits.pace)
            self.start()

    def publish_again(self, conversation_id: str) -> int | None:
        """Send the snapshot as it is now; how many frames, or None where it is unknown."""
        found = self.archive.get(conversation_id)
        if found is None:
            return None
        topics = [
            f"v2.{kind}.{one[name]}.conversations"
            for one in found["snapshot"]["participants"]
            for kind, name in (("users", "userId"), ("routing.queues", "queueId"))
            if name in one
        ]
        body = orjson.dumps(found["snapshot"])
        return self.org.notifications.publish(dict.fromkeys(topics), body)

    def schedule(self, conversation: Conversation, due: float) -> None:
        """Its next change is due then, on the clock of the loop."""
        heapq.heappush(self._queue, (due, self._chance.getrandbits(40), conversation))

    # work

    async def _run(self) -> None:
        now = time.monotonic()
        while True:
            self._population.refresh()
            ends = time.monotonic() + TURN
            if self.habits.flat_out:
                now = self._rush(now, ends)
                await self.room()
            else:
                now = time.monotonic()
                self._arrive(now)
                self._due(now, ends)
                await self._pause()

    def _rush(self, now: float, ends: float) -> float:
        """Make changes one after the other until the turn ends; returns the time of the last."""
        while time.monotonic() < ends:
            while len(self.open) < self.habits.concurrent and not self._finished():
                self.schedule(self.begin(), now + self._chance.random())
            if not self._queue:
                self.habits.flat_out = False
                break
            now, _, conversation = heapq.heappop(self._queue)
            self._advance(conversation, now)
        return now

    def _arrive(self, now: float) -> None:
        per_second = self.habits.conversations_per_second
        late = bool(self._queue) and now - self._queue[0][0] > BEHIND
        if not per_second or late or self._finished():
            self._next = 0.0
            return
        if not self._next or now - self._next > 1.0:
            self._next = now
        while self._next <= now:
            self.schedule(self.begin(), self._next)
            self._next += self._chance.expovariate(per_second)

    def _finished(self) -> bool:
        return 0 < self.habits.changes <= self.changes

    def _due(self, now: float, ends: float) -> None:
        while self._queue and self._queue[0][0] <= now and time.monotonic() < ends:
            due, _, conversation = heapq.heappop(self._queue)
            self._advance(conversation, due)

    async def _pause(self) -> None:
        dues = [self._queue[0][0]] if self._queue else []
        if self._next:
            dues.append(self._next)
        wait = max(0.0, min(dues) - time.monotonic()) if dues else 0.5
        if wait == 0.0:
            for _ in range(OTHERS):
                await asyncio.sleep(0)
            return
        self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), min(wait, 0.5))
        except TimeoutError:
            return

    async def room(self) -> None:
        """Wait for readers, but not for ever for one that has died."""
        await asyncio.sleep(0)
        hub, given_up = self.org.notifications, time.monotonic() + STALLED
        while hub.busiest > FULL:
            if time.monotonic() > given_up:
                hub.drop_beyond(FULL)
            await asyncio.sleep(0.002)

    def _advance(self, conversation: Conversation, due: float) -> None:
        pause = self.step(conversation)
        if pause is not None:
            self.schedule(conversation, due + pause / self.habits.pace)

    def step(self, conversation: Conversation) -> float | None:
        """Make the next change and tell it; seconds until the one after it, None at the end."""
        conversation.now = max(self._now(), conversation.now + 1)
        assert conversation.steps is not None  # noqa: S101 - it was begun
        pause = next(conversation.steps, None)
        if conversation.changed:
            self.archive.changed(conversation)
            self._tell(conversation)
        if pause is None:
            self.open.pop(conversation.id, None)
            self.archive.ended(conversation)
        return pause

    def _now(self) -> int:
        return of(self.org.clock.now())

    def _tell(self, conversation: Conversation) -> None:
        self.changes += 1
        facts = conversation.facts
        dropped = self._lost(conversation)
        frames = 0
        if dropped:
            self.dropped += 1
        else:
            frames = self._publish(conversation)
        for told in self.told:
            told(conversation)
        self.frames += frames
        rest: dict[str, Any] = {
            "media_type": conversation.medium,
            "change": self.changes,
            "frames": frames,
        }
        if dropped:
            rest["dropped"] = True
        for fact in facts:
            line = fact.line(self.truth.count + 1, conversation.id, rest, text(fact.at))
            self.truth.append(line)
        conversation.facts = []
        conversation.changed = False

    def _publish(self, conversation: Conversation) -> int:
        hub = self.org.notifications
        frames = hub.publish(conversation.topics, conversation.body())
        for medium in hub.channels.media:
            body = flattened.body(conversation, medium)
            if body is not None:
                topics = [f"{topic}.{medium}" for topic in conversation.topics]
                frames += hub.publish(topics, body)
        return frames

    def _lost(self, conversation: Conversation) -> bool:
        habits = self.org.notifications.habits
        if conversation.muted and conversation.ended is not None:
            return True
        if habits.drop and self._chance.random() < habits.drop:
            return True
        return any(fact.type in habits.drop_types for fact in conversation.facts)

    def counts(self) -> dict[str, Any]:
        """What there was so far."""
        return {
            "made": self.changes,
            "dropped": self.dropped,
            "frames": self.frames,
            "facts": self.truth.count,
            "conversations": self.begun,
            "open": len(self.open),
            "archived": len(self.archive),
            "looked_up": self.archive.looked_up,
            "finished": self._finished() and not self.open,
        }

    def close(self) -> None:
        """End it."""
        self.truth.close()
