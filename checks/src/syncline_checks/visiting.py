"""`syncline run`, started, asked for everything that it shows, and ended; all of it kept in files.

Beside what the process writes itself there are the answers to every address (pages, metrics,
health), to genuine, wrong and broken webhooks, and the traces that it sends to a collector here.
"""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from .shell import Shell
from .strings import canary

SECRETS = ("WIKI_HOOK", "WIKI_HOOK_BEFORE", "KB_HOOK", "OPERATOR_TOKEN", "METRICS_TOKEN")
"""Variables of the secrets that only a service has."""
TABLES = """
[service]
pages = "127.0.0.1:0"
webhooks = "127.0.0.1:0"
log = "json"
[service.access.tokens.operator]
token = { env = "OPERATOR_TOKEN" }
role = "operator"
[service.access.tokens.metrics]
token = { env = "METRICS_TOKEN" }
[connections.wiki.webhook]
form = "automation"
secret = { env = "WIKI_HOOK" }
previous_secret = { env = "WIKI_HOOK_BEFORE" }
[connections.kb.webhook]
form = "generic"
secret = { env = "KB_HOOK" }
"""
ADDRESSES = ("/", "/healthz", "/readyz", "/metrics", "/login", "/nowhere", "/%2e%2e/etc/passwd")
_MOST_PAGES = 60
_LINK = re.compile(r'(?:href|src)="([^"]+)"')
_LISTENS = re.compile(rb"(pages|webhooks): (http://127\.0\.0\.1:\d+)")


def secrets() -> dict[str, str]:
    """Return fresh secrets of a service, by their variables."""
    return {name: canary() for name in SECRETS}


def visit(
    shell: Shell,
    known: Mapping[str, str],
    *,
    seconds: float = 4.0,
    until_done: Callable[[], object] = lambda: None,
) -> int | None:
    """Run the service of a shell's folder for some seconds; return how it ended.

    Args:
        until_done: waits for what has to happen meanwhile.
    """
    configuration = shell.folder / "syncline.toml"
    text = configuration.read_text(encoding="utf-8")
    if TABLES not in text:
        configuration.write_text(text + TABLES, encoding="utf-8")
    with _collector(shell.folder) as endpoint:
        process = shell.start("run", "-vv", OTEL_EXPORTER_OTLP_ENDPOINT=endpoint)
        try:
            until = time.monotonic() + seconds
            found = _listening(shell.folder, process)
            if found:
                _Visitor(shell.folder, known).look(found["pages"], found["webhooks"])
            time.sleep(max(0.0, until - time.monotonic()))
            until_done()
            process.terminate()
            return process.wait(timeout=120)
        except subprocess.TimeoutExpired:
            return None
        finally:
            process.kill()
            process.wait()


def _listening(folder: Path, process: subprocess.Popen[bytes]) -> dict[str, str]:
    """Return the addresses that the service tells; none when it ends before."""
    until = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < until:
        # What an earlier run told is not meant.
        last = max(folder.glob("*-run.stdout"))
        said = last.read_bytes() + last.with_suffix(".stderr").read_bytes()
        found = {name.decode(): url.decode() for name, url in _LISTENS.findall(said)}
        if found.keys() >= {"pages", "webhooks"}:
            return found
        time.sleep(0.05)
    return {}


class _Visitor:
    """Asks, and keeps every answer; never what it asked with."""

    def __init__(self, folder: Path, known: Mapping[str, str]) -> None:
        self._folder = folder
        self._known = known
        self._open = build_opener(ProxyHandler({}))
        self._answers = 0
        self._run = len(list(folder.glob("*-run.stdout")))

    def look(self, pages: str, webhooks: str) -> None:
        """Follow every link of the pages, as an operator and as a stranger, and send webhooks."""
        self._deliver(webhooks)
        operator = {"Authorization": f"Bearer {self._known['OPERATOR_TOKEN']}"}
        wrong = {"Authorization": f"Bearer {self._known['OPERATOR_TOKEN'][:-1]}"}
        self._crawl(pages, operator)
        # Wrong tokens come last: after some of them nobody from here is let in for a while.
        for address in ADDRESSES:
            self._ask(pages + address, {})
            self._ask(pages + address, wrong)

    def _crawl(self, pages: str, headers: Mapping[str, str]) -> None:
        waiting, seen = [pages + address for address in ADDRESSES], set[str]()
        while waiting and len(seen) < _MOST_PAGES:
            address = waiting.pop(0)
            if address in seen:
                continue
            seen.add(address)
            text = self._ask(address, {**headers, "Accept": "text/html"})
            links = (urljoin(address, link) for link in _LINK.findall(text))
            waiting += [url for url in links if urlsplit(url).netloc == urlsplit(pages).netloc]

    def _deliver(self, webhooks: str) -> None:
        bodies = (b'{"id": "1", "event": "updated"}', b"{", b"\xff" * 100)
        for name in ("WIKI_HOOK", "WIKI_HOOK_BEFORE", "KB_HOOK"):
            secret = self._known[name]
            for told in (secret, secret[:-1], ""):
                for body in bodies:
                    headers = {"X-Syncline-Secret": told, "Content-Type": "application/json"}
                    self._ask(f"{webhooks}/webhooks/wiki?token={secret}", headers, body)
                    self._ask(f"{webhooks}/webhooks/kb", headers, body)
                    self._ask(f"{webhooks}/webhooks/{secret}", headers, body)

    def _ask(self, address: str, headers: Mapping[str, str], body: bytes | None = None) -> str:
        request = Request(address, data=body, headers=dict(headers))  # noqa: S310  http, to us
        try:
            with self._open.open(request, timeout=60) as answer:
                told, content = dict(answer.headers), bytes(answer.read())
        except HTTPError as error:
            told, content = dict(error.headers), bytes(error.read())
        except OSError as error:
            told, content = {}, str(error).encode()
        self._answers += 1
        kept = self._folder / f"answer-{self._run}-{self._answers:04}"
        kept.write_bytes(json.dumps(told).encode() + b"\n" + content)
        return str(content, "utf-8", "replace")


@contextmanager
def _collector(folder: Path) -> Iterator[str]:
    """Take traces as OpenTelemetry's collector does, and keep them."""
    count = 0

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            nonlocal count
            count += 1
            content = self.rfile.read(int(self.headers["content-length"]))
            (folder / f"traces-{server.server_port}-{count:03}.bin").write_bytes(content)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
