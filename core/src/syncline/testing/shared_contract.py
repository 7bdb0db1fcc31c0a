"""The contract of what processes share through a state, as a base class for its tests.

Give it the fixtures `state` and `open_state`, as for `StateStoreContract`; each state that is
opened stands for a process.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from ..clock import SystemClock
from ..errors import Unavailable
from ..secret import Secret
from ..state.port import FactStore
from ..state.records import Fact
from ..state.shared import Shared
from ..state.tokens import CLAIM
from .clock import FakeClock

OpenState = Callable[[], FactStore]
SECRET = Secret("a client's secret")


class FactStoreContract:
    """Texts that several processes change, none of them unseen."""

    def test_a_fact_is_there_for_everybody(self, state: FactStore, open_state: OpenState) -> None:
        assert state.fact("x") is None
        assert state.put_fact("x", "one", after=None)
        found = open_state().fact("x")
        assert found is not None
        assert found.text == "one"
        assert state.fact("y") is None

    def test_a_fact_that_was_changed_meanwhile_is_not_changed(self, state: FactStore) -> None:
        assert state.put_fact("x", "one", after=None)
        assert not state.put_fact("x", "two", after=None)
        first = state.fact("x")
        assert state.put_fact("x", "two", after=first)
        assert not state.put_fact("x", "three", after=first)
        again = state.fact("x")
        assert again is not None
        assert first is not None
        assert (again.text, again.version > first.version) == ("two", True)

    def test_nothing_is_lost_when_many_change_it_at_once(
        self, state: FactStore, open_state: OpenState
    ) -> None:
        processes = [open_state() for _ in range(4)]

        def count(store: FactStore) -> None:
            done = 0
            while done < 10:
                known = store.fact("n")
                more = str(int(known.text if known else "0") + 1)
                done += store.put_fact("n", more, after=known)

        counting = [threading.Thread(target=count, args=(one,)) for one in processes]
        for thread in counting:
            thread.start()
        for thread in counting:
            thread.join(60)
        found = state.fact("n")
        assert found is not None
        assert found.text == "40"


class Login:
    """A login server that counts, and gives tokens that live an hour."""

    def __init__(self, clock: FakeClock | SystemClock, life: float = 3600) -> None:
        self.asked = 0
        self.life = life
        self._clock = clock

    async def ask(self) -> tuple[str, float]:
        self.asked += 1
        token = f"token-number-{self.asked}"
        await self._clock.sleep(1)
        return token, self.life


class Dying:
    """A process's view of a state that is killed after its first change: no other one arrives."""

    def __init__(self, store: FactStore) -> None:
        self._store = store
        self._alive = True

    def fact(self, name: str) -> Fact | None:
        return self._store.fact(name)

    def put_fact(self, name: str, text: str, *, after: Fact | None) -> bool:
        alive, self._alive = self._alive, False
        return self._store.put_fact(name, text, after=after) if alive else True


class SharedContract(FactStoreContract):
    """One token and one rate for all processes on a credential."""

    async def test_one_process_asks_and_all_use_its_token(
        self, state: FactStore, open_state: OpenState
    ) -> None:
        clock = FakeClock()
        login = Login(clock)
        tokens = [Shared(open_state(), clock).token("cx", SECRET) for _ in range(4)]
        got = await asyncio.gather(*(one.obtain(login.ask, None) for one in tokens))
        assert {token for token, _ in got} == {"token-number-1"}
        assert all(3590 < life <= 3600 for _, life in got)
        assert login.asked == 1

    async def test_a_token_is_used_until_shortly_before_its_end(self, state: FactStore) -> None:
        clock = FakeClock()
        login = Login(clock)
        token = Shared(state, clock).token("cx", SECRET)
        await token.obtain(login.ask, None)
        clock.advance(3000)
        kept, life = await token.obtain(login.ask, None)
        assert kept == "token-number-1"
        assert life == pytest.approx(600)
        clock.advance(590)
        assert (await token.obtain(login.ask, None))[0] == "token-number-2"

    async def test_a_token_that_was_refused_is_replaced_once_for_all(
        self, state: FactStore, open_state: OpenState
    ) -> None:
        clock = FakeClock()
        login = Login(clock)
        first, second = (Shared(open_state(), clock).token("cx", SECRET) for _ in range(2))
        refused, _ = await first.obtain(login.ask, None)
        await second.obtain(login.ask, None)
        got = await asyncio.gather(
            first.obtain(login.ask, refused), second.obtain(login.ask, refused)
        )
        assert {token for token, _ in got} == {"token-number-2"}
        assert login.asked == 2

    async def test_the_token_in_the_state_is_of_no_use_without_the_secret(
        self, state: FactStore
    ) -> None:
        clock = FakeClock()
        login = Login(clock)
        await Shared(state, clock).token("cx", SECRET).obtain(login.ask, None)
        kept = state.fact("token cx")
        assert kept is not None
        assert "token-number-1" not in kept.text
        stranger = Shared(state, clock).token("cx", Secret("a new secret"))
        assert (await stranger.obtain(login.ask, None))[0] == "token-number-2"

    async def test_credentials_do_not_share_with_each_other(self, state: FactStore) -> None:
        clock = FakeClock()
        login = Login(clock)
        shared = Shared(state, clock)
        got = [await shared.token(name, SECRET).obtain(login.ask, None) for name in ("a", "b")]
        assert [token for token, _ in got] == ["token-number-1", "token-number-2"]

    async def test_whoever_waits_asks_itself_when_the_first_one_fails(
        self, state: FactStore, open_state: OpenState
    ) -> None:
        clock = FakeClock()
        login = Login(clock)

        async def fail() -> tuple[str, float]:
            await clock.sleep(1)
            raise Unavailable("the login server is down")

        first, second = (Shared(open_state(), clock).token("cx", SECRET) for _ in range(2))
        got = await asyncio.gather(
            first.obtain(fail, None), second.obtain(login.ask, None), return_exceptions=True
        )
        assert isinstance(got[0], Unavailable)
        assert got[1] == ("token-number-1", 3600)

    async def test_a_process_that_died_while_asking_is_not_waited_for_long(
        self, state: FactStore, open_state: OpenState
    ) -> None:
        clock = FakeClock()
        login = Login(clock)
        asked = asyncio.Event()

        async def die() -> tuple[str, float]:
            asked.set()
            await asyncio.Event().wait()
            raise AssertionError("it never comes back")

        dying = Shared(Dying(open_state()), clock).token("cx", SECRET)
        task = asyncio.create_task(dying.obtain(die, None))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        before = clock.now()
        living = Shared(open_state(), clock).token("cx", SECRET)
        assert (await living.obtain(login.ask, None))[0] == "token-number-1"
        assert clock.now() - before <= timedelta(seconds=CLAIM + 2)

    async def test_no_window_sees_more_than_the_limit_whoever_sends(
        self, state: FactStore, open_state: OpenState
    ) -> None:
        clock = FakeClock()
        sent: list[float] = []

        async def send(store: FactStore, until: float) -> None:
            ration = Shared(store, clock).ration("cx", 30, window=6)
            while clock.monotonic() < until:
                block = await ration.reserve()
                await clock.sleep(block.wait)
                sent.extend([clock.monotonic()] * block.count)
                # As late as it may be every other time.
                await clock.sleep(block.lasts * (len(sent) % 2))

        await asyncio.gather(*(send(open_state(), 30) for _ in range(4)))
        assert len(sent) > 110, "most of the limit is used"
        busiest = max(sum(at <= other < at + 6 for other in sent) for at in sent)
        assert busiest <= 30

    async def test_a_pause_that_one_was_asked_for_holds_for_all(
        self, state: FactStore, open_state: OpenState
    ) -> None:
        clock = FakeClock()
        first, second = (Shared(open_state(), clock).ration("cx", 300) for _ in range(2))
        assert (await first.reserve()).paused == 0
        first.pause(40)
        first.pause(10)
        block = await second.reserve()
        assert block.count == 0
        assert block.paused == pytest.approx(40)
        clock.advance(40)
        later = await second.reserve()
        assert (later.count > 0, later.wait) == (True, 0)

    async def test_who_comes_after_a_quiet_time_waits_for_nobody(self, state: FactStore) -> None:
        clock = FakeClock()
        ration = Shared(state, clock).ration("cx", 300)
        await ration.reserve()
        clock.advance(600)
        first, second = await ration.reserve(), await ration.reserve()
        assert first.wait == 0
        assert 0 < second.wait < 1, "nothing was saved up"


__all__ = ["FactStoreContract", "SharedContract"]
