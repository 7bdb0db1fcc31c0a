"""Pages for people: in one order, each line once, whatever the page's size."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from ...model import Side
from ...state.browsing import Place, Shelved, Standing
from ...state.port import StateStore
from ...state.records import DropLink, LinkState, SaveConflict, SaveProposals
from .samples import JOB, NOW, conflict, failing, kb, keep, link, mark, save, skipping, wiki

TITLES = ("b", "A", "a", "Z", "ä", "", "a b", "A", "aB", "\U0001f600", "x" * 1500, "_", "%")
START: Place = ("", "")


class PageContract:
    """Articles, conflicts and their numbers."""

    def test_pairs_are_paged_by_title_without_case_each_once(self, state: StateStore) -> None:
        states = [*LinkState]
        links = [
            link(f"{n:02d}", title=title, state=states[n % len(states)])
            for n, title in enumerate(TITLES)
        ]
        keep(state, *save(*links))
        for limit in (1, 3, 50):
            rows = list(self.shelf(state, None, limit))
            assert sorted(row.pair for row in rows) == sorted(one.pair for one in links)
            ordered = [(row.title.encode().lower()[:400], row.key) for row in rows]
            assert ordered == sorted(ordered)
        assert {row.standing for row in rows} == {Standing(one.value) for one in states}
        assert rows[0].left == links[5].left.ref

    def test_each_list_holds_what_stands_there(self, state: StateStore) -> None:
        unknown = link(3, title="C", unknown_since=NOW)
        keep(state, *save(link(1, title="A"), link(2, title="B", state=LinkState.HELD), unknown))
        keep(state, failing(1), failing(7), skipping(8), mark(kb(2), Side.RIGHT), mark(wiki(9)))
        expected = {
            Standing.SYNCED: ["A", "C"],
            Standing.HELD: ["B"],
            Standing.CONFLICT: [],
            Standing.UNKNOWN: ["C"],
            Standing.FAILED: ["title 1", "title 7"],
            Standing.SKIPPED: ["title 8"],
            Standing.PENDING: ["B", ""],
        }
        for standing, told in expected.items():
            rows = list(self.shelf(state, standing, 1))
            assert [row.title for row in rows] == told, standing
            assert {row.standing for row in rows} <= {standing}

    def test_what_belongs_to_no_pair_is_listed_apart(self, state: StateStore) -> None:
        keep(state, *save(link(1)), failing(1), failing(7), skipping(8))
        keep(state, mark(wiki(1)), mark(wiki(9)))
        for standing, ref in (
            (Standing.FAILED, wiki(7)),
            (Standing.SKIPPED, wiki(8)),
            (Standing.PENDING, wiki(9)),
        ):
            (row,) = state.unpaired(JOB, standing, START, 10)
            assert (row.key, row.left, row.pair) == (str(ref), ref, "")
        assert list(state.unpaired("another", Standing.FAILED, START, 10)) == []

    def test_a_line_moves_with_what_it_is_about(self, state: StateStore) -> None:
        keep(state, *save(link(1, title="A")), failing(2), skipping(3))
        keep(state, *save(link(1, title="B", state=LinkState.HELD)))
        keep(state, failing(2, title="new"), skipping(3, title="new"))
        assert self.titles(state, None) == ["B"]
        assert self.titles(state, Standing.SYNCED) == []
        assert self.titles(state, Standing.FAILED) == ["new"]
        assert self.titles(state, Standing.SKIPPED) == ["new"]
        keep(state, DropLink(link(1, title="B"), NOW, "x"))
        assert self.titles(state, None) == []

    def test_a_hint_about_a_pair_names_the_pair(self, state: StateStore) -> None:
        keep(state, *save(link(1, title="A")), mark(kb(1), Side.RIGHT))
        (row,) = self.shelf(state, Standing.PENDING, 5)
        assert (row.title, row.left, row.right, row.pair) == ("A", wiki(1), kb(1), "job-p1")

    def test_a_copy_that_was_removed_with_its_pair_is_no_article_any_more(
        self, state: StateStore
    ) -> None:
        keep(state, *save(link(1)), DropLink(link(1), NOW, "withdrawn"))
        keep(state, skipping(1, ref=kb(1), title="", side=Side.RIGHT), skipping(7, title=""))
        assert [row.key for row in self.shelf(state, Standing.SKIPPED, 1)] == ["wiki:7"]
        unpaired = state.unpaired(JOB, Standing.SKIPPED, START, 10)
        assert [row.key for row in unpaired] == ["wiki:7"]
        assert state.counts(JOB)["skipped"] == 1

    def test_counts_are_told_for_every_place(self, state: StateStore) -> None:
        keep(state, *save(link(1), link(2, unknown_since=NOW), link(3, state=LinkState.HELD)))
        keep(state, failing(1), skipping(8), mark(wiki(9)), SaveConflict(conflict(1)))
        keep(state, SaveConflict(conflict(2, review=True)), SaveProposals(JOB, ()))
        keep(state, SaveConflict(conflict(3, resolution="left", resolved_at=NOW)))
        assert state.counts(JOB) == {
            "synced": 2,
            "held": 1,
            "unknown": 1,
            "failed": 1,
            "skipped": 1,
            "pending": 1,
            "conflicts": 1,
            "reviews": 1,
            "proposals": 0,
        }
        assert sum(state.counts("another").values()) == 0

    def test_conflicts_are_paged_oldest_first_by_kind(self, state: StateStore) -> None:
        settled = conflict(50, resolution="left", resolved_at=NOW)
        kept = evolve(conflict(40), review=True)
        keep(state, *(SaveConflict(one) for one in (*map(conflict, range(10)), kept, settled)))
        found, after = [], START
        while page := state.conflict_page(JOB, which="open", after=after, limit=4):
            found += [record.id for record in page]
            after = (page[-1].found_at.isoformat(), page[-1].id)
        assert found == [f"c{n}" for n in range(10)]
        for which, id_ in (("review", "c40"), ("settled", "c50")):
            (record,) = state.conflict_page(JOB, which=which, after=START, limit=9)
            assert record.id == id_

    # -- questions ------------------------------------------------------------------------

    def shelf(self, state: StateStore, standing: Standing | None, limit: int) -> Iterator[Shelved]:
        after = START
        while rows := state.shelf(JOB, standing, after, limit):
            assert len(rows) <= limit
            yield from rows
            after = (rows[-1].title, rows[-1].key)

    def titles(self, state: StateStore, standing: Standing | None) -> list[str]:
        return [row.title for row in self.shelf(state, standing, 2)]
