"""Refresh tokens that change with every use, and the file that keeps them."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest

from syncline import errors
from syncline.http import Client, RefreshToken
from syncline.http.tokenfile import TokenFile, Tokens
from syncline.ports import Secret
from syncline.testing import FakeClock
from syncline.testing.faulty import FaultyServer, Received
from syncline.testing.login import TokenVendor


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
    vendor: TokenVendor, file: Path
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
    api: FaultyServer, vendor: TokenVendor, file: Path
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
    api: FaultyServer, vendor: TokenVendor, file: Path
) -> None:
    vendor.refresh = "another-token-by-now"
    with pytest.raises(errors.Forbidden, match=r"403 invalid_grant.* authorise Syncline again"):
        await rotating(api, file, FakeClock()).headers()
    assert kept(file) == "refresh-token-0"


async def test_a_lost_answer_to_a_renewal_is_asked_for_again(
    api: FaultyServer, vendor: TokenVendor, file: Path
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
    api: FaultyServer, vendor: TokenVendor, bare: Path
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
    api: FaultyServer, vendor: TokenVendor, file: Path, damage: object, message: str
) -> None:
    assert callable(damage)
    damage(file)
    with pytest.raises(errors.Forbidden, match=message) as caught:
        await rotating(api, file, FakeClock()).headers()
    assert str(file) in str(caught.value)
    assert vendor.logins == []


async def test_the_old_refresh_token_is_not_spent_when_the_new_one_cannot_be_saved(
    api: FaultyServer, vendor: TokenVendor, tmp_path: Path
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
    api: FaultyServer, vendor: TokenVendor, file: Path
) -> None:
    clock = FakeClock()
    async with TokenFile(file, clock).locked():
        with pytest.raises(errors.Unavailable, match="another process has been renewing"):
            await rotating(api, file, clock).headers()
    await rotating(api, file, clock).headers()
