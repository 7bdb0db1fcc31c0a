"""Floods, slow bodies and large ones over real sockets: bounded, and no genuine hint is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from syncline.config import Config, load

Sign = Callable[..., tuple[bytes, dict[str, str]]]
HOOK = "/webhooks/wiki"


def head(headers: dict[str, str], length: int | None, path: str = HOOK) -> bytes:
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    lines = [f"POST {path} HTTP/1.1", "Host: x", size, *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def send(port: int, raw: bytes) -> int:
    """Send a whole request on a connection of its own and return the status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.closing(writer):
        writer.write(raw)
        return await status(reader)


async def status(reader: asyncio.StreamReader) -> int:
    line = await asyncio.wait_for(reader.readline(), 60)
    return int(line.split()[1]) if line else 0


def genuine(signed: Sign, number: int) -> bytes:
    body, headers = signed(str(number), delivery=f"m{number}")
    return head(headers, len(body)) + body


async def test_a_body_that_is_announced_as_too_large_is_not_read(
    serve: Any, config: Config, signed: Sign
) -> None:
    receiver = serve(config, body=1000)
    _, headers = signed("7")
    assert await send(receiver.port, head(headers, 1001)) == 413
    assert await send(receiver.port, head(headers, 10**17)) == 413


async def test_a_body_that_grows_too_large_is_cut_off(
    serve: Any, config: Config, signed: Sign
) -> None:
    receiver = serve(config, body=1000)
    _, headers = signed("7")
    chunk = b"1f4\r\n" + b"x" * 500 + b"\r\n"
    assert await send(receiver.port, head(headers, None) + chunk * 3) == 413
    body, headers = signed("7", pad=900 - 45)
    assert await send(receiver.port, head(headers, len(body)) + body) == 202
    assert receiver.results() == ["too-large", "accepted"]


async def test_a_body_in_pieces_is_the_same_body(receiver: Any, signed: Sign) -> None:
    body, headers = signed("7", "8")
    pieces = b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in body) + b"0\r\n\r\n"
    assert await send(receiver.port, head(headers, None) + pieces) == 202


async def test_headers_have_a_limit(receiver: Any, signed: Sign) -> None:
    body, headers = signed("7")
    request = head({**headers, "X-Pad": "x" * 17_000}, len(body)) + body
    assert await send(receiver.port, request) == 431


async def test_a_body_that_drips_is_given_up(serve: Any, config: Config, signed: Sign) -> None:
    receiver = serve(config, slow=0.3)
    body, headers = signed("7")
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
    writer.write(head(headers, len(body)) + body[:10])
    assert await status(reader) == 408
    writer.close()
    assert receiver.results() == ["slow"]


async def test_a_sender_that_hangs_up_leaves_nothing_behind(
    serve: Any, config: Config, signed: Sign
) -> None:
    receiver = serve(config)
    body, headers = signed("7")
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
        writer.write(head(headers, len(body)) + body[:10])
        await writer.drain()
        writer.close()
    assert await send(receiver.port, genuine(signed, 1)) == 202
    await _until(lambda: len(receiver.app.judge.room) == 0)
    assert receiver.app.judge.room.bytes == 0


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not done():  # noqa: ASYNC110  the other side is another event loop
            await asyncio.sleep(0.01)


async def test_hundreds_of_slow_bodies_keep_nobody_out(
    serve: Any, config: Config, signed: Sign
) -> None:
    """More slow connections than there are places: the oldest make room, genuine ones get in."""
    receiver = serve(config, readers=100, buffered=200_000, slow=30.0)
    body, headers = signed("slow", pad=5000)
    slow = [await asyncio.open_connection("127.0.0.1", receiver.port) for _ in range(400)]
    for number, (_, writer) in enumerate(slow):
        writer.write(head(headers, len(body)) + body[:1800])
        if number == 99:
            await asyncio.sleep(0.2)  # those that are here now count as slow
    await asyncio.gather(*(writer.drain() for _, writer in slow))
    answers: list[int] = []
    for number in range(200):
        answers.append(await send(receiver.port, genuine(signed, number)))
        assert receiver.app.judge.room.bytes <= 200_000
        assert len(receiver.app.judge.room) <= 100
        if answers[-1] == 503:
            await asyncio.sleep(0.3)
    for _, writer in slow:
        writer.close()
    # A sender that is told to come back does.
    for number in [n for n, answer in enumerate(answers) if answer == 503]:
        assert await send(receiver.port, genuine(signed, number)) == 202
    assert {row.change.ref.id for row in receiver.waiting()} == {str(n) for n in range(200)}


async def test_genuine_hints_get_through_a_flood_of_forged_ones(
    serve: Any, config: Config, signed: Sign
) -> None:
    receiver = serve(config, rate=1e6, burst=10**6)
    body, headers = signed("forged", key="the-secret-of-somebody-else", pad=20_000)
    forged = head(headers, len(body)) + body

    async def flood() -> set[int]:
        return {await send(receiver.port, forged) for _ in range(60)}

    async def honest() -> list[int]:
        return [await send(receiver.port, genuine(signed, n)) for n in range(60)]

    floods = [flood() for _ in range(8)]
    answers, *refusals = await asyncio.gather(honest(), *floods)
    assert answers == [202] * 60
    assert set().union(*refusals) == {401}
    assert {row.change.ref.id for row in receiver.waiting()} == {str(n) for n in range(60)}


async def test_one_source_that_sends_too_often_is_told_when_to_come_back(
    serve: Any, config: Config, signed: Sign
) -> None:
    receiver = serve(config, rate=0.01, burst=3)
    answers = [await send(receiver.port, genuine(signed, n)) for n in range(5)]
    assert answers == [202, 202, 202, 429, 429]
    assert receiver.results()[-1] == "limited"
    _, headers, _ = receiver.post(HOOK, *signed("7"))
    assert 1 <= int(headers["retry-after"]) <= 100


async def test_behind_a_trusted_proxy_each_sender_is_its_own_source(
    serve: Any, config: Config, signed: Sign, tmp_path: Any
) -> None:
    from attrs import evolve

    intake = evolve(config.service.intake, proxies=("127.0.0.0/8",), rate=0.01, burst=1)
    behind = evolve(config, service=evolve(config.service, intake=intake))
    receiver = serve(behind)

    async def by(number: int, chain: str) -> int:
        body, headers = signed(str(number), delivery=f"m{number}")
        return await send(
            receiver.port, head({**headers, "X-Forwarded-For": chain}, len(body)) + body
        )

    assert await by(1, "203.0.113.5") == 202
    assert await by(2, "203.0.113.5") == 429
    assert await by(3, "203.0.113.6, 127.0.0.9") == 202
    # What stands left of the last stranger was written by the stranger.
    assert await by(4, "203.0.113.7, 203.0.113.6") == 429


async def test_without_a_trusted_proxy_its_header_is_ignored(
    serve: Any, config: Config, signed: Sign
) -> None:
    receiver = serve(config, rate=0.01, burst=1)
    body, headers = signed("1")
    for chain, expected in (("203.0.113.5", 202), ("203.0.113.6", 429)):
        request = head({**headers, "X-Forwarded-For": chain}, len(body)) + body
        assert await send(receiver.port, request) == expected


async def test_garbage_on_the_socket_disturbs_nobody(receiver: Any, signed: Sign) -> None:
    for raw in (b"\x16\x03\x01\x02", b"GET\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n", b"\x00" * 1000):
        reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
        writer.write(raw)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reader.read(100), 0.2)
        writer.close()
    assert await send(receiver.port, genuine(signed, 1)) == 202


def test_limits_come_from_the_configuration(config: Config, tmp_path: Any) -> None:
    from syncline_web.intake import Limits

    text = "[service.intake]\nbody = 33554432\nrate = 5\nburst = 6\nslow = '2s'\n"
    base = "[connections.a]\nconnector = 'files'\npath = 'a'\n[connections.b]\nconnector = 'files'"
    jobs = "\npath = 'b'\n[jobs.j]\nkind = 'documents'\nleft = 'a'\nright = 'b'\n"
    read = load((base + jobs + text).encode(), folder=tmp_path)
    limits = Limits.of(read.service.intake)
    assert (limits.body, limits.rate, limits.burst, limits.slow) == (33_554_432, 5, 6, 2)
    assert limits.buffered == 4 * limits.body
