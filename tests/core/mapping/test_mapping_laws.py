"""The lens laws, over random rule lists that `faults` lets pass and random documents."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from syncline.mapping import (
    Excluded,
    InSpace,
    Labelled,
    Mapping,
    Rule,
    Titles,
    ToCategory,
    ToLabel,
    Under,
    faults,
)
from syncline.model import Document

LABELS = ("billing", "returns", "faq", "agent", "review")
RESERVED = frozenset({"review"})
SECTIONS = ("Support", "Orders", "Returns")
CATEGORIES = (("Billing",), ("Orders", "Returns"), ("FAQ",), ())

labels = st.frozensets(st.sampled_from(LABELS))
paths = st.lists(st.sampled_from(SECTIONS), max_size=3).map(tuple)
categories = st.sampled_from(CATEGORIES)
named = st.sampled_from(LABELS)
sources = (
    named.map(Labelled)
    | st.lists(st.sampled_from(SECTIONS), min_size=1, max_size=2).map(tuple).map(Under)
    | st.sampled_from(("SUP", "HR")).map(InSpace)
)
rules: st.SearchStrategy[Rule] = st.builds(
    ToCategory, source=sources, category=categories.filter(bool), one_way=st.booleans()
) | st.builds(ToLabel, label=named, to_label=named, one_way=st.booleans())
titles = st.builds(Titles, prefix=st.sampled_from(("", "KB: ")), suffix=st.sampled_from(("", " *")))
lefts = st.builds(
    Document,
    title=st.sampled_from(("Refunds", "KB: Refunds *", "*", " *", "Über uns")),
    body=st.sampled_from(("<p>a</p>", "<p>b</p>")),
    category=st.none() | categories,
    labels=st.none() | labels,
    container=st.sampled_from(("SUP", "HR", "")),
    path=paths,
)
complete = st.builds(Document, title=st.just("a"), category=categories, labels=labels, path=paths)


@st.composite
def mappings(draw: st.DrawFn, *, two_way: bool = False) -> Mapping:
    """Rule lists as `check` accepts them: each rule is dropped where it clashes."""
    kept: list[Rule] = []
    for rule in draw(st.lists(rules, max_size=5)):
        if (two_way and rule.one_way) or any(faults([*kept, rule], RESERVED)):
            continue
        kept.append(rule)
    return Mapping(rules=tuple(kept), titles=draw(titles), reserved=RESERVED)


def shown(mapping: Mapping, left: Document) -> Document:
    view = mapping.forward(left)
    assert not isinstance(view, Excluded)
    return view


def content(document: Document) -> object:
    return document.canonical()


@given(mapping=mappings(), left=lefts)
@settings(deadline=None, max_examples=250)
def test_putting_back_what_was_shown_changes_nothing(mapping: Mapping, left: Document) -> None:
    assert mapping.backward(shown(mapping, left), left) == left


@given(mapping=mappings(two_way=True), other=lefts, left=lefts)
@settings(deadline=None, max_examples=300)
def test_what_was_put_back_is_shown_again(
    mapping: Mapping, other: Document, left: Document
) -> None:
    # The same fields on both: a store that has no labels cannot show any.
    assume((other.labels is None) == (left.labels is None))
    assume((other.category is None) == (left.category is None))
    assume(left.labels is not None or not _needs_labels(mapping))
    shared = shown(mapping, other)
    assert content(shown(mapping, mapping.backward(shared, left))) == content(shared)


@given(mapping=mappings(two_way=True), other=lefts)
@settings(deadline=None, max_examples=150)
def test_a_new_left_document_shows_what_it_was_made_from(mapping: Mapping, other: Document) -> None:
    shared = shown(mapping, other)
    again = shown(mapping, mapping.backward(shared, None))
    assert again.title == shared.title
    assert shared.category is None or again.category == shared.category
    assert shared.labels is None or again.labels == shared.labels


@given(mapping=mappings(), other=lefts, left=lefts)
@settings(deadline=None, max_examples=150)
def test_our_own_labels_are_never_shown_added_or_removed(
    mapping: Mapping, other: Document, left: Document
) -> None:
    view = shown(mapping, left)
    assert not (view.labels or frozenset()) & RESERVED
    back = mapping.backward(other, left)
    assert (back.labels or frozenset()) & RESERVED == (left.labels or frozenset()) & RESERVED


@given(mapping=mappings(), other=lefts, left=lefts)
@settings(deadline=None, max_examples=150)
def test_putting_twice_is_putting_once(mapping: Mapping, other: Document, left: Document) -> None:
    once = mapping.backward(other, left)
    assert mapping.backward(other, once) == once


@given(left=complete, right=complete)
@settings(deadline=None, max_examples=100)
def test_without_rules_the_mapping_is_the_identity(left: Document, right: Document) -> None:
    mapping = Mapping()
    assert mapping.forward(left) == left
    assert content(mapping.backward(right, left)) == content(right)
    assert content(mapping.backward(right, None)) == content(right)


def _needs_labels(mapping: Mapping) -> bool:
    return any(isinstance(r, ToCategory) and isinstance(r.source, Labelled) for r in mapping.rules)
