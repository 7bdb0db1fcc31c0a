"""Random lives of two processes, people and vendors, and faults that such lives must find."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from syncline.config_items import ConfigRecord
from syncline.config_store import FieldWrite
from syncline.errors import Refused
from syncline.model import JSON, Ref, Version
from syncline.state.port import StateStore
from syncline.state.records import Effect, Lease
from syncline.testing.config_memory import MemoryConfigStore
from syncline.testing.config_vendor import flat
from syncline.testing.config_world import GROUP, TEAM, Broken, ConfigWorld, rules

NAMES = st.sampled_from(["one", "two"])
VERBS = st.sampled_from(["sync", "poll", "work"])
MACHINES = st.integers(0, 11)
SMALL = st.integers(1, 9)
TEXTS = st.sampled_from(["n1", "n2", "n3"])
OBJECTS = st.sampled_from([TEAM, GROUP])


class ConfigMachine(RuleBasedStateMachine):
    """One random life; the world judges after every act, and once everything has come to rest."""

    make: Callable[[], ConfigWorld] = ConfigWorld

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.world = type(self).make()

    def _do(self, work: Any) -> None:
        async def quietly() -> None:
            with contextlib.suppress(Refused):  # the other process makes its full pass
                await work

        self.loop.run(quietly())

    @rule(machines=MACHINES)
    def machines_come_and_go(self, machines: int) -> None:
        self.world.scale(machines)

    @rule(value=SMALL)
    def somebody_changes_the_managed_field(self, value: int) -> None:
        self.world.drift(value * 7)

    @rule(value=SMALL)
    def somebody_changes_one_end(self, value: int) -> None:
        self.world.wish(value)

    @rule(value=SMALL)
    def somebody_changes_the_other_end(self, value: int) -> None:
        self.world.want(value)

    @rule(ref=OBJECTS, text=TEXTS)
    def somebody_sets_a_field_of_nobody(self, ref: Ref, text: str) -> None:
        self.world.note(ref, text)

    @rule(refs=st.lists(OBJECTS, min_size=1, max_size=4))
    def news_arrive(self, refs: list[Ref]) -> None:
        self.world.hear(refs)

    @rule(name=NAMES, verb=VERBS)
    def a_process_works(self, name: str, verb: str) -> None:
        self._do(self.world.run(name, verb))

    @rule(verb=VERBS)
    def two_processes_work_at_once(self, verb: str) -> None:
        self._do(self.world.both(verb))

    @rule(name=NAMES, verb=VERBS, dies_at=st.integers(1, 30))
    def a_process_dies_at_work(self, name: str, verb: str, dies_at: int) -> None:
        self._do(self.world.run(name, verb, dies_at=dies_at))

    @rule(name=NAMES, verb=VERBS, after=st.integers(0, 8), act=st.integers(0, 3), value=SMALL)
    def somebody_acts_meanwhile(
        self, name: str, verb: str, after: int, act: int, value: int
    ) -> None:
        world = self.world
        acts: Sequence[Callable[[], None]] = (
            lambda: world.note(TEAM, f"m{value}"),
            lambda: world.drift(value),
            lambda: world.want(value),
            lambda: world.scale(value),
        )
        world.meanwhile(acts[act if world.conditional else 3], after=after)
        self._do(world.run(name, verb))
        world.alone()

    @rule(applied=st.booleans())
    def an_answer_gets_lost(self, applied: bool) -> None:
        self.world.lose(applied=applied)

    @rule()
    def a_vendor_is_away(self) -> None:
        self.world.away()

    @rule(seconds=st.sampled_from([1, 3, 61, 301, 4000]))
    def time_passes(self, seconds: int) -> None:
        self.world.later(seconds=seconds)

    @invariant()
    def the_promises_hold(self) -> None:
        self.world.judge()

    def teardown(self) -> None:
        try:
            self.loop.run(self.world.settle())
        finally:
            self.loop.close()
            self.world.state.close()


LIVES = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def lives(make: Callable[[], ConfigWorld]) -> type[ConfigMachine]:
    return type("Lives", (ConfigMachine,), {"make": staticmethod(make)})


@pytest.mark.parametrize("conditional", [True, False], ids=["versions", "no versions"])
def test_the_promises_hold_in_random_lives(conditional: bool) -> None:
    machine = lives(lambda: ConfigWorld(conditional=conditional))
    run_state_machine_as_test(machine, settings=LIVES)


# -- planted faults: each is found, or the lives prove nothing -------------------------------------


class Forgetful(MemoryConfigStore):
    """As if the engine did not read its inputs again: it decides by what it saw first."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._first: dict[Ref, ConfigRecord] = {}

    async def fetch_many(
        self, refs: Sequence[Ref]
    ) -> AsyncIterator[ConfigRecord | tuple[Ref, Exception]]:
        async for answer in super().fetch_many(refs):
            if isinstance(answer, ConfigRecord) and self.connection == "cloud":
                answer = self._first.setdefault(answer.ref, answer)
            yield answer


class WholeObjects(MemoryConfigStore):
    """As if the engine wrote every field as it had read it."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._seen: dict[Ref, Mapping[str, JSON]] = {}

    async def fetch_many(
        self, refs: Sequence[Ref]
    ) -> AsyncIterator[ConfigRecord | tuple[Ref, Exception]]:
        async for answer in super().fetch_many(refs):
            if isinstance(answer, ConfigRecord):
                self._seen.setdefault(answer.ref, answer.values)
            yield answer

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], *, expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        whole = {
            path: value for path, value in flat(self._seen[ref]).items() if path != "in_service"
        }
        return await super().update(ref, {**whole, **changes}, expected=expected, write=write)


class NoLeases:
    """As if every process could have every lease."""

    def __init__(self, inner: StateStore) -> None:
        self._inner = inner

    def acquire(
        self, name: str, *, holder: str, ttl: float, instead_of: str | None = None
    ) -> Lease | None:
        known = self._inner.holder(name)
        return self._inner.acquire(name, holder=holder, ttl=ttl, instead_of=known)

    def check(self, lease: Lease) -> None:
        return None

    def release(self, lease: Lease) -> None:
        return None

    def commit(self, effects: Iterable[Effect], fence: Lease | None) -> None:
        self._inner.commit(effects, None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _unleased(state: StateStore) -> StateStore:
    found: Any = NoLeases(state)
    state_: StateStore = found
    return state_


FAULTS: dict[str, Callable[[], ConfigWorld]] = {
    "it does not read again": lambda: ConfigWorld(make=Forgetful),
    "it writes whole objects": lambda: ConfigWorld(make=WholeObjects),
    "it has no leases": lambda: ConfigWorld(wrap=_unleased, conditional=False),
    "it gathers no hints": lambda: ConfigWorld(rules=rules(debounce=timedelta(0))),
    "it clamps without a word": lambda: ConfigWorld(rules=rules(clamp=True)),
}

SEARCH = settings(
    LIVES,
    max_examples=400,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    database=None,
    print_blob=False,
)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str) -> None:
    with pytest.raises((Broken, ExceptionGroup)):
        run_state_machine_as_test(lives(FAULTS[fault]), settings=SEARCH)
