"""News of a Genesys configuration over a notification channel, by a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from syncline.clock import SystemClock
from syncline.config import load
from syncline.connector import Context
from syncline.model import Ref
from syncline.ports import Secret
from syncline.runner import Runner
from syncline.testing import MemoryCache
from syncline_genesys import connector
from syncline_genesys.config.directory import Directory
from syncline_genesys.config.events import open_reader
from syncline_genesys.config.live import LiveNews, open_live, topics_of
from syncline_genesys.config.store import GenesysConfigStore
from syncline_genesys.settings import Settings
from syncline_simulators.running import Running

Do: TypeAlias = Callable[..., Any]
HOURS = {"start": "2026-03-02T09:00:00.000", "end": "2026-03-02T17:00:00.000"}
USED = (
    "queue/Support",
    "queue-observation/Support",
    "user-status-count/queue/Support",
    "schedule/Hours",
    "data-table-row/Limits/ivr",
    "utilization/organization",
)
REFS = [Ref("cx", id) for id in USED]


def settings(simulator: Running, **others: Any) -> Settings:
    given = {key: simulator.connection[key] for key in ("region", "client_id")}
    secret = Secret(simulator.env["GENESYS_CLIENT_SECRET"])
    return Settings(**{**given, "client_secret": secret, "channel": True, **others})


@pytest.fixture
def context() -> Context:
    return Context(connection="cx", clock=SystemClock(), cache=MemoryCache())


@pytest.fixture
async def news(simulator: Running, context: Context, do: Do) -> AsyncIterator[LiveNews]:
    """What tells of the objects that rules use, which have been read once."""
    do("create", "queue", name="Support")
    do("create", "queue", name="Other")
    do("create", "schedule", name="Hours", **HOURS)
    do("create", "data-table", name="Limits", columns={"maximum": "integer"})
    store = GenesysConfigStore(settings(simulator), context)
    read = [one async for one in store.fetch_many(REFS)]
    assert len(read) == len(REFS)
    await store.aclose()
    often = {"heartbeat": timedelta(seconds=1), "topics_every": timedelta(seconds=1)}
    opened = open_live(settings(simulator, **often), context, REFS)
    assert opened is not None
    yield opened
    await opened.aclose()


async def told(news: LiveNews, context: Context, wanted: set[str]) -> set[str]:
    """Listen until all of these were told, and return all that was told."""
    reader = open_reader(
        Settings(region="eu-central-1", client_id="c", client_secret=Secret("s")), context
    )
    found: set[str] = set()
    async with asyncio.timeout(60):
        while not found >= wanted:
            for delivery in await news.receive():
                assert "service" not in delivery.body.decode(), "no value is handed on"
                changes = reader.read(json.loads(delivery.body))
                found |= {change.ref.id for change in changes or ()}
    return found


async def subscribed(simulator: Running, times: int = 1) -> None:
    """Wait until topics were asked for so many times."""

    def found() -> bool:
        asked = [one for one in simulator.calls() if one["path"].endswith("/subscriptions")]
        return len(asked) >= times

    async with asyncio.timeout(60):
        while not await asyncio.to_thread(found):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_what_changes_is_told_and_what_no_rule_uses_is_not(
    news: LiveNews, simulator: Running, context: Context, do: Do
) -> None:
    receiving = asyncio.create_task(told(news, context, {*USED[:4]}))
    await subscribed(simulator)
    do("edit", "queue", name="Other", set={"description": "service for others"})
    do("edit", "queue", name="Support", set={"description": "service"})
    do("edit", "queue-observation", name="Support", mediaType="voice", set={"oWaiting": 3})
    do("edit", "schedule", name="Hours", set={"rrule": "FREQ=DAILY"})
    assert await receiving == {*USED[:4]}


async def test_what_was_missed_while_a_channel_was_away_is_looked_at_again(
    news: LiveNews, simulator: Running, context: Context, do: Do
) -> None:
    receiving = asyncio.create_task(told(news, context, {*USED[:4]}))
    await subscribed(simulator)
    simulator.act({"do": "close-sockets", "how": "reset"})
    assert await receiving == {*USED[:4]}


async def test_what_was_refused_is_told_once_and_heard_once_it_is_granted(
    news: LiveNews,
    simulator: Running,
    context: Context,
    do: Do,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = simulator.connection["client_id"]
    simulator.act({"do": "permit", "client": client, "permissions": []})
    receiving = asyncio.create_task(told(news, context, {"queue/Support"}))
    await subscribed(simulator, times=3)
    assert sum("topics are refused" in record.message for record in caplog.records) == 1
    simulator.act({"do": "permit", "client": client, "permissions": None})
    number = 0
    async with asyncio.timeout(60):
        while not receiving.done():
            number += 1
            do("edit", "queue", name="Support", set={"description": f"service {number}"})
            await asyncio.sleep(0.3)
    assert "queue/Support" in receiving.result()


def test_an_object_is_listened_to_once_its_id_is_known(context: Context) -> None:
    directory = Directory(context.cache, "cx")
    assert topics_of(REFS, directory) == {}
    directory.learn("queue", {"id": "q-1", "name": "Support"})
    assert topics_of(REFS, directory) == {
        "v2.audits.entitytype.Queue.entityid.q-1": {"queue/Support"},
        "v2.analytics.queues.q-1.observations": {
            "queue-observation/Support",
            "user-status-count/queue/Support",
        },
    }


def test_a_connection_that_does_not_ask_for_it_opens_no_channel(
    simulator: Running, context: Context
) -> None:
    assert open_live(settings(simulator, channel=False), context, REFS) is None
    assert connector.live is not None


async def test_a_service_that_never_polls_follows_what_it_hears(
    simulator: Running, do: Do, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", simulator.env["GENESYS_CLIENT_SECRET"])
    do("create", "queue", name="Support")
    do("create", "data-table", name="Limits", columns={"maximum": "integer"})
    do("create", "data-table-row", table="Limits", key="ivr", set={"maximum": 1})
    text = f"""
state = "state.db"
[connections.cx]
connector = "genesys"
region = "{simulator.connection["region"]}"
client_id = "{simulator.connection["client_id"]}"
client_secret = {{ env = "GENESYS_CLIENT_SECRET" }}
channel = true
[jobs.capacity]
kind = "config"
debounce = "0s"
poll = "0s"
schedule = "0 0 1 1 *"
[[jobs.capacity.rules]]
from = {{ q = "cx:queue-observation/Support" }}
to = {{ item = "cx:data-table-row/Limits/ivr", field = "maximum", type = "int" }}
expression = "q.oWaiting * 10 + 5"
"""

    async def until(value: int) -> None:
        async with asyncio.timeout(60):
            while (await asyncio.to_thread(row, simulator))["maximum"] != value:  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async with Runner(load(text.encode(), folder=tmp_path)) as runner:
        running = asyncio.create_task(runner.run())
        await until(5)
        await subscribed(simulator)
        do("edit", "queue-observation", name="Support", mediaType="voice", set={"oWaiting": 4})
        await until(45)
        await runner.stop()
        await running


def row(simulator: Running) -> dict[str, Any]:
    """The row that follows."""
    rows: list[dict[str, Any]] = simulator.item("data-table/Limits")["body"]["rows"]
    [found] = rows
    return found
