"""Open writes, conflicts, quarantine, hints and what a person said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from attrs import evolve

from ...model import Ref, Side
from ...ports import Note
from ...state.port import StateStore
from ...state.records import (
    ClearDirty,
    CloseConflict,
    CloseIntent,
    Dirty,
    DropNotes,
    DropQuarantine,
    DropSkip,
    KeepNotes,
    NoteIntent,
    OpenIntent,
    Proposal,
    SaveApproval,
    SaveConflict,
    SavePairing,
    SaveProposals,
)
from .samples import (
    JOB,
    NOW,
    conflict,
    failing,
    intent,
    kb,
    keep,
    mark,
    quarantined,
    skipped,
    skipping,
    wiki,
)

DRAFT, PUBLISH = Note(step="draft", detail="abc"), Note(step="publish")


class IntentContract:
    """Writes that were announced, and what was announced of them."""

    def test_an_intent_comes_back_with_its_notes_in_their_order(self, state: StateStore) -> None:
        kept = intent()
        keep(state, OpenIntent(kept))
        keep(state, NoteIntent("i1", PUBLISH), NoteIntent("i1", DRAFT))
        keep(state, NoteIntent("i1", PUBLISH))
        (found,) = state.intents(JOB)
        assert found == evolve(kept, notes=(PUBLISH, DRAFT, PUBLISH))
        assert state.intents("another") == []

    def test_the_oldest_intent_comes_first_and_each_pair_has_its_own(
        self, state: StateStore
    ) -> None:
        keep(state, OpenIntent(intent("a", 1, minutes=2)), OpenIntent(intent("b", 2, minutes=1)))
        keep(state, OpenIntent(intent("c", 1, minutes=2)))
        assert [one.id for one in state.intents(JOB)] == ["b", "a", "c"]
        assert [one.id for one in state.intents(JOB, pair=intent("a", 1).link.pair)] == ["a", "c"]
        assert state.intents(JOB, pair="none") == []

    def test_an_intent_that_is_opened_again_replaces_the_first(self, state: StateStore) -> None:
        keep(state, OpenIntent(intent()))
        again = evolve(intent(minutes=5), tries=2)
        keep(state, OpenIntent(again))
        assert state.intents(JOB) == [again]

    def test_a_closed_intent_is_gone_with_its_notes(self, state: StateStore) -> None:
        keep(state, OpenIntent(intent()), NoteIntent("i1", DRAFT))
        keep(state, CloseIntent("i1"), CloseIntent("never"))
        assert state.intents(JOB) == []
        keep(state, OpenIntent(intent()))
        assert state.intents(JOB)[0].notes == ()

    def test_notes_of_a_pair_outlive_the_intent_until_they_are_dropped(
        self, state: StateStore
    ) -> None:
        keep(state, KeepNotes("p", (DRAFT,)), KeepNotes("p", (PUBLISH, DRAFT)))
        assert list(state.notes("p")) == [DRAFT, PUBLISH, DRAFT]
        keep(state, DropNotes("p"), KeepNotes("q", (DRAFT,)))
        assert (list(state.notes("p")), list(state.notes("q"))) == ([], [DRAFT])


class ConflictContract:
    """What waits for a person."""

    def test_a_conflict_is_found_by_its_name_and_by_its_pair(self, state: StateStore) -> None:
        kept = conflict(1, clashes=("title",), actors=("ann",), base="k", left_stamp="1||live")
        keep(state, SaveConflict(kept))
        assert state.conflict("c1") == kept
        assert state.conflict_of(kept.pair) == kept
        assert (state.conflict("c2"), state.conflict_of("p")) == (None, None)

    def test_what_is_only_kept_for_review_is_no_open_conflict_of_its_pair(
        self, state: StateStore
    ) -> None:
        keep(state, SaveConflict(conflict(1, review=True)))
        assert state.conflict_of(conflict(1).pair) is None
        assert [one.id for one in state.conflicts(JOB)] == ["c1"]

    def test_the_latest_of_several_counts_for_a_pair(self, state: StateStore) -> None:
        later = conflict(2, pair=conflict(1).pair, found_at=NOW + timedelta(hours=1))
        keep(state, SaveConflict(later), SaveConflict(conflict(1)))
        found = state.conflict_of(later.pair)
        assert found is not None
        assert found.id == "c2"

    def test_a_settled_conflict_remembers_how_and_when(self, state: StateStore) -> None:
        keep(state, SaveConflict(conflict(1)), SaveConflict(conflict(4)))
        keep(state, CloseConflict("c1", "left", NOW), CloseConflict("none", "left", NOW))
        assert [one.id for one in state.conflicts(JOB)] == ["c4"]
        assert state.conflict_of(conflict(1).pair) is None
        assert state.conflict("c1") == conflict(1, resolution="left", resolved_at=NOW)
        assert [one.id for one in state.conflicts(JOB, open_only=False)] == ["c1", "c4"]

    def test_a_conflict_that_is_saved_again_is_replaced(self, state: StateStore) -> None:
        keep(state, SaveConflict(conflict(1)))
        keep(state, SaveConflict(conflict(1, title="new", review=True)))
        (found,) = state.conflicts(JOB)
        assert (found.title, found.review) == ("new", True)


class QuarantineContract:
    """What failed, and what is deliberately left out."""

    def test_a_failed_item_is_remembered_until_it_is_dropped(self, state: StateStore) -> None:
        keep(state, failing(1), failing(2, first_at=NOW - timedelta(hours=1)))
        keep(state, failing(1, failures=3, stamp="s", skipped=True))
        assert state.quarantined(JOB, wiki(1)) == quarantined(
            1, failures=3, stamp="s", skipped=True
        )
        assert [one.ref for one in state.quarantine(JOB)] == [wiki(2), wiki(1)]
        keep(state, DropQuarantine(JOB, wiki(1)), DropQuarantine(JOB, wiki(9)))
        assert state.quarantined(JOB, wiki(1)) is None
        assert [one.ref for one in state.quarantine(JOB)] == [wiki(2)]

    def test_skipped_items_come_in_one_order_each_once(self, state: StateStore) -> None:
        keep(state, *(skipping(n) for n in (3, 1, 2)), skipping(1, reason="new"))
        assert [one.ref for one in state.all_skipped(JOB)] == [wiki(1), wiki(2), wiki(3)]
        assert state.skipped(JOB, wiki(1)) == skipped(1, reason="new")
        keep(state, DropSkip(JOB, wiki(1)), DropSkip(JOB, wiki(9)))
        assert state.skipped(JOB, wiki(1)) is None


class HintContract:
    """What has to be looked at again."""

    def test_hints_come_by_urgency_and_then_in_their_order(self, state: StateStore) -> None:
        keep(state, mark(wiki(1), priority=5), mark(wiki(2)), mark(kb(1), Side.RIGHT))
        keep(state, mark(wiki(3), priority=0))
        assert _refs(state.dirty(JOB)) == [wiki(3), wiki(2), kb(1), wiki(1)]
        assert _refs(state.dirty(JOB, limit=2)) == [wiki(3), wiki(2)]
        assert state.dirty("another") == []

    def test_hints_of_one_item_become_one_that_says_all_they_said(self, state: StateStore) -> None:
        keep(state, mark(wiki(1), priority=5, reencode=True), mark(wiki(2)))
        keep(state, mark(wiki(1), subtree=True, priority=2))
        keep(state, mark(wiki(1), priority=9, reencode=True))
        first, second = state.dirty(JOB)
        assert (first.change.ref, second.change.ref) == (wiki(2), wiki(1))
        assert (second.change.subtree, second.reencode) == (True, False)
        assert second.generation > first.generation

    def test_an_item_is_hinted_at_on_each_side_by_itself(self, state: StateStore) -> None:
        keep(state, mark(wiki(1)), mark(wiki(1), Side.RIGHT))
        assert [row.side for row in state.dirty(JOB)] == [Side.LEFT, Side.RIGHT]

    def test_a_hint_that_comes_while_it_is_worked_is_not_lost(self, state: StateStore) -> None:
        keep(state, mark(wiki(1)), mark(wiki(1)))
        (row,) = state.dirty(JOB)
        keep(state, mark(wiki(1)))
        keep(state, _cleared(row))
        (again,) = state.dirty(JOB)
        assert again.generation > row.generation
        keep(state, _cleared(again), _cleared(again))
        assert state.dirty(JOB) == []

    def test_the_backlog_says_how_many_wait_and_since_when(self, state: StateStore) -> None:
        assert (state.backlog(JOB).count, state.backlog(JOB).generation) == (0, 0)
        keep(state, mark(wiki(1)), mark(wiki(2), at=NOW + timedelta(minutes=1)))
        keep(state, mark(wiki(3), at=NOW))
        backlog = state.backlog(JOB)
        assert (backlog.count, backlog.oldest) == (3, NOW)
        assert backlog.generation == max(row.generation for row in state.dirty(JOB))
        keep(state, mark(wiki(1)))
        assert state.backlog(JOB).generation > backlog.generation

    def test_an_item_that_was_hinted_at_again_waits_since_then(self, state: StateStore) -> None:
        keep(state, mark(wiki(1), at=NOW))
        (row,) = state.dirty(JOB)
        assert row.at == NOW
        keep(state, mark(wiki(1), at=NOW + timedelta(minutes=5)))
        assert state.backlog(JOB).oldest == NOW
        keep(state, _cleared(row))
        assert state.backlog(JOB).oldest == NOW + timedelta(minutes=5)


class WordContract:
    """What a person said, or is asked."""

    def test_proposals_are_replaced_as_a_whole_and_the_best_come_first(
        self, state: StateStore
    ) -> None:
        keep(state, SaveProposals(JOB, [_proposal(n, score=n / 10) for n in (1, 3, 2)]))
        assert [one.left for one in state.proposals(JOB)] == [wiki(3), wiki(2), wiki(1)]
        keep(state, SaveProposals(JOB, [_proposal(9)]))
        assert list(state.proposals(JOB)) == [_proposal(9)]
        keep(state, SaveProposals(JOB, ()))
        assert list(state.proposals(JOB)) == []

    def test_a_word_about_two_items_settles_the_proposal(self, state: StateStore) -> None:
        keep(state, SaveProposals(JOB, [_proposal(1), _proposal(2)]), skipping(1))
        keep(state, SavePairing(JOB, wiki(1), kb(1), same=True))
        assert list(state.pairings(JOB, same=True)) == [(wiki(1), kb(1))]
        assert list(state.pairings(JOB, same=False)) == []
        assert [one.left for one in state.proposals(JOB)] == [wiki(2)]
        assert state.skipped(JOB, wiki(1)) is None
        keep(state, SavePairing(JOB, wiki(1), kb(1), same=False))
        assert list(state.pairings(JOB, same=True)) == []
        assert list(state.pairings(JOB, same=False)) == [(wiki(1), kb(1))]

    def test_an_approval_is_for_once(self, state: StateStore) -> None:
        assert state.approval(JOB) is None
        keep(state, SaveApproval(JOB, "7f3a"))
        assert (state.approval(JOB), state.approval("another")) == ("7f3a", None)
        keep(state, SaveApproval(JOB, None))
        assert state.approval(JOB) is None


class WaitingContract(
    IntentContract, ConflictContract, QuarantineContract, HintContract, WordContract
):
    """What is not settled yet."""


def _refs(rows: Sequence[Dirty]) -> list[Ref]:
    return [row.change.ref for row in rows]


def _cleared(row: Dirty) -> ClearDirty:
    return ClearDirty(JOB, row.side, row.change.ref, row.generation)


def _proposal(number: int, score: float = 0.5) -> Proposal:
    return Proposal(
        left=wiki(number),
        right=kb(number),
        left_title="a",
        right_title="b",
        score=score,
        why="titles",
    )
