"""The decision: total, symmetric, and never against the job's direction."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline import decision as d
from syncline.decision import Observation, Reason, Seen, decide
from syncline.decision_page import page
from syncline.model import Side, Version

V = Version("7")
ROOT = Path(__file__).parents[3]


def seen(letter: str) -> Observation:
    kind = Seen(letter)
    gone = kind in (Seen.GONE, Seen.UNKNOWN)
    return Observation(seen=kind, version=None if gone else V)


observations = st.builds(
    Observation,
    seen=st.sampled_from(Seen),
    version=st.just(V),
    newer=st.booleans(),
)
policies = st.builds(
    d.Policy,
    direction=st.sampled_from(d.Direction),
    on_conflict=st.sampled_from(d.OnConflict),
    otherwise=st.sampled_from(d.Otherwise),
    deletes=st.sampled_from(d.Deletes),
)
everything = {
    "left": observations,
    "right": observations,
    "origin": st.sampled_from(Side),
    "equal": st.booleans(),
    "policy": policies,
}


def test_every_pair_of_observations_has_a_row() -> None:
    assert set(d.TABLE) == {(left, right) for left in Seen for right in Seen}


def test_the_page_in_the_docs_is_printed_from_the_table() -> None:
    assert (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8") == page()


@given(**everything)
def test_a_side_that_may_not_be_written_never_is(
    left: Observation, right: Observation, origin: Side, equal: bool, policy: d.Policy
) -> None:
    match decide(left, right, origin=origin, equal=equal, policy=policy):
        case d.Write(side=side) | d.Remove(side=side):
            assert policy.direction.writes(side)
        case d.Merge():
            assert policy.direction is d.Direction.TWO_WAY


@given(**everything)
def test_nothing_leaves_a_restricted_or_an_unknown_side(
    left: Observation, right: Observation, origin: Side, equal: bool, policy: d.Policy
) -> None:
    decision = decide(left, right, origin=origin, equal=equal, policy=policy)
    hidden = {
        side
        for side, there in ((Side.LEFT, left), (Side.RIGHT, right))
        if there.seen in (Seen.RESTRICTED, Seen.UNKNOWN)
    }
    if hidden:
        assert not isinstance(decision, d.Write | d.Merge)
    if isinstance(decision, d.Withdraw):
        assert decision.side.other in hidden
        assert decision.side is not origin


@given(**everything)
def test_nothing_is_removed_without_a_confirmed_absence(
    left: Observation, right: Observation, origin: Side, equal: bool, policy: d.Policy
) -> None:
    decision = decide(left, right, origin=origin, equal=equal, policy=policy)
    if isinstance(decision, d.Remove):
        sides = {Side.LEFT: left, Side.RIGHT: right}
        assert sides[decision.side.other].seen in (Seen.GONE, Seen.OUTSIDE)
        assert sides[decision.side].seen is Seen.UNCHANGED
        assert decision.side is not origin


def _mirror_policy(policy: d.Policy) -> d.Policy:
    swap = {
        d.Direction.LEFT_TO_RIGHT: d.Direction.RIGHT_TO_LEFT,
        d.Direction.RIGHT_TO_LEFT: d.Direction.LEFT_TO_RIGHT,
        d.OnConflict.LEFT_WINS: d.OnConflict.RIGHT_WINS,
        d.OnConflict.RIGHT_WINS: d.OnConflict.LEFT_WINS,
    }
    return d.Policy(
        direction=swap.get(policy.direction, policy.direction),  # type: ignore[arg-type]  # mixed
        on_conflict=swap.get(policy.on_conflict, policy.on_conflict),  # type: ignore[arg-type]  # mixed
        deletes=policy.deletes,
    )


def _mirror(decision: d.Decision) -> d.Decision:
    match decision:
        case d.Write(side=side):
            return d.Write(side.other, decision.expected, decision.reason, decision.keep_loser)
        case d.Remove(side=side):
            return d.Remove(side.other, decision.expected, decision.reason)
        case d.Withdraw(side=side):
            return d.Withdraw(side.other, decision.expected, decision.save, decision.reason)
        case _:
            return decision


@given(**everything)
def test_swapping_the_sides_mirrors_the_decision(
    left: Observation, right: Observation, origin: Side, equal: bool, policy: d.Policy
) -> None:
    there = decide(left, right, origin=origin, equal=equal, policy=policy)
    back = decide(right, left, origin=origin.other, equal=equal, policy=_mirror_policy(policy))
    assert _mirror(back) == there


PAIRS = [
    ("U", "U", d.Keep()),
    ("C", "U", d.Write(Side.RIGHT, V, Reason.EDITED)),
    ("U", "C", d.Write(Side.LEFT, V, Reason.EDITED)),
    ("C", "C", d.Merge()),
    ("D", "U", d.Remove(Side.RIGHT, V, Reason.DELETED)),
    ("U", "D", d.Conflict(Reason.COPY_DELETED)),
    ("D", "C", d.Write(Side.LEFT, None, Reason.OVERRIDDEN)),
    ("C", "D", d.Write(Side.RIGHT, None, Reason.OVERRIDDEN)),
    ("D", "D", d.Forget()),
    ("R", "U", d.Withdraw(Side.RIGHT, V, save=False)),
    ("R", "C", d.Withdraw(Side.RIGHT, V, save=True)),
    ("U", "R", d.Conflict(Reason.COPY_RESTRICTED)),
    ("R", "X", d.Withdraw(Side.RIGHT, None, save=True)),
    ("X", "C", d.Keep(Reason.UNSEEN)),
    ("X", "D", d.Keep(Reason.UNSEEN)),
    ("O", "U", d.Remove(Side.RIGHT, V, Reason.LEFT_SCOPE)),
    ("U", "O", d.Detach(Reason.COPY_LEFT_SCOPE)),
]


@pytest.mark.parametrize(("left", "right", "expected"), PAIRS)
def test_a_two_way_job_with_its_original_on_the_left(
    left: str, right: str, expected: d.Decision
) -> None:
    decision = decide(seen(left), seen(right), origin=Side.LEFT, equal=False, policy=d.Policy())
    assert decision == expected


@pytest.mark.parametrize("on_conflict", list(d.OnConflict))
def test_an_edit_beats_a_deletion_under_every_policy(on_conflict: d.OnConflict) -> None:
    policy = d.Policy(on_conflict=on_conflict)
    decision = decide(seen("C"), seen("D"), origin=Side.LEFT, equal=False, policy=policy)
    assert decision == d.Write(Side.RIGHT, None, Reason.OVERRIDDEN)


def test_equal_edits_on_both_sides_are_no_conflict() -> None:
    decision = decide(seen("C"), seen("C"), origin=Side.LEFT, equal=True, policy=d.Policy())
    assert decision == d.Adopt()


@pytest.mark.parametrize(
    ("deletes", "expected"),
    [
        (d.Deletes.HOLD, d.Conflict(Reason.DELETE_HELD)),
        (d.Deletes.KEEP, d.Detach(Reason.DELETED)),
    ],
)
def test_a_job_can_hold_or_ignore_deletions(deletes: d.Deletes, expected: d.Decision) -> None:
    policy = d.Policy(deletes=deletes)
    assert decide(seen("D"), seen("U"), origin=Side.LEFT, equal=False, policy=policy) == expected


def test_a_one_way_job_restores_a_deleted_copy_and_asks_about_an_edited_one() -> None:
    policy = d.Policy(direction=d.Direction.LEFT_TO_RIGHT)
    restored = decide(seen("U"), seen("D"), origin=Side.LEFT, equal=False, policy=policy)
    drifted = decide(seen("U"), seen("C"), origin=Side.LEFT, equal=False, policy=policy)
    assert restored == d.Write(Side.RIGHT, None, Reason.RESTORED)
    assert drifted == d.Conflict(Reason.DRIFTED)


def test_the_newest_edit_wins_only_when_it_is_clear_which_one_that_is() -> None:
    policy = d.Policy(on_conflict=d.OnConflict.NEWEST_WINS)
    newer = Observation(seen=Seen.CHANGED, version=V, newer=True)
    clear = decide(newer, seen("C"), origin=Side.LEFT, equal=False, policy=policy)
    unclear = decide(seen("C"), seen("C"), origin=Side.LEFT, equal=False, policy=policy)
    assert clear == d.Write(Side.RIGHT, V, Reason.BOTH_EDITED, keep_loser=True)
    assert unclear == d.Conflict(Reason.BOTH_EDITED)
