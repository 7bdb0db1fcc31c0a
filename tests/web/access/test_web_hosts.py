"""Names of this machine that are answered, and those that reach nothing (DNS rebinding)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

Start = Callable[..., Awaitable[Any]]
FOREIGN = (
    *("rebound.example", "127.0.0.1.rebound.example", "localhost.rebound.example"),
    *("127.0.0.1@rebound.example", "192.168.1.1", "[::2]", "", "127.0.0.1 x", "localhost:80"),
)


async def test_a_foreign_name_for_this_machine_reaches_nothing(start: Start, tokens: Any) -> None:
    service = await start()
    cookie = await service.log_in(tokens["operator"])
    bearer = ("Authorization", f"Bearer {tokens['operator']}")
    for host in FOREIGN:
        for target in ("/", "/login", "/static/pages.css", "/jobs/handbook/articles"):
            for header in (cookie, bearer):
                answer = await service.ask("GET", target, header, host=host)
                assert answer.status == 421, (host, target, answer)
                assert "handbook" not in answer.body


@pytest.mark.parametrize("hosts", [(), ("127.0.0.1", "rebound.example")], ids=["none", "two"])
async def test_a_request_names_exactly_one_host(start: Start, tokens: Any, hosts: Any) -> None:
    service = await start()
    headers = [("Host", host) for host in hosts]
    assert (await service.ask("GET", "/login", *headers, host=None)).status in (400, 421)


async def test_a_name_of_the_configuration_is_answered(start: Start) -> None:
    service = await start('hosts = ["sync.example.com"]\n')
    for host in ("sync.example.com", "SYNC.example.com", "localhost", "127.0.0.1"):
        assert (await service.ask("GET", "/login", host=host)).status == 200
    assert (await service.ask("GET", "/login", host="www.example.com")).status == 421


async def test_a_probe_may_use_any_address_but_no_name(start: Start) -> None:
    service = await start()
    assert (await service.ask("GET", "/healthz", host="10.1.2.3")).status == 200
    assert (await service.ask("GET", "/healthz", host="rebound.example")).status == 421
