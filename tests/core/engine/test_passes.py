"""What one pass after another does to two systems."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from syncline.decision import Deletes, Direction, Limits, OnConflict, Otherwise, Policy, Reason
from syncline.errors import Refused, Rejected, Stale, Unavailable
from syncline.mapping import Filter, Mapping
from syncline.model import Change, Side
from syncline.ports import Capability
from syncline.testing import EVERYTHING

MakePair = Callable[..., Any]
DRAFTS = {"capabilities": EVERYTHING | Capability.DRAFTS}


async def test_new_articles_appear_on_the_other_side(pair: Any) -> None:
    pair.left.write("Hours", "<p>9 to 5</p>")
    pair.right.write("Returns", "<p>30 days</p>")
    report = await pair.sync()
    assert pair.titles(pair.left) == pair.titles(pair.right)
    assert set(pair.titles(pair.left)) == {"Hours", "Returns"}
    assert report.counts["created"] == 2
    await pair.quiet()


async def test_an_edit_travels_both_ways(pair: Any) -> None:
    ref = pair.left.write("Hours", "<p>9 to 5</p><p>Closed on Sunday</p>")
    await pair.sync()
    pair.right.edit(pair.twin(ref), body="<p>9 to 6</p><p>Closed on Sunday</p>")
    await pair.sync()
    assert pair.left.value(ref).body == "<p>9 to 6</p><p>Closed on Sunday</p>"
    pair.left.rename(ref, "Opening hours")
    await pair.sync()
    assert set(pair.titles(pair.right)) == {"Opening hours"}
    await pair.quiet()


async def test_edits_of_different_paragraphs_merge(pair: Any) -> None:
    ref = pair.left.write("Hours", "<p>one</p><p>two</p><p>three</p>")
    await pair.sync()
    pair.left.edit(ref, body="<p>ONE</p><p>two</p><p>three</p>")
    pair.right.edit(pair.twin(ref), body="<p>one</p><p>two</p><p>THREE</p>")
    report = await pair.sync()
    merged = "<p>ONE</p><p>two</p><p>THREE</p>"
    assert [*pair.titles(pair.left).values(), *pair.titles(pair.right).values()] == [merged] * 2
    assert report.counts["merged"] == 1
    await pair.quiet()


async def test_edits_of_one_paragraph_wait_for_a_person_and_freeze_the_pair(pair: Any) -> None:
    ref = pair.left.write("Hours", "<p>nine to five</p>")
    await pair.sync()
    pair.left.edit(ref, body="<p>nine to six</p>")
    pair.right.edit(pair.twin(ref), body="<p>nine to seven</p>")
    report = await pair.sync()
    assert report.conflicts == 1
    assert pair.titles(pair.left) == {"Hours": "<p>nine to six</p>"}
    assert pair.titles(pair.right) == {"Hours": "<p>nine to seven</p>"}
    await pair.quiet()
    (conflict,) = pair.session.conflicts()
    assert conflict.left.body == "<p>nine to six</p>"
    assert conflict.right.body == "<p>nine to seven</p>"
    pair.left.edit(ref, body="<p>nine to eight</p>")
    await pair.sync()
    (again,) = pair.session.conflicts()
    assert again.record.id == conflict.record.id
    assert again.left.body == "<p>nine to eight</p>"


@pytest.mark.parametrize(
    ("take", "expected"), [("left", "<p>nine to six</p>"), ("right", "<p>nine to seven</p>")]
)
async def test_a_person_takes_a_side(pair: Any, take: str, expected: str) -> None:
    ref = pair.left.write("Hours", "<p>nine to five</p>")
    await pair.sync()
    pair.left.edit(ref, body="<p>nine to six</p>")
    pair.right.edit(pair.twin(ref), body="<p>nine to seven</p>")
    await pair.sync()
    (conflict,) = pair.session.conflicts()
    await pair.session.resolve(conflict.record.id, take)
    assert set(pair.titles(pair.left).values()) == {expected}
    assert set(pair.titles(pair.right).values()) == {expected}
    assert not pair.session.conflicts()
    await pair.quiet()


async def test_a_person_keeps_both_as_two_articles(pair: Any) -> None:
    ref = pair.left.write("Hours", "<p>nine to five</p>")
    await pair.sync()
    pair.left.edit(ref, body="<p>nine to six</p>")
    pair.right.edit(pair.twin(ref), body="<p>nine to seven</p>")
    await pair.sync()
    (conflict,) = pair.session.conflicts()
    await pair.session.resolve(conflict.record.id, "both")
    assert len(pair.left.live()) == len(pair.right.live()) == 2
    await pair.quiet()


async def test_a_choice_is_refused_when_a_side_has_moved_since(pair: Any) -> None:
    ref = pair.left.write("Hours", "<p>nine to five</p>")
    await pair.sync()
    pair.left.edit(ref, body="<p>nine to six</p>")
    pair.right.edit(pair.twin(ref), body="<p>nine to seven</p>")
    await pair.sync()
    (conflict,) = pair.session.conflicts()
    pair.right.edit(pair.twin(ref), body="<p>never</p>")
    with pytest.raises(Stale, match="edited since"):
        await pair.session.resolve(conflict.record.id, "left")
    assert pair.titles(pair.right) == {"Hours": "<p>never</p>"}


async def test_the_losing_edit_is_kept_for_review(make_pair: MakePair) -> None:
    pair = make_pair(policy=Policy(on_conflict=OnConflict.LEFT_WINS))
    ref = pair.left.write("Hours", "<p>nine to five</p>")
    await pair.sync()
    pair.left.edit(ref, body="<p>nine to six</p>")
    pair.right.edit(pair.twin(ref), body="<p>nine to seven</p>")
    await pair.sync()
    assert pair.titles(pair.right) == {"Hours": "<p>nine to six</p>"}
    (review,) = pair.session.conflicts()
    assert review.record.review
    assert review.right.body == "<p>nine to seven</p>"
    await pair.session.resolve(review.record.id, "right")
    assert pair.titles(pair.left) == pair.titles(pair.right) == {"Hours": "<p>nine to seven</p>"}
    await pair.quiet()


async def test_an_unclean_merge_can_prefer_a_side(make_pair: MakePair) -> None:
    pair = make_pair(policy=Policy(otherwise=Otherwise.LEFT))
    ref = pair.left.write("Hours", "<p>nine to five</p>")
    await pair.sync()
    pair.left.edit(ref, body="<p>nine to six</p>")
    pair.right.edit(pair.twin(ref), body="<p>nine to seven</p>")
    await pair.sync()
    assert pair.titles(pair.right) == {"Hours": "<p>nine to six</p>"}
    (review,) = pair.session.conflicts()
    assert review.record.review


async def test_the_deletion_of_an_original_travels(pair: Any) -> None:
    ref = pair.left.write("Hours", "<p>x</p>")
    pair.left.write("Other", "<p>y</p>")
    await pair.sync()
    pair.left.trash(ref)
    report = await pair.sync()
    assert report.removed == 1
    assert set(pair.titles(pair.right)) == {"Other"}
    await pair.quiet()
    pair.left.restore(ref)
    await pair.sync()
    assert set(pair.titles(pair.right)) == {"Other", "Hours"}
    await pair.quiet()


async def test_the_deletion_of_a_copy_asks(pair: Any) -> None:
    ref = pair.left.write("Hours", "<p>x</p>")
    await pair.sync()
    pair.right.trash(pair.twin(ref))
    report = await pair.sync()
    assert report.conflicts == 1
    await pair.quiet()
    (conflict,) = pair.session.conflicts()
    await pair.session.resolve(conflict.record.id, "left")
    assert pair.titles(pair.right) == {"Hours": "<p>x</p>"}
    await pair.quiet()


async def test_retiring_the_original_of_a_deleted_copy(pair: Any) -> None:
    ref = pair.left.write("Hours", "<p>x</p>")
    await pair.sync()
    pair.right.trash(pair.twin(ref))
    await pair.sync()
    (conflict,) = pair.session.conflicts()
    await pair.session.resolve(conflict.record.id, "right")
    assert not pair.left.live()
    await pair.quiet()


async def test_an_edit_beats_a_deletion_and_is_flagged(pair: Any) -> None:
    ref = pair.left.write("Hours", "<p>x</p>")
    await pair.sync()
    pair.right.edit(pair.twin(ref), body="<p>better</p>")
    pair.left.trash(ref)
    await pair.sync()
    assert pair.titles(pair.left) == pair.titles(pair.right) == {"Hours": "<p>better</p>"}
    assert pair.session.conflicts()[0].record.review
    await pair.quiet()


async def test_a_restricted_page_is_withdrawn_and_comes_back_when_it_is_opened(pair: Any) -> None:
    ref = pair.left.write("Pay", "<p>secret</p>")
    await pair.sync()
    pair.left.restrict(ref)
    report = await pair.sync()
    assert report.withdrawn == 1
    assert not pair.right.live()
    await pair.quiet()
    pair.left.open_(ref)
    await pair.sync()
    assert pair.titles(pair.right) == {"Pay": "<p>secret</p>"}
    await pair.quiet()


async def test_restriction_goes_around_caps_and_keeps_the_copys_edit(make_pair: MakePair) -> None:
    pair = make_pair(limits=Limits(delete_count=0, delete_share=0.0))
    refs = [pair.left.write(f"Pay {n}", "<p>secret</p>") for n in range(5)]
    await pair.sync()
    pair.right.edit(pair.twin(refs[0]), body="<p>edited</p>")
    for ref in refs:
        pair.left.restrict(ref)
    report = await pair.sync()
    assert report.withdrawn == 5
    assert not pair.right.live()
    (kept,) = pair.session.conflicts()
    assert kept.right.body == "<p>edited</p>"


async def test_a_restricted_page_is_never_copied_in_the_first_place(pair: Any) -> None:
    ref = pair.left.write("Pay", "<p>secret</p>")
    pair.left.restrict(ref)
    await pair.sync()
    assert not pair.right.live()
    assert "restricted" in " ".join(await pair.session.explain(ref))
    await pair.quiet()


async def test_an_unknown_visibility_blocks_writes_and_withdraws_only_after_a_while(
    make_pair: MakePair,
) -> None:
    pair = make_pair(limits=Limits(withdraw_after=timedelta(hours=1)))
    ref = pair.left.write("Pay", "<p>one</p>")
    for n in range(9):
        pair.left.write(f"Other {n}", "<p>open</p>")
    await pair.sync()
    pair.left.edit(ref, body="<p>two</p>")
    pair.left.obscure(ref)
    await pair.sync()
    assert pair.titles(pair.right)["Pay"] == "<p>one</p>"
    await pair.clock.sleep(3700)
    await pair.sync()
    assert "Pay" not in pair.titles(pair.right)


async def test_a_systemic_failure_of_the_look_up_withdraws_nothing(make_pair: MakePair) -> None:
    pair = make_pair(limits=Limits(withdraw_after=timedelta(hours=1)))
    refs = [pair.left.write(f"Page {n}", "<p>open</p>") for n in range(5)]
    await pair.sync()
    for ref in refs:
        pair.left.obscure(ref)
    await pair.sync()
    await pair.clock.sleep(7200)
    report = await pair.sync()
    assert len(pair.right.live()) == 5
    assert report.alarms


async def test_many_deletions_need_an_approval_and_edits_go_through(make_pair: MakePair) -> None:
    pair = make_pair(limits=Limits(delete_count=2))
    refs = [pair.left.write(f"Page {n}", "<p>x</p>") for n in range(10)]
    await pair.sync()
    for ref in refs[:5]:
        pair.left.trash(ref)
    pair.left.edit(refs[9], body="<p>new</p>")
    report = await pair.sync()
    assert report.refused is not None
    assert len(pair.right.live()) == 10
    assert pair.titles(pair.right)["Page 9"] == "<p>new</p>"
    refused = await pair.sync(approve="wrong")
    assert refused.refused is not None
    report = await pair.sync(approve=report.refused.token)
    assert report.removed == 5
    assert len(pair.right.live()) == 5


async def test_a_short_listing_that_says_so_removes_nothing(pair: Any) -> None:
    for n in range(6):
        pair.left.write(f"Page {n}", "<p>x</p>")
    await pair.sync()
    pair.left.fail("heads", Unavailable("the connection broke"), skip=2)
    report = await pair.sync()
    assert Side.LEFT in report.incomplete
    assert len(pair.right.live()) == 6


async def test_a_short_listing_that_claims_to_be_complete_removes_nothing(pair: Any) -> None:
    for n in range(6):
        pair.left.write(f"Page {n}", "<p>x</p>")
    await pair.sync()
    pair.left.short_listing = 1
    await pair.sync()
    pair.left.short_listing = 0
    report = await pair.sync()
    assert len(pair.right.live()) == 6
    assert report.alarms


async def test_a_version_that_moves_without_content_is_no_edit(pair: Any) -> None:
    ref = pair.left.write("Hours", "<p>x</p>")
    await pair.sync()
    pair.left.touch(ref)
    before = len(pair.right.mutations)
    await pair.sync()
    assert len(pair.right.mutations) == before
    await pair.quiet()


async def test_one_poisoned_item_changes_nothing_for_the_others(pair: Any) -> None:
    bad = pair.left.write("Bad", "<p>x</p>")
    good = pair.left.write("Good", "<p>x</p>")
    await pair.sync()
    pair.left.edit(bad, body="<p>y</p>")
    pair.left.edit(good, body="<p>y</p>")
    pair.right.fail("update", Rejected("too long"), times=-1, ref=pair.twin(bad))
    report = await pair.sync()
    assert report.failed == 1
    assert pair.titles(pair.right) == {"Bad": "<p>x</p>", "Good": "<p>y</p>"}
    (held,) = pair.session.quarantine()
    assert "too long" in held.reason
    pair.right.recover()
    pair.session.retry(held.ref)
    await pair.sync()
    assert pair.titles(pair.right) == {"Bad": "<p>y</p>", "Good": "<p>y</p>"}
    assert not pair.session.quarantine()


async def test_a_quarantined_item_is_tried_again_later(pair: Any) -> None:
    pair.left.write("Bad", "<p>x</p>")
    pair.right.fail("create", Rejected("no"), times=1)
    await pair.sync()
    await pair.clock.sleep(40)
    report = await pair.sync()
    assert report.counts["waiting"] == 1
    await pair.clock.sleep(3600)
    await pair.sync()
    assert set(pair.titles(pair.right)) == {"Bad"}


async def test_items_of_one_title_are_proposed_and_left_alone(pair: Any) -> None:
    left = pair.left.write("Hours", "<p>same</p>")
    right = pair.right.write("Hours", "<p>same</p>")
    pair.left.write("Only left", "<p>x</p>")
    await pair.sync()
    assert len(pair.left.live()) == 2
    assert len(pair.right.live()) == 2
    (proposal,) = await pair.session.proposals()
    assert (proposal.left, proposal.right, proposal.score) == (left, right, 1.0)
    pair.session.accept([(left, right)])
    await pair.sync()
    assert pair.twin(left) == right
    assert not await pair.session.proposals()
    await pair.quiet()


async def test_a_rejected_proposal_makes_two_articles(pair: Any) -> None:
    left = pair.left.write("Hours", "<p>shop</p>")
    right = pair.right.write("Hours", "<p>office</p>")
    await pair.sync()
    pair.session.reject([(left, right)])
    await pair.sync()
    assert len(pair.left.live()) == len(pair.right.live()) == 2
    await pair.quiet()


async def test_a_lost_state_is_rebuilt_from_the_marks(make_pair: MakePair) -> None:
    pair = make_pair()
    pair.left.write("Hours", "<p>x</p>")
    pair.right.write("Returns", "<p>y</p>")
    await pair.sync()
    fresh = make_pair()
    fresh.session.left = fresh.session._job.left = pair.left
    fresh.session.right = fresh.session._job.right = pair.right
    report = await fresh.session.sync()
    assert report.counts["adopted"] == 2
    assert report.written == 0
    assert len(pair.left.live()) == len(pair.right.live()) == 2


async def test_a_job_can_run_one_way_only(make_pair: MakePair) -> None:
    pair = make_pair(policy=Policy(direction=Direction.LEFT_TO_RIGHT))
    ref = pair.left.write("Hours", "<p>x</p>")
    pair.right.write("Extra", "<p>y</p>")
    await pair.sync()
    assert set(pair.titles(pair.left)) == {"Hours"}
    pair.right.edit(pair.twin(ref), body="<p>drift</p>")
    report = await pair.sync()
    assert report.conflicts == 1
    assert all(m.kind != "update" for m in pair.left.mutations)
    await pair.quiet()


async def test_a_deletion_can_be_held(make_pair: MakePair) -> None:
    pair = make_pair(policy=Policy(deletes=Deletes.HOLD))
    ref = pair.left.write("Hours", "<p>x</p>")
    await pair.sync()
    pair.left.trash(ref)
    report = await pair.sync()
    assert report.conflicts == 1
    assert len(pair.right.live()) == 1
    await pair.quiet()


async def test_a_persons_draft_is_never_published(make_pair: MakePair) -> None:
    pair = make_pair(right=DRAFTS)
    ref = pair.left.write("Hours", "<p>x</p>")
    await pair.sync()
    twin = pair.twin(ref)
    pair.right.start_draft(twin, body="<p>unfinished</p>")
    pair.left.edit(ref, body="<p>y</p>")
    report = await pair.sync()
    assert report.conflicts == 1
    assert pair.right.live()[twin].body == "<p>x</p>"
    (conflict,) = pair.session.conflicts()
    assert "draft" in conflict.record.reason.value
    pair.right.discard_draft(twin)
    await pair.session.resolve(conflict.record.id, "left")
    assert pair.right.live()[twin].body == "<p>y</p>"
    await pair.quiet()


async def test_hints_do_what_a_pass_would(pair: Any) -> None:
    ref = pair.left.write("Hours", "<p>x</p>")
    await pair.sync()
    pair.left.edit(ref, body="<p>y</p>")
    pair.session.hint([Change(ref=ref)], side=Side.LEFT)
    pair.session.hint([Change(ref=ref)], side=Side.LEFT)
    await pair.session.work()
    assert pair.titles(pair.right) == {"Hours": "<p>y</p>"}
    new = pair.left.write("New", "<p>n</p>")
    pair.session.hint([Change(ref=new)], side=Side.LEFT)
    await pair.session.work()
    assert set(pair.titles(pair.right)) == {"Hours", "New"}
    pair.left.restrict(new)
    pair.session.hint([Change(ref=new)], side=Side.LEFT)
    await pair.session.work()
    assert set(pair.titles(pair.right)) == {"Hours"}
    await pair.quiet()


async def test_polling_follows_the_change_feed(pair: Any) -> None:
    ref = pair.left.write("Hours", "<p>x</p>")
    await pair.sync()
    await pair.session.poll()
    pair.left.edit(ref, body="<p>y</p>")
    pair.right.write("New", "<p>n</p>")
    await pair.session.poll()
    assert pair.titles(pair.right) == pair.titles(pair.left)
    assert len(pair.left.live()) == 2


async def test_a_plan_changes_nothing_and_apply_does_exactly_that(pair: Any) -> None:
    ref = pair.left.write("Hours", "<p>x</p>")
    await pair.sync()
    pair.left.edit(ref, body="<p>y</p>")
    pair.left.write("New", "<p>n</p>")
    before = len(pair.right.mutations)
    plan = await pair.session.plan()
    assert len(pair.right.mutations) == before
    assert sorted(i.title for i in plan.items) == ["Hours", "New"]
    again = type(plan).from_json(plan.to_json())
    assert again == plan
    report = await pair.session.apply(again)
    assert report.written == 2
    assert pair.titles(pair.left) == pair.titles(pair.right)
    await pair.quiet()


async def test_a_plan_is_refused_as_stale_item_by_item(pair: Any) -> None:
    one = pair.left.write("One", "<p>x</p>")
    two = pair.left.write("Two", "<p>x</p>")
    await pair.sync()
    pair.left.edit(one, body="<p>1</p>")
    pair.left.edit(two, body="<p>2</p>")
    plan = await pair.session.plan()
    pair.left.edit(two, body="<p>3</p>")
    report = await pair.session.apply(plan)
    assert report.counts["stale"] == 1
    assert pair.titles(pair.right) == {"One": "<p>1</p>", "Two": "<p>x</p>"}


async def test_an_undo_can_be_undone_and_says_what_is_as_it_was(pair: Any) -> None:
    one = pair.left.write("One", "<p>x</p>")
    await pair.sync()
    pair.left.edit(one, body="<p>1</p>")
    run = (await pair.sync()).run
    undone = await pair.session.undo(run)
    assert [k.detail for k in (await pair.session.undo(run)).kept] == [
        "it is as it was before that run"
    ]
    await pair.session.undo(undone.run)
    assert pair.right.live()[pair.twin(one)].body == "<p>1</p>"
    await pair.sync()
    await pair.quiet()


async def test_undo_puts_back_what_nobody_touched_since(pair: Any) -> None:
    one = pair.left.write("One", "<p>x</p>")
    two = pair.left.write("Two", "<p>x</p>")
    await pair.sync()
    pair.left.edit(one, body="<p>1</p>")
    pair.left.edit(two, body="<p>2</p>")
    run = (await pair.sync()).run
    pair.right.edit(pair.twin(two), body="<p>touched</p>")
    report = await pair.session.undo(run)
    assert pair.right.live()[pair.twin(one)].body == "<p>x</p>"
    assert pair.right.live()[pair.twin(two)].body == "<p>touched</p>"
    assert [k.title for k in report.kept] == ["Two"]
    await pair.sync()
    assert pair.right.live()[pair.twin(one)].body == "<p>x</p>"
    pair.session.release(one)
    await pair.sync()
    assert pair.right.live()[pair.twin(one)].body == "<p>1</p>"


async def test_a_pair_that_is_written_too_often_is_frozen(make_pair: MakePair) -> None:
    pair = make_pair(limits=Limits(writes_per_hour=3))
    ref = pair.left.write("Hours", "<p>0</p>")
    await pair.sync()
    for n in range(5):
        pair.left.edit(ref, body=f"<p>{n + 1}</p>")
        await pair.sync()
    (conflict,) = pair.session.conflicts()
    assert "too often" in conflict.record.reason.value


async def test_a_link_follows_when_its_target_is_paired_later(pair: Any) -> None:
    target = pair.left.write("Target", "<p>t</p>")
    pair.left.restrict(target)
    ref = pair.left.write("Source", f'<p>see <a href="syncline:doc/{target}">it</a></p>')
    await pair.sync()
    assert pair.titles(pair.right) == {"Source": "<p>see it</p>"}
    pair.left.open_(target)
    await pair.sync()
    twin = pair.twin(target)
    expected = f'<p>see <a href="syncline:doc/{twin}">it</a></p>'
    assert pair.right.live()[pair.twin(ref)].body == expected
    await pair.quiet()
    pair.left.restrict(target)
    await pair.sync()
    assert pair.right.live()[pair.twin(ref)].body == "<p>see it</p>"
    await pair.quiet()


INTERNAL = Mapping(exclude=Filter(labels=frozenset({"internal"})))


async def test_the_copy_of_what_leaves_the_filter_goes_and_comes_back_with_it(
    make_pair: MakePair,
) -> None:
    pair = make_pair(mapping=INTERNAL)
    ref = pair.left.write("Hours", "<p>x</p>", labels=frozenset[str]())
    pair.left.write("Other", "<p>x</p>", labels=frozenset[str]())
    await pair.sync()
    pair.left.edit(ref, labels=frozenset({"internal"}))
    report = await pair.sync()
    assert (report.removed, report.items[0].detail) == (
        1,
        "it matches what the job excludes: label 'internal'",
    )
    assert set(pair.titles(pair.right)) == {"Other"}
    assert len(pair.left.live()) == 2
    await pair.sync()
    await pair.quiet()
    pair.left.edit(ref, labels=frozenset[str]())
    await pair.sync()
    assert set(pair.titles(pair.right)) == {"Other", "Hours"}


async def test_an_original_stays_when_its_copy_leaves_the_filter(make_pair: MakePair) -> None:
    pair = make_pair(mapping=INTERNAL)
    ref = pair.right.write("Hours", "<p>x</p>", labels=frozenset[str]())
    await pair.sync()
    pair.left.edit(pair.twin(ref), labels=frozenset({"internal"}))
    report = await pair.sync()
    assert report.counts["detached"] == 1
    assert len(pair.left.live()) == len(pair.right.live()) == 1
    await pair.quiet()


async def test_a_changed_filter_dissolves_pairs_and_removes_nothing(make_pair: MakePair) -> None:
    pair = make_pair()
    pair.left.write("Hours", "<p>x</p>", labels=frozenset({"internal"}))
    await pair.sync()
    pair.session = attrs.evolve(pair.session, mapping=INTERNAL)
    report = await pair.sync()
    assert report.counts["detached"] == 1
    assert len(pair.left.live()) == len(pair.right.live()) == 1
    await pair.quiet()


async def test_what_moves_out_of_scope_is_withdrawn_under_the_caps(pair: Any) -> None:
    ref = pair.left.write("Hours", "<p>x</p>")
    pair.left.write("Other", "<p>x</p>")
    await pair.sync()
    pair.left.leave_scope(ref)
    report = await pair.sync()
    assert report.removed == 1
    assert set(pair.titles(pair.right)) == {"Other"}


async def test_a_page_that_nobody_can_see_any_more_is_removed_on_the_second_pass(
    pair: Any,
) -> None:
    ref = pair.left.write("Hours", "<p>x</p>")
    pair.left.write("Other", "<p>x</p>")
    await pair.sync()
    pair.left.hide(ref)
    await pair.sync()
    assert len(pair.right.live()) == 2
    await pair.sync()
    assert set(pair.titles(pair.right)) == {"Other"}


async def test_another_process_is_refused_while_one_works(pair: Any) -> None:
    assert pair.state.acquire("job/job", holder="somebody else", ttl=60)
    with pytest.raises(Refused, match="another process"):
        await pair.sync()


async def test_what_the_filter_keeps_out_is_not_created_from_the_other_side_either(
    make_pair: MakePair,
) -> None:
    pair = make_pair(mapping=INTERNAL)
    ref = pair.right.write("Secret", "<p>x</p>", labels=frozenset({"internal"}))
    await pair.sync()
    assert not pair.left.live()
    assert "not synced" in " ".join(await pair.session.explain(ref))
    await pair.quiet()


async def test_a_persons_draft_is_kept_before_its_article_is_withdrawn(
    make_pair: MakePair,
) -> None:
    pair = make_pair(right=DRAFTS)
    ref = pair.left.write("Pay", "<p>x</p>")
    await pair.sync()
    pair.right.start_draft(pair.twin(ref), body="<p>an hour of work</p>")
    pair.left.restrict(ref)
    report = await pair.sync()
    assert report.withdrawn == 1
    assert not pair.right.live()
    kept = [view.right.body for view in pair.session.conflicts() if view.right is not None]
    assert "<p>an hour of work</p>" in kept


async def test_a_draft_that_a_lost_answer_left_behind_is_ours_and_gets_published(
    make_pair: MakePair,
) -> None:
    pair = make_pair(right=DRAFTS)
    ref = pair.left.write("Hours", "<p>one</p>")
    await pair.sync()
    pair.left.edit(ref, body="<p>two</p>")
    pair.right.fail("publish", Unavailable("the server went away"))
    await pair.sync()
    assert pair.right.live()[pair.twin(ref)].body == "<p>one</p>"
    pair.right.recover()
    for _ in range(3):
        await pair.clock.sleep(3600)
        await pair.sync()
    assert pair.right.live()[pair.twin(ref)].body == "<p>two</p>"
    assert not pair.session.conflicts()
    await pair.quiet()


async def test_a_choice_while_the_draft_is_still_open_leaves_the_pair_waiting_for_the_draft(
    make_pair: MakePair,
) -> None:
    pair = make_pair(right=DRAFTS)
    ref = pair.left.write("Hours", "<p>one</p>")
    await pair.sync()
    twin = pair.twin(ref)
    pair.right.start_draft(twin, body="<p>an hour of work</p>")
    pair.left.edit(ref, body="<p>two</p>")
    await pair.sync()
    (conflict,) = pair.session.conflicts()
    with contextlib.suppress(Stale):
        await pair.session.resolve(conflict.record.id, "left")
    await pair.sync()
    (waiting,) = pair.session.conflicts()
    assert waiting.record.reason is Reason.OPEN_DRAFT
    pair.right.discard_draft(twin)
    await pair.sync()
    assert pair.right.live()[twin].body == "<p>two</p>"
    assert not pair.session.conflicts()
