"""Links that are saved in one commit: the same as one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from syncline.model import Digest, Ref, Side, Version
from syncline.state import SqliteState
from syncline.state.records import Bury, Effect, Half, Link, SaveLink, SaveSkip, Skipped

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)


@pytest.fixture
def state() -> Iterator[SqliteState]:
    opened = SqliteState.memory()
    yield opened
    opened.close()


def ref(side: Side, number: int) -> Ref:
    return Ref({Side.LEFT: "wiki", Side.RIGHT: "kb"}[side], str(number))


def link(number: int, job: str = "j") -> Link:
    halves = (
        Half(ref=ref(side, number), version=Version("1"), digest=Digest("sha256:00"))
        for side in Side
    )
    left, right = halves
    return Link(pair=f"{job}{number}", job=job, left=left, right=right)


def skip(number: int, job: str = "j") -> SaveSkip:
    return SaveSkip(
        Skipped(
            job=job, side=Side.LEFT, ref=ref(Side.LEFT, number), title="", stamp="", epoch="",
            reason="excluded",
        )
    )  # fmt: skip


def bury(number: int, job: str = "j") -> Bury:
    return Bury(
        job=job, side=Side.RIGHT, ref=ref(Side.RIGHT, number), pair="old", at=NOW, reason="deleted"
    )


def test_what_is_linked_together_is_neither_skipped_nor_buried_any_more(state: SqliteState) -> None:
    state.commit([effect for n in range(4) for effect in (skip(n), bury(n))], None)
    state.commit([SaveLink(link(n)) for n in range(3)], None)
    assert [s.ref.id for s in state.all_skipped("j")] == ["3"]
    buried = [state.tombstone("j", ref(Side.RIGHT, n)) for n in range(4)]
    assert buried == [None, None, None, "deleted"]
    assert [found.pair for found in state.links("j")] == ["j0", "j1", "j2"]


def test_links_of_other_jobs_leave_a_jobs_skips_alone(state: SqliteState) -> None:
    state.commit([skip(1, "a"), skip(1, "b")], None)
    state.commit([SaveLink(link(1, "a")), SaveLink(link(2, "a"))], None)
    assert (state.skipped("a", ref(Side.LEFT, 1)), state.skipped("b", ref(Side.LEFT, 1))) == (
        None,
        skip(1, "b").skipped,
    )


def test_the_order_of_the_effects_is_kept(state: SqliteState) -> None:
    effects: list[Effect] = [SaveLink(link(1)), SaveLink(link(2)), skip(1), bury(2)]
    state.commit(effects, None)
    assert state.skipped("j", ref(Side.LEFT, 1)) is not None
    assert state.tombstone("j", ref(Side.RIGHT, 2)) == "deleted"
