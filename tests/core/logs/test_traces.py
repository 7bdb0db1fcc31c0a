"""Traces with the real SDK of OpenTelemetry, and without any of it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from syncline.clock import SystemClock
from syncline.engine import Session
from syncline.errors import NotFound
from syncline.http import BasicAuth, Client
from syncline.mapping import Mapping
from syncline.ports import Secret
from syncline.scope import about
from syncline.state import SqliteState
from syncline.testing import FakeClock, MemoryStore

EXPORTER = InMemorySpanExporter()
SECRET = "kanari-7fQx/Lw+92"


@pytest.fixture(scope="module", autouse=True)
def _provided() -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(EXPORTER))
    # A process has one provider for its life; this test process gets this one.
    trace.set_tracer_provider(provider)


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    EXPORTER.clear()
    yield EXPORTER
    EXPORTER.clear()


def parent_of(child: ReadableSpan, among: tuple[ReadableSpan, ...]) -> ReadableSpan | None:
    parent = child.parent
    if parent is None:
        return None
    return next((s for s in among if s.context.span_id == parent.span_id), None)


async def a_server(status: int) -> asyncio.Server:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b'{"message": "A title that nobody may see"}'
        head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n"
        writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", 0)


async def test_a_call_lies_below_its_item_and_the_item_below_its_pass(
    spans: InMemorySpanExporter,
) -> None:
    server = await a_server(200)
    port = server.sockets[0].getsockname()[1]
    async with (
        server,
        Client(f"http://127.0.0.1:{port}", clock=SystemClock(), connection="wiki") as client,
    ):
        with about("pass", job="knowledge", run="r1"), about("item", item="wiki:7"):
            await asyncio.create_task(client.request("GET", "/pages/A%20title", params={"q": "t"}))
    done = spans.get_finished_spans()
    by_name = {span.name: span for span in done}
    call, item = by_name["syncline call"], by_name["syncline item"]
    assert parent_of(call, done) is item
    assert parent_of(item, done) is by_name["syncline pass"]
    assert dict(call.attributes or {}) == {
        "syncline.connection": "wiki",
        "http.request.method": "GET",
        "server.address": "127.0.0.1",
        "http.response.status_code": 200,
    }
    assert dict(item.attributes or {}) == {"syncline.item": "wiki:7"}


async def test_a_failure_is_marked_by_its_type_and_quotes_nobody(
    spans: InMemorySpanExporter,
) -> None:
    server = await a_server(404)
    port = server.sockets[0].getsockname()[1]
    auth = BasicAuth("someone", Secret(SECRET))
    async with (
        server,
        Client(f"http://127.0.0.1:{port}", clock=SystemClock(), auth=auth) as client,
    ):
        with pytest.raises(NotFound), about("pass", job="knowledge"):
            await client.request("GET", "/pages/7")
    failed = next(s for s in spans.get_finished_spans() if s.name == "syncline pass")
    assert not failed.status.is_ok
    assert failed.status.description is None
    assert (failed.attributes or {})["error.type"] == "NotFound"
    exported = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "title" not in exported
    assert SECRET not in exported
    assert "/pages/7" not in exported


def in_a_process(program: str, **env: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_without_a_collector_nothing_of_opentelemetry_is_imported() -> None:
    said = in_a_process(
        """
        import sys
        from syncline import tracing
        from syncline.scope import about
        stop = tracing.start()
        with about("pass", job="j") as span:
            span.note("x", 1)
        stop()
        print([m for m in sys.modules if m.startswith("opentelemetry")])
        """
    )
    assert said.strip() == "[]"


def test_without_its_packages_everything_works_and_nothing_is_sent() -> None:
    said = in_a_process(
        """
        import sys
        class Absent:
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] == "opentelemetry":
                    raise ModuleNotFoundError(name)
        sys.meta_path.insert(0, Absent())
        from syncline import tracing
        from syncline.scope import about
        stop = tracing.start()
        with about("pass", job="j") as span:
            span.note("x", 1)
        stop()
        print("done")
        """,
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
    )
    assert said.strip() == "done"


def test_a_started_process_sends_its_spans_to_the_collector_that_the_environment_names() -> None:
    said = in_a_process(
        """
        import http.server, os, threading
        got = []
        class Collector(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                got.append((self.path, b"syncline pass" in body, b"the-service" in body))
                self.send_response(200)
                self.end_headers()
            def log_message(self, *args): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{server.server_port}"
        from syncline import tracing
        from syncline.scope import about
        stop = tracing.start("the-service")
        with about("pass", job="j"):
            pass
        stop()
        print(got)
        """
    )
    assert said.strip() == "[('/v1/traces', True, True)]"


def test_the_provider_of_an_embedding_program_is_left_alone() -> None:
    said = in_a_process(
        """
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
        own = TracerProvider()
        trace.set_tracer_provider(own)
        from syncline import tracing
        tracing.start()()
        print(trace.get_tracer_provider() is own)
        """,
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
    )
    assert said.strip() == "True"


async def test_a_pass_of_the_engine_is_a_trace_with_a_span_for_each_item(
    spans: InMemorySpanExporter,
) -> None:
    clock = FakeClock()
    wiki, kb = MemoryStore("wiki", clock), MemoryStore("kb", clock)
    state = SqliteState.memory()
    session = Session(
        job="knowledge", left=wiki, right=kb, left_name="wiki", right_name="kb", state=state,
        clock=clock, mapping=Mapping(),
    )  # fmt: skip
    page = wiki.write("Kanarienvogel", "<p>Zwitschern</p>")
    await session.sync()
    wiki.edit(page, body="<p>Zwitschert</p>")
    spans.clear()
    report = await session.sync()
    state.close()
    done = spans.get_finished_spans()
    (whole,) = [span for span in done if span.name == "syncline pass"]
    assert dict(whole.attributes or {}) == {
        "syncline.job": "knowledge",
        "syncline.kind": "full",
        "syncline.run": report.run,
    }
    items = [span for span in done if span.name == "syncline item"]
    assert [span.attributes for span in items] == [{"syncline.item": str(page)}]
    assert all(parent_of(span, done) is whole for span in items)
    exported = "".join(span.to_json() for span in done)
    assert "anarienvogel" not in exported
    assert "Zwitscher" not in exported
