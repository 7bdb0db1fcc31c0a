"""The contract of leases, as a base class for the tests of a `LeaseStore`.

Give it the fixture `state`, without any lease, and `open_state`, which opens the same place as
another process would. Durations are real ones, and short.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from ..errors import LeaseLost
from ..state.port import LeaseStore
from ..state.records import Lease


def _granted(lease: Lease | None) -> Lease:
    assert lease is not None
    return lease


class LeaseStoreContract:
    """One holder at a time, and a token that only grows."""

    def test_a_lease_is_exclusive_until_it_is_given_back(self, state: LeaseStore) -> None:
        mine = _granted(state.acquire("x", holder="me", ttl=60))
        assert (mine.name, mine.holder) == ("x", "me")
        assert state.acquire("x", holder="they", ttl=60) is None
        _granted(state.acquire("y", holder="they", ttl=60))
        state.release(mine)
        theirs = _granted(state.acquire("x", holder="they", ttl=60))
        assert theirs.token > mine.token

    def test_a_lease_ends_by_itself(self, state: LeaseStore) -> None:
        mine = _granted(state.acquire("x", holder="me", ttl=0.01))
        time.sleep(0.03)
        theirs = _granted(state.acquire("x", holder="they", ttl=60))
        assert theirs.token > mine.token
        with pytest.raises(LeaseLost, match="taken over"):
            state.renew(mine, ttl=60)
        with pytest.raises(LeaseLost, match="taken over"):
            state.check(mine)
        state.check(theirs)

    def test_a_lease_says_when_it_ends_and_lasts_longer_when_renewed(
        self, state: LeaseStore
    ) -> None:
        mine = _granted(state.acquire("x", holder="me", ttl=60))
        assert _seconds_left(mine) == pytest.approx(60, abs=5)
        renewed = state.renew(mine, ttl=600)
        assert (renewed.token, renewed.holder) == (mine.token, "me")
        assert _seconds_left(renewed) == pytest.approx(600, abs=5)
        state.check(mine)
        state.check(renewed)
        assert state.acquire("x", holder="they", ttl=1) is None

    def test_the_holder_itself_gets_it_again_and_its_old_grant_is_void(
        self, state: LeaseStore
    ) -> None:
        first = _granted(state.acquire("x", holder="me", ttl=60))
        second = _granted(state.acquire("x", holder="me", ttl=60))
        assert second.token > first.token
        with pytest.raises(LeaseLost):
            state.check(first)

    def test_the_lease_of_a_holder_that_is_known_to_be_dead_is_not_waited_for(
        self, state: LeaseStore
    ) -> None:
        first = _granted(state.acquire("x", holder="host-1", ttl=60))
        assert state.holder("x") == "host-1"
        assert state.acquire("x", holder="host-2", ttl=60, instead_of="host-9") is None
        _granted(state.acquire("x", holder="host-2", ttl=60, instead_of="host-1"))
        assert state.holder("x") == "host-2"
        with pytest.raises(LeaseLost):
            state.check(first)

    def test_giving_back_a_grant_that_is_over_takes_nothing_from_the_next(
        self, state: LeaseStore
    ) -> None:
        mine = _granted(state.acquire("x", holder="me", ttl=0))
        theirs = _granted(state.acquire("x", holder="they", ttl=60))
        state.release(mine)
        state.check(theirs)
        assert state.acquire("x", holder="me", ttl=60) is None

    def test_who_had_it_last_is_known_after_it_was_given_back(self, state: LeaseStore) -> None:
        assert state.holder("x") is None
        state.release(_granted(state.acquire("x", holder="me", ttl=60)))
        assert state.holder("x") == "me"

    def test_tokens_grow_over_every_kind_of_end(self, state: LeaseStore) -> None:
        tokens = []
        for _ in range(3):
            lease = _granted(state.acquire("x", holder="me", ttl=60))
            tokens.append(lease.token)
            state.release(lease)
            tokens.append(_granted(state.acquire("x", holder="they", ttl=0)).token)
        assert tokens == sorted(set(tokens))

    def test_one_of_many_at_once_gets_it(
        self, state: LeaseStore, open_state: Callable[[], LeaseStore]
    ) -> None:
        others = [open_state() for _ in range(4)]
        start, got = threading.Barrier(4), list[Lease]()

        def ask(store: LeaseStore, holder: str) -> None:
            start.wait(60)
            lease = store.acquire("x", holder=holder, ttl=60)
            if lease is not None:
                got.append(lease)

        asking = [
            threading.Thread(target=ask, args=(store, f"h{n}")) for n, store in enumerate(others)
        ]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join(30)
        assert len(got) == 1
        assert state.holder("x") == got[0].holder


def _seconds_left(lease: Lease) -> float:
    now = datetime.now(timezone.utc)
    assert lease.expires_at.tzinfo is not None
    return (lease.expires_at - now) / timedelta(seconds=1)


__all__ = ["LeaseStoreContract"]
