"""Where webhooks are opened, and what stands at the other end of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from syncline.connector import Context
from syncline.testing import FakeClock, MemoryCache


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def context(clock: FakeClock) -> Context:
    return Context(connection="wiki", clock=clock, cache=MemoryCache())


@pytest.fixture
def by_hand() -> Callable[..., str]:
    """Makes a JSON Web Token with hashlib alone."""

    def made(claims: Mapping[str, Any], head: Mapping[str, Any], key: str) -> str:
        parts = [
            base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
            for part in (head, claims)
        ]
        digest = hmac.new(key.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
        return ".".join([*parts, base64.urlsafe_b64encode(digest).decode().rstrip("=")])

    return made


@pytest.fixture
def serving() -> Callable[..., Any]:
    """A server on this machine for as long as a block lasts; its address."""

    @contextmanager
    def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
        server = HTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    return served
