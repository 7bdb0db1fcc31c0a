"""Requests as they arrive, and senders that sign them by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

import attrs
import pytest

from syncline.connector import Context
from syncline.ports import Secret, WebhookRequest
from syncline.testing import FakeClock, MemoryCache

NOW = datetime(2026, 11, 21, 5, 0, tzinfo=timezone.utc)
KEY = "a-long-and-random-secret-of-someone"


@pytest.fixture
def context() -> Context:
    return Context(connection="wiki", clock=FakeClock(), cache=MemoryCache())


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def key() -> Secret:
    return Secret(KEY)


Arrive = Callable[..., WebhookRequest]


@pytest.fixture
def arrive() -> Arrive:
    """Make a request: a body (bytes, or what becomes JSON) and headers."""

    def made(body: Any, headers: Mapping[str, str] | None = None, **more: Any) -> WebhookRequest:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = WebhookRequest(
            method="POST",
            path="/webhooks/wiki",
            query="",
            headers=tuple((k.lower(), v) for k, v in (headers or {}).items()),
            body=raw,
            received_at=NOW,
        )
        return attrs.evolve(request, **more)

    return made


@pytest.fixture
def standard_headers() -> Callable[..., dict[str, str]]:
    """Sign a body in the Standard Webhooks shape, with hashlib alone."""

    def made(
        body: bytes, *, key: bytes = KEY.encode(), id_: str = "msg_1", at: datetime = NOW
    ) -> dict[str, str]:
        time = str(int(at.timestamp()))
        digest = hmac.new(key, f"{id_}.{time}.".encode() + body, hashlib.sha256).digest()
        return {
            "webhook-id": id_,
            "webhook-timestamp": time,
            "webhook-signature": "v1," + base64.b64encode(digest).decode(),
        }

    return made


@pytest.fixture
def hex_hmac() -> Callable[..., str]:
    """Sign a body with an HMAC in hex."""

    def made(body: bytes, key: str = KEY) -> str:
        return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()

    return made
