"""Deliveries of webhooks as they arrive, for the tests of whoever reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any

import attrs

from ..ports import Hints, Webhook, WebhookRequest

NOW = datetime(2026, 11, 21, 5, 0, tzinfo=timezone.utc)
"""When a delivery arrives, unless it says otherwise."""
_NONE: Mapping[str, str] = MappingProxyType({})


def arrived(body: Any, headers: Mapping[str, str] = _NONE, **more: Any) -> WebhookRequest:
    """Return a delivery to `POST /webhooks/wiki`, received `NOW`.

    Args:
        body: bytes, or what becomes JSON.
        headers: as they were sent; their names arrive in small letters.
        more: other members of the request.
    """
    request = WebhookRequest(
        method="POST",
        path="/webhooks/wiki",
        query="",
        headers=tuple((name.lower(), value) for name, value in headers.items()),
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        received_at=NOW,
    )
    return attrs.evolve(request, **more)


def hints_of(webhook: Webhook, request: WebhookRequest) -> Hints:
    """Return what a genuine delivery says; one that is answered by itself fails the test."""
    said = webhook.receive(request)
    assert isinstance(said, Hints)
    return said


__all__ = ["NOW", "arrived", "hints_of"]
