"""Hypothesis writes the history: people, crashes, lost answers, lagging and short listings.

The engine is the real one, its state is SQLite in a file, and a process that died is started
again from that file. Promises 1-15 are checked after every step, 16 and 17 once all is at rest.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from syncline.decision import Deletes, Direction, OnConflict, Otherwise, Policy
from syncline.model import Side, Status
from syncline.state import SqliteState
from syncline.testing.acts import ACTS
from syncline.testing.histories import STEPS, perform, settle
from syncline.testing.world import Setup, Traits, World

SIDES = st.sampled_from([*Side])
NUMBERS = st.integers(0, 100_000)

TRAITS = st.builds(
    Traits,
    drafts=st.booleans(),
    conditional=st.booleans(),
    origin=st.booleans(),
    marks_late=st.booleans(),
    lists_gone=st.booleans(),
    remembers_purged=st.booleans(),
    labels_unversioned=st.booleans(),
    removal=st.sampled_from([Status.TRASHED, Status.ARCHIVED, Status.PURGED]),
    keeps_history=st.booleans(),
    poor=st.booleans(),
)
POLICIES = st.builds(
    Policy,
    direction=st.sampled_from([*Direction]),
    on_conflict=st.sampled_from([*OnConflict]),
    otherwise=st.sampled_from([*Otherwise]),
    deletes=st.sampled_from([*Deletes]),
)
WRITES = ("write", "edit", "rewrite", "add", "drop", "rename", "label", "unlabel", "link")
OTHERS = tuple(name for name in ACTS if name not in WRITES)
PASSES = ("sync", "poll", "work", "act_during", "two_workers", "plan_apply", "meanwhile")
CRASHES = ("die_syncing", "die_polling", "die_in_the_midst")
PEOPLE = ("resolve", "settle_pairs", "undo")
TROUBLE = tuple(name for name in STEPS if name not in {*PASSES, *CRASHES, *PEOPLE})


class History(RuleBasedStateMachine):
    """Two systems and the job between them; every rule is one step of a history."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(prefix="syncline-machine-"))
        self._runner = asyncio.Runner()
        self._world: World | None = None

    @initialize(left=TRAITS, right=TRAITS, policy=POLICIES)
    def open(self, left: Traits, right: Traits, policy: Policy) -> None:
        setup = Setup(left=left, right=right, policy=policy)
        self._world = World(setup, state=lambda: SqliteState.open(self._folder / "state.db"))

    def _do(self, name: str, side: Side, number: int) -> None:
        assert self._world is not None
        self._runner.run(perform(self._world, (name, side, number)))

    @rule(name=st.sampled_from(WRITES), side=SIDES, number=NUMBERS)
    def somebody_writes(self, name: str, side: Side, number: int) -> None:
        self._do(name, side, number)

    @rule(name=st.sampled_from(OTHERS), side=SIDES, number=NUMBERS)
    def somebody_manages(self, name: str, side: Side, number: int) -> None:
        self._do(name, side, number)

    @rule(name=st.sampled_from(PASSES), side=SIDES, number=NUMBERS)
    def the_engine_works(self, name: str, side: Side, number: int) -> None:
        self._do(name, side, number)

    @rule(name=st.sampled_from(CRASHES), side=SIDES, number=NUMBERS)
    def the_process_dies(self, name: str, side: Side, number: int) -> None:
        self._do(name, side, number)

    @rule(name=st.sampled_from(PEOPLE), side=SIDES, number=NUMBERS)
    def an_operator_decides(self, name: str, side: Side, number: int) -> None:
        self._do(name, side, number)

    @rule(name=st.sampled_from(TROUBLE), side=SIDES, number=NUMBERS)
    def something_goes_wrong(self, name: str, side: Side, number: int) -> None:
        self._do(name, side, number)

    def teardown(self) -> None:
        try:
            if self._world is not None:
                self._runner.run(settle(self._world))
                self._world.state.close()
        finally:
            self._runner.close()
            shutil.rmtree(self._folder)


TestHistories = History.TestCase
TestHistories.settings = settings(
    max_examples=25,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
