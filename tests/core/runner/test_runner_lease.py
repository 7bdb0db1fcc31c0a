"""The lease by which one of several runners works a job."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.errors import LeaseLost
from syncline.runner.workers.lease import RunnerLease
from syncline.state import SqliteState
from syncline.testing import FakeClock


def lease(state: Any, holder: str, *dead: str, ttl: float = 15.0) -> RunnerLease:
    return RunnerLease(
        state=state, job="articles", holder=holder, clock=FakeClock(auto=False),
        is_dead=lambda other: other in dead, ttl=ttl,
    )  # fmt: skip


def test_the_second_stands_by_until_the_first_gives_back() -> None:
    state = SqliteState.memory()
    one, two = lease(state, "one"), lease(state, "two")
    assert one.take()
    assert not two.take()
    assert one.confirm()
    assert not two.confirm()
    one.release()
    assert not one.confirm()
    two.clock.advance(5)  # type: ignore[attr-defined]  # it is a FakeClock
    assert two.take()


def test_a_dead_holder_is_not_waited_for() -> None:
    state = SqliteState.memory()
    assert lease(state, "one").take()
    assert lease(state, "two", "one").take()


def test_asking_costs_no_write_more_often_than_needed() -> None:
    state = SqliteState.memory()
    one, two = lease(state, "one"), lease(state, "two")
    assert one.take()
    assert not two.take()
    one.release()
    assert not two.take(), "it asked a moment ago"
    two.clock.advance(3)  # type: ignore[attr-defined]  # it is a FakeClock
    assert two.take()


def test_who_was_replaced_learns_it_at_the_next_look() -> None:
    state = SqliteState.memory()
    one, two = lease(state, "one"), lease(state, "two", "one")
    assert one.take()
    assert two.take()
    one.clock.advance(5)  # type: ignore[attr-defined]  # it is a FakeClock
    assert not one.confirm()
    assert not one.held


def test_what_the_replaced_one_was_doing_can_commit_nothing_any_more() -> None:
    state = SqliteState.memory()
    one, two = lease(state, "one"), lease(state, "two", "one")
    assert one.take()
    pass_ = state.acquire("job/articles", holder="one", ttl=30)
    assert pass_ is not None
    state.commit([], pass_)
    assert two.take()
    with pytest.raises(LeaseLost):
        state.commit([], pass_)
    assert state.acquire("job/articles", holder="two", ttl=30), "and the way is free"


def test_a_pass_of_the_command_line_is_left_alone() -> None:
    state = SqliteState.memory()
    assert lease(state, "one").take()
    pass_ = state.acquire("job/articles", holder="somebody else", ttl=30)
    assert pass_ is not None
    assert lease(state, "two", "one").take()
    state.commit([], pass_)
