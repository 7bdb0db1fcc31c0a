"""Items that are worked side by side are committed together, and each answers for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timezone

import pytest

from syncline.engine.runs.group_commit import GroupCommit
from syncline.errors import LeaseLost, StateError
from syncline.model import Ref
from syncline.state import SqliteState
from syncline.state.records import Effect, Half, Lease, Link, SaveLink

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)


class Journal:
    """A state in memory, and how many commits it took."""

    def __init__(self) -> None:
        self.state = SqliteState.memory()
        self.lease: Lease | None = None
        self.commits = 0

    def commit(self, effects: Sequence[Effect]) -> None:
        self.commits += 1
        self.state.commit(effects, self.lease)

    @property
    def pairs(self) -> set[str]:
        return {link.pair for link in self.state.links("job")}


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def group() -> GroupCommit:
    return GroupCommit()


def linking(pair: str, left: str) -> SaveLink:
    return SaveLink(Link(pair=pair, job="job", left=Half(ref=Ref("wiki", left)), right=Half()))


async def test_what_is_ready_at_one_time_shares_a_commit(
    group: GroupCommit, journal: Journal
) -> None:
    async def item(number: int) -> None:
        for _ in range(number % 3):
            await asyncio.sleep(0)  # some are ready a little later than others
        await group.join(lambda: [linking(f"p{number}", f"{number}")], journal.commit)
        assert f"p{number}" in journal.pairs

    await asyncio.gather(*(item(number) for number in range(20)))
    assert len(journal.pairs) == 20
    assert journal.commits == 1


async def test_a_single_item_waits_for_nobody(group: GroupCommit, journal: Journal) -> None:
    async with asyncio.timeout(60):
        await group.join(lambda: [linking("p", "1")], journal.commit)
    assert journal.pairs == {"p"}


async def test_what_the_state_refuses_fails_alone(group: GroupCommit, journal: Journal) -> None:
    ends = await asyncio.gather(
        group.join(lambda: [linking("a", "1")], journal.commit),
        group.join(lambda: [linking("b", "1")], journal.commit),  # the same item twice
        group.join(lambda: [linking("c", "3")], journal.commit),
        return_exceptions=True,
    )
    assert [type(end) for end in ends] == [type(None), StateError, type(None)]
    assert journal.pairs == {"a", "c"}


async def test_a_change_that_cannot_be_told_fails_alone(
    group: GroupCommit, journal: Journal
) -> None:
    def broken() -> list[Effect]:
        raise ValueError("there is no such thing")

    ends = await asyncio.gather(
        group.join(broken, journal.commit),
        group.join(lambda: [linking("b", "1")], journal.commit),
        return_exceptions=True,
    )
    assert [type(end) for end in ends] == [ValueError, type(None)]
    assert journal.pairs == {"b"}


async def test_nothing_is_written_once_the_lease_is_lost(
    group: GroupCommit, journal: Journal
) -> None:
    journal.lease = journal.state.acquire("job/job", holder="one", ttl=60)
    journal.state.acquire("job/job", holder="two", ttl=60, instead_of="one")
    ends = await asyncio.gather(
        *(
            group.join(lambda n=n: [linking(f"p{n}", f"{n}")], journal.commit)  # type: ignore[misc]  # mypy infers no type for a lambda with a default
            for n in range(3)
        ),
        return_exceptions=True,
    )
    assert [type(end) for end in ends] == [LeaseLost] * 3
    assert journal.pairs == set()


@pytest.mark.parametrize(("owed", "kept"), [(False, {"other"}), (True, {"mine", "other"})])
async def test_what_has_happened_is_remembered_even_by_a_task_that_is_cancelled(
    group: GroupCommit, journal: Journal, owed: bool, kept: set[str]
) -> None:
    mine = asyncio.ensure_future(
        group.join(lambda: [linking("mine", "1")], journal.commit, owed=owed)
    )
    other = asyncio.ensure_future(group.join(lambda: [linking("other", "2")], journal.commit))
    await asyncio.sleep(0)
    mine.cancel()
    ends = await asyncio.gather(mine, other, return_exceptions=True)
    assert isinstance(ends[0], asyncio.CancelledError)
    assert ends[1] is None
    assert journal.pairs == kept


async def test_a_change_is_told_right_before_it_is_committed(
    group: GroupCommit, journal: Journal
) -> None:
    seen: list[set[str]] = []

    def change() -> list[Effect]:
        seen.append(journal.pairs)
        return [linking("b", "2")]

    joined = asyncio.ensure_future(group.join(change, journal.commit))
    await asyncio.sleep(0)
    journal.commit([linking("a", "1")])  # somebody else, meanwhile
    await joined
    assert seen == [{"a"}]
