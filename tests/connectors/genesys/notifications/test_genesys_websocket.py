"""Messages cut out of bytes, however they come, and sockets that are not to be had."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Frame, Opcode

from syncline.errors import NotFound, Unavailable
from syncline_genesys.notifications.websocket import LARGEST, Messages, open_websocket, split

texts = st.one_of(
    st.binary(max_size=300),
    st.integers(0, 70_000).map(lambda size: b"x" * size),
)


def frame(text: bytes) -> bytes:
    return Frame(Opcode.TEXT, text).serialize(mask=False)


@settings(max_examples=200, deadline=None)
@given(st.lists(texts, max_size=6), st.binary(max_size=12))
def test_whole_messages_are_found_and_what_follows_is_left(texts: list[bytes], rest: bytes) -> None:
    data = b"".join(map(frame, texts))
    found, at = split(data + rest)
    assert found[: len(texts)] == texts
    assert at >= len(data)


@settings(max_examples=300, deadline=None)
@given(st.lists(texts, min_size=1, max_size=3), st.data())
def test_a_message_that_is_not_whole_is_left(texts: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(map(frame, texts))
    cut = data.draw(st.integers(0, len(whole) - 1))
    found, at = split(whole[:cut])
    assert found == texts[: len(found)]
    assert len(found) < len(texts)
    assert whole[:at] == b"".join(map(frame, found))


@asynccontextmanager
async def server(
    talk: Callable[[ServerConnection], object], **options: object
) -> AsyncIterator[str]:
    async def served(connection: ServerConnection) -> None:
        await talk(connection)  # type: ignore[misc]  # every talk of these tests is a coroutine

    async with serve(served, "127.0.0.1", 0, compression=None, **options) as found:  # type: ignore[arg-type]  # passed on
        yield f"ws://127.0.0.1:{next(iter(found.sockets)).getsockname()[1]}/channels/secret"


async def hear(uri: str, many: int) -> list[bytes]:
    heard: list[bytes] = []
    enough = asyncio.Event()

    def take(messages: Messages) -> None:
        heard.extend(messages)
        if len(heard) >= many:
            enough.set()

    socket = await open_websocket(uri, take)
    async with asyncio.timeout(10):
        await enough.wait()
    await socket.aclose()
    return heard


async def test_messages_of_every_size_come_whole_and_in_order() -> None:
    sizes = [0, 1, 2, 125, 126, 127, 1400, 65_535, 65_536, 400_000, 3]

    async def talk(connection: ServerConnection) -> None:
        for size in sizes * 20:
            await connection.send("x" * size)
        await connection.wait_closed()

    async with server(talk) as uri:
        heard = await hear(uri, len(sizes) * 20)
    assert [len(one) for one in heard] == sizes * 20


async def test_fragments_and_pings_between_messages_lose_nothing() -> None:
    async def talk(connection: ServerConnection) -> None:
        for n in range(50):
            await connection.send(f"before {n}")
            await connection.ping()
            await connection.send(["in ", "three ", f"parts {n}"])
            await connection.send(f"binary {n}".encode())
        await connection.wait_closed()

    async with server(talk) as uri:
        heard = await hear(uri, 150)
    assert heard == [
        text.encode()
        for n in range(50)
        for text in (f"before {n}", f"in three parts {n}", f"binary {n}")
    ]


@settings(max_examples=15, deadline=None)
@given(st.lists(texts, min_size=1, max_size=8), st.integers(1, 4000))
def test_messages_survive_being_cut_anywhere(texts: list[bytes], size: int) -> None:
    async def talk(connection: ServerConnection) -> None:
        data = b"".join(frame(text) for text in texts)
        for at in range(0, len(data), size):
            connection.transport.write(data[at : at + size])
            await asyncio.sleep(0)
        await connection.wait_closed()

    async def heard() -> list[bytes]:
        async with server(talk, close_timeout=0.1) as uri:
            return await hear(uri, len(texts))

    assert asyncio.run(heard()) == texts


async def test_a_message_that_is_too_large_ends_the_connection() -> None:
    async def talk(connection: ServerConnection) -> None:
        header = bytes([0x81, 127]) + (LARGEST + 1).to_bytes(8)
        connection.transport.write(header + b"x" * 1000)
        await connection.wait_closed()

    async with server(talk) as uri:
        socket = await open_websocket(uri, lambda _: None)
        async with asyncio.timeout(5):
            assert await socket.ended == "closed with 1009"


@pytest.mark.parametrize(
    ("status", "error"), [(401, NotFound), (403, NotFound), (404, NotFound), (503, Unavailable)]
)
async def test_a_socket_that_is_refused_says_whether_the_channel_is_gone(
    status: int, error: type[Exception]
) -> None:
    async def talk(connection: ServerConnection) -> None: ...

    def refuse(connection: ServerConnection, _: object) -> object:
        return connection.respond(HTTPStatus(status), "no")

    async with server(talk, process_request=refuse) as uri:
        with pytest.raises(error) as refused:
            await open_websocket(uri, lambda _: None)
    assert "secret" not in str(refused.value)


async def test_a_host_that_does_not_answer_is_told_without_the_address() -> None:
    with pytest.raises(Unavailable) as refused:
        await open_websocket("ws://127.0.0.1:1/channels/secret", lambda _: None)
    assert "secret" not in str(refused.value)


async def test_the_address_and_the_messages_are_never_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def talk(connection: ServerConnection) -> None:
        await connection.send('{"said":"private"}')
        await connection.wait_closed()

    caplog.set_level(logging.DEBUG)
    logging.getLogger("websockets.server").setLevel(logging.WARNING)
    try:
        async with server(talk) as uri:
            await hear(uri, 1)
    finally:
        logging.getLogger("websockets.server").setLevel(logging.NOTSET)
    assert "secret" not in caplog.text
    assert "private" not in caplog.text


async def test_a_socket_that_is_not_read_pushes_back_and_goes_on_later() -> None:
    sent = 0

    async def talk(connection: ServerConnection) -> None:
        nonlocal sent
        while sent < 20_000:
            await connection.send("x" * 2000)
            sent += 1
        await connection.wait_closed()

    heard = 0
    everything = asyncio.Event()

    def take(messages: Messages) -> None:
        nonlocal heard
        heard += len(messages)
        if heard == 20_000:
            everything.set()

    async with server(talk) as uri:
        socket = await open_websocket(uri, take)
        socket.pause(1)
        await asyncio.sleep(0.5)
        held = sent
        assert held < 20_000, "the server could send everything to nobody"
        socket.resume()
        async with asyncio.timeout(20):
            await everything.wait()
        await socket.aclose()
