"""The service over real sockets: webhooks make it quick, and nothing depends on them."""

from __future__ import annotations

import asyncio
import http.server
import random
import threading
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest

from syncline.config import load
from syncline.runner import Runner
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


@attrs.frozen(kw_only=True)
class Served:
    """A runner at work between two systems, and the address of its webhooks."""

    wiki: Running
    kb: Running
    runner: Runner
    webhooks: str

    def body(self, title: str) -> str:
        return next((str(a["body"]) for a in self.kb.items() if a["title"] == title), "")

    def page(self, title: str) -> str:
        return next(str(p["id"]) for p in self.wiki.items() if p["title"] == title)

    def edit(self, title: str, text: str) -> None:
        self.wiki.act({"do": "edit", "id": self.page(title), "body": f"<p>{text}</p>"})

    async def until(self, seen: Callable[[], bool], seconds: float = 30) -> None:
        """Wait until both systems are as they should be."""
        async with asyncio.timeout(seconds):
            while not await asyncio.to_thread(seen):  # noqa: ASYNC110 -- others' state is polled
                await asyncio.sleep(0.1)

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
        *, poll: str = "1h", subscribe: dict[str, Any] | None = None
    ) -> AsyncIterator[Served]:
        with systems() as (wiki, kb):
            for name, value in {**wiki.env, **kb.env, "WIKI_WEBHOOK": SECRET}.items():
                monkeypatch.setenv(name, value)
            job = f'kind = "documents"\nleft = "wiki"\nright = "kb"\npoll = "{poll}"\n'
            text = "\n".join(
                [
                    "[connections.wiki]\n" + _toml({**wiki.connection, **WIKI}),
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
                    working = asyncio.create_task(runner.run())
                    yield Served(wiki=wiki, kb=kb, runner=runner, webhooks=url)
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
        await service.until(lambda: "opens at nine" in service.body("Article 1"), seconds=10)


async def test_what_no_webhook_told_the_poll_brings(serve: Any) -> None:
    async with serve(poll="1s", subscribe={"drop": 1.0}) as service:
        for title in PAGES[:4]:
            service.edit(title, f"{title} is different now.")
        await service.until(
            lambda: all("different now" in service.body(title) for title in PAGES[:4])
        )


async def test_what_neither_webhook_nor_poll_told_the_full_pass_brings(serve: Any) -> None:
    async with serve(poll="1s", subscribe={"drop": 1.0}) as service:
        broken = {"kind": "html", "match": {"path": "/pages$"}, "probability": 1.0}
        service.wiki.faults([broken])
        service.edit("Article 2", "Nobody has heard of this.")
        await service.until(lambda: service.runner.jobs["knowledge"].last_error is not None)
        assert "Nobody has heard" not in service.body("Article 2")
        service.wiki.clear_faults()
        await service.runner.sync("knowledge")
        assert "Nobody has heard" in service.body("Article 2")


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


def _post(url: str, body: bytes) -> None:
    request = urllib.request.Request(url, data=body, headers={HEADER: SECRET})  # noqa: S310 -- ours
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 -- ours
        assert answer.status == 202
