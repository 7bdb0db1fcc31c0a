"""Links, values, references and tombstones."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from ...config_items import ConfigItem, item_digest
from ...errors import StateError
from ...model import Asset, Document, Opaque, Side
from ...state.port import StateStore
from ...state.records import (
    Bury,
    DropLink,
    LinkState,
    SaveItem,
    SaveLink,
    SaveReferences,
    SaveValue,
)
from ...state.values import key_of, to_json
from .samples import JOB, NOW, half, kb, keep, link, save, skipping, wiki


class PairContract:
    """What is paired with what, and what is left of a pair."""

    def test_a_pair_is_found_by_either_item_and_by_its_name(self, state: StateStore) -> None:
        kept = link(
            1,
            state=LinkState.CONFLICT,
            title="Öffnungszeiten \U0001f600",
            norm=3,
            epoch="e1",
            unresolved=frozenset({"wiki:7", "wiki:8"}),
            unknown_since=NOW,
            missing=2,
            origin=Side.RIGHT,
            review=True,
        )
        keep(state, SaveLink(kept))
        assert state.link(JOB, wiki(1)) == kept
        assert state.link(JOB, kb(1)) == kept
        assert state.pair(kept.pair) == kept
        assert state.link("another", wiki(1)) is None
        assert (state.link(JOB, wiki(2)), state.pair("none")) == (None, None)

    def test_pairs_come_in_one_order_each_once(self, state: StateStore) -> None:
        keep(state, *save(*(link(f"{n:02d}") for n in (3, 1, 2))), *save(link(9, "another")))
        assert [one.pair for one in state.links(JOB)] == ["job-p01", "job-p02", "job-p03"]

    def test_a_pair_may_have_one_item_only(self, state: StateStore) -> None:
        alone = link(1, right=half(None))
        keep(state, *save(alone, link(2, right=half(None))))
        assert state.link(JOB, wiki(1)) == alone

    def test_an_item_belongs_to_one_pair_at_most(self, state: StateStore) -> None:
        keep(state, *save(link(1)))
        for twin in (link(2, left=half(wiki(1))), link(2, right=half(kb(1)))):
            with pytest.raises(StateError, match="UNIQUE"):
                keep(state, *save(twin))
        assert state.link(JOB, wiki(1)) == link(1)
        keep(state, *save(link(1, "another")))
        assert state.link("another", wiki(1)) == link(1, "another")

    def test_a_pair_that_gets_another_item_lets_the_old_one_go(self, state: StateStore) -> None:
        keep(state, *save(link(1)))
        keep(state, *save(link(1, right=half(kb(7)))))
        assert state.link(JOB, kb(1)) is None
        assert state.link(JOB, kb(7)) == state.link(JOB, wiki(1))
        keep(state, *save(link(2, right=half(kb(1)))))
        assert state.link(JOB, kb(1)) == link(2, right=half(kb(1)))

    def test_an_item_of_another_jobs_pair_is_known_as_such(self, state: StateStore) -> None:
        keep(state, *save(link(1), link(2, "another")))
        assert state.linked_elsewhere(JOB, wiki(2)) == "another"
        assert state.linked_elsewhere(JOB, kb(2)) == "another"
        assert state.linked_elsewhere(JOB, wiki(1)) is None
        keep(state, DropLink(link(2, "another"), NOW, "x"))
        assert state.linked_elsewhere(JOB, wiki(2)) is None

    def test_a_pair_that_ended_leaves_tombstones_of_its_items(self, state: StateStore) -> None:
        keep(state, *save(link(1), link(2)))
        keep(state, DropLink(link(1), NOW, "deleted"), DropLink(link(2), NOW, "gone", gone=True))
        assert (state.link(JOB, wiki(1)), state.pair(link(1).pair)) == (None, None)
        assert state.tombstone(JOB, wiki(1)) == "deleted"
        assert state.tombstone(JOB, kb(1)) == "what was left of a pair that ended: deleted"
        assert state.tombstone(JOB, kb(2)) == "what was taken away with its pair: gone"
        assert (state.tombstone(JOB, wiki(3)), state.tombstone("another", wiki(1))) == (None, None)
        keep(state, *save(link(1)))
        assert (state.tombstone(JOB, wiki(1)), state.tombstone(JOB, kb(1))) == (None, None)

    def test_a_buried_item_leaves_its_pair_alone(self, state: StateStore) -> None:
        keep(state, *save(link(1)))
        keep(state, Bury(job=JOB, side=Side.RIGHT, ref=kb(1), pair="p", at=NOW, reason="trashed"))
        assert state.tombstone(JOB, kb(1)) == "trashed"
        assert state.link(JOB, kb(1)) == link(1)

    def test_what_is_linked_is_not_skipped_any_more(self, state: StateStore) -> None:
        keep(state, skipping(1), skipping(2), skipping(1, "another"))
        keep(state, *save(link(1), link(5)))
        assert [one.ref for one in state.all_skipped(JOB)] == [wiki(2)]
        assert state.skipped("another", wiki(1)) is not None

    def test_values_are_kept_whole_by_what_they_hold(self, state: StateStore) -> None:
        value = Document(
            title="Refunds",
            body="<p>\u00a0</p>",
            category=("a", "b"),
            labels=frozenset({"x", "y"}),
            alternatives=(),
            path=("p",),
            opaques={"a.b": Opaque(key="a.b", raw="<x/>", text="t")},
            assets={"0f": Asset(sha256="0f", name="n", media_type="image/png", size=3)},
        )
        keep(state, SaveValue(value), SaveValue(value))
        found = state.value(key_of(value))
        assert found is not None
        assert to_json(found) == to_json(value)
        assert (state.value(""), state.value("0" * 64)) == (None, None)

    def test_the_owned_fields_of_a_configuration_object_are_kept(self, state: StateStore) -> None:
        item = ConfigItem(kind="queue", name="Support", values={"a.b": 5, "c": [1, {"d": None}]})
        keep(state, SaveItem(item), SaveItem(item))
        assert state.item(item_digest(item)) == item
        assert (state.item(""), state.item("sha256:0")) == (None, None)

    def test_who_links_to_an_item_is_known_as_last_said(self, state: StateStore) -> None:
        target, other = str(wiki(7)), str(wiki(8))
        keep(state, SaveReferences(JOB, wiki(1), frozenset({target, other})))
        keep(state, SaveReferences(JOB, wiki(2), frozenset({target})))
        assert sorted(state.referrers(JOB, wiki(7))) == [wiki(1), wiki(2)]
        keep(state, SaveReferences(JOB, wiki(1), frozenset({other})))
        assert list(state.referrers(JOB, wiki(7))) == [wiki(2)]
        keep(state, *save(link(2)), DropLink(link(2), NOW, "x"))
        assert list(state.referrers(JOB, wiki(7))) == []
        assert list(state.referrers("another", wiki(8))) == []

    def test_pairs_are_counted_by_their_state(self, state: StateStore) -> None:
        held = [link(n, state=LinkState.HELD) for n in (1, 2)]
        keep(state, *save(*held, link(3)))
        assert state.count_links(JOB) == {"held": 2, "synced": 1}
        keep(state, *save(evolve(held[0], state=LinkState.SYNCED, synced_at=NOW + timedelta(1))))
        assert state.count_links(JOB) == {"held": 1, "synced": 2}
        assert state.count_links("another") == {}
