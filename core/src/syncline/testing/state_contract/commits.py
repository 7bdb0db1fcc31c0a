"""All or nothing, in order, and only with the lease."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from ...errors import LeaseLost, StateError
from ...model import Cursor, Document, Ref, Side
from ...state.port import StateStore
from ...state.records import Bury, DropLink, SaveCursor, SaveValue
from ...state.values import key_of
from .samples import JOB, NOW, half, kb, keep, line, link, mark, save, skipping, wiki

OpenState = Callable[[], StateStore]
"""Opens the place of the test's state once more, as another process would."""


class CommitContract:
    """What `commit` promises."""

    def test_what_is_committed_is_there_for_whoever_opens_the_state(
        self, state: StateStore, open_state: OpenState
    ) -> None:
        keep(state, *save(link()))
        assert open_state().link(JOB, wiki(1)) == link()

    def test_a_commit_is_all_or_nothing(self, state: StateStore) -> None:
        saved = SaveValue(Document(title="x"))
        with pytest.raises(TypeError, match="not an effect"):
            state.commit([saved, *save(link()), object()], None)  # type: ignore[list-item]  # wrong
        assert list(state.links(JOB)) == []
        assert state.link(JOB, wiki(1)) is None

    def test_what_is_refused_in_the_middle_leaves_nothing_behind(self, state: StateStore) -> None:
        keep(state, *save(link(1)))
        twin = link(2, left=half(wiki(1)))
        with pytest.raises(StateError, match="UNIQUE"):
            state.commit([line(1), *save(link(3), twin)], None)
        assert [one.pair for one in state.links(JOB)] == ["job-p1"]
        assert state.history(JOB) == []

    def test_later_effects_of_a_commit_see_the_earlier_ones(self, state: StateStore) -> None:
        bury = Bury(job=JOB, side=Side.RIGHT, ref=kb(2), pair="old", at=NOW, reason="deleted")
        keep(state, *save(link(1), link(2)), skipping(1), bury, DropLink(link(2), NOW, "x"))
        assert state.skipped(JOB, wiki(1)) is not None
        assert state.tombstone(JOB, wiki(2)) == "x"
        assert [one.pair for one in state.links(JOB)] == ["job-p1"]

    def test_a_worker_without_the_lease_commits_nothing(self, state: StateStore) -> None:
        mine = state.acquire("job/job", holder="me", ttl=60)
        assert mine is not None
        state.release(mine)
        theirs = state.acquire("job/job", holder="they", ttl=60)
        assert theirs is not None
        for effects in ([*save(link()), line(1)], [line(1)], []):
            with pytest.raises(LeaseLost, match="taken over"):
                state.commit(effects, mine)
        assert (list(state.links(JOB)), state.history(JOB)) == ([], [])
        state.commit(save(link()), theirs)
        assert state.link(JOB, kb(1)) == link()

    def test_a_worker_with_the_lease_commits_though_its_time_is_over(
        self, state: StateStore
    ) -> None:
        # Nobody else has taken it: what was begun may be finished.
        mine = state.acquire("job/job", holder="me", ttl=0)
        assert mine is not None
        state.commit(save(link()), mine)
        assert state.link(JOB, wiki(1)) == link()

    def test_a_large_commit_is_carried_out_whole(
        self, state: StateStore, open_state: OpenState
    ) -> None:
        lease = state.acquire("job/job", holder="me", ttl=60)
        links = [link(f"{n:03d}") for n in range(130)]
        marks = [mark(wiki(f"{n:03d}")) for n in range(130)]
        cursor = SaveCursor(JOB, Side.LEFT, Cursor("end"))
        state.commit([*save(*links), *marks, line(1), cursor], lease)
        other = open_state()
        assert list(other.links(JOB)) == links
        assert len(other.dirty(JOB)) == 130
        assert other.cursor(JOB, Side.LEFT) == "end"
        assert state.link(JOB, kb("129")) == links[-1]

    def test_a_large_commit_without_the_lease_leaves_nothing(self, state: StateStore) -> None:
        mine = state.acquire("job/job", holder="me", ttl=60)
        assert mine is not None
        state.release(mine)
        state.acquire("job/job", holder="they", ttl=60)
        with pytest.raises(LeaseLost):
            state.commit([mark(wiki(n)) for n in range(130)], mine)
        assert state.backlog(JOB).count == 0

    def test_processes_that_commit_at_once_lose_nothing_of_each_other(
        self, state: StateStore, open_state: OpenState
    ) -> None:
        processes = [open_state() for _ in range(4)]

        def work(number: int) -> None:
            for nth in range(8):
                hints = [mark(wiki(n)) for n in range(3)]
                processes[number].commit([*hints, *save(link(f"{number}-{nth}")), line(nth)], None)

        working = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in working:
            thread.start()
        for thread in working:
            thread.join(60)
        assert len(list(state.links(JOB))) == 32
        assert len(state.history(JOB)) == 32
        assert sorted(row.change.ref for row in state.dirty(JOB)) == [wiki(n) for n in range(3)]
        assert state.backlog(JOB).count == 3

    def test_a_value_of_megabytes_is_kept_whole(
        self, state: StateStore, open_state: OpenState
    ) -> None:
        noise = "".join(chr(0x4E00 + (n * n * 7 + n * 13) % 20_000) for n in range(700_000))
        large = Document(title="large", body=noise)
        keep(state, SaveValue(large), *save(link(1, left=half(wiki(1), value=key_of(large)))))
        found = open_state().value(key_of(large))
        assert found is not None
        assert found.body == noise

    def test_many_items_are_found_and_nothing_is_mistaken_for_another(
        self, state: StateStore
    ) -> None:
        odd = ["a|b", "a", "a%7Cb", "a b", "ä/ö", "x" * 900, "x" * 899 + "y", "#", "~"]
        refs = [Ref("wiki", name) for name in odd]
        links = [link(n, left=half(ref)) for n, ref in enumerate(refs)]
        keep(state, *save(*links))
        assert [state.link(JOB, ref) for ref in refs] == links
