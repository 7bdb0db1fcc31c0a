"""A contact centre and a cloud in memory, and a job of rules between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from attrs import define, field

from syncline.config_items import FieldType, item_ref
from syncline.decision import Limits
from syncline.engine.configuration import ConfigSession, Rulebook
from syncline.model import JSON, Change, Ref, Side
from syncline.ports import Capability
from syncline.rules import Input, Rule, Target
from syncline.state import SqliteState
from syncline.state.port import StateStore
from syncline.testing.clock import FakeClock
from syncline.testing.config_memory import CONFIG_EVERYTHING, MemoryConfigStore

JOB = "capacity"
TEAM = item_ref("cx", "limits", "ivr")
GROUP = item_ref("cloud", "group", "ivr")


def machines(name: str = "machines", **more: Any) -> Rule:
    """Return the rule: ten calls for each machine that works."""
    values: dict[str, Any] = {
        "name": name,
        "inputs": (Input(name="asg", ref=GROUP, fields={"in_service": FieldType.INT}),),
        "target": Target(ref=TEAM, path="call.maximum", type=FieldType.INT),
        "expression": "asg.in_service * 10",
    }
    return Rule(**{**values, **more})


def mirrored(name: str = "mirrored", **more: Any) -> Rule:
    """Return a two-way rule: a tenth of what a team may be given is what is desired."""
    values: dict[str, Any] = {
        "name": name,
        "inputs": (
            Input(
                name="wish", ref=GROUP, path="desired", type=FieldType.INT,
                fields={"desired": FieldType.INT},
            ),
        ),
        "target": Target(ref=TEAM, path="chat.maximum", type=FieldType.INT),
        "expression": "wish * 10",
        "inverse": "to / 10",
    }  # fmt: skip
    return Rule(**{**values, **more})


@define(kw_only=True)
class Bench:
    """Two stores, one state, and sessions as processes would open them."""

    rules: tuple[Rule, ...] = field(factory=lambda: (machines(),))
    clock: FakeClock = field(factory=FakeClock)
    state: StateStore = field(factory=SqliteState.memory)
    capabilities: Capability = CONFIG_EVERYTHING
    replaces: bool = False
    limits: Limits = field(factory=Limits)
    cx: MemoryConfigStore = field(init=False)
    cloud: MemoryConfigStore = field(init=False)
    _ids: Any = field(factory=lambda: count(1))

    def __attrs_post_init__(self) -> None:
        self.cx, self.cloud = (
            MemoryConfigStore(
                name, self.clock, capabilities=self.capabilities, replaces=self.replaces
            )
            for name in ("cx", "cloud")
        )
        self.cx.put("limits", "ivr", {"call.maximum": 5, "chat.maximum": 20, "note": "somebody's"})
        self.cloud.put("group", "ivr", {"in_service": 1, "desired": 2, "tags.owner": "ops"})

    def session(self, holder: str = "one", *rules: Rule) -> ConfigSession:
        return ConfigSession(
            job=JOB,
            stores={"cx": self.cx, "cloud": self.cloud},
            book=Rulebook.of(JOB, rules or self.rules),
            state=self.state,
            clock=self.clock,
            limits=self.limits,
            holder=holder,
            new_id=lambda: f"{next(self._ids):032x}",
        )

    async def started(self) -> ConfigSession:
        """Open a session and let it make its first pass."""
        session = self.session()
        await session.sync()
        return session

    def edit_both(self, *, desired: int, maximum: int) -> None:
        """Let people change both ends of the two-way rule."""
        self.cx.edit(TEAM, "chat.maximum", maximum)
        self.cloud.edit(GROUP, "desired", desired)

    def scale(self, machines: int) -> None:
        """Let that many machines work."""
        self.cloud.edit(GROUP, "in_service", machines)

    def calls(self) -> JSON:
        """Return what the team may be given."""
        return self.cx.value(TEAM, "call.maximum")

    def hear(self, session: ConfigSession, *refs: Ref) -> None:
        """Let somebody hint at objects."""
        session.hint([Change(ref=ref) for ref in refs or (GROUP,)], side=Side.LEFT)

    def events(self) -> list[str]:
        """Return what the history tells, oldest first."""
        return [entry.event for entry in reversed(self.state.history(JOB))]

    def later(self, **span: float) -> None:
        self.clock.advance(timedelta(**span).total_seconds())


MakeBench = Callable[..., Bench]


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def make_bench() -> MakeBench:
    def make(*rules: Rule, **more: Any) -> Bench:
        return Bench(rules=rules or (machines(),), **more)

    return make


@pytest.fixture
def rule_of() -> Callable[..., Rule]:
    return machines


@pytest.fixture
def two_way() -> Callable[..., Rule]:
    return mirrored


@pytest.fixture
def team() -> Ref:
    return TEAM


@pytest.fixture
def group() -> Ref:
    return GROUP


def refs(found: Iterable[Ref]) -> list[str]:
    return sorted(map(str, found))
