"""A copy without a mark is known by what was tried, or by the pair that it once belonged to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from syncline.decision import Deletes, Policy
from syncline.errors import OutcomeUnknown
from syncline.ports import Capability
from syncline.testing import EVERYTHING, SYNCLINE, Effect

MakePair = Callable[..., Any]

UNMARKED = {"capabilities": EVERYTHING & ~Capability.ORIGIN}
BODY = "<p>9 to 5</p>"


def bodies(store: Any) -> list[str]:
    return sorted(value.body for value in store.live().values())


async def given_up(pair: Any, *, times: int = 1) -> None:
    """Let creates on the right be given up that the store carries out later."""
    for _ in range(times):
        lost = OutcomeUnknown("no answer")
        pair.right.fail("create", lost, effect=Effect.LATE)
        await pair.sync()
        assert not pair.state.intents("job"), "it was looked for, and given up"


async def test_two_creates_that_come_through_late_leave_one_copy(make_pair: MakePair) -> None:
    pair = make_pair(right=UNMARKED)
    ref = pair.left.write("Hours", BODY)
    await given_up(pair, times=2)
    pair.right.land()
    await pair.sync()
    assert bodies(pair.left) == bodies(pair.right) == [BODY]
    assert pair.state.link("job", ref) is not None
    assert "twin removed" in [entry.event for entry in pair.session.history()]
    await pair.quiet()


async def test_a_late_copy_goes_when_its_original_was_renamed_and_copied_since(
    make_pair: MakePair,
) -> None:
    pair = make_pair(right=UNMARKED)
    ref = pair.left.write("Hours", BODY)
    await given_up(pair)
    pair.left.rename(ref, "Opening hours")
    await pair.sync()
    pair.right.land()
    await pair.sync()
    assert [v.title for v in pair.right.live().values()] == ["Opening hours"]
    assert [v.title for v in pair.left.live().values()] == ["Opening hours"]


async def test_a_late_copy_that_a_person_has_edited_is_left_and_told(make_pair: MakePair) -> None:
    pair = make_pair(right=UNMARKED)
    ref = pair.left.write("Hours", BODY)
    await given_up(pair)
    await pair.sync()
    pair.right.land()
    twin = next(r for r in pair.right.articles if r != pair.twin(ref))
    pair.right.edit(twin, body="<p>a person's</p>")
    await pair.sync()
    assert twin in pair.right.live()
    assert len(pair.left.live()) == 1
    skipped = pair.state.skipped("job", twin)
    assert skipped is not None
    assert skipped.reason == f"it is a copy of {ref}, which is paired with {pair.twin(ref)}"


async def test_what_a_person_writes_under_the_title_of_a_lost_create_is_theirs(
    make_pair: MakePair,
) -> None:
    pair = make_pair(right=UNMARKED)
    pair.left.write("Hours", BODY)
    await given_up(pair)
    pair.right.write("Hours", BODY)
    await pair.sync()
    assert [(p.left_title, p.right_title) for p in pair.state.proposals("job")] == [
        ("Hours", "Hours")
    ]
    assert not pair.right.mutations


async def test_an_attempt_is_remembered_by_the_next_process(make_pair: MakePair) -> None:
    pair = make_pair(right=UNMARKED)
    ref = pair.left.write("Hours", BODY)
    await given_up(pair)
    pair.right.land()
    pair.session._job.process.abandoned.load([])
    await pair.sync()
    assert bodies(pair.right) == [BODY]
    assert pair.twin(ref) in pair.right.live()


async def test_a_copy_that_was_kept_is_paired_again_when_its_original_returns(
    make_pair: MakePair,
) -> None:
    pair = make_pair(right=UNMARKED, policy=Policy(deletes=Deletes.KEEP))
    ref = pair.left.write("Hours", BODY)
    await pair.sync()
    copy = pair.twin(ref)
    pair.left.trash(ref)
    await pair.sync()
    assert pair.state.link("job", ref) is None
    pair.left.restore(ref)
    await pair.sync()
    assert pair.twin(ref) == copy
    assert bodies(pair.right) == [BODY]
    await pair.quiet()


async def test_an_original_waits_for_a_copy_that_stands_apart(make_pair: MakePair) -> None:
    pair = make_pair(right=UNMARKED)
    ref = pair.left.write("Hours", BODY)
    await pair.sync()
    copy = pair.twin(ref)
    pair.left.leave_scope(ref)
    pair.right.leave_scope(copy)
    await pair.sync()
    pair.left.leave_scope(ref, listed=True)
    await pair.sync()
    assert [m.kind for m in pair.right.mutations] == ["create"]
    skipped = pair.state.skipped("job", ref)
    assert skipped is not None
    assert skipped.reason == "its copy was moved out of what kb covers"
    pair.right.leave_scope(copy, listed=True)
    await pair.sync()
    assert pair.twin(ref) == copy


async def test_what_a_person_parted_stays_apart(make_pair: MakePair) -> None:
    pair = make_pair(right=UNMARKED)
    ref = pair.left.write("Hours", BODY)
    await pair.sync()
    copy = pair.twin(ref)
    pair.left.edit(ref, body="<p>left</p>")
    pair.right.edit(copy, body="<p>right</p>")
    await pair.sync()
    (conflict,) = pair.state.conflicts("job")
    await pair.session.resolve(conflict.id, "both")
    await pair.sync()
    assert bodies(pair.left) == bodies(pair.right) == ["<p>left</p>", "<p>right</p>"]


async def test_an_unmarked_copy_is_known_by_who_wrote_it(make_pair: MakePair) -> None:
    pair = make_pair(right=UNMARKED)
    pair.left.write("Hours", BODY)
    await given_up(pair)
    pair.right.land()
    (late,) = pair.right.articles.values()
    assert late.history[0].by == SYNCLINE
    pair.left.write("Another", BODY)
    await pair.sync()
    assert sorted(v.title for v in pair.right.live().values()) == ["Another", "Hours"]


@pytest.mark.parametrize("marked", [True, False])
async def test_a_late_copy_of_what_is_restricted_by_now_is_taken_away(
    make_pair: MakePair, marked: bool
) -> None:
    pair = make_pair(right={} if marked else UNMARKED)
    ref = pair.left.write("Hours", BODY)
    await given_up(pair, times=2)
    pair.left.restrict(ref)
    pair.right.land()
    assert len(pair.right.live()) == 2
    await pair.sync()
    assert not pair.right.live()
    events = [entry.event for entry in pair.session.history()]
    assert events.count("late copy removed") == 2
    pair.left.open_(ref)
    await pair.sync()
    assert bodies(pair.right) == [BODY]
    await pair.quiet()


async def test_a_late_copy_of_a_withdrawn_article_is_taken_away(make_pair: MakePair) -> None:
    pair = make_pair()
    ref = pair.left.write("Hours", BODY)
    await given_up(pair)
    await pair.sync()
    pair.left.restrict(ref)
    await pair.sync()
    pair.right.land()
    assert len(pair.right.live()) == 1
    await pair.sync()
    assert not pair.right.live()


async def test_a_late_copy_of_what_is_gone_is_kept_once_a_person_has_edited_it(
    make_pair: MakePair,
) -> None:
    pair = make_pair()
    ref = pair.left.write("Hours", BODY)
    await given_up(pair)
    pair.left.trash(ref)
    pair.right.land()
    (late,) = pair.right.articles
    pair.right.edit(late, body="<p>a person's</p>")
    await pair.sync()
    assert bodies(pair.right) == ["<p>a person's</p>"]
    skipped = pair.state.skipped("job", late)
    assert skipped is not None
    assert skipped.reason == f"it is a copy of {ref}, which is gone"


async def test_a_dry_run_takes_no_late_copy_away(make_pair: MakePair) -> None:
    pair = make_pair()
    ref = pair.left.write("Hours", BODY)
    await given_up(pair)
    pair.left.restrict(ref)
    pair.right.land()
    await pair.session.plan()
    assert len(pair.right.live()) == 1


@pytest.mark.parametrize("paired", [False, True])
async def test_a_late_copy_of_what_is_restricted_goes_though_a_person_edited_it(
    make_pair: MakePair, paired: bool
) -> None:
    pair = make_pair()
    ref = pair.left.write("Hours", BODY)
    await given_up(pair)
    if paired:
        await pair.sync()
    pair.left.restrict(ref)
    await pair.sync()
    pair.right.land()
    (late,) = pair.right.live()
    pair.right.edit(late, body="<p>a person's</p>")
    await pair.sync()
    assert not pair.right.live()
    kept = [pair.state.value(c.right_value) for c in pair.state.conflicts("job")]
    assert "<p>a person's</p>" in [value.body for value in kept if value]
    pair.left.open_(ref)
    await pair.sync()
    assert bodies(pair.right) == [BODY]


async def test_after_a_lost_state_a_copy_of_what_is_restricted_by_now_goes(
    make_pair: MakePair,
) -> None:
    pair, fresh = make_pair(), make_pair()
    ref = pair.left.write("Hours", BODY)
    await pair.sync()
    pair.left.restrict(ref)
    other = attrs.evolve(pair.session, state=fresh.state)
    await other.sync()
    assert not pair.right.live()
    assert [entry.event for entry in other.history()] == ["withdrawn"]
