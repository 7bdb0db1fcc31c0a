"""The receiver inside another application, with a connector of its own, and under real weight."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from syncline import plugins
from syncline.config import Config, load
from syncline.connector import Connector, Context, WebhookForm, setting
from syncline.errors import Forbidden
from syncline.ports import Hints, Reply, Secret, WebhookRequest
from syncline.state import SqliteState
from syncline_files import connector as files
from syncline_web.intake import Intake, StateDesk

Sign = Callable[..., tuple[bytes, dict[str, str]]]
TEXT = """
[connections.wiki]
connector = "{connector}"
path = "left"
[connections.wiki.webhook]
form = "{form}"
{more}
[connections.kb]
connector = "files"
path = "right"
[jobs.one]
kind = "documents"
left = "wiki"
right = "kb"
"""


@attrs.frozen(kw_only=True)
class EchoSettings:
    secret: Secret | None = setting("What nobody checks.", default=None)


class Echo:
    """A vendor that proves an address first, and breaks on what it does not expect."""

    def receive(self, request: WebhookRequest) -> Hints | Reply:
        if request.query.startswith("validationToken="):
            token = request.query.partition("=")[2]
            return Reply(body=token.encode(), content_type="text/plain")
        if request.query == "break":
            raise KeyError(request.body)
        raise Forbidden("it only echoes")


def echoing(name: str) -> Connector:
    form = WebhookForm(summary="x", settings=EchoSettings, open=lambda _, context: Echo())
    return attrs.evolve(files, webhooks={"echo": form}) if name == "files" else plugins.load(name)


@pytest.fixture
def echo(tmp_path: Path) -> Config:
    text = TEXT.format(connector="files", form="echo", more="")
    return load(text.encode(), folder=tmp_path, connectors=echoing)


def test_a_vendor_that_proves_an_address_gets_its_answer(serve: Any, echo: Config) -> None:
    receiver = serve(echo)
    status, headers, body = receiver.post("/webhooks/wiki?validationToken=a%3Cb%3E")
    assert (status, body) == (200, b"a%3Cb%3E")
    assert headers["content-type"] == "text/plain"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_connector_that_breaks_is_no_acceptance_and_says_nothing_of_the_delivery(
    serve: Any, echo: Config, caplog: pytest.LogCaptureFixture
) -> None:
    receiver = serve(echo)
    assert receiver.post("/webhooks/wiki?break", b"kanarienvogel")[0] == 503
    assert receiver.results() == ["unavailable"]
    (line,) = caplog.records
    assert "KeyError" in str(line.__dict__)
    assert "kanarienvogel" not in str(line.__dict__)


async def test_it_can_be_mounted_below_a_path(config: Config, tmp_path: Path, signed: Sign) -> None:
    state = SqliteState.open(tmp_path / "state.db")
    intake = Intake(StateDesk(config=config, state=state))
    transport = httpx.ASGITransport(app=Starlette(routes=[Mount("/sync", app=intake)]))
    body, headers = signed("7")
    async with httpx.AsyncClient(transport=transport, base_url="http://there") as client:
        for path, status in (("/sync/webhooks/wiki", 202), ("/webhooks/wiki", 404)):
            answer = await client.post(path, content=body, headers=headers)
            assert answer.status_code == status
        assert (await client.get("/sync/healthz")).text == "ok\n"
    assert [row.change.ref.id for row in state.dirty("one")] == ["7"]
    state.close()


async def test_the_lifespan_of_a_server_is_answered(config: Config, tmp_path: Path) -> None:
    state = SqliteState.open(tmp_path / "state.db")
    told = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    answers: list[Any] = []

    async def receive() -> Any:
        return next(told)

    async def send(message: Any) -> None:
        answers.append(message["type"])

    await Intake(StateDesk(config=config, state=state))({"type": "lifespan"}, receive, send)
    assert answers == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    state.close()


def test_the_secret_of_a_webhook_is_checked_like_any_other(tmp_path: Path) -> None:
    text = TEXT.format(connector="files", form="generic", more='secret = { env = "HOOK" }')
    wiki = load(text.encode(), folder=tmp_path).connections["wiki"]
    assert wiki.secrets == ()
    assert [path for path, _ in wiki.all_secrets] == [("webhook", "secret")]
    assert "HOOK" not in repr(wiki)


BODIES = 32 * 2**20
"""What the receiver holds of bodies that are under way (`Limits.buffered`)."""
PENDING = 2**16 + 2**18
"""What a connection has beside that: uvicorn stops reading once 64 KiB wait for the application
(its HIGH_WATER_LIMIT), and by then one read of asyncio may have added 256 KiB (`max_size` of its
transports). Of a sender that was sent away it stays until the connection ends."""
REST = 20 * 2**20
"""A bytearray that grows has up to an eighth more than it holds (4 MiB), the body at hand is copied
while it is added and judged, and the allocator keeps pieces of what went."""


async def test_large_bodies_at_once_stay_within_the_memory_that_there_is_room_for(
    tmp_path: Path, signed: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """150 unfinished bodies of a megabyte each: the receiver holds 32 MiB of them at most."""
    monkeypatch.setenv("HOOK", "what-the-tests-sign-with-0123456789")
    text = TEXT.format(connector="files", form="generic", more='secret = { env = "HOOK" }')
    file = tmp_path / "syncline.toml"
    file.write_text('state = "state.db"\n' + text)
    command = [sys.executable, "-m", "syncline_checks.receiving", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:  # noqa: ASYNC220  it serves
        try:
            assert child.stdout is not None
            port = int(child.stdout.readline())
            body, headers = signed("7", delivery="first")
            assert await _post(port, body, headers) == 202
            before = _resident(child.pid)
            large, proof = signed("8", pad=1_000_000)
            writers = [await _unfinished(port, large, proof) for _ in range(150)]
            most = 0
            for number in range(20):
                body, headers = signed(str(number), delivery=f"m{number}")
                assert await _post(port, body, headers) in (202, 503)
                most = max(most, _resident(child.pid) - before)
            for writer in writers:
                writer.close()
            # 99 MiB; without the bound it would be the bodies alone: 143 MiB.
            assert most < BODIES + len(writers) * PENDING + REST
            await asyncio.sleep(0.2)
            body, headers = signed("9", delivery="last")
            assert await _post(port, body, headers) == 202
        finally:
            child.kill()


def _resident(pid: int) -> int:
    """Return the bytes of memory that a process has now."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) * 1024


def _head(headers: dict[str, str], length: int) -> bytes:
    lines = [f"{key}: {value}" for key, value in headers.items()]
    first = ["POST /webhooks/wiki HTTP/1.1", "Host: x", f"Content-Length: {length}"]
    return ("\r\n".join([*first, *lines]) + "\r\n\r\n").encode()


async def _post(port: int, body: bytes, headers: dict[str, str]) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_head(headers, len(body)) + body)
    line = await asyncio.wait_for(reader.readline(), 60)
    writer.close()
    return int(line.split()[1])


async def _unfinished(port: int, body: bytes, headers: dict[str, str]) -> asyncio.StreamWriter:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_head(headers, len(body)) + body[:-1])
    with contextlib.suppress(TimeoutError, OSError):
        await asyncio.wait_for(writer.drain(), 0.5)
    return writer


def test_what_the_core_lends_a_webhook_is_what_the_service_is_told(
    tmp_path: Path, serve: Any
) -> None:
    seen: list[Context] = []

    def noting(name: str) -> Connector:
        def opened(_: object, context: Context) -> Echo:
            seen.append(context)
            return Echo()

        form = WebhookForm(summary="x", settings=EchoSettings, open=opened)
        return attrs.evolve(files, webhooks={"echo": form})

    text = TEXT.format(connector="files", form="echo", more="")
    text += '[service.intake]\nage = "1h"\nahead = "10s"\n'
    receiver = serve(load(text.encode(), folder=tmp_path, connectors=noting))
    assert receiver.post("/webhooks/wiki")[0] == 401
    assert [(c.connection, c.age.seconds, c.ahead.seconds) for c in seen] == [("wiki", 3600, 10)]
