"""Credentials: fixed ones, and tokens that are asked for once and in time."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from urllib.parse import parse_qs

import pytest

from syncline import errors
from syncline.http import BasicAuth, BearerAuth, Client, ClientCredentials, Pace, Retries
from syncline.ports import Secret
from syncline.testing import FakeClock
from syncline.testing.faulty import FaultyServer
from syncline.testing.login import TokenVendor


def granted(api: FaultyServer, clock: FakeClock) -> ClientCredentials:
    return ClientCredentials(f"{api.url}/token", "the-client", Secret("the-secret"), clock=clock)


async def test_basic_and_bearer_headers() -> None:
    basic = await BasicAuth("ann@example.com", Secret("päss:word")).headers()
    assert b64decode(basic["Authorization"].removeprefix("Basic ")).decode() == (
        "ann@example.com:päss:word"
    )
    assert await BearerAuth(Secret("abc-def-ghi")).headers() == {
        "Authorization": "Bearer abc-def-ghi"
    }


async def test_a_token_is_asked_for_as_the_grant_says(
    api: FaultyServer, vendor: TokenVendor
) -> None:
    clock = FakeClock()
    async with Client(api.url, clock=clock, auth=granted(api, clock)) as client:
        await client.request("GET", "/api/v2/x")
    login = vendor.logins[0]
    assert b64decode(login.headers["authorization"].removeprefix("Basic ")) == (
        b"the-client:the-secret"
    )
    assert parse_qs(login.body.decode()) == {"grant_type": ["client_credentials"]}


async def test_many_tasks_wait_for_one_token(api: FaultyServer, vendor: TokenVendor) -> None:
    clock = FakeClock()
    async with Client(api.url, clock=clock, auth=granted(api, clock)) as client:
        await asyncio.gather(*(client.request("GET", f"/{n}") for n in range(30)))
    assert len(vendor.logins) == 1


@pytest.mark.parametrize(("life", "renewed_after"), [(1000, 900), (86_400, 86_280), ("500", 450)])
async def test_a_token_is_renewed_a_little_before_it_expires(
    api: FaultyServer, vendor: TokenVendor, life: object, renewed_after: float
) -> None:
    vendor.life = life
    clock = FakeClock()
    auth = granted(api, clock)
    await auth.headers()
    clock.advance(renewed_after - 1)
    await auth.headers()
    assert len(vendor.logins) == 1
    clock.advance(1)
    await asyncio.gather(*(auth.headers() for _ in range(5)))
    assert len(vendor.logins) == 2


@pytest.mark.parametrize("life", [None, "soon", -1, 0, "nan", 1e30])
async def test_a_token_without_a_sensible_life_is_taken_for_short_lived(
    api: FaultyServer, vendor: TokenVendor, life: object
) -> None:
    vendor.life = life
    clock = FakeClock()
    auth = granted(api, clock)
    await auth.headers()
    await auth.headers()
    clock.advance(270)
    await auth.headers()
    assert len(vendor.logins) == 2


async def test_the_old_token_serves_while_the_login_server_is_down(
    api: FaultyServer, vendor: TokenVendor
) -> None:
    clock = FakeClock()
    auth = granted(api, clock)
    first = await auth.headers()
    clock.advance(901)
    api.always = None
    api.next(*["empty-503"] * 5)
    assert await auth.headers() == first
    clock.advance(100)
    assert await auth.headers() != first


async def test_a_pause_that_the_login_server_asks_for_is_kept(
    api: FaultyServer, vendor: TokenVendor
) -> None:
    clock = FakeClock()
    auth = granted(api, clock)
    first = await auth.headers()
    clock.advance(950)
    api.next("429-a-day")
    assert await auth.headers() == first
    clock.advance(60)
    with pytest.raises(errors.RateLimited):
        await auth.headers()
    assert len(api.requests) == 2
    clock.advance(300)
    assert await auth.headers() != first


def test_a_token_url_that_would_leak_is_a_configuration_fault() -> None:
    with pytest.raises(errors.ConfigError, match="cannot be a token URL"):
        ClientCredentials("http://login.example/token", "a", Secret("b"), clock=FakeClock())


async def test_a_token_that_expires_while_its_call_waits_in_line_is_not_sent(
    api: FaultyServer, vendor: TokenVendor
) -> None:
    clock, vendor.life = FakeClock(), 100
    pace = Pace(1 / 60)
    async with Client(api.url, clock=clock, auth=granted(api, clock), pace=pace) as client:
        await asyncio.gather(*(client.request("GET", f"/{n}") for n in range(4)))
    calls = [r for r in api.requests if r.target != "/token"]
    assert len(calls) == 4, "none was refused and repeated"
    assert len({r.headers["authorization"] for r in calls}) == len(vendor.logins) == 2


async def test_renewals_asked_for_at_the_same_time_are_one(
    api: FaultyServer, vendor: TokenVendor
) -> None:
    auth = granted(api, FakeClock())
    await auth.headers()
    await asyncio.gather(*(auth.refreshed() for _ in range(5)))
    assert len(vendor.logins) == 2


async def test_a_cancelled_waiter_does_not_take_the_token_from_the_others(
    api: FaultyServer, vendor: TokenVendor
) -> None:
    api.next("slow")
    api.always = None
    auth = granted(api, FakeClock())
    first, second = (asyncio.create_task(auth.headers()) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    assert "Bearer" in (await second)["Authorization"]
    assert len(api.requests) == 1


async def test_no_credentials_leave_for_a_refused_address(api: FaultyServer) -> None:
    client = Client(
        api.url,
        clock=FakeClock(),
        auth=BearerAuth(Secret("a-bearer-token")),
        retries=Retries(attempts=1),
    )
    async with client:
        for address in ("https://example.com/x", "//example.com/x", "/a/../b", "relative"):
            with pytest.raises(errors.Rejected, match="was not requested"):
                await client.request("GET", address)
    assert api.requests == []
