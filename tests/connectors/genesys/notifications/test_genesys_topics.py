"""Topics and patterns: what they stand for, and the names that are subscribed to."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline_genesys.notifications.topics import (
    LONGEST,
    Directory,
    Place,
    combined,
    expand,
    single,
    subjects,
    wanted,
)

NORTH = Place(id="u1", division=frozenset({"d1", "North"}))
SOUTH = Place(id="u2", division=frozenset({"d2", "South"}))
ESTATE = Directory(
    users=(NORTH, SOUTH),
    queues=(Place(id="q1", division=frozenset({"d1", "North"})), Place(id="q2")),
    members={"Billing": (SOUTH,)},
)


def names(*topics: str) -> frozenset[str]:
    return expand(wanted(topics), ESTATE)


@pytest.mark.parametrize(
    ("topic", "stands_for"),
    [
        ("v2.users.*.conversations", {"v2.users.u1.conversations", "v2.users.u2.conversations"}),
        ("v2.users.{division:North}.conversations", {"v2.users.u1.conversations"}),
        ("v2.users.{division:d2}.conversations.calls", {"v2.users.u2.conversations.calls"}),
        ("v2.users.{group:Billing}.conversations", {"v2.users.u2.conversations"}),
        (
            "v2.routing.queues.{division:North}.conversations",
            {"v2.routing.queues.q1.conversations"},
        ),
        ("v2.users.u9.conversations", {"v2.users.u9.conversations"}),
        ("v2.users.u9?presence&activity", {"v2.users.u9.presence", "v2.users.u9.activity"}),
        ("v2.users.{group:Nobody}.presence", set()),
    ],
)
def test_a_pattern_stands_for_the_topics_of_whom_it_names(topic: str, stands_for: set[str]) -> None:
    assert names(topic) == stands_for


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "conversations",
        "v2.users.*",
        "v2.flows.*.outcomes",
        "v2.routing.queues.{group:Billing}.conversations",
        "v2.users.{team:x}.conversations",
        "v2.users..conversations",
        'v2.users.x"}.conversations',
    ],
)
def test_what_is_no_topic_is_refused_with_what_can_be_written(topic: str) -> None:
    with pytest.raises(ValueError, match="no topic that can be had") as refused:
        wanted([topic])
    assert repr(topic) in str(refused.value)


def test_two_patterns_that_overlap_stand_for_each_topic_once() -> None:
    both = names("v2.users.*.conversations", "v2.users.{group:Billing}.conversations")
    assert combined(both) == ["v2.users.u1.conversations", "v2.users.u2.conversations"]


def test_topics_of_one_user_share_a_name() -> None:
    assert combined(names("v2.users.*?presence&conversations", "v2.routing.queues.q1.users")) == [
        "v2.routing.queues.q1.users",
        "v2.users.u1?conversations&presence",
        "v2.users.u2?conversations&presence",
    ]


@settings(max_examples=200, deadline=None)
@given(
    st.frozensets(
        st.builds(
            lambda kind, id, suffix: f"v2.{kind}.{id}.{suffix}",
            st.sampled_from(["users", "routing.queues", "flows"]),
            st.sampled_from(["u1", "0c57879e-fc96-440c-9e0b-e1973f88c0ef"]),
            st.integers(0, 40).map(lambda n: f"conversations.number{n:02}"),
        )
    )
)
def test_combined_names_stand_for_the_same_topics_and_stay_short(topics: frozenset[str]) -> None:
    found = combined(topics)
    back = [topic for name in found for topic in single(name)]
    assert sorted(back) == sorted(topics)
    assert all(len(name) < LONGEST for name in found)


def test_subjects_are_the_users_and_queues_that_names_are_about() -> None:
    assert subjects(["v2.users.u1?a&b", "v2.routing.queues.q1.users", "v2.flows.f1.x"]) == {
        "u1",
        "q1",
    }
