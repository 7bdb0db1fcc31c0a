"""Where the pages listen: addresses, certificates, and how they stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from syncline.config import Config
from syncline.errors import ConfigError
from syncline.runner import Runner
from syncline_web.serving import serve

Start = Callable[..., Awaitable[Any]]


async def test_an_address_that_is_taken_is_told_with_its_setting(
    configured: Callable[[str], Config],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config, there = configured(""), f"127.0.0.1:{port}"
        for setting, service in {
            "pages": attrs.evolve(config.service, pages=there),
            "webhooks": attrs.evolve(config.service, webhooks=there),
        }.items():
            async with Runner(attrs.evolve(config, service=service)) as runner:
                with pytest.raises(ConfigError) as caught:
                    async with serve(runner, lambda name, url: None):
                        pass
                (problem,) = caught.value.problems
                assert problem.startswith(f"service.{setting}: {there} cannot be listened at")


async def test_an_answer_at_hand_is_finished_when_the_service_ends(
    configured: Callable[[str], Config],
) -> None:
    told: dict[str, str] = {}
    async with Runner(configured("")) as runner:
        async with serve(runner, told.__setitem__):
            port = int(told["pages"].split(":")[2].partition("/")[0])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            head = (
                f"POST /login HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nSec-Fetch-Site: same-origin\r\n"
            )
            writer.write(f"{head}Content-Length: 7\r\n\r\n".encode())
            await writer.drain()
            await asyncio.sleep(0.1)

            async def later() -> None:
                await asyncio.sleep(0.3)
                writer.write(b"token=x")

            sending = asyncio.create_task(later())
        assert b"HTTP/1.1 " in await reader.read()
        await sending
        writer.close()
        with pytest.raises(OSError, match=r"refused|Connect"):
            await asyncio.open_connection("127.0.0.1", port)


async def test_the_metrics_are_for_this_machine_and_for_those_who_may_read(
    start: Start, tokens: Any
) -> None:
    service = await start()
    assert (await service.ask("GET", "/metrics")).status == 200
    through = ("X-Forwarded-For", "203.0.113.9")
    assert (await service.ask("GET", "/metrics", through)).status == 401
    bearer = ("Authorization", f"Bearer {tokens['viewer']}")
    assert (await service.ask("GET", "/metrics", through, bearer)).status == 200


async def test_pages_speak_https_by_a_certificate_of_their_own(
    configured: Callable[[str], Config], tmp_path: Path, tokens: Any
) -> None:
    import ssl

    import trustme

    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    told: dict[str, str] = {}
    more = (
        "certificate = 'cert.pem'\nkey = 'key.pem'\n"
        "[service.access.tokens.v]\ntoken = { env = 'T_VERA' }"
    )
    async with Runner(configured(more)) as runner, serve(runner, told.__setitem__):
        assert told["pages"].startswith("https://127.0.0.1:")
        port = int(told["pages"].split(":")[2].partition("/")[0])
        context = ssl.create_default_context()
        authority.configure_trust(context)
        reader, writer = await asyncio.open_connection("localhost", port, ssl=context)
        body = f"token={tokens['viewer']}"
        writer.write(
            f"POST /login HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: https://localhost:{port}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
            f"Connection: close\r\n\r\n{body}".encode()
        )
        answer = (await reader.read()).decode()
        writer.close()
    assert "\r\nset-cookie: __Host-syncline=" in answer.lower().replace("__host", "__Host")
    assert "; Secure" in answer


async def test_a_certificate_that_is_none_is_told_with_its_setting(
    configured: Callable[[str], Config], tmp_path: Path
) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("not a certificate", encoding="utf-8")
    async with Runner(configured("certificate = 'cert.pem'\nkey = 'key.pem'\n")) as runner:
        with pytest.raises(ConfigError, match=r"service\.certificate: .*cert\.pem"):
            async with serve(runner, lambda name, url: None):
                pass
