"""What a client tells whoever watches: the rest of a limit, and how long requests stood in line."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from syncline.clock import SystemClock
from syncline.http import Client, Limits, Pace


def read_limits(headers: Mapping[str, str], now: datetime) -> Limits | None:
    return Limits(remaining=int(headers["x-left"]))


async def a_server(left: list[str]) -> asyncio.Server:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nx-left: {left.pop(0)}\r\ncontent-type: application/json\r\n"
        writer.write(f"{head}content-length: 2\r\nconnection: close\r\n\r\n{{}}".encode())
        await writer.drain()
        writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", 0)


async def told(left: list[str], pace: Pace) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the events of as many requests as there are answers."""
    events: list[tuple[str, Mapping[str, Any]]] = []
    server = await a_server(left)
    port = server.sockets[0].getsockname()[1]
    async with server:
        client = Client(
            f"http://127.0.0.1:{port}",
            clock=SystemClock(),
            pace=pace,
            observe=lambda event, fields: events.append((event, fields)),
        )
        async with client:
            for _ in range(len(left)):
                await client.request("GET", "/x")
    return events


async def test_what_is_left_of_a_limit_is_told_when_it_changes() -> None:
    events = await told(["17", "17", "odd", "16", "-3"], Pace(read_limits=read_limits))
    left = [fields["remaining"] for event, fields in events if event == "http.budget"]
    assert left == [17, 16, 0]


async def test_a_request_that_stands_in_line_says_how_long() -> None:
    events = await told(["1"] * 4, Pace(rate=20.0, burst=1.0))
    waited = [fields["seconds"] for event, fields in events if event == "http.wait"]
    assert waited
    assert all(0.01 < seconds < 60 for seconds in waited)


async def test_without_limits_nothing_is_told_of_any() -> None:
    events = await told(["1"] * 3, Pace())
    assert {event for event, _ in events} == {"http.call"}
