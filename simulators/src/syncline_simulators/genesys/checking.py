"""A proxy that holds what passes through it against the vendor's published schemas."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from attrs import define, field

from .contract import Contract, contract

_HOP = frozenset({"connection", "content-length", "transfer-encoding", "host", "keep-alive"})


@define
class Checked:
    """The proxy's address, and what it found."""

    url: str = ""
    problems: list[str] = field(factory=list)
    """Each difference from the schemas, in the order of the exchanges."""
    exchanges: int = 0

    def note(self, problems: list[str]) -> None:
        """Count one exchange with its differences."""
        self.exchanges += 1
        self.problems += problems


@contextmanager
def checked(url: str, specification: Path) -> Iterator[Checked]:
    """Forward to `url` while the block runs, and note every difference from the specification."""
    found, rules = Checked(), contract(specification)
    handler = partial(_Forward, urlsplit(url).netloc, rules, found)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="contract", daemon=True
    )
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Forward(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, target: str, rules: Contract, found: Checked, *args: Any) -> None:
        self._target = target
        self._rules = rules
        self._found = found
        super().__init__(*args)

    def _forward(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
        connection = HTTPConnection(self._target, timeout=60)
        try:
            connection.request(self.command, self.path, body=sent or None, headers=headers)
            response = connection.getresponse()
            got = response.read()
        finally:
            connection.close()
        self._check(sent, response.status, got)
        self._answer(response, got)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _forward

    def _check(self, sent: bytes, status: int, got: bytes) -> None:
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query))
        self._found.note(
            self._rules.problems(self.command, address.path, query, _json(sent), status, _json(got))
        )

    def _answer(self, response: HTTPResponse, got: bytes) -> None:
        self.send_response_only(response.status)
        for name, value in response.getheaders():
            if name.lower() not in _HOP:
                self.send_header(name, value)
        if response.status != 204:
            length = response.getheader("Content-Length") or "0"
            self.send_header("Content-Length", length if self.command == "HEAD" else str(len(got)))
        self.end_headers()
        self.wfile.write(got)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: tests read `problems`."""


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None
