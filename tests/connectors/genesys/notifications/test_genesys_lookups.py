"""Whether conversations have ended, and which users and queues patterns stand for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from syncline.clock import SystemClock
from syncline.connector import Context
from syncline.errors import ConfigError
from syncline.testing import MemoryCache
from syncline_genesys import connector
from syncline_genesys.notifications.directory import read_directory
from syncline_genesys.notifications.lookup import ONE_BY_ONE, ConversationLookup
from syncline_genesys.notifications.topics import expand, wanted
from syncline_genesys.settings import Settings
from syncline_simulators.running import Running

if TYPE_CHECKING:
    from .conftest import Plain


@pytest.fixture
async def lookup(simulator: Running, plain: Plain) -> AsyncIterator[ConversationLookup]:
    """What asks the simulated organisation."""
    context = Context(connection="cx", clock=SystemClock(), cache=MemoryCache())
    assert connector.lookup is not None
    made = connector.lookup(Settings(**plain), context)
    assert isinstance(made, ConversationLookup)
    act(simulator, "traffic", users=20, queues=3)
    yield made
    await made.aclose()


def act(simulator: Running, what: str, **fields: Any) -> Any:
    return simulator.act({"do": what, **fields})


def call(simulator: Running, *, ended: bool = False) -> str:
    made = act(simulator, "begin", script="call", by_hand=True)
    if ended:
        act(simulator, "step", conversation=made["id"], changes="all")
    return str(made["id"])


async def test_open_ended_and_unknown_conversations_are_told_apart(
    simulator: Running, lookup: ConversationLookup
) -> None:
    running, over = call(simulator), call(simulator, ended=True)
    nobody = "00000000-0000-4000-8000-000000000000"
    found = await lookup.look_up([running, over, nobody])
    (end,) = [
        line["occurred_at"]
        for line in simulator.truth()
        if line["type"] == "conversation.ended" and line["conversation_id"] == over
    ]
    assert found[running].standing == "open"
    assert found[over].standing == "ended"
    assert found[over].ended_at == datetime.fromisoformat(end)
    assert found[nobody].standing == "gone"


async def test_what_analytics_do_not_know_yet_is_asked_for_itself(
    simulator: Running, lookup: ConversationLookup
) -> None:
    act(simulator, "traffic", analytics_delay=600)
    over = call(simulator, ended=True)
    assert (await lookup.look_up([over]))[over].standing == "ended"


async def test_nothing_is_said_of_those_that_there_was_no_time_to_ask_for(
    simulator: Running, lookup: ConversationLookup
) -> None:
    act(simulator, "traffic", analytics_delay=600)
    many = [call(simulator) for _ in range(ONE_BY_ONE + 5)]
    assert len(await lookup.look_up(many)) == ONE_BY_ONE


async def test_a_hundred_and_more_are_asked_for_in_few_calls(
    simulator: Running, lookup: ConversationLookup
) -> None:
    many = await asyncio.to_thread(lambda: [call(simulator) for _ in range(130)])
    simulator.clear_calls()
    found = await lookup.look_up(many)
    assert len(found) == 130
    paths = [str(one["path"]) for one in simulator.calls() if "/conversations" in str(one["path"])]
    assert len(paths) == 2


# -- groups and divisions


@pytest.fixture
async def topics(lookup: ConversationLookup) -> Callable[[str], Awaitable[frozenset[str]]]:
    """What a pattern stands for in the simulated organisation."""

    async def found(pattern: str) -> frozenset[str]:
        asked = wanted([pattern])
        read = await read_directory(lookup._calls.listing, asked)
        return expand(asked, read.directory)

    return found


async def test_a_group_stands_for_its_members(
    simulator: Running, topics: Callable[[str], Awaitable[frozenset[str]]]
) -> None:
    names = [f"Agent {n:05}" for n in (1, 2, 3)]
    act(simulator, "create", kind="group", name="Tier 1", members=names)
    assert len(await topics("v2.users.*.conversations")) > 3
    assert len(await topics("v2.users.{group:Tier 1}.conversations")) == 3


async def test_a_division_stands_for_its_users_and_queues(
    simulator: Running, topics: Callable[[str], Awaitable[frozenset[str]]]
) -> None:
    act(simulator, "place", kind="user", name="Agent 00001", division="Sales")
    act(simulator, "place", kind="queue", name="Queue 0001", division="Sales")
    (user,) = await topics("v2.users.{division:Sales}.conversations")
    (queue,) = await topics("v2.routing.queues.{division:Sales}.conversations")
    assert user.startswith("v2.users.")
    assert queue.startswith("v2.routing.queues.")
    assert not await topics("v2.users.{division:Nowhere}.conversations")


async def test_a_group_that_there_is_not_is_refused(
    topics: Callable[[str], Awaitable[frozenset[str]]],
) -> None:
    with pytest.raises(ConfigError, match="topics: no group is called 'Nobody'"):
        await topics("v2.users.{group:Nobody}.conversations")
