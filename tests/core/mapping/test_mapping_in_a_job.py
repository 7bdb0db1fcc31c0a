"""The mapping where it counts: between a wiki with labels and a base with categories."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest

from syncline.engine import Session
from syncline.mapping import InSpace, Labelled, Mapping, Titles, ToCategory, ToLabel
from syncline.model import Document, Ref, restrict
from syncline.state import SqliteState
from syncline.testing import FakeClock, MemoryStore

WIKI = frozenset({"title", "body", "labels"})
BILLING = ToCategory(source=Labelled("billing"), category=("Billing",))
FAQ = ToCategory(source=Labelled("faq"), category=("Questions", "FAQ"))
AGENT = ToLabel(label="agent-assist", to_label="agent")
RULES = Mapping(rules=(BILLING, FAQ, AGENT), reserved=frozenset({"syncline-review"}))


@attrs.define
class Pair:
    wiki: MemoryStore
    base: MemoryStore
    session: Session
    state: SqliteState

    async def sync(self) -> int:
        """One pass; how many writes it made."""
        return (await self.session.sync()).written

    def twin(self, ref: Ref) -> Document:
        """The other side of an article."""
        link = self.state.link("job", ref)
        assert link is not None
        store = self.base if ref.connection == "wiki" else self.wiki
        other = link.right.ref if ref.connection == "wiki" else link.left.ref
        assert other is not None
        return store.live()[other]


@pytest.fixture
def pair() -> Callable[[Mapping], Pair]:
    def make(mapping: Mapping) -> Pair:
        clock = FakeClock()
        wiki, base = MemoryStore("wiki", clock, fields=WIKI), MemoryStore("base", clock)
        state = SqliteState.memory()
        session = Session(
            job="job",
            left=wiki,
            right=base,
            left_name="wiki",
            right_name="base",
            state=state,
            clock=clock,
            mapping=mapping,
        )
        return Pair(wiki, base, session, state)

    return make


async def test_a_label_puts_the_article_into_its_category(pair: Callable[[Mapping], Pair]) -> None:
    it = pair(RULES)
    labels = frozenset({"billing", "agent-assist", "other"})
    ref = it.wiki.write("Refunds", "<p>x</p>", labels=labels)
    assert await it.sync() == 1
    assert it.twin(ref).category == ("Billing",)
    assert it.twin(ref).labels == frozenset({"agent", "other"})
    assert await it.sync() == 0


async def test_another_label_moves_the_article(pair: Callable[[Mapping], Pair]) -> None:
    it = pair(RULES)
    ref = it.wiki.write("Refunds", "<p>x</p>", labels=frozenset({"billing"}))
    await it.sync()
    it.wiki.edit(ref, labels=frozenset({"faq"}))
    await it.sync()
    assert it.twin(ref).category == ("Questions", "FAQ")
    assert await it.sync() == 0


async def test_moving_the_article_changes_the_label_and_nothing_else(
    pair: Callable[[Mapping], Pair],
) -> None:
    it = pair(RULES)
    labels = frozenset({"billing", "other", "syncline-review"})
    ref = it.wiki.write("Refunds", "<p>x</p>", labels=labels)
    await it.sync()
    link = it.state.link("job", ref)
    assert link is not None
    assert link.right.ref is not None
    it.base.edit(link.right.ref, category=("Questions", "FAQ"))
    await it.sync()
    assert it.wiki.live()[ref].labels == frozenset({"faq", "other", "syncline-review"})
    assert await it.sync() == 0


async def test_a_new_article_gets_the_labels_of_its_category(
    pair: Callable[[Mapping], Pair],
) -> None:
    it = pair(RULES)
    ref = it.base.write("New", "<p>x</p>", category=("Billing",), labels=frozenset({"agent"}))
    await it.sync()
    assert it.twin(ref).labels == frozenset({"billing", "agent-assist"})
    assert await it.sync() == 0


async def test_our_own_label_on_a_page_is_no_edit(pair: Callable[[Mapping], Pair]) -> None:
    it = pair(RULES)
    ref = it.wiki.write("Refunds", "<p>x</p>", labels=frozenset({"syncline-review"}))
    await it.sync()
    assert it.twin(ref).labels == frozenset()
    it.wiki.edit(ref, labels=frozenset())
    assert await it.sync() == 0


async def test_titles_carry_their_suffix_on_the_right_only(
    pair: Callable[[Mapping], Pair],
) -> None:
    it = pair(Mapping(titles=Titles(suffix=" (Support)")))
    ref = it.wiki.write("Refunds", "<p>x</p>", labels=frozenset[str]())
    await it.sync()
    assert it.twin(ref).title == "Refunds (Support)"
    link = it.state.link("job", ref)
    assert link is not None
    assert link.right.ref is not None
    it.base.edit(link.right.ref, title="Money back (Support)")
    await it.sync()
    assert it.wiki.live()[ref].title == "Money back"
    assert await it.sync() == 0


async def test_a_category_that_no_rule_knows_stays_on_the_right(
    pair: Callable[[Mapping], Pair],
) -> None:
    it = pair(RULES)
    ref = it.base.write("New", "<p>x</p>", category=("Misc",), labels=frozenset[str]())
    await it.sync()
    assert it.twin(ref).labels == frozenset()
    assert await it.sync() == 0
    assert it.base.live()[ref].category == ("Misc",)
    link = it.state.link("job", ref)
    assert link is not None
    assert link.left.ref is not None
    it.wiki.edit(link.left.ref, body="<p>y</p>")
    await it.sync()
    assert it.base.live()[ref] == attrs.evolve(it.base.live()[ref], category=("Misc",))
    assert "y" in it.base.live()[ref].body


async def test_without_rules_the_category_of_the_right_is_its_own(
    pair: Callable[[Mapping], Pair],
) -> None:
    it = pair(Mapping())
    ref = it.base.write("New", "<p>x</p>", category=("Misc",), labels=frozenset[str]())
    await it.sync()
    assert restrict(it.twin(ref), WIKI) == it.twin(ref)
    assert await it.sync() == 0


async def test_a_one_way_rule_places_pages_of_a_space(pair: Callable[[Mapping], Pair]) -> None:
    rule = ToCategory(source=InSpace("HR"), category=("People",), one_way=True)
    it = pair(Mapping(rules=(rule,)))
    ref = it.wiki.write("Holidays", "<p>x</p>", labels=frozenset[str](), container="HR")
    await it.sync()
    assert it.twin(ref).category == ("People",)
    assert await it.sync() == 0
