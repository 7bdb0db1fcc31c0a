"""The pages over real sessions and stores in memory, as a browser would ask for them."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import attrs
import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from syncline.decision import Limits, Policy
from syncline.engine import Report, Session
from syncline.engine.opening.jobs import AnySession
from syncline.mapping import Mapping as Rules
from syncline.model import Ref
from syncline.runner.workers.stream import StreamWorker
from syncline.state import SqliteState
from syncline.testing import FakeClock, MemoryStore
from syncline_web.pages import Pages, routes
from syncline_web.pages.person import ROLES, Role

JOB = "job"


@attrs.frozen
class Person:
    """Somebody who is signed in."""

    name: str
    role: Role

    def may(self, role: Role, /) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)


@attrs.define(kw_only=True)
class Working:
    """A job as the runner shows it."""

    session: AnySession
    role: str = "active"
    doing: str | None = None
    next_full: datetime | None = None
    next_poll: datetime | None = None
    last_error: str | None = None
    waiting: int = 0
    lag: timedelta = timedelta(0)


class Runner:
    """A runner that runs nothing by itself."""

    def __init__(self, working: Working) -> None:
        self.working = working
        self.listeners: list[Callable[[str, Mapping[str, object]], None]] = []
        self.streams: Mapping[str, StreamWorker] = {}

    @property
    def state(self) -> Any:
        return self.working.session.state

    @property
    def jobs(self) -> Mapping[str, Working]:
        return {JOB: self.working}

    def session(self, job: str) -> AnySession:
        return self.jobs[job].session

    async def sync(self, job: str) -> Report:
        return await self.session(job).sync()

    def subscribe(
        self, listener: Callable[[str, Mapping[str, object]], None]
    ) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener) if listener in self.listeners else None


class SignedIn:
    """Stands in for the shell: a person for each request, and a token that forms must have."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        name = headers.get(b"x-name", b"anna").decode()
        role: Any = headers.get(b"x-role", b"viewer").decode()
        scope.setdefault("state", {})
        scope["state"]["person"] = Person(name, role)
        scope["state"]["csrf"] = "token-of-this-session"
        await self.app(scope, receive, send)


@attrs.frozen
class Page:
    """An answer, as a person reads it."""

    response: httpx.Response

    @property
    def html(self) -> str:
        return self.response.text

    @property
    def text(self) -> str:
        """The words of the page, without its markup."""
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", self.html)).split())

    @property
    def main(self) -> str:
        """The markup of what the page is about."""
        return self.html.partition("<main")[2].partition("</main>")[0]

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def path(self) -> str:
        return self.response.url.raw_path.decode()

    def hidden(self, name: str, which: int = 0) -> str:
        """Return the value of a hidden field."""
        found = re.findall(rf'<input type="hidden" name="{name}" value="([^"]*)"', self.html)
        return html.unescape(found[which])

    def link(self, words: str) -> str:
        """Return where a link with these words leads."""
        found = re.search(rf'<a[^>]*href="([^"]*)"[^>]*>\s*{re.escape(words)}', self.html)
        assert found, f"no link {words!r}"
        return html.unescape(found[1])

    def links(self, pattern: str) -> list[str]:
        """Return the addresses on the page that fit."""
        return [html.unescape(a) for a in re.findall(rf'href="({pattern})"', self.html)]


@attrs.define(kw_only=True)
class Site:
    """Two systems, the job between them, and its pages."""

    clock: FakeClock
    left: MemoryStore
    right: MemoryStore
    state: SqliteState
    session: Session
    runner: Runner
    pages: Pages
    client: httpx.AsyncClient

    async def sync(self) -> Report:
        return await self.session.sync()

    def twin(self, ref: Ref) -> Ref:
        link = self.state.link(JOB, ref)
        assert link is not None
        other = link.right.ref if link.left.ref == ref else link.left.ref
        assert other is not None
        return other

    async def get(self, path: str, role: Role = "viewer", **query: str) -> Page:
        """Open a page, following where it leads."""
        headers = {"x-role": role, "x-name": role}
        response = await self.client.get(path, params=query or None, headers=headers)
        return Page(response)

    async def post(
        self, path: str, role: Role = "editor", data: Sequence[tuple[str, str]] = (), **fields: str
    ) -> Page:
        """Send a form, and wait until what it started is over."""
        form = [("csrf", "token-of-this-session"), *fields.items(), *data]
        headers = {
            "x-role": role,
            "x-name": role,
            "content-type": "application/x-www-form-urlencoded",
        }
        content = urlencode(form).encode()
        response = await self.client.post(path, content=content, headers=headers)
        for _ in range(6000):
            if "data-reload" not in response.text:
                return Page(response)
            await asyncio.sleep(0.01)
            response = await self.client.get(response.url, headers=headers)
        raise AssertionError(f"{path} still runs")

    def conflict(self) -> str:
        """Return the id of the only open conflict."""
        (record,) = self.state.conflicts(JOB)
        return record.id

    async def clash(
        self,
        body: str = "<p>one</p>",
        left: str = "<p>two</p>",
        right: str = "<p>three</p>",
        title: str = "Opening hours",
    ) -> Ref:
        """Make an article whose sides were edited apart; return the left one."""
        ref = self.left.write(title, body)
        await self.sync()
        self.left.edit(ref, body=left)
        self.right.edit(self.twin(ref), body=right)
        await self.sync()
        return ref


Make = Callable[..., Awaitable[Site]]


@pytest.fixture
async def make_site() -> AsyncIterator[Make]:
    opened: list[Site] = []

    async def make(
        *,
        policy: Policy | None = None,
        limits: Limits | None = None,
        mapping: Rules | None = None,
        left: Mapping[str, Any] | None = None,
        right: Mapping[str, Any] | None = None,
        root: str = "",
    ) -> Site:
        clock = FakeClock()
        stores = (
            MemoryStore("wiki", clock, **(left or {})),
            MemoryStore("kb", clock, **(right or {})),
        )
        state = SqliteState.memory()
        session = Session(
            job=JOB,
            left=stores[0],
            right=stores[1],
            left_name="wiki",
            right_name="kb",
            state=state,
            clock=clock,
            mapping=mapping or Rules(),
            policy=policy or Policy(),
            limits=limits or Limits(),
        )
        runner = Runner(Working(session=session))
        pages = Pages(runner=runner, clock=clock, patience=0.2)
        app = Starlette(routes=routes(pages), middleware=[Middleware(SignedIn)])
        transport = httpx.ASGITransport(app=app, root_path=root)
        client = httpx.AsyncClient(
            transport=transport, base_url="http://pages.test", follow_redirects=True
        )
        site = Site(
            clock=clock,
            left=stores[0],
            right=stores[1],
            state=state,
            session=session,
            runner=runner,
            pages=pages,
            client=client,
        )
        opened.append(site)
        return site

    yield make
    for site in opened:
        await site.client.aclose()
        await site.pages.aclose()
        site.state.close()


@pytest.fixture
async def site(make_site: Make) -> Site:
    return await make_site()
