"""What a person waits for leaves before what nobody waits for."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

from syncline.http import Pace
from syncline.urgency import priority, urgent


async def test_calls_of_urgent_work_go_first_whichever_task_makes_them(
    clients: Any, server: Any
) -> None:
    client = await clients.open(pace=Pace(max_in_flight=1, rng=Random(7)))
    async with asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(client.request("GET", f"/pass/{number}"))
        await asyncio.sleep(0)  # all of these wait in line
        with urgent():
            group.create_task(client.request("GET", "/hint"))
    paths = [request.target for request in server.requests]
    assert paths.index("/hint") < paths.index("/pass/2")
    assert priority() == 1


async def test_a_call_may_say_itself_how_urgent_it_is(clients: Any, server: Any) -> None:
    client = await clients.open(pace=Pace(max_in_flight=1, rng=Random(7)))
    async with asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(client.request("GET", f"/pass/{number}"))
        await asyncio.sleep(0)
        with urgent():
            group.create_task(client.request("GET", "/backfill", priority=5))
    assert [request.target for request in server.requests][-1] == "/backfill"
