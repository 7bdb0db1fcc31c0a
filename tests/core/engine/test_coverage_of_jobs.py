"""What a job covers: filters, scopes, and what nobody sees any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from syncline.mapping import Filter, Mapping

MakePair = Callable[..., Any]
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


async def test_a_page_that_nobody_can_see_any_more_is_removed_on_the_second_pass(pair: Any) -> None:
    ref = pair.left.write("Hours", "<p>x</p>")
    pair.left.write("Other", "<p>x</p>")
    await pair.sync()
    pair.left.hide(ref)
    await pair.sync()
    assert len(pair.right.live()) == 2
    await pair.sync()
    assert set(pair.titles(pair.right)) == {"Other"}


async def test_what_the_filter_keeps_out_is_not_created_from_the_other_side_either(
    make_pair: MakePair,
) -> None:
    pair = make_pair(mapping=INTERNAL)
    ref = pair.right.write("Secret", "<p>x</p>", labels=frozenset({"internal"}))
    await pair.sync()
    assert not pair.left.live()
    assert "not synced" in " ".join(await pair.session.explain(ref))
    await pair.quiet()
