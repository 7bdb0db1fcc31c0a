"""Requests as they arrive, and senders that sign them by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime

import pytest

from syncline.connector import Context
from syncline.ports import Secret, WebhookRequest
from syncline.testing import FakeClock, MemoryCache
from syncline.testing.deliveries import NOW, arrived

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
    return arrived


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
