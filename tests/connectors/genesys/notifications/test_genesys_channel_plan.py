"""Topics on channels: never too many, and none moves that need not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.errors import ConfigError
from syncline_genesys.notifications.plan import NOTHING, Plan, Slot, plan_channels, told

names = st.frozensets(st.integers(0, 60).map(lambda n: f"v2.users.{n:02}.conversations"))
clients = st.lists(st.integers(1, 4), min_size=1, max_size=4)


def fits(wanted: frozenset[str], places: list[int], most: int) -> bool:
    return len(wanted) <= sum(places) * most


@settings(max_examples=300, deadline=None)
@given(st.lists(names, min_size=1, max_size=6), clients, st.integers(1, 9))
def test_no_channel_and_no_client_ever_has_too_many(
    rounds: list[frozenset[str]], places: list[int], most: int
) -> None:
    plan = NOTHING
    for wanted in rounds:
        if not fits(wanted, places, most):
            with pytest.raises(ConfigError):
                plan_channels(wanted, places, plan, most=most)
            continue
        plan = plan_channels(wanted, places, plan, most=most)
        assert plan.names == wanted
        assert sum(map(len, plan.slots.values())) == len(wanted), "a topic stands twice"
        assert all(0 < len(held) <= most for held in plan.slots.values())
        for client, many in enumerate(places):
            assert sum(slot.client == client for slot in plan.slots) <= many


@settings(max_examples=200, deadline=None)
@given(names, names, clients, st.integers(1, 9))
def test_a_topic_that_stays_keeps_its_channel(
    before: frozenset[str], after: frozenset[str], places: list[int], most: int
) -> None:
    if not fits(before, places, most) or not fits(after, places, most):
        return
    old = plan_channels(before, places, most=most)
    new = plan_channels(after, places, old, most=most)
    for slot, held in old.slots.items():
        assert held & after <= new.slots.get(slot, frozenset())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 60), unique=True), clients)
def test_the_same_topics_in_any_order_make_the_same_plan(
    numbers: list[int], places: list[int]
) -> None:
    wanted = [f"t{n}" for n in numbers]
    if fits(frozenset(wanted), places, 9):
        forwards = plan_channels(wanted, places, most=9)
        assert forwards == plan_channels(wanted[::-1], places, most=9)


def test_channels_are_opened_only_when_the_others_are_full_and_clients_take_turns() -> None:
    plan = plan_channels([f"t{n:05}" for n in range(2_500)], [18, 18])

    assert {slot: len(held) for slot, held in plan.slots.items()} == {
        Slot(0, 0): 1000,
        Slot(0, 1): 500,
        Slot(1, 0): 1000,
    }


def test_topics_of_a_client_that_was_removed_move_and_the_others_do_not() -> None:
    before = plan_channels([f"t{n:05}" for n in range(3_000)], [18, 18])

    after = plan_channels(before.names, [18], before)

    assert after.slots[Slot(0, 0)] == before.slots[Slot(0, 0)]
    assert after.names == before.names


def test_clients_that_do_not_suffice_are_told_with_the_arithmetic() -> None:
    with pytest.raises(ConfigError) as refused:
        plan_channels([str(n) for n in range(50_000)], [18, 18])

    assert str(refused.value).startswith(
        "50,000 topics need 50 channels of 1,000, and 2 OAuth clients have 36 (18 + 18;"
    )
    assert "add 1 OAuth client to the listener" in str(refused.value)


def test_fifty_thousand_agents_fit_on_three_clients_and_the_plan_says_how() -> None:
    plan = plan_channels([str(n) for n in range(50_000)], [18, 18, 18])

    assert told(plan, [18, 18, 18]) == [
        "50,000 topics on 50 channels",
        "OAuth client 1: 17 of 18 channels, 17,000 topics",
        "OAuth client 2: 17 of 18 channels, 17,000 topics",
        "OAuth client 3: 16 of 18 channels, 16,000 topics",
    ]


def test_nothing_to_listen_to_is_a_plan_without_channels() -> None:
    assert plan_channels([], [18]) == Plan()
