"""Promises M1 to M7 of a mirror over random histories of its pure parts, and faults planted there.

Two listeners hear the same conversations, each with losses and repeats of its own, and start anew
in the midst; a merge process dies between writing and committing; a janitor asks for what is
silent. Whatever the order, the clean stream is judged to be whole, in order, and told once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from syncline.events import Event, Privacy
from syncline.events.conversations import Conversation, merge, micros
from syncline.events.conversations.zombies import finalized
from syncline.events.interaction import ACW, ENDED, FINALIZED, WRAPUP
from syncline.events.lookup import Found
from syncline.testing.mirrored import Done, Heard, judge
from syncline_genesys.interactions import Normaliser
from syncline_genesys.interactions.testing import BEGIN, ONCE, Life, life

OPEN = Privacy(attributes=("*",), attribute_values="keep")
TOPIC = "v2.users.u.conversations"
DELAY = timedelta(milliseconds=40)
LIVES = 3
BOUNDED = settings(
    max_examples=40, stateful_step_count=60, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
UNSHRUNK = settings(BOUNDED, max_examples=400, phases=[Phase.generate], database=None)
listeners = st.sampled_from("ab")
conversations = st.integers(min_value=0, max_value=LIVES - 1)


class Mirror(RuleBasedStateMachine):
    """Vendor, two listeners, the raw topic, and merging by transactions."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGIN
        self.raw: list[Event] = []
        self.read = 0
        self.known: dict[str, Conversation] = {}
        self.clean: list[Event] = []
        self.normalisers = {name: self.new_listener(name) for name in "ab"}
        self.lives: list[Life] = []
        self.sent = [0] * LIVES
        self.heard: dict[tuple[str, int], int] = {}

    # What is planted in a test overrides one of these.

    def new_listener(self, name: str) -> Normaliser:
        return Normaliser("genesys/cx", name, OPEN)

    def merged(self, known: Conversation | None, event: Event) -> tuple[Conversation, Event | None]:
        return merge(known, event)

    def crashed(self, position: int) -> int:
        """Return where reading goes on after a crash: where the last commit left it."""
        return self.read

    # -- what happens --------------------------------------------------------------------------

    @initialize(seed=st.integers(min_value=0, max_value=2**20))
    def begin(self, seed: int) -> None:
        self.lives = [life(seed + number) for number in range(LIVES)]

    @rule(number=conversations, count=st.integers(min_value=1, max_value=4))
    def goes_on(self, number: int, count: int) -> None:
        most = len(self.lives[number].snapshots)
        self.sent[number] = min(most, self.sent[number] + count)

    @rule(name=listeners, number=conversations, lost=st.integers(min_value=0, max_value=3))
    def hears(self, name: str, number: int, lost: int) -> None:
        """The next snapshot arrives, after some that never did."""
        at = self.heard.get((name, number), 0) + lost
        if at < self.sent[number]:
            self._hear(name, number, at)

    @rule(name=listeners, number=conversations, back=st.integers(min_value=1, max_value=5))
    def hears_again(self, name: str, number: int, back: int) -> None:
        """A snapshot comes once more, or later than those that came after it."""
        at = self.heard.get((name, number), 0) - back
        if at >= 0:
            self._hear(name, number, at)

    @rule(name=listeners)
    def starts_anew(self, name: str) -> None:
        """A listener is killed; what it was being told then is lost, and read again as it is."""
        self.normalisers[name] = self.new_listener(name)
        for number, sent in enumerate(self.sent):
            if sent:
                self._hear(name, number, sent - 1)

    @rule(count=st.integers(min_value=1, max_value=40), dies=st.booleans())
    def merges(self, count: int, dies: bool) -> None:
        """A transaction, which dies after it has written and before it is committed, or not."""
        position, known, told = self.read, dict(self.known), []
        for event in self.raw[position : position + count]:
            known[event.key], new = self.merged(known.get(event.key), event)
            told += [new] if new is not None else []
            position += 1
        if dies:
            self.read = self.crashed(position)
        else:
            self.read, self.known = position, known
            self.clean += told

    @rule(number=conversations)
    def is_asked_for(self, number: int) -> None:
        """A janitor asks for one that is silent; the vendor says whether it has ended."""
        one = self.lives[number]
        ended = next((h.at for h in one.happened if h.type == ENDED), None)
        known = self.known.get(one.id)
        over = self.sent[number] == len(one.snapshots)
        if known is None or not known.open or not over or ended is None:
            return
        found = Found(standing="ended", ended_at=ended)
        event = finalized(one.id, known, found, micros(self.now), source="syncline/clean")
        if event is not None:
            self.known[one.id], told = self.merged(known, event)
            self.clean += [told] if told is not None else []

    def _hear(self, name: str, number: int, at: int) -> None:
        one = self.lives[number]
        self.now = max(self.now, one.times[at] + DELAY)
        self.raw += self.normalisers[name].frame(TOPIC, one.snapshots[at], self.now)
        before = self.heard.get((name, number), 0)
        self.heard[name, number] = max(before, at + 1)

    # -- the judgement -------------------------------------------------------------------------

    def teardown(self) -> None:
        """Whatever was lost is read again at the end, and what was told is merged."""
        if not self.lives:
            return
        for number, one in enumerate(self.lives):
            self.sent[number] = len(one.snapshots)
            for name in "ab":
                self._hear(name, number, len(one.snapshots) - 1)
        self.merges(count=len(self.raw), dies=False)
        self.judged()

    def judged(self) -> None:
        heard = [_data(event) for event in self.clean]
        done = [one for life_ in self.lives for one in _done(life_)]
        whole = judge(done, heard)
        once = judge(done, [line for line in heard if line["event_type"] in {*ONCE, FINALIZED}])
        assert {**_others(whole.faults), **once.faults} == {}, (whole, once)
        assert not whole.zombies


def _others(faults: dict[str, int]) -> dict[str, int]:
    # What a value was in between is nobody's to know who heard no snapshot of it.
    return {name: n for name, n in faults.items() if name not in ("missing", "invented")}


def _done(one: Life) -> Iterator[Done]:
    states: dict[str, str] = {}
    for happened in one.happened:
        state = ""
        if happened.type == ACW:
            state = "complete" if happened.participant in states else "pending"
            states[happened.participant] = state
        if happened.type in ONCE:
            yield Done(
                conversation=one.id, participant=happened.participant, type=happened.type,
                communication=happened.communication, state=state, at=happened.at,
            )  # fmt: skip


def _data(event: Event) -> Heard:
    """Return its data; after-call work is of a participant in what happened."""
    data: dict[str, Any] = {"conversation_id": event.key, "event_id": event.id, **event.data}
    data |= {"event_type": event.type, "synthetic": event.synthetic}
    if event.type in (ACW, WRAPUP):
        data.pop("communication_id", None)
    return data


def test_every_history_keeps_the_promises() -> None:
    run_state_machine_as_test(Mirror, settings=BOUNDED)


class OwnIds(Mirror):
    """Each listener makes ids of its own."""

    def _hear(self, name: str, number: int, at: int) -> None:
        before = len(self.raw)
        super()._hear(name, number, at)
        for index in range(before, len(self.raw)):
            event = self.raw[index]
            own = f"{event.id}-{name}"
            data = {**event.data, "event_id": own}
            self.raw[index] = attrs.evolve(event, id=own, data=data)


class SkipsAfterCrash(Mirror):
    """Whoever takes over begins with what is new."""

    def crashed(self, position: int) -> int:
        return len(self.raw)


class Forgets(Mirror):
    """Nobody remembers what was told."""

    def merged(self, known: Conversation | None, event: Event) -> tuple[Conversation, Event | None]:
        return merge(None, event)


class SaysNothingOfLateness(Mirror):
    """What comes late is told as if it came in time."""

    def merged(self, known: Conversation | None, event: Event) -> tuple[Conversation, Event | None]:
        after, told = merge(known, event)
        if told is None:
            return after, None
        data = {name: value for name, value in told.data.items() if name != "late"}
        return after, attrs.evolve(told, data=data)


class FinalisesAgain(Mirror):
    """Every answer of the vendor finalises once more."""

    asked = 0

    def merged(self, known: Conversation | None, event: Event) -> tuple[Conversation, Event | None]:
        after, told = merge(known, event)
        if event.type != FINALIZED:
            return after, told
        self.asked += 1
        data = {**event.data, "event_id": f"{event.id}-{self.asked}"}
        return known or after, attrs.evolve(event, id=f"{event.id}-{self.asked}", data=data)


@pytest.mark.parametrize(
    "planted", [OwnIds, SkipsAfterCrash, Forgets, SaysNothingOfLateness, FinalisesAgain]
)
def test_a_planted_fault_is_found(planted: type[Mirror]) -> None:
    with pytest.raises(AssertionError):
        run_state_machine_as_test(planted, settings=UNSHRUNK)


def test_an_older_time_never_passes_for_one_in_order() -> None:
    one = life(3)
    machine = Mirror()
    machine.begin(3)
    machine.sent[0] = len(one.snapshots)
    for at in (len(one.snapshots) - 1, 0):
        machine._hear("a", 0, at)
    machine.merges(count=len(machine.raw), dies=False)
    times: list[datetime] = [
        event.occurred_at for event in machine.clean if not event.data.get("late")
    ]
    assert times == sorted(times)
