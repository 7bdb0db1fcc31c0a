"""A mirror through random outages, refusals, full disks, crashes and restarts loses nothing."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from syncline.errors import Forbidden, RateLimited, SynclineError, Unavailable
from syncline.events import Event
from syncline.testing.streams import (
    ScriptedSink,
    ScriptedSource,
    first_arrivals,
    happening,
    settled_down,
)

T = TypeVar("T")
_KEYS = st.sampled_from(["c1", "c2", "c3"])
_OUTAGES: Mapping[str, SynclineError] = {
    "unavailable": Unavailable("no broker answers"),
    "forbidden": Forbidden("the topic may not be written"),
    "limited": RateLimited("slow down", retry_after=2.0),
}


class Mirrored(RuleBasedStateMachine):
    """What was settled reaches the sink or the dead letters, in order for each key."""

    stage_of: Any = None
    """Makes a stage; given by the test, because fixtures are not for machines."""

    @initialize(answers=st.booleans())
    def begin(self, answers: bool) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.loop = asyncio.new_event_loop()
        self.number = 0
        self.told: dict[str, Event] = {}
        self.settled: list[str] = []
        self.arrived: list[Event] = []
        self.poison: set[str] = set()
        self.lives = 0
        self.open(answers)

    def open(self, answers: bool) -> None:
        self.lives += 1
        self.told_in_this_life: list[str] = []
        source = ScriptedSource()
        source.settled = self.settled
        sink = ScriptedSink(prompt=answers, poison=self.poison)
        sink.arrived = self.arrived
        self.stage = self.stage_of(self.folder, source=source, sink=sink, segment=600)
        self.run(self.stage.start())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def turn(self) -> None:
        self.run(settled_down(12))

    # -- what happens ------------------------------------------------------------------------------

    @rule(keys=st.lists(_KEYS, min_size=1, max_size=6), poisoned=st.booleans())
    def tell(self, keys: list[str], poisoned: bool) -> None:
        events = []
        for key in keys:
            self.number += 1
            events.append(happening(self.number, key=key))
        if poisoned and self.number % 3 == 0:
            self.poison.add(events[-1].id)
        self.told.update((event.id, event) for event in events)
        self.told_in_this_life += (event.id for event in events)
        self.stage.source.tell(*events)
        self.turn()

    @rule(turns=st.integers(1, 6))
    def some_turns(self, turns: int) -> None:
        self.run(settled_down(turns))

    @rule(quarters=st.integers(1, 12))
    def time_passes(self, quarters: int) -> None:
        self.run(self.stage.passes(quarters / 4))

    @rule(answers=st.booleans())
    def the_sink_changes_its_mind(self, answers: bool) -> None:
        self.stage.sink.prompt = answers

    @precondition(lambda self: self.stage.sink.waiting)
    @rule(count=st.integers(1, 8))
    def the_sink_answers(self, count: int) -> None:
        for _ in range(min(count, len(self.stage.sink.waiting))):
            self.stage.sink.answer()
        self.turn()

    @precondition(lambda self: self.stage.sink.waiting)
    @rule(arrived=st.integers(0, 6))
    def the_connection_breaks(self, arrived: int) -> None:
        self.stage.sink.lose(arrived)
        self.turn()

    @rule(kind=st.sampled_from([None, *_OUTAGES]))
    def an_outage_begins_or_ends(self, kind: str | None) -> None:
        if kind is not None:
            # A place that is gone answers nobody, those who wait neither.
            self.stage.sink.lose()
        self.stage.sink.down = _OUTAGES[kind] if kind is not None else None
        self.turn()

    @rule(room=st.sampled_from([0, 400, 1 << 20]))
    def the_spool_may_be_larger_or_smaller(self, room: int) -> None:
        self.stage.mirror.spool.size = room

    @rule()
    def the_spool_can_be_neither_written_nor_read(self) -> None:
        folder = self.stage.mirror.spool.folder
        self.stage.mirror.spool._close_reading()
        self.stage.mirror.spool.folder = folder / "gone" / "spool"
        self.run(self.stage.passes(0.5))
        self.stage.mirror.spool.folder = folder

    @rule(answers=st.booleans(), turns=st.integers(0, 5), torn=st.integers(0, 40))
    def it_is_killed(self, answers: bool, turns: int, torn: int) -> None:
        """Between any two steps: what is on disk at that moment is what there is."""
        self.run(settled_down(turns)) if turns else None
        settled = list(self.settled)
        arrived = list(self.arrived)
        left = self.folder.with_name(f"{self.folder.name}-{self.lives}")
        shutil.copytree(self.folder, left)
        self.run(self.stage.close())
        shutil.rmtree(self.folder)
        self.folder = left
        self.settled[:], self.arrived[:] = settled, arrived
        _tear(left / "spool", torn)
        self.open(answers)

    @rule(answers=st.booleans(), within=st.sampled_from([0.0, 0.5, 5.0]))
    def it_is_restarted(self, answers: bool, within: float) -> None:
        self.run(self.stage.end(within))
        self.open(answers)

    # -- what holds --------------------------------------------------------------------------------

    @invariant()
    def nothing_is_settled_that_was_never_told(self) -> None:
        assert set(self.settled) <= self.told.keys()

    @invariant()
    def each_key_arrives_in_its_order(self) -> None:
        newest: Counter[str] = Counter()
        for event in first_arrivals(self.arrived):
            number = int(event.id[1:])
            assert number > newest[event.key], f"{event.id} came too late"
            newest[event.key] = number

    @invariant()
    def no_refused_event_arrives(self) -> None:
        assert not {event.id for event in self.arrived} & self.poison

    def teardown(self) -> None:
        if not hasattr(self, "stage"):
            return
        try:
            self._all_is_well_in_the_end()
        finally:
            self.run(self.stage.close())
            self.loop.close()
            shutil.rmtree(self.folder)

    def _all_is_well_in_the_end(self) -> None:
        stage = self.stage
        stage.sink.down, stage.sink.prompt = None, True
        stage.mirror.spool.size = 1 << 20
        while stage.sink.waiting:
            stage.sink.answer()
        self.run(stage.passes(90))
        self.each_key_arrives_in_its_order()
        arrived = {event.id for event in self.arrived}
        dead = _dead(self.folder / "dead-letters.jsonl")
        lost = [each for each in self.settled if each not in arrived | dead]
        assert not lost, f"settled and nowhere: {lost}"
        assert dead <= self.poison
        assert stage.mirror.spool.empty
        assert stage.mirror.spool.damaged == 0
        # Nothing is kept back for ever, either.
        kept_back = [each for each in self.told_in_this_life if each not in self.settled]
        assert not kept_back, f"told and never settled: {kept_back}"
        assert not list((self.folder / "spool").glob("*.events"))


def _tear(spool: Path, bytes_: int) -> None:
    """Add what a disk may show of a record that was being written when the power went."""
    newest = max(spool.glob("*.events"), default=None)
    if newest is not None and bytes_:
        with newest.open("ab") as file:
            file.write(b"\x00\x00\x01\x07\xde\xad\xbe\xef" + bytes(bytes_))


def _dead(path: Path) -> set[str]:
    if not path.exists():
        return set()
    return {json.loads(line)["event"]["id"] for line in path.read_text().splitlines()}


@pytest.fixture
def stages(request: pytest.FixtureRequest) -> ModuleType:
    """The conftest of this folder, whose `Stage` the machine builds itself."""
    mine = str(Path(__file__).with_name("conftest.py"))
    plugins = request.config.pluginmanager.get_plugins()
    found = (each for each in plugins if getattr(each, "__file__", None) == mine)
    conftest: ModuleType = next(found)
    return conftest


def test_what_is_settled_arrives_whatever_happens(stages: ModuleType) -> None:
    class Machine(Mirrored):
        stage_of = staticmethod(stages.Stage)

    Machine.TestCase.settings = settings(
        max_examples=60, stateful_step_count=40, deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )  # fmt: skip
    Machine.TestCase("runTest").runTest()
