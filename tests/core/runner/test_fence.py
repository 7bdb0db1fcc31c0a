"""A write that was waiting when its process was replaced does not leave any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from syncline.clock import SystemClock
from syncline.errors import LeaseLost
from syncline.fencing import check, fenced
from syncline.http import Client
from syncline.http.pace import Pace


@pytest.fixture
async def server() -> AsyncIterator[tuple[str, list[str]]]:
    """A server that answers everything, and the methods it was asked with."""
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked.append(head.split()[0])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", asked


def lost() -> None:
    raise LeaseLost("another process took over")


async def test_a_write_is_asked_for_after_all_waiting(server: tuple[str, list[str]]) -> None:
    url, asked = server
    replaced = False

    def ours() -> None:
        if replaced:
            lost()

    pace = Pace(rate=4, burst=1)
    async with Client(url, clock=SystemClock(), pace=pace) as client:
        with fenced(ours):
            await client.request("GET", "/")
            waiting = asyncio.create_task(client.request("PUT", "/page"))
            await asyncio.sleep(0.05)
            assert not waiting.done(), "it waits in line"
            replaced = True
            with pytest.raises(LeaseLost):
                await waiting
            await client.request("GET", "/")
    assert asked == ["GET", "GET"], "reading does no harm"


async def test_the_last_look_is_taken_with_the_connection_in_hand() -> None:
    """Connecting may take seconds, and a process may be stopped meanwhile."""
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set_result(await reader.read())
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        async with Client(url, clock=SystemClock(), pace=Pace(rate=4)) as client:
            with fenced(lost), pytest.raises(LeaseLost):
                await client.request("PUT", "/page")
            assert await heard == b""


async def test_work_outside_of_a_run_is_not_fenced() -> None:
    check()
    with fenced(lost), pytest.raises(LeaseLost):
        check()
    check()
