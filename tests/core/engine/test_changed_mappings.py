"""Rules that change reach the articles that are paired already, and nobody's edit is lost by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from syncline.mapping import Labelled, Mapping, Titles, ToCategory

MakePair = Callable[..., Any]
LABELS_ONLY = {"fields": frozenset({"title", "body", "labels"})}
"""What a wiki can say: a category comes from the rules alone."""


def categories(**names: str) -> Mapping:
    """Return the rules that give documents with a label a category."""
    return Mapping(
        rules=tuple(
            ToCategory(source=Labelled(label), category=(name,)) for label, name in names.items()
        )
    )


def with_rules(pair: Any, mapping: Mapping) -> None:
    pair.session = attrs.evolve(pair.session, mapping=mapping)


async def test_the_first_rules_give_paired_articles_their_categories(make_pair: MakePair) -> None:
    pair = make_pair(left=LABELS_ONLY)
    ref = pair.left.write("Hours", "<p>x</p>", labels=frozenset({"bills"}), category=None)
    await pair.sync()
    with_rules(pair, categories(bills="Billing"))
    report = await pair.sync()
    assert report.written == 1
    assert pair.right.live()[pair.twin(ref)].category == ("Billing",)
    assert pair.left.live()[ref].labels == {"bills"}
    await pair.quiet()


async def test_another_category_for_a_label_moves_the_copies(make_pair: MakePair) -> None:
    pair = make_pair(left=LABELS_ONLY, mapping=categories(bills="Billing"))
    ref = pair.left.write("Hours", "<p>x</p>", labels=frozenset({"bills"}), category=None)
    await pair.sync()
    with_rules(pair, categories(bills="Money"))
    await pair.sync()
    assert pair.right.live()[pair.twin(ref)].category == ("Money",)
    assert pair.left.live()[ref].labels == {"bills"}
    await pair.quiet()


async def test_a_prefix_is_put_before_the_titles_of_the_copies(make_pair: MakePair) -> None:
    pair = make_pair()
    ref = pair.left.write("Hours", "<p>x</p>")
    await pair.sync()
    with_rules(pair, Mapping(titles=Titles(prefix="KB: ")))
    await pair.sync()
    assert pair.right.live()[pair.twin(ref)].title == "KB: Hours"
    assert pair.left.live()[ref].title == "Hours"
    await pair.quiet()


async def test_a_plan_after_new_rules_names_no_edit_of_people(make_pair: MakePair) -> None:
    pair = make_pair(left=LABELS_ONLY)
    pair.left.write("Hours", "<p>x</p>", labels=frozenset({"bills"}), category=None)
    pair.left.write("Other", "<p>x</p>", labels=frozenset[str](), category=None)
    await pair.sync()
    with_rules(pair, categories(bills="Billing"))
    plan = await pair.session.plan()
    assert [(i.title, i.decision, i.side, i.detail) for i in plan.items] == [
        ("Hours", "write", "right", "the mapping rules have changed")
    ]
    report = await pair.session.apply(plan)
    assert report.counts["stale"] == 0
    assert report.written == 1


async def test_an_edit_that_was_made_before_the_rules_changed_travels(make_pair: MakePair) -> None:
    pair = make_pair(left=LABELS_ONLY)
    ref = pair.left.write("Hours", "<p>x</p>", labels=frozenset({"bills"}), category=None)
    other = pair.left.write("Other", "<p>x</p>", labels=frozenset({"bills"}), category=None)
    await pair.sync()
    pair.left.edit(ref, body="<p>y</p>")
    pair.right.edit(pair.twin(other), body="<p>z</p>")
    with_rules(pair, categories(bills="Billing"))
    await pair.sync()
    assert pair.right.live()[pair.twin(ref)].body == "<p>y</p>"
    assert pair.right.live()[pair.twin(ref)].category == ("Billing",)
    assert pair.left.live()[other].body == "<p>z</p>"
    assert pair.left.live()[other].labels == {"bills"}
    await pair.sync()
    assert pair.right.live()[pair.twin(other)].category == ("Billing",)
    await pair.quiet()


async def test_a_category_by_hand_that_no_rule_gives_stays(make_pair: MakePair) -> None:
    pair = make_pair(left=LABELS_ONLY)
    ref = pair.left.write("Hours", "<p>x</p>", labels=frozenset[str](), category=None)
    await pair.sync()
    pair.right.edit(pair.twin(ref), category=("By hand",))
    await pair.sync()
    with_rules(pair, categories(bills="Billing"))
    await pair.sync()
    assert pair.right.live()[pair.twin(ref)].category == ("By hand",)
    await pair.quiet()
