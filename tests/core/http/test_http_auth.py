"""Credentials: sent to one origin only, renewed early, once for everybody, and kept safely."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from syncline import errors
from syncline.http import (
    BasicAuth,
    BearerAuth,
    Client,
    ClientCredentials,
    Pace,
    RefreshToken,
    Retries,
)
from syncline.http.tokenfile import TokenFile, Tokens
from syncline.model import Ref
from syncline.ports import Secret
from syncline.secret import RotatingSecret
from syncline.testing import FakeClock
from syncline.testing.faulty import FaultyServer, Received, reply


class Vendor:
    """A login endpoint and an API that takes only tokens which it gave and has not revoked."""

    def __init__(self) -> None:
        self.given = 0
        self.valid: set[str] = set()
        self.refresh = "refresh-token-0"
        self.life: object = 1000
        self.logins: list[Received] = []
        self.refusal: bytes | None = None

    def __call__(self, request: Received) -> bytes:
        if request.target == "/token":
            return self._login(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token in self.valid:
            return reply(200, b"{}")
        return reply(401, b'{"code": "bad.credentials"}', "ININ-Correlation-Id: 0b-1c")

    def _login(self, request: Received) -> bytes:
        self.logins.append(request)
        if self.refusal is not None:
            return reply(400, self.refusal)
        if request.headers["content-type"] == "application/json":
            if json.loads(request.body)["refresh_token"] != self.refresh:
                return reply(403, b'{"error": "invalid_grant"}')
            self.refresh = f"refresh-token-{self.given + 1}"
        self.given += 1
        token = f"access-token-{self.given}"
        self.valid.add(token)
        answer = {"access_token": token, "token_type": "bearer", "expires_in": self.life}
        return reply(200, json.dumps({**answer, "refresh_token": self.refresh}).encode())


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
async def api(vendor: Vendor) -> AsyncIterator[FaultyServer]:
    async with FaultyServer(vendor) as server:
        yield server


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


async def test_a_token_is_asked_for_as_the_grant_says(api: FaultyServer, vendor: Vendor) -> None:
    clock = FakeClock()
    async with Client(api.url, clock=clock, auth=granted(api, clock)) as client:
        await client.request("GET", "/api/v2/x")
    login = vendor.logins[0]
    assert b64decode(login.headers["authorization"].removeprefix("Basic ")) == (
        b"the-client:the-secret"
    )
    assert parse_qs(login.body.decode()) == {"grant_type": ["client_credentials"]}


class Rotated(Vendor):
    """A vendor whose client has a new secret since the program was started."""

    def _login(self, request: Received) -> bytes:
        given = b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        if given == "the-client:new-secret":
            return super()._login(request)
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


async def test_many_tasks_wait_for_one_token(api: FaultyServer, vendor: Vendor) -> None:
    clock = FakeClock()
    async with Client(api.url, clock=clock, auth=granted(api, clock)) as client:
        await asyncio.gather(*(client.request("GET", f"/{n}") for n in range(30)))
    assert len(vendor.logins) == 1


@pytest.mark.parametrize(("life", "renewed_after"), [(1000, 900), (86_400, 86_280), ("500", 450)])
async def test_a_token_is_renewed_a_little_before_it_expires(
    api: FaultyServer, vendor: Vendor, life: object, renewed_after: float
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
    api: FaultyServer, vendor: Vendor, life: object
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
    api: FaultyServer, vendor: Vendor
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
    api: FaultyServer, vendor: Vendor
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
    api: FaultyServer, vendor: Vendor
) -> None:
    clock, vendor.life = FakeClock(), 100
    pace = Pace(1 / 60)
    async with Client(api.url, clock=clock, auth=granted(api, clock), pace=pace) as client:
        await asyncio.gather(*(client.request("GET", f"/{n}") for n in range(4)))
    calls = [r for r in api.requests if r.target != "/token"]
    assert len(calls) == 4, "none was refused and repeated"
    assert len({r.headers["authorization"] for r in calls}) == len(vendor.logins) == 2


async def test_a_revoked_token_is_replaced_once_for_all_tasks(
    api: FaultyServer, vendor: Vendor
) -> None:
    clock = FakeClock()
    async with Client(api.url, clock=clock, auth=granted(api, clock)) as client:
        await client.request("GET", "/")
        vendor.valid.clear()
        await asyncio.gather(*(client.request("POST", f"/{n}") for n in range(10)))
    assert len(vendor.logins) == 2


async def test_renewals_asked_for_at_the_same_time_are_one(
    api: FaultyServer, vendor: Vendor
) -> None:
    auth = granted(api, FakeClock())
    await auth.headers()
    await asyncio.gather(*(auth.refreshed() for _ in range(5)))
    assert len(vendor.logins) == 2


async def test_a_cancelled_waiter_does_not_take_the_token_from_the_others(
    api: FaultyServer, vendor: Vendor
) -> None:
    api.next("slow")
    api.always = None
    auth = granted(api, FakeClock())
    first, second = (asyncio.create_task(auth.headers()) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    assert "Bearer" in (await second)["Authorization"]
    assert len(api.requests) == 1


async def test_a_refusal_is_shared_and_the_login_server_left_alone_for_a_while(
    api: FaultyServer, vendor: Vendor
) -> None:
    vendor.refusal = b'{"error": "invalid_client"}'
    clock = FakeClock()
    auth = granted(api, clock)
    failures = await asyncio.gather(*(auth.headers() for _ in range(20)), return_exceptions=True)
    assert {type(f) for f in failures} == {errors.Forbidden}
    with pytest.raises(errors.Forbidden, match="check the client id"):
        await auth.headers()
    assert len(vendor.logins) == 1
    vendor.refusal = None
    clock.advance(10)
    await auth.headers()


async def test_an_error_of_the_login_names_the_item_that_was_wanted(
    api: FaultyServer, vendor: Vendor
) -> None:
    vendor.refusal = b"{}"
    clock = FakeClock()
    async with Client(api.url, clock=clock, auth=granted(api, clock)) as client:
        with pytest.raises(errors.Forbidden) as caught:
            await client.request("GET", "/x", ref=Ref("kb", "1"))
    assert caught.value.ref == Ref("kb", "1")


async def test_two_clients_with_one_credential_replace_its_token_once(
    api: FaultyServer, vendor: Vendor
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
    vendor = Vendor()

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
    api: FaultyServer, vendor: Vendor
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


# --- rotating refresh tokens


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "wiki.token"
    TokenFile(path, FakeClock()).write(Tokens(refresh_token="refresh-token-0"))
    return path


def rotating(api: FaultyServer, file: Path, clock: FakeClock) -> RefreshToken:
    return RefreshToken(f"{api.url}/token", "the-client", Secret("the-secret"), file, clock=clock)


def kept(file: Path) -> str:
    return TokenFile(file, FakeClock()).read().refresh_token


def left_behind(file: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}


async def test_the_new_refresh_token_is_on_the_disk_before_the_access_token_is_used(
    vendor: Vendor, file: Path
) -> None:
    on_disk: list[str] = []

    def api(request: Received) -> bytes:
        if request.target != "/token":
            on_disk.append(kept(file))
        return vendor(request)

    clock = FakeClock()
    async with (
        FaultyServer(api) as server,
        Client(server.url, clock=clock, auth=rotating(server, file, clock)) as client,
    ):
        await client.request("GET", "/")
        vendor.valid.clear()
        await client.request("GET", "/")
    assert on_disk == ["refresh-token-1", "refresh-token-1", "refresh-token-2"]
    assert left_behind(file) == {"wiki.token": 0o600, "wiki.token.lock": 0o600}


async def test_processes_that_share_the_file_share_the_token(
    api: FaultyServer, vendor: Vendor, file: Path
) -> None:
    clock = FakeClock()
    one, other = rotating(api, file, clock), rotating(api, file, clock)
    first, second = await asyncio.gather(one.headers(), other.headers())
    assert first == second
    assert len(vendor.logins) == 1
    vendor.valid.clear()
    await one.refreshed()
    await other.refreshed()
    assert await one.headers() == await other.headers() != first
    assert len(vendor.logins) == 2


async def test_a_revoked_refresh_token_says_how_to_go_on(
    api: FaultyServer, vendor: Vendor, file: Path
) -> None:
    vendor.refresh = "another-token-by-now"
    with pytest.raises(errors.Forbidden, match=r"403 invalid_grant.* authorise Syncline again"):
        await rotating(api, file, FakeClock()).headers()
    assert kept(file) == "refresh-token-0"


async def test_a_lost_answer_to_a_renewal_is_asked_for_again(
    api: FaultyServer, vendor: Vendor, file: Path
) -> None:
    api.next("reset-before", "html-502")
    await rotating(api, file, FakeClock()).headers()
    assert kept(file) == "refresh-token-1"


@pytest.fixture
def bare(file: Path) -> Path:
    """The file as a person makes it: the token alone."""
    file.write_text("refresh-token-0\n")
    return file


async def test_a_file_may_begin_as_nothing_but_the_refresh_token(
    api: FaultyServer, vendor: Vendor, bare: Path
) -> None:
    await rotating(api, bare, FakeClock()).headers()
    assert kept(bare) == "refresh-token-1"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.chmod(0o644), "may be read by others: `chmod 600` it"),
        (lambda path: path.write_text("{"), "is damaged"),
        (lambda path: path.write_text("[]"), "is damaged"),
        (lambda path: path.write_text('{"refresh_token": 7}'), "is damaged"),
        (lambda path: path.unlink(), "does not exist"),
    ],
)
async def test_an_unusable_token_file_is_named_and_nothing_is_asked(
    api: FaultyServer, vendor: Vendor, file: Path, damage: object, message: str
) -> None:
    assert callable(damage)
    damage(file)
    with pytest.raises(errors.Forbidden, match=message) as caught:
        await rotating(api, file, FakeClock()).headers()
    assert str(file) in str(caught.value)
    assert vendor.logins == []


async def test_the_old_refresh_token_is_not_spent_when_the_new_one_cannot_be_saved(
    api: FaultyServer, vendor: Vendor, tmp_path: Path
) -> None:
    folder = tmp_path / "tokens"
    folder.mkdir()
    file = folder / "wiki.token"
    TokenFile(file, FakeClock()).write(Tokens(refresh_token="refresh-token-0"))
    # A folder where the draft should go: works for root, too, whom no mode stops.
    (folder / f".wiki.token.{os.getpid()}").mkdir()
    with pytest.raises(errors.Unavailable, match=r"cannot be saved .* so none was asked for"):
        await rotating(api, file, FakeClock()).headers()
    assert vendor.logins == []
    assert kept(file) == "refresh-token-0"


async def test_a_lock_that_is_never_released_is_reported(
    api: FaultyServer, vendor: Vendor, file: Path
) -> None:
    clock = FakeClock()
    async with TokenFile(file, clock).locked():
        with pytest.raises(errors.Unavailable, match="another process has been renewing"):
            await rotating(api, file, clock).headers()
    await rotating(api, file, clock).headers()


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
