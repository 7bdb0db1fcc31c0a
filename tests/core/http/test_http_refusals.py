"""Credentials that are refused: exchanged, renewed once, or told with advice."""

from __future__ import annotations

import asyncio
from base64 import b64decode

import pytest

from syncline import errors
from syncline.http import BearerAuth, Client, ClientCredentials
from syncline.model import Ref
from syncline.ports import Secret
from syncline.secret import RotatingSecret
from syncline.testing import FakeClock
from syncline.testing.faulty import FaultyServer, Received, reply
from syncline.testing.login import TokenVendor


def granted(api: FaultyServer, clock: FakeClock) -> ClientCredentials:
    return ClientCredentials(f"{api.url}/token", "the-client", Secret("the-secret"), clock=clock)


class Rotated(TokenVendor):
    """A vendor whose client has a new secret since the program was started."""

    def login(self, request: Received) -> bytes:
        given = b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        if given == "the-client:new-secret":
            return super().login(request)
        self.logins.append(request)
        return reply(401, b'{"error": "invalid_client"}')


async def test_a_secret_that_was_exchanged_meanwhile_is_found_when_it_is_refused() -> None:
    asked: list[str] = []

    async def keeper(refused: Secret) -> Secret | None:
        asked.append(refused.reveal())
        return RotatingSecret("new-secret", keeper)

    vendor, clock = Rotated(), FakeClock()
    async with FaultyServer(vendor) as server:
        secret = RotatingSecret("old-secret", keeper)
        auth = ClientCredentials(f"{server.url}/token", "the-client", secret, clock=clock)
        async with Client(server.url, clock=clock, auth=auth) as client:
            await client.request("GET", "/api/v2/x")
        clock.advance(1000)
        await auth.headers()
    assert (asked, len(vendor.logins)) == (["old-secret"], 3)
    assert "old-secret" not in repr(secret)


@pytest.mark.parametrize("away", [True, False])
async def test_without_another_secret_the_refusal_is_told(away: bool) -> None:
    async def keeper(refused: Secret) -> Secret | None:
        if away:
            raise errors.Unavailable("the keeper does not answer")
        return None

    clock = FakeClock()
    async with FaultyServer(Rotated()) as server:
        secret = RotatingSecret("old-secret", keeper)
        auth = ClientCredentials(f"{server.url}/token", "the-client", secret, clock=clock)
        with pytest.raises(errors.Forbidden, match="check the client id"):
            await auth.headers()


async def test_a_revoked_token_is_replaced_once_for_all_tasks(
    api: FaultyServer, vendor: TokenVendor
) -> None:
    clock = FakeClock()
    async with Client(api.url, clock=clock, auth=granted(api, clock)) as client:
        await client.request("GET", "/")
        vendor.valid.clear()
        await asyncio.gather(*(client.request("POST", f"/{n}") for n in range(10)))
    assert len(vendor.logins) == 2


async def test_a_refusal_is_shared_and_the_login_server_left_alone_for_a_while(
    api: FaultyServer, vendor: TokenVendor
) -> None:
    vendor.refusal = b'{"error": "invalid_client"}'
    clock = FakeClock()
    auth = granted(api, clock)
    failures = await asyncio.gather(*(auth.headers() for _ in range(20)), return_exceptions=True)
    assert {type(f) for f in failures} == {errors.Forbidden}
    with pytest.raises(errors.Forbidden, match="check the client id") as caught:
        await auth.headers()
    assert caught.value.status == 400
    assert len(vendor.logins) == 1
    vendor.refusal = None
    clock.advance(10)
    await auth.headers()


async def test_an_error_of_the_login_names_the_item_that_was_wanted(
    api: FaultyServer, vendor: TokenVendor
) -> None:
    vendor.refusal = b"{}"
    clock = FakeClock()
    async with Client(api.url, clock=clock, auth=granted(api, clock)) as client:
        with pytest.raises(errors.Forbidden) as caught:
            await client.request("GET", "/x", ref=Ref("kb", "1"))
    assert caught.value.ref == Ref("kb", "1")


async def test_two_clients_with_one_credential_replace_its_token_once(
    api: FaultyServer, vendor: TokenVendor
) -> None:
    clock = FakeClock()
    auth = granted(api, clock)
    async with (
        Client(api.url, clock=clock, auth=auth) as one,
        Client(api.url, clock=clock, auth=auth) as other,
    ):
        await one.request("GET", "/")
        vendor.valid.clear()
        await asyncio.gather(*(c.request("GET", "/") for c in (one, other, one, other)))
    assert len(vendor.logins) == 2


async def test_a_renewed_token_that_is_refused_ends_the_call_with_advice() -> None:
    vendor = TokenVendor()

    def api(request: Received) -> bytes:
        if request.target == "/token":
            return vendor(request)
        body = b'{"code": 401, "message": "Unauthorized; scope does not match"}'
        return reply(401, body, "atl-traceid: 5f3e")

    clock = FakeClock()
    async with (
        FaultyServer(api) as server,
        Client(server.url, clock=clock, auth=granted(server, clock)) as client,
    ):
        with pytest.raises(errors.Forbidden) as caught:
            await client.request("GET", "/wiki/api/v2/pages/1")
        for _ in range(5):
            with pytest.raises(errors.Forbidden):
                await client.request("GET", "/wiki/api/v2/pages/1")
        assert len(vendor.logins) == 2
        clock.advance(61)
        with pytest.raises(errors.Forbidden):
            await client.request("GET", "/wiki/api/v2/pages/1")
        assert len(vendor.logins) == 3
    assert "scope does not match; trace 5f3e" in str(caught.value)
    assert "check that they have not expired" in str(caught.value)
    assert (caught.value.status, caught.value.trace) == (401, "5f3e")


async def test_fixed_credentials_that_are_refused_are_not_tried_twice(api: FaultyServer) -> None:
    async with Client(
        api.url, clock=FakeClock(), auth=BearerAuth(Secret("expired-token"))
    ) as client:
        with pytest.raises(errors.Forbidden):
            await client.request("GET", "/")
    assert len(api.requests) == 1


async def test_a_wrong_secret_is_named_with_what_to_check(
    api: FaultyServer, vendor: TokenVendor
) -> None:
    vendor.refusal = b'{"error": "invalid_client", "description": "no: the-secret"}'
    clock = FakeClock()
    async with Client(api.url, clock=clock, auth=granted(api, clock)) as client:
        with pytest.raises(errors.Forbidden) as caught:
            await client.request("POST", "/pages")
    assert str(caught.value) == (
        f"no token: {api.url}/token answered 400 invalid_client; "
        "check the client id, its secret and the region"
    )


async def test_a_login_page_instead_of_a_token_is_not_a_token() -> None:
    async with FaultyServer(lambda request: reply(200, b'{"token": 1}')) as server:
        with pytest.raises(errors.Unavailable, match="without an access_token"):
            await granted(server, FakeClock()).headers()
