"""A running service over two folders, and requests as bytes over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import attrs
import pytest

from syncline.config import Config, load
from syncline.runner import Runner
from syncline_web.serving import serve

JOB = """
[connections.left]
connector = "files"
path = "left"
[connections.right]
connector = "files"
path = "right"
[jobs.handbook]
kind = "documents"
left = "left"
right = "right"
[service]
pages = "127.0.0.1:0"
webhooks = ""
"""
TOKENS = """
[service.access.tokens.vera]
token = { env = "T_VERA" }
[service.access.tokens.edi]
token = { env = "T_EDI" }
role = "editor"
[service.access.tokens.otto]
token = { env = "T_OTTO" }
role = "operator"
"""
SECRETS = {
    "T_VERA": "vera-0123456789abcdef",
    "T_EDI": "edi-0123456789abcdef",
    "T_OTTO": "otto-0123456789abcdef",
}
FORM = "application/x-www-form-urlencoded"


@attrs.frozen(kw_only=True)
class Answer:
    """What came back, header by header."""

    status: int
    headers: list[tuple[str, str]]
    body: str

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name.lower()]

    def one(self, name: str) -> str:
        (value,) = self.all(name)
        return value

    @property
    def csrf(self) -> str:
        """The proof that its forms carry."""
        return self.body.partition('name="csrf" value="')[2].partition('"')[0]

    @property
    def cookie(self) -> str:
        """`name=value` of the cookie that was set."""
        return self.one("set-cookie").partition(";")[0]


@attrs.define(kw_only=True)
class Service:
    """A service that runs in the loop of the test."""

    runner: Runner
    told: list[tuple[str, str]] = attrs.field(factory=list)

    @property
    def url(self) -> str:
        return next(url for name, url in self.told if name == "pages")

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def raw(self, request: bytes, *, whole: bool = True, peer: str = "127.0.0.1") -> bytes:
        """Return everything that comes back for these bytes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(peer, 0))
        writer.write(request)
        if whole:
            await writer.drain()
        try:
            return await asyncio.wait_for(reader.read(), 60)
        finally:
            writer.close()

    async def ask(
        self,
        method: str,
        target: str,
        *headers: tuple[str, str],
        form: Mapping[str, str] | None = None,
        body: bytes | None = None,
        host: str | None = "127.0.0.1",
        peer: str = "127.0.0.1",
    ) -> Answer:
        """Send one request, with exactly these headers besides Host, and return the answer."""
        lines = [f"{method} {target} HTTP/1.1", "Connection: close"]
        lines += [f"Host: {host}:{self.port}"] if host is not None else []
        lines += [f"{name}: {value}" for name, value in headers]
        content = urlencode(form).encode() if form is not None else body
        if content is not None:
            lines.append(f"Content-Length: {len(content)}")
            if not any(name.lower() == "content-type" for name, _ in headers):
                lines.append(f"Content-Type: {FORM}")
        raw = "\r\n".join([*lines, "", ""]).encode() + (content or b"")
        return parsed(await self.raw(raw, peer=peer))

    async def page(self, target: str, *headers: tuple[str, str]) -> Answer:
        """Open a page as a browser does."""
        return await self.ask("GET", target, ("Accept", "text/html"), *headers)

    async def submit(
        self, target: str, form: Mapping[str, str], *headers: tuple[str, str]
    ) -> Answer:
        """Send a form as a browser does from a page of ours."""
        own = (("Accept", "text/html"), ("Sec-Fetch-Site", "same-origin"))
        return await self.ask("POST", target, *own, *headers, form=form)

    async def log_in(self, token: str) -> tuple[str, str]:
        """Return the header with the cookie of a new session."""
        answer = await self.submit("/login", {"token": token, "next": "/"})
        assert answer.status == 303, answer
        return ("Cookie", answer.cookie)


def parsed(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = [(k.lower(), v.strip()) for k, _, v in (line.partition(":") for line in lines)]
    return Answer(status=int(first.split(" ")[1]), headers=headers, body=body.decode("utf-8"))


Start = Callable[..., Awaitable[Service]]


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Config]:
    """Read a configuration of two folders with more in it."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    for side in ("left", "right"):
        (tmp_path / side).mkdir()
    (tmp_path / "left" / "hours.md").write_text("# Hours\n\nNine to five.\n", encoding="utf-8")
    return lambda more: load((JOB + more).encode(), file="syncline.toml", folder=tmp_path)


@pytest.fixture
async def start(configured: Callable[[str], Config]) -> AsyncIterator[Start]:
    """Start a service whose configuration says this, too."""
    async with AsyncExitStack() as stack:

        async def begin(more: str = TOKENS) -> Service:
            runner = await stack.enter_async_context(Runner(configured(more)))
            service = Service(runner=runner)
            listening = serve(runner, lambda name, url: service.told.append((name, url)))
            await stack.enter_async_context(listening)
            return service

        yield begin


@pytest.fixture
def tokens() -> Mapping[str, str]:
    """The tokens by role."""
    return {
        "viewer": SECRETS["T_VERA"],
        "editor": SECRETS["T_EDI"],
        "operator": SECRETS["T_OTTO"],
    }
