"""A receiver on a real socket, and senders that sign by hand."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
import uvicorn

from syncline.config import Config, load
from syncline.model import Change
from syncline.state import SqliteState
from syncline.state.records import Dirty, Effect
from syncline_web.intake import Intake, Limits, StateDesk
from syncline_web.listening.protocol import BoundedProtocol

KEY = "what-the-tests-sign-with-0123456789"
OTHER = "what-the-rule-sends-in-its-header"
TEXT = """
[connections.wiki]
connector = "files"
path = "left"
[connections.wiki.webhook]
form = "generic"
secret = { env = "WIKI_HOOK" }
[connections.kb]
connector = "files"
path = "right"
[connections.kb.webhook]
form = "generic"
scheme = "secret"
header = "X-Key"
secret = { env = "KB_HOOK" }
[connections.shelf]
connector = "files"
path = "shelf"
[jobs.one]
kind = "documents"
left = "wiki"
right = "kb"
[jobs.two]
kind = "documents"
left = "shelf"
right = "wiki"
relay = true
"""


@attrs.define(kw_only=True)
class Listening:
    """A desk that remembers what it was told, and how much it was asked to store at a time."""

    config: Config
    state: SqliteState
    events: list[tuple[str, dict[str, object]]] = attrs.field(factory=list)
    commits: list[int] = attrs.field(factory=list)

    def emit(self, event: str, **fields: object) -> None:
        self.events.append((event, fields))

    def hint_many(
        self, deliveries: Sequence[tuple[str, Sequence[Change]]], also: Iterable[Effect] = ()
    ) -> None:
        StateDesk(config=self.config, state=self.state).hint_many(deliveries, also)
        self.commits.append(sum(len(changes) for _, changes in deliveries))


@attrs.define(kw_only=True)
class Receiver:
    """A running receiver, by its address."""

    port: int
    desk: Listening
    app: Intake
    file: Path

    def post(
        self,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request and return status, headers and body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            found = {key.lower(): value for key, value in answer.getheaders()}
            return answer.status, found, answer.read()

    def results(self) -> list[str]:
        """Return how the deliveries so far ended."""
        return [str(fields["result"]) for event, fields in self.desk.events if event == "webhook"]

    def waiting(self, job: str = "one") -> list[Dirty]:
        """Return what the file holds, read by another process's connection."""
        other = SqliteState.open(self.file)
        with contextlib.closing(other):
            return list(other.dirty(job, limit=100_000))


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("WIKI_HOOK", KEY)
    monkeypatch.setenv("KB_HOOK", OTHER)
    return load(TEXT.encode(), folder=tmp_path)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Receiver]]:
    """Start receivers: `serve(config, readers=…)`."""
    with contextlib.ExitStack() as stack:

        def started(config: Config, **limits: Any) -> Receiver:
            return stack.enter_context(_running(config, tmp_path / "state.db", limits))

        yield started


@contextlib.contextmanager
def _running(config: Config, file: Path, limits: Mapping[str, Any]) -> Iterator[Receiver]:
    state = SqliteState.open(file)
    desk = Listening(config=config, state=state)
    chosen = attrs.evolve(Limits.of(config.service.intake), **limits) if limits else None
    app = Intake(desk, limits=chosen)
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    server = uvicorn.Server(
        uvicorn.Config(
            app, http=BoundedProtocol, log_level="critical", lifespan="off", proxy_headers=False
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield Receiver(port=listener.getsockname()[1], desk=desk, app=app, file=file)
    finally:
        server.should_exit = server.force_exit = True
        thread.join()
        listener.close()
        state.close()


@pytest.fixture
def receiver(serve: Callable[..., Receiver], config: Config) -> Receiver:
    return serve(config)


@pytest.fixture
def signed() -> Callable[..., tuple[bytes, dict[str, str]]]:
    """Make a body that names items, and the headers that sign it."""

    def made(
        *ids: str, delivery: str = "m1", key: str = KEY, at: float | None = None, pad: int = 0
    ) -> tuple[bytes, dict[str, str]]:
        told: dict[str, Any] = {"changes": [{"id": one} for one in ids], "pad": "x" * pad}
        body = json.dumps(told).encode()
        second = str(int(time.time() if at is None else at))
        text = f"{delivery}.{second}.".encode() + body
        digest = hmac.new(key.encode(), text, hashlib.sha256).digest()
        return body, {
            "webhook-id": delivery,
            "webhook-timestamp": second,
            "webhook-signature": "v1," + base64.b64encode(digest).decode(),
        }

    return made
