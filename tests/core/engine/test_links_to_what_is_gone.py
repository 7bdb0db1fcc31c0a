"""A link never points to a copy that was taken away, and comes back with its target."""

from __future__ import annotations

from typing import Any

from syncline.model import Change, Ref, Side


def link_to(ref: Ref) -> str:
    return f'<p>see <a href="syncline:doc/{ref}">it</a></p>'


async def linked(pair: Any) -> tuple[Ref, Ref]:
    """Sync an article that links to another one, among others; return the target and the source."""
    target = pair.left.write("Target", "<p>t</p>")
    source = pair.left.write("Source", link_to(target))
    for n in range(5):
        pair.left.write(f"Other {n}", "<p>o</p>")
    await pair.sync()
    assert pair.right.live()[pair.twin(source)].body == link_to(pair.twin(target))
    return target, source


async def test_a_link_to_a_removed_copy_goes_in_the_same_pass_and_comes_back_with_a_restore(
    pair: Any,
) -> None:
    target, source = await linked(pair)
    copy = pair.twin(source)
    pair.left.trash(target)
    await pair.sync()
    assert pair.right.live()[copy].body == "<p>see it</p>"
    assert pair.left.live()[source].body == link_to(target)
    await pair.quiet()
    pair.left.restore(target)
    await pair.sync()
    assert pair.right.live()[copy].body == link_to(pair.twin(target))
    await pair.quiet()
    await pair.quiet()


async def test_a_hint_of_the_removal_is_enough(pair: Any) -> None:
    target, source = await linked(pair)
    pair.left.trash(target)
    pair.session.hint([Change(ref=target)], side=Side.LEFT)
    await pair.session.work()
    await pair.session.work()
    assert pair.right.live()[pair.twin(source)].body == "<p>see it</p>"


async def test_an_original_of_the_other_side_loses_its_link_to_a_removed_copy_and_gets_it_back(
    pair: Any,
) -> None:
    target, _ = await linked(pair)
    mine = pair.right.write("Mine", link_to(pair.twin(target)))
    await pair.sync()
    assert pair.left.live()[pair.twin(mine)].body == link_to(target)
    pair.left.trash(target)
    await pair.sync()
    assert pair.right.live()[mine].body == "<p>see it</p>"
    pair.left.restore(target)
    await pair.sync()
    assert pair.right.live()[mine].body == link_to(pair.twin(target))
    await pair.quiet()


async def test_an_edit_beside_a_dead_link_is_carried_in_the_same_pass(pair: Any) -> None:
    target, source = await linked(pair)
    pair.left.trash(target)
    body = link_to(target).replace("see", "do see")
    pair.left.edit(source, body=body)
    await pair.sync()
    await pair.sync()
    assert pair.right.live()[pair.twin(source)].body == "<p>do see it</p>"
    assert not pair.session.conflicts()
    pair.left.restore(target)
    await pair.sync()
    assert pair.right.live()[pair.twin(source)].body == body.replace(
        str(target), str(pair.twin(target))
    )


async def test_a_link_to_what_was_left_behind_stays(pair: Any) -> None:
    target, source = await linked(pair)
    twin = pair.twin(target)
    pair.right.leave_scope(twin)
    await pair.sync()
    assert pair.state.link("job", target) is None
    pair.left.edit(source, body=link_to(target) + "<p>more</p>")
    await pair.sync()
    assert pair.right.live()[pair.twin(source)].body == link_to(twin) + "<p>more</p>"
    await pair.quiet()


async def test_a_link_leads_to_the_copy_that_took_the_place_of_a_deleted_one(pair: Any) -> None:
    target, source = await linked(pair)
    old = pair.twin(target)
    pair.right.trash(old)
    await pair.sync()
    (view,) = pair.session.conflicts()
    await pair.session.resolve(view.record.id, "left")
    await pair.sync()
    assert pair.twin(target) != old
    assert pair.right.live()[pair.twin(source)].body == link_to(pair.twin(target))
    await pair.quiet()


async def test_a_link_to_a_copy_that_an_undo_took_away_goes(pair: Any) -> None:
    source = await pair.paired("Source", "<p>s</p>")
    target = pair.left.write("Target", "<p>t</p>")
    report = await pair.sync()
    pair.left.edit(source, body=link_to(target))
    await pair.sync()
    assert "syncline:doc" in pair.right.live()[pair.twin(source)].body
    await pair.session.undo(report.run)
    await pair.sync()
    assert pair.right.live()[pair.twin(source)].body == "<p>see it</p>"
    await pair.quiet()


async def test_a_removed_copy_that_a_person_has_brought_back_can_be_linked_to(pair: Any) -> None:
    target, source = await linked(pair)
    twin, copy = pair.twin(target), pair.twin(source)
    pair.left.trash(target)
    await pair.sync()
    pair.right.restore(twin)
    pair.right.edit(copy, body="<p>see it</p>" + link_to(twin))
    await pair.sync()
    body = pair.left.live()[source].body
    pair.left.edit(source, body=body + "<p>more</p>")
    await pair.sync()
    assert pair.right.live()[copy].body == "<p>see it</p>" + link_to(twin) + "<p>more</p>"
    await pair.quiet()


def written(pair: Any, ref: Ref) -> int:
    return sum(mutation.ref == ref for mutation in pair.right.mutations)


async def test_a_target_that_goes_and_comes_makes_one_write_of_the_source_each_time(
    pair: Any,
) -> None:
    target, source = await linked(pair)
    copy = pair.twin(source)
    for act in (pair.left.trash, pair.left.restore) * 3:
        act(target)
        before = written(pair, copy)
        await pair.sync()
        await pair.quiet()
        assert written(pair, copy) == before + 1
