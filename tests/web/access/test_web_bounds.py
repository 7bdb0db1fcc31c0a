"""Requests without end, in size or in time, come to one."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

Start = Callable[..., Awaitable[Any]]
SAME = ("Sec-Fetch-Site", "same-origin")


async def test_a_long_form_is_refused_before_it_is_read(start: Start, tokens: Any) -> None:
    service = await start()
    cookie = await service.log_in(tokens["operator"])
    told = ("Content-Length", "999999999999")
    answer = await service.ask("POST", "/jobs/handbook/sync", cookie, SAME, told)
    assert answer.status == 413
    stranger = await service.submit("/login", {"token": "x" * 20_000})
    assert stranger.status == 413


async def test_a_form_in_pieces_is_bounded_too(start: Start) -> None:
    service = await start()
    head = (
        f"POST /login HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\nSec-Fetch-Site: same-origin\r\n"
        "Transfer-Encoding: chunked\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
    ).encode()
    piece = b"1000\r\n" + b"a" * 4096 + b"\r\n"
    answer = await service.raw(head + piece * 8)
    assert b" 413 " in answer.split(b"\r\n")[0]


async def test_endless_headers_end(start: Start) -> None:
    service = await start()
    head = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n".encode()
    answer = await service.raw(head + b"X: " + b"a" * 40_000)
    assert b" 431 " in answer.split(b"\r\n")[0]
    lines = b"".join(b"X-%d: a\r\n" % number for number in range(5_000))
    answer = await service.raw(head + lines)
    assert b" 431 " in answer.split(b"\r\n")[0]


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /login HTTP/1.1\r\nHost: localhost\r\n"
        b"Connection: upgrade, close\r\nUpgrade: websocket\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
async def test_strangers_cannot_fill_the_log_with_requests_that_make_no_sense(
    start: Start, caplog: pytest.LogCaptureFixture, raw: bytes
) -> None:
    service = await start()
    assert (await service.raw(raw)).startswith(b"HTTP/1.1 ")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_headers_that_come_slowly_end(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncline_web.listening.protocol.HEAD_SECONDS", 0.3)
    service = await start()
    for first in (b"", b"GET / HTTP/1.1\r\nHost: x\r\nX: "):
        answer = await service.raw(first)
        assert b" 408 " in answer.split(b"\r\n")[0]
    kept = f"GET /login HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n\r\n".encode()
    answer = await service.raw(kept + b"GET /lo")
    assert answer.count(b"HTTP/1.1 200") == 1
    assert answer.count(b"HTTP/1.1 408") == 1


async def test_many_requests_of_one_connection_are_answered(start: Start) -> None:
    service = await start()
    one = f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\nX: {'a' * 2000}\r\n"
    raw = (one + "\r\n") * 40 + one + "Connection: close\r\n\r\n"
    answer = await service.raw(raw.encode())
    assert answer.count(b"HTTP/1.1 200") == 41
