"""Where requests and credentials may go."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from syncline import errors
from syncline.http import BearerAuth, Client
from syncline.http.address import Base, Elsewhere
from syncline.ports import Secret
from syncline.testing import FakeClock
from syncline.testing.faulty import FaultyServer, Received, reply

WIKI = Base.parse("https://acme.atlassian.net/wiki/", frozenset({"media.example", ".cdn.example"}))


@pytest.mark.parametrize(
    ("given", "params", "url"),
    [
        ("/api/v2/pages", None, "https://acme.atlassian.net/wiki/api/v2/pages"),
        ("/a?x=1", {"y": "a b&c"}, "https://acme.atlassian.net/wiki/a?x=1&y=a+b%26c"),
        ("/a", {"n": None, "b": True, "s": ["x", 2]}, "https://acme.atlassian.net/wiki/a?b=true&s=x&s=2"),
        ("/a?next=https://x/y", None, "https://acme.atlassian.net/wiki/a?next=https://x/y"),
        ("https://acme.atlassian.net/other", None, "https://acme.atlassian.net/other"),
        ("https://media.example/f#part", None, "https://media.example/f"),
        ("https://a.b.cdn.example/f", None, "https://a.b.cdn.example/f"),
    ],
)  # fmt: skip
def test_a_path_is_appended_and_an_allowed_url_taken(
    given: str, params: dict[str, str] | None, url: str
) -> None:
    assert WIKI.resolve(given, params) == url


@pytest.mark.parametrize(
    "given",
    [
        "https://evil.example/",
        "https://cdn.example/",
        "https://evilcdn.example/",
        "https://media.example.evil.example/",
        "http://media.example/f",
        "http://acme.atlassian.net/wiki",
        "https://ann:secret@media.example/f",
        "ftp://media.example/f",
        "https:///f",
        "https://[::1/f",
        "https://media.example:port/f",
        "https://evil.example\\@media.example/f",
        "https://evil.example\\.cdn.example/f",
        "https://media.example\t.evil.example/f",
        "https://ｍedia.example/f",
        "https://media。example/f",
        "//evil.example/f",
        "/pages/../../admin",
        "/pages/%2e%2E/admin",
        "/pages/./1",
        "pages",
        "",
    ],
)
def test_any_other_address_is_refused(given: str) -> None:
    with pytest.raises(Elsewhere):
        WIKI.resolve(given)


@pytest.mark.parametrize(
    "base", ["http://acme.example/", "acme.example", "https://u:p4ssw0rd@acme.example", "https://a/?q=1"]
)  # fmt: skip
def test_a_base_url_that_would_leak_is_a_configuration_fault(base: str) -> None:
    with pytest.raises(errors.ConfigError) as caught:
        Client(base, clock=FakeClock())
    assert "p4ssw0rd" not in str(caught.value)


def moved(url: str, status: int = 302) -> Callable[[Received], bytes]:
    return lambda request: reply(status, b"", f"Location: {url}")


def picture(request: Received) -> bytes:
    return reply(200, b"\x89PNG", kind="image/png")


async def download(server: FaultyServer, *hosts: str, method: str = "GET") -> bytes:
    client = Client(
        server.url,
        clock=FakeClock(),
        auth=BearerAuth(Secret("a-bearer-token")),
        allow_hosts=frozenset(hosts),
    )
    async with client:
        headers = {"X-Api-Key": "a-custom-key"}
        response = await client.request(
            method, "/download", headers=headers, expect_json=False, follow=True
        )
        return response.content


async def test_a_redirect_to_an_allowed_host_is_followed_without_credentials() -> None:
    async with FaultyServer(picture) as media:
        target = f"{media.url}/file?signature=abc"
        async with FaultyServer(moved(target)) as api:
            content = await download(api, f"127.0.0.1:{media.port}")
    assert content == b"\x89PNG"
    assert api.requests[0].headers["authorization"] == "Bearer a-bearer-token"
    assert media.requests[0].target == "/file?signature=abc"
    assert not {"authorization", "x-api-key", "cookie"} & media.requests[0].headers.keys()


async def test_another_port_of_the_same_host_gets_no_credentials() -> None:
    async with FaultyServer(picture) as media, FaultyServer(moved(media.url)) as api:
        await download(api)
    assert "authorization" not in media.requests[0].headers


async def test_a_redirect_on_the_same_origin_keeps_the_credentials() -> None:
    def api(request: Received) -> bytes:
        return moved("/there", 307)(request) if request.target == "/download" else picture(request)

    async with FaultyServer(api) as server:
        assert await download(server) == b"\x89PNG"
    assert server.requests[1].headers["authorization"] == "Bearer a-bearer-token"


async def test_credentials_do_not_come_back_by_way_of_another_host() -> None:
    back: list[str] = []

    def api(request: Received) -> bytes:
        if request.target == "/download":
            return moved(back[0])(request)
        return picture(request)

    async with FaultyServer(api) as server, FaultyServer(moved(f"{server.url}/admin")) as media:
        back.append(media.url)
        await download(server)
    assert "authorization" not in server.requests[1].headers


@pytest.mark.parametrize(
    "location",
    ["https://evil.example/", "http://192.0.2.7/", "file:///etc/passwd", "//evil.example/x", "http://["],
)  # fmt: skip
async def test_a_redirect_to_anywhere_else_is_refused(location: str) -> None:
    async with FaultyServer(moved(location)) as server:
        with pytest.raises(errors.Rejected, match="redirects elsewhere"):
            await download(server)
    assert len(server.requests) == 1


async def test_five_redirects_in_a_row_are_followed() -> None:
    steps = iter(range(6))

    def api(request: Received) -> bytes:
        step = next(steps)
        return picture(request) if step == 5 else moved(f"/step/{step}")(request)

    async with FaultyServer(api) as server:
        assert await download(server) == b"\x89PNG"


async def test_a_redirect_without_end_ends() -> None:
    async with FaultyServer(moved("/download")) as server:
        with pytest.raises(errors.Rejected, match="more than 5 times"):
            await download(server)


async def test_a_redirect_that_leads_nowhere_is_an_error() -> None:
    async with FaultyServer(lambda request: reply(302)) as server:
        with pytest.raises(errors.Unavailable, match="redirect that is not followed"):
            await download(server)


async def test_a_write_is_never_redirected() -> None:
    async with FaultyServer(moved("/there", 307)) as server:
        with pytest.raises(errors.Unavailable, match="redirect that is not followed"):
            await download(server, method="POST")
    assert len(server.requests) == 1


async def test_an_upload_to_an_allowed_host_carries_its_own_headers_only() -> None:
    async with FaultyServer() as store, FaultyServer() as api:
        client = Client(api.url, clock=FakeClock(), auth=BearerAuth(Secret("a-bearer-token")))
        async with client:
            await client.request(
                "PUT", f"{store.url}/bucket/key", content=b"x", headers={"Content-MD5": "abc"}
            )
    assert store.requests[0].headers["content-md5"] == "abc"
    assert "authorization" not in store.requests[0].headers


@pytest.mark.parametrize("form", ["429-seconds", "429-absent"])
async def test_another_hosts_limit_is_waited_out_a_few_times_and_pauses_nobody(form: str) -> None:
    clock = FakeClock()
    async with FaultyServer() as store, FaultyServer() as api:
        store.always = form
        async with Client(api.url, clock=clock) as client:
            with pytest.raises(errors.StoreError):
                await client.request("GET", f"{store.url}/key")
            at = clock.monotonic()
            await client.request("GET", "/well")
    assert len(store.requests) == 5
    assert clock.monotonic() == at
