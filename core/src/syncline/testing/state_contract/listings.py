"""Listings: what they do not prove unchanged, what is new, what lies below what."""

from __future__ import annotations

from ...model import Ref, Side, Status
from ...state.port import StateStore
from ...state.records import SavePairing
from .samples import JOB, half, head, kb, keep, link, mark, save, skipping, wiki

BOTH = frozenset(Side)
L, R = Side.LEFT, Side.RIGHT


class ListingContract:
    """The comparison of both listings with what is remembered."""

    def test_only_what_a_listing_does_not_prove_unchanged_is_work(self, state: StateStore) -> None:
        keep(state, *save(link(1), link(2)))
        for left, right, complete, changed in (
            ("1", "1", BOTH, []),
            ("2", "1", BOTH, ["job-p1"]),
            ("1", "3", BOTH, ["job-p1"]),
            ("1", None, BOTH, ["job-p1"]),
            ("1", None, frozenset({L}), []),
        ):
            state.unstage(JOB)
            state.stage(JOB, L, [head(wiki(1), left), head(wiki(2))])
            state.stage(JOB, R, [head(kb(2)), *([head(kb(1), right)] if right else [])])
            assert self.changed(state, complete=complete) == changed, (left, right)

    def test_work_says_what_each_side_was_listed_as(self, state: StateStore) -> None:
        keep(state, *save(link(1)))
        state.unstage(JOB)
        state.stage(JOB, L, [head(wiki(1), "2", title="New")])
        (work,) = state.changed_pairs(JOB, complete=BOTH, epoch="")
        assert work.link == link(1)
        assert (work.left and work.left.title, work.left and work.left.status) == ("New", "live")
        assert (work.right, work.reencode) == (None, False)

    def test_another_mapping_makes_work_of_every_pair(self, state: StateStore) -> None:
        keep(state, *save(*(link(n) for n in range(3))))
        self.stage_all(state, range(3))
        assert self.changed(state, epoch="another") == ["job-p0", "job-p1", "job-p2"]

    def test_a_hinted_pair_is_work_though_nothing_shows_it(self, state: StateStore) -> None:
        keep(state, *save(link(1), link(2), link(3)))
        keep(state, mark(wiki(1), reencode=True), mark(kb(2), R), mark(wiki(2), reencode=True))
        self.stage_all(state, (1, 2, 3))
        work = list(state.changed_pairs(JOB, complete=BOTH, epoch=""))
        assert [(one.link.pair, one.reencode) for one in work] == [
            ("job-p1", True),
            ("job-p2", False),
        ]

    def test_pairs_of_another_job_are_no_work_of_this_one(self, state: StateStore) -> None:
        keep(state, *save(link(1, "another")))
        state.unstage(JOB)
        assert self.changed(state) == []

    def test_work_is_found_with_what_is_committed_meanwhile(self, state: StateStore) -> None:
        keep(state, *save(link(1), link(2)))
        state.unstage(JOB)
        state.stage(JOB, L, [head(wiki(n), "2") for n in (1, 2)])
        state.stage(JOB, R, [head(kb(n)) for n in (1, 2)])
        assert self.changed(state) == ["job-p1", "job-p2"]
        keep(state, *save(link(1, left=half(wiki(1), "2"))))
        assert self.changed(state) == ["job-p2"]

    def test_what_belongs_to_no_pair_is_new_unless_it_was_skipped_as_it_is(
        self, state: StateStore
    ) -> None:
        keep(state, *save(link(1)), skipping(2), skipping(3))
        state.unstage(JOB)
        state.stage(JOB, L, [head(wiki(1)), head(wiki(2)), head(wiki(3), "2"), head(wiki(4))])
        assert self.new(state) == [wiki(3), wiki(4)]
        assert self.new(state, epoch="another") == [wiki(2), wiki(3), wiki(4)]
        keep(state, skipping(4), *save(link(3)))
        assert self.new(state) == []
        assert list(state.unlinked(JOB, R, epoch="e")) == []

    def test_new_items_with_one_title_are_twins(self, state: StateStore) -> None:
        keep(state, *save(link(1)), SavePairing(JOB, wiki(3), kb(3), same=False))
        state.unstage(JOB)
        told = ("Refunds", "Opening  HOURS", "Prices", "")
        state.stage(JOB, L, [head(wiki(n), title=title) for n, title in enumerate(told, 1)])
        state.stage(
            JOB,
            R,
            [
                head(kb(1), title="Refunds"),
                head(kb(2), title="opening hours"),
                head(kb(3), title="prices"),
                head(kb(5), title="PRICES", status=Status.TRASHED),
                head(kb(4), title=""),
            ],
        )
        found = [(a.ref, b.ref) for a, b in state.same_titles(JOB)]
        assert found == [(wiki(2), kb(2))]

    def test_a_listing_is_asked_by_item_and_counted_by_status(self, state: StateStore) -> None:
        state.unstage(JOB)
        state.stage(JOB, L, [head(wiki(1), title="A")])
        state.stage(JOB, L, [head(wiki(2), status=Status.RESTRICTED), head(wiki(3))])
        assert state.staged_counts(L) == {"live": 2, "restricted": 1}
        assert state.staged_counts(R) == {}
        found = state.staged(L, wiki(1))
        assert found is not None
        assert (found.ref, found.title) == (wiki(1), "A")
        assert (state.staged(R, wiki(1)), state.staged(L, wiki(9))) == (None, None)
        state.unstage(JOB)
        assert state.staged_counts(L) == {}

    def test_what_lies_below_an_item_outlives_the_listing(self, state: StateStore) -> None:
        state.unstage(JOB)
        state.stage(JOB, L, [head(wiki(2), parent=wiki(1)), head(wiki(3), parent=wiki(1))])
        assert not state.has_tree(L)
        state.keep_tree(L)
        assert (state.has_tree(L), state.has_tree(R)) == (True, False)
        state.unstage(JOB)
        assert list(state.children(L, wiki(1))) == [wiki(2), wiki(3)]
        state.place(L, [(wiki(4), wiki(2))])
        assert list(state.children(L, wiki(2))) == [wiki(4)]
        assert list(state.children(R, wiki(1))) == []

    def test_jobs_of_one_process_list_side_by_side(self, state: StateStore) -> None:
        first, second = state.for_job(JOB), state.for_job("another")
        for one, job, ref in ((first, JOB, wiki(1)), (second, "another", wiki(2))):
            one.unstage(job)
            one.stage(job, L, [head(ref)])
        keep(first, *save(link(1)))
        assert self.new(first) == []
        assert [one.ref for one in second.unlinked("another", L, epoch="e")] == [wiki(2)]

    # -- questions ------------------------------------------------------------------------

    def changed(
        self, state: StateStore, *, complete: frozenset[Side] = BOTH, epoch: str = ""
    ) -> list[str]:
        work = state.changed_pairs(JOB, complete=complete, epoch=epoch)
        return [one.link.pair for one in work]

    def new(self, state: StateStore, *, epoch: str = "e") -> list[Ref]:
        return [one.ref for one in state.unlinked(JOB, L, epoch=epoch)]

    def stage_all(self, state: StateStore, numbers: range | tuple[int, ...]) -> None:
        state.unstage(JOB)
        state.stage(JOB, L, [head(wiki(n)) for n in numbers])
        state.stage(JOB, R, [head(kb(n)) for n in numbers])
