"""The service over real sockets: webhooks make it quick, and nothing depends on them."""

from __future__ import annotations

import asyncio
import http.client
import http.server
import random
import threading
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import attrs
import pytest

from syncline.config import load
from syncline.runner import Runner
from syncline.runner.workers.job import JobWorker
from syncline_simulators.running import Running
from syncline_web.intake import Intake, webhooks_app

SECRET = "a secret of thirty-two characters"
HEADER = "X-Syncline-Secret"
PAGES = [f"Article {number}" for number in range(8)]
WIKI = {
    "requests_per_second": 2000.0,
    "webhook": {"form": "automation", "secret": {"env": "WIKI_WEBHOOK"}},
}
KB = {"requests_per_minute": 120_000}
SPARE = timedelta(seconds=10)
"""What a test needs before the minute is over."""
Between = Callable[[str], AbstractContextManager[str]]
"""Gives the address at which the service finds the wiki, of the one that it has."""


@attrs.frozen(kw_only=True)
class Served:
    """A runner at work between two systems, and the address of its webhooks."""

    wiki: Running
    kb: Running
    runner: Runner
    webhooks: str
    ended: list[str] = attrs.field(factory=list)

    def heard(self, event: str, fields: Mapping[str, object]) -> None:
        if event == "pass.ended" and not fields["error"]:
            self.ended.append(str(fields["kind"]))

    def body(self, title: str) -> str:
        return next((str(a["body"]) for a in self.kb.items() if a["title"] == title), "")

    def page(self, title: str) -> str:
        return next(str(p["id"]) for p in self.wiki.items() if p["title"] == title)

    def holds(self, title: str) -> bool:
        return any(p["title"] == title and p["state"] == "current" for p in self.wiki.items())

    def passes(self, kind: str) -> int:
        """How many passes of a kind have come to a good end since the runner began."""
        return self.ended.count(kind)

    def edit(self, title: str, text: str) -> None:
        self.wiki.act({"do": "edit", "id": self.page(title), "body": f"<p>{text}</p>"})

    async def until(self, seen: Callable[[], bool], seconds: float = 120) -> None:
        """Wait until both systems are as they should be."""
        async with asyncio.timeout(seconds):
            while not await asyncio.to_thread(seen):  # noqa: ASYNC110 -- others' state is polled
                await asyncio.sleep(0.1)

    async def followed(self) -> None:
        """Wait until both feeds are followed: what they do not tell of the past is listed once."""
        await self.until(lambda: self.passes("full") > 0)

    async def idle(self) -> None:
        """Wait until nothing is left to look at."""
        job = self.runner.jobs["knowledge"]
        await self.until(lambda: job.waiting == 0 and job.doing is None)


@pytest.fixture
def serve(
    tmp_path: Path, systems: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Return how a test starts the service on both systems, in agreement about `PAGES`."""

    @asynccontextmanager
    async def start(
        *,
        poll: str = "1h",
        schedule: str = "0 0 1 1 *",
        subscribe: dict[str, Any] | None = None,
        between: Between = nullcontext,
    ) -> AsyncIterator[Served]:
        with systems() as (wiki, kb), between(wiki.url) as site:
            for name, value in {**wiki.env, **kb.env, "WIKI_WEBHOOK": SECRET}.items():
                monkeypatch.setenv(name, value)
            job = f'kind = "documents"\nleft = "wiki"\nright = "kb"\npoll = "{poll}"\n'
            job += f'schedule = "{schedule}"\njitter = "0s"\n'
            text = "\n".join(
                [
                    "[connections.wiki]\n" + _toml({**wiki.connection, **WIKI, "site": site}),
                    "[connections.kb]\n" + _toml({**kb.connection, **KB}),
                    "[jobs.knowledge]\n" + job,
                ]
            )
            for title in PAGES:
                wiki.act({"do": "create", "title": title, "body": f"<p>{title} at first.</p>"})
            async with Runner(load(text.encode(), folder=tmp_path)) as runner:
                assert not (await runner.sync("knowledge")).failed
                async with _listening(webhooks_app(runner)) as address:
                    url = f"{address}/webhooks/wiki"
                    if subscribe is not None:
                        form = {"form": "automation", "secret": SECRET, "header": HEADER}
                        wiki.act({"do": "subscribe", "url": url, **form, **subscribe})
                    served = Served(wiki=wiki, kb=kb, runner=runner, webhooks=url)
                    runner.subscribe(served.heard)
                    working = asyncio.create_task(runner.run())
                    yield served
                    await runner.stop()
                    await working

    return start


def _toml(table: Any) -> str:
    def shown(value: Any) -> str:
        if isinstance(value, dict):
            return "{ " + ", ".join(f"{k} = {shown(v)}" for k, v in value.items()) + " }"
        return f'"{value}"' if isinstance(value, str) else str(value).lower()

    return "\n".join(f"{key} = {shown(value)}" for key, value in table.items()) + "\n"


@asynccontextmanager
async def _listening(app: Intake) -> AsyncIterator[str]:
    import uvicorn

    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # older releases
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


async def test_an_edit_reaches_the_other_side_by_its_webhook_alone(serve: Any) -> None:
    async with serve(subscribe={}) as service:
        service.edit("Article 1", "The desk opens at nine.")
        await service.until(lambda: "opens at nine" in service.body("Article 1"))


async def test_what_no_webhook_told_the_poll_brings(serve: Any) -> None:
    async with serve(poll="1s", subscribe={"drop": 1.0}) as service:
        for title in PAGES[:4]:
            service.edit(title, f"{title} is different now.")
        await service.until(
            lambda: all("different now" in service.body(title) for title in PAGES[:4])
        )


async def test_a_restriction_that_no_webhook_told_the_poll_finds_and_its_end(serve: Any) -> None:
    async with serve(poll="1s", subscribe={"drop": 1.0}) as service:
        await service.followed()
        full = service.passes("full")
        parent, alone = service.page("Article 1"), service.page("Article 5")
        below = [service.page(f"Article {n}") for n in (2, 3)]
        for page in below:
            service.wiki.act({"do": "move", "id": page, "parent": parent})
        hidden = [f"Article {n}" for n in (1, 2, 3, 5)]
        for page in (parent, alone):
            service.wiki.act({"do": "restrict", "id": page, "to": ["editors"]})
        await service.until(lambda: not any(service.body(title) for title in hidden))
        assert all(service.body(title) for title in PAGES if title not in hidden)
        for page in (parent, alone):
            service.wiki.act({"do": "unrestrict", "id": page})
        await service.until(lambda: all(service.body(title) for title in PAGES))
        assert service.passes("full") == full, "no full pass had to be made"


async def test_what_went_away_untold_the_poll_finds(serve: Any) -> None:
    async with serve(poll="1s", subscribe={"drop": 1.0}) as service:
        service.wiki.act({"do": "delete", "id": service.page("Article 4")})
        await service.until(lambda: not service.body("Article 4"))


async def test_an_original_in_genesys_that_went_away_untold_the_poll_finds(serve: Any) -> None:
    async with serve(poll="1s", subscribe={"drop": 1.0}) as service:
        await service.followed()
        made = service.kb.act({"do": "create", "title": "Theirs", "body": "<p>Written there.</p>"})
        await service.until(lambda: service.holds("Theirs"))
        full = service.passes("full")
        service.kb.act({"do": "delete", "id": made["id"]})
        await service.until(lambda: not service.holds("Theirs"))
        assert service.passes("full") == full, "no full pass had to be made"


@pytest.mark.long(70)
async def test_what_neither_webhook_nor_poll_told_the_scheduled_pass_brings(serve: Any) -> None:
    """The nightly pass, made each minute: as the timetable has it, and nobody asks for it."""
    told = {"poll": "1s", "schedule": "* * * * *", "subscribe": {"drop": 1.0}}
    async with serve(**told, between=_without_a_feed) as service:
        job = service.runner.jobs["knowledge"]
        await service.until(lambda: _soon(job) > SPARE and job.doing is None)
        full = service.passes("full")
        service.edit("Article 2", "Nobody has heard of this.")
        service.wiki.act({"do": "create", "title": "Article 9", "body": "<p>Nor of this.</p>"})
        hidden = service.page("Article 3")
        service.wiki.act({"do": "restrict", "id": hidden, "to": ["editors"]})
        due = job.next_full
        await service.until(lambda: job.last_error is not None)
        unheard, before = (
            "Nobody has heard" not in service.body("Article 2"),
            service.passes("full"),
        )
        # A busy machine may look too late to see that nothing happened too early.
        if datetime.now(timezone.utc) < due:
            assert unheard
            assert before == full, "nobody asks for one before its time"
        await service.until(lambda: service.passes("full") > full)
        assert datetime.now(timezone.utc) >= due
        assert "Nobody has heard" in service.body("Article 2")
        assert "Nor of this" in service.body("Article 9")
        assert service.body("Article 3") == ""
        assert job.last_error is not None, "polls are broken to the end"


def _soon(job: JobWorker) -> timedelta:
    """In how much time the next full pass is due."""
    due = job.next_full
    return due - datetime.now(timezone.utc) if due else timedelta()


async def test_webhooks_in_any_order_and_five_times_change_nothing_twice(serve: Any) -> None:
    async with serve() as service:
        with _captured() as (address, deliveries):
            told = {"form": "automation", "secret": SECRET, "header": HEADER}
            service.wiki.act({"do": "subscribe", "url": address, **told})
            for title in PAGES:
                service.edit(title, f"{title} in its second form.")
                service.edit(title, f"{title} in its third form.")
            await service.until(lambda: len(deliveries) == 2 * len(PAGES))
        service.kb.clear_calls()
        many = deliveries * 5
        random.Random(7).shuffle(many)
        for batch in (many[:20], many[20:]):
            await asyncio.gather(
                *(asyncio.to_thread(_post, service.webhooks, body) for body in batch)
            )
            await service.idle()
        await service.until(lambda: all("third form" in service.body(title) for title in PAGES))
        published = [c for c in service.kb.calls() if c["path"].endswith("/versions")]
        assert len([c for c in published if c["method"] == "POST"]) == len(PAGES)


@contextmanager
def _captured() -> Iterator[tuple[str, list[bytes]]]:
    """A listener that keeps the deliveries it gets, so that a test can repeat them."""
    bodies: list[bytes] = []

    class Keep(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Keep still."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keep) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", bodies
        server.shutdown()


@contextmanager
def _without_a_feed(url: str) -> Iterator[str]:
    """The wiki behind a server that refuses to tell what was modified, and passes on all else."""
    host = url.removeprefix("http://")

    class Between(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if "sort=-modified-date" in self.path:
                self._answer(400, "application/json", b"{}")
                return
            length = int(self.headers.get("Content-Length", 0))
            onward = http.client.HTTPConnection(host, timeout=60)
            onward.request(self.command, self.path, self.rfile.read(length), dict(self.headers))
            answer = onward.getresponse()
            kind = answer.headers.get("Content-Type", "application/octet-stream")
            self._answer(answer.status, kind, answer.read())
            onward.close()

        do_POST = do_PUT = do_DELETE = do_GET

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep still."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Between) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _post(url: str, body: bytes) -> None:
    request = urllib.request.Request(url, data=body, headers={HEADER: SECRET})  # noqa: S310 -- ours
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 -- ours
        assert answer.status == 202
