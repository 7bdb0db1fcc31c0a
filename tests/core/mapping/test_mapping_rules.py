"""Rules, filters and titles one by one."""

from __future__ import annotations

import pytest
from attrs import evolve

from syncline.errors import Rejected
from syncline.mapping import (
    Excluded,
    Filter,
    InSpace,
    Labelled,
    Mapping,
    Rule,
    Titles,
    ToCategory,
    ToLabel,
    Under,
    compiled,
    faults,
)
from syncline.model import Document

PAGE = Document(
    title="Refunds",
    labels=frozenset({"billing", "agent-assist"}),
    container="SUP",
    path=("Support", "Orders", "Returns"),
)


def category(mapping: Mapping, left: Document) -> tuple[str, ...] | None:
    view = mapping.forward(left)
    assert isinstance(view, Document)
    return view.category


def rule(source: Labelled | Under | InSpace, *target: str, one_way: bool = False) -> ToCategory:
    return ToCategory(source=source, category=target, one_way=one_way)


BILLING = rule(Labelled("billing"), "Billing")
RETURNS = rule(Under(("Orders", "Returns")), "Orders", "Returns")


def test_the_first_rule_that_holds_gives_the_category() -> None:
    assert category(Mapping(rules=(BILLING, RETURNS)), PAGE) == ("Billing",)
    assert category(Mapping(rules=(RETURNS, BILLING)), PAGE) == ("Orders", "Returns")


def test_a_page_without_a_matching_rule_has_no_category() -> None:
    assert category(Mapping(rules=(BILLING,)), evolve(PAGE, labels=frozenset())) == ()


def test_a_label_that_means_a_category_is_not_shown_as_a_label() -> None:
    view = Mapping(rules=(BILLING,)).forward(PAGE)
    assert isinstance(view, Document)
    assert view.labels == frozenset({"agent-assist"})


def test_moving_an_article_to_another_category_changes_the_label() -> None:
    mapping = Mapping(rules=(BILLING, rule(Labelled("faq"), "FAQ")))
    moved = Document(title="Refunds", category=("FAQ",), labels=frozenset({"agent-assist"}))
    assert mapping.backward(moved, PAGE).labels == frozenset({"faq", "agent-assist"})


def test_a_category_that_no_rule_knows_leaves_the_page_where_it_is() -> None:
    other = Document(title="Refunds", category=("Misc",), labels=frozenset({"agent-assist"}))
    assert Mapping(rules=(BILLING,)).backward(other, PAGE) == PAGE


def test_a_label_that_lost_against_an_earlier_rule_survives_on_the_left() -> None:
    mapping = Mapping(rules=(BILLING, rule(Labelled("faq"), "FAQ")))
    both = evolve(PAGE, labels=frozenset({"billing", "faq"}))
    edited = Document(title="New title", category=("Billing",), labels=frozenset())
    assert mapping.backward(edited, both) == evolve(both, title="New title")


def test_a_renamed_label_comes_back_under_its_own_name() -> None:
    mapping = Mapping(rules=(ToLabel(label="agent-assist", to_label="agent"),))
    new = Document(title="x", labels=frozenset({"agent", "other"}))
    assert mapping.backward(new, None).labels == frozenset({"agent-assist", "other"})


def test_a_space_rule_places_a_new_article() -> None:
    mapping = Mapping(rules=(rule(InSpace("HR"), "People"),))
    assert mapping.backward(Document(title="x", category=("People",)), None).container == "HR"


@pytest.mark.parametrize(
    ("rules", "index", "part"),
    [
        ((BILLING, rule(Labelled("money"), "Billing")), 1, "not one-to-one: rule 1 leads"),
        ((BILLING, rule(Labelled("billing"), "Other")), 1, "it never applies: rule 1"),
        ((rule(Under(("Returns",)), "A"), RETURNS), 1, "it never applies: rule 1"),
        ((BILLING, ToLabel(label="billing", to_label="b")), 1, "both use this label"),
        ((ToLabel(label="billing", to_label="b"), BILLING), 1, "both use this label"),
        ((ToLabel(label="a", to_label="b"), ToLabel(label="a", to_label="c")), 1, "never"),
        ((ToLabel(label="a", to_label="c"), ToLabel(label="b", to_label="c")), 1, "one-to-one"),
        ((ToLabel(label="review", to_label="c"),), 0, "Syncline's own"),
        ((rule(Labelled("review"), "A"),), 0, "Syncline's own"),
    ],
)
def test_rules_that_cannot_stand_beside_each_other_are_named(
    rules: tuple[Rule, ...], index: int, part: str
) -> None:
    (found,) = faults(rules, frozenset({"review"}))
    assert found[0] == index
    assert part in found[1]


@pytest.mark.parametrize(
    "rules",
    [
        (BILLING, rule(Labelled("money"), "Billing", one_way=True)),
        (ToLabel(label="a", to_label="b"), ToLabel(label="b", to_label="a")),
        (rule(Labelled("a"), "A", one_way=True), ToLabel(label="a", to_label="b")),
        (RETURNS, rule(Under(("Returns",)), "Other")),
    ],
)
def test_rules_with_one_way_back_pass(rules: tuple[Rule, ...]) -> None:
    assert list(faults(rules, frozenset())) == []


@pytest.mark.parametrize(
    ("include", "exclude", "reason"),
    [
        (Filter(labels=frozenset({"public"})), Filter(), "includes: label 'public'"),
        (Filter(paths=(("Support",), ("HR",))), Filter(labels=frozenset({"billing"})), "excludes"),
        (Filter(), Filter(paths=(("Support", "Orders"),)), "excludes: path 'Support/Orders'"),
        (Filter(containers=frozenset({"HR"})), Filter(), "includes: container 'HR'"),
        (Filter(), Filter(when=compiled("title == 'Refunds'")), "excludes: condition"),
        (Filter(categories=(("A",),)), Filter(), "includes: category 'A'"),
    ],
)
def test_a_page_outside_the_filters_is_left_out_with_the_reason(
    include: Filter, exclude: Filter, reason: str
) -> None:
    view = Mapping(include=include, exclude=exclude).forward(PAGE)
    assert isinstance(view, Excluded)
    assert reason in view.reason


def test_a_path_filter_counts_from_the_root() -> None:
    assert isinstance(Mapping(include=Filter(paths=(("Orders",),))).forward(PAGE), Excluded)


def test_a_filter_without_a_value_is_an_error_and_not_an_exclusion() -> None:
    mapping = Mapping(exclude=Filter(when=compiled("path[5] == 'x'")))
    with pytest.raises(Rejected, match=r"'Refunds' cannot be mapped: exclude\.when"):
        mapping.forward(PAGE)


def test_a_new_article_is_judged_by_its_labels_before_it_has_a_place() -> None:
    mapping = Mapping(
        include=Filter(containers=frozenset({"SUP"})),
        exclude=Filter(labels=frozenset({"internal"})),
    )
    new = Document(title="x", labels=frozenset())
    assert mapping.admits(new) is None
    refused = mapping.admits(evolve(new, labels=frozenset({"internal"})))
    assert refused is not None
    assert "internal" in refused.reason


def test_a_suffix_is_added_and_taken_off() -> None:
    mapping = Mapping(titles=Titles(suffix=" (Support)"))
    view = mapping.forward(PAGE)
    assert isinstance(view, Document)
    assert view.title == "Refunds (Support)"
    renamed = evolve(view, title="Money back (Support)")
    assert mapping.backward(renamed, PAGE).title == "Money back"


def test_a_one_way_title_never_comes_back() -> None:
    titles = Titles(template=compiled("container + ': ' + title"), one_way=True)
    mapping = Mapping(titles=titles)
    assert titles.fault() is None
    edited = Document(title="something else")
    assert mapping.backward(edited, PAGE).title == "Refunds"


@pytest.mark.parametrize(
    ("text", "prefix", "suffix", "ok"),
    [
        ("title + ' (Support)'", "", " (Support)", True),
        ("'faq' in labels ? title + ' (FAQ)' : title", "", " (FAQ)", True),
        ("title + ' (Support)'", "", "", False),
        ("container + ': ' + title", "SUPPORT: ", "", False),
        ("'fixed'", "", "", False),
        ("title", "", "", True),
    ],
)
def test_a_two_way_title_template_needs_its_affixes(
    text: str, prefix: str, suffix: str, ok: bool
) -> None:
    titles = Titles(prefix=prefix, suffix=suffix, template=compiled(text))
    assert (titles.fault() is None) is ok


def test_a_title_that_is_all_suffix_is_kept_whole() -> None:
    assert Titles(suffix="*").backward("*", None) == "*"


def test_category_rules_give_the_left_a_category_to_share() -> None:
    held = frozenset({"title", "body", "labels"})
    assert Mapping(rules=(BILLING,)).fields(held) == held | {"category"}
    assert Mapping(rules=(ToLabel(label="a", to_label="b"),)).fields(held) == held


def test_the_version_follows_everything_that_decides_the_view() -> None:
    variants = [
        Mapping(),
        Mapping(rules=(BILLING,)),
        Mapping(rules=(evolve(BILLING, one_way=True),)),
        Mapping(rules=(BILLING, RETURNS)),
        Mapping(rules=(RETURNS, BILLING)),
        Mapping(include=Filter(labels=frozenset({"a"}))),
        Mapping(exclude=Filter(labels=frozenset({"a"}))),
        Mapping(exclude=Filter(when=compiled("title == 'a'"))),
        Mapping(titles=Titles(suffix="a")),
        Mapping(titles=Titles(template=compiled("title"))),
        Mapping(reserved=frozenset({"review"})),
    ]
    assert len({variant.version for variant in variants}) == len(variants)
    assert Mapping(rules=(BILLING,)).version == Mapping(rules=(BILLING,)).version
