"""What one pass after another does to two systems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from syncline.decision import Direction, Policy
from syncline.errors import Refused, Rejected
from syncline.model import Change, Side

MakePair = Callable[..., Any]


async def test_new_articles_appear_on_the_other_side(pair: Any) -> None:
    pair.left.write("Hours", "<p>9 to 5</p>")
    pair.right.write("Returns", "<p>30 days</p>")
    report = await pair.sync()
    assert pair.titles(pair.left) == pair.titles(pair.right)
    assert set(pair.titles(pair.left)) == {"Hours", "Returns"}
    assert report.counts["created"] == 2
    await pair.quiet()


async def test_an_edit_travels_both_ways(pair: Any) -> None:
    ref = await pair.paired("Hours", "<p>9 to 5</p><p>Closed on Sunday</p>")
    pair.right.edit(pair.twin(ref), body="<p>9 to 6</p><p>Closed on Sunday</p>")
    await pair.sync()
    assert pair.left.value(ref).body == "<p>9 to 6</p><p>Closed on Sunday</p>"
    pair.left.rename(ref, "Opening hours")
    await pair.sync()
    assert set(pair.titles(pair.right)) == {"Opening hours"}
    await pair.quiet()


async def test_a_version_that_moves_without_content_is_no_edit(pair: Any) -> None:
    ref = await pair.paired("Hours", "<p>x</p>")
    pair.left.touch(ref)
    before = len(pair.right.mutations)
    await pair.sync()
    assert len(pair.right.mutations) == before
    await pair.quiet()


async def test_one_poisoned_item_changes_nothing_for_the_others(pair: Any) -> None:
    bad = pair.left.write("Bad", "<p>x</p>")
    good = await pair.paired("Good", "<p>x</p>")
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


async def test_hints_do_what_a_pass_would(pair: Any) -> None:
    ref = await pair.paired("Hours", "<p>x</p>")
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
    ref = await pair.paired("Hours", "<p>x</p>")
    await pair.session.poll()
    pair.left.edit(ref, body="<p>y</p>")
    pair.right.write("New", "<p>n</p>")
    await pair.session.poll()
    assert pair.titles(pair.right) == pair.titles(pair.left)
    assert len(pair.left.live()) == 2


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


async def test_another_process_is_refused_while_one_works(pair: Any) -> None:
    assert pair.state.acquire("job/job", holder="somebody else", ttl=60)
    with pytest.raises(Refused, match="another process"):
        await pair.sync()
