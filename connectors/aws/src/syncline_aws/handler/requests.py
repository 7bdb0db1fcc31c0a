"""From a gateway's event to the request that was signed, and from an answer to its reply. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote, urlencode

from attrs import frozen

from syncline.ports import WebhookRequest

from .shapes import Web

PREFIX = "/webhooks/"
HEALTH = "/healthz"


class Malformed(ValueError):
    """The body is not what its gateway says that it is."""


@frozen(kw_only=True)
class Answer:
    """What a sender is answered: short, and without detail."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = {}

    def reply(self) -> dict[str, Any]:
        """Return it as API Gateway and function URLs want it: both payloads take this."""
        headers = {
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            **({"content-type": self.content_type} if self.body else {}),
            **self.headers,
        }
        try:
            text, encoded = self.body.decode(), False
        except UnicodeDecodeError:
            text, encoded = base64.b64encode(self.body).decode(), True
        return {
            "statusCode": self.status, "headers": headers, "body": text, "isBase64Encoded": encoded,
        }  # fmt: skip


def place(web: Web) -> str:
    """Return the path below the stage, decoded; a function is told the stage, or is not."""
    path, context = _path(web), web.event.get("requestContext") or {}
    stage = context.get("stage") or "$default"
    mounted = f"/{stage}/"
    if stage != "$default" and path.startswith(mounted):
        path = path.removeprefix(mounted[:-1])
    return unquote(path)


def method(web: Web) -> str:
    """Return the method of a request."""
    if web.version == 1:
        return str(web.event["httpMethod"])
    return str(web.event["requestContext"]["http"].get("method", ""))


def request(web: Web, received_at: datetime) -> WebhookRequest:
    """Return the request as it arrived; the body is that of the sender, byte for byte.

    Raises:
        Malformed: the body is not the base64 that the gateway announces.
    """
    return WebhookRequest(
        method=method(web),
        path=_sent_path(web),
        query=_query(web),
        headers=tuple(_headers(web)),
        body=body(web),
        received_at=received_at,
    )


def body(web: Web) -> bytes:
    """Return the bytes that were sent.

    Raises:
        Malformed: they cannot be told.
    """
    text = web.event.get("body") or ""
    if not web.event.get("isBase64Encoded"):
        return str(text).encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("a body that is announced as base64 is none") from None


def size(web: Web) -> int:
    """Return how many bytes the headers have."""
    return sum(len(name) + len(value) for name, value in _headers(web))


def _path(web: Web) -> str:
    if web.version == 2:
        return str(web.event.get("rawPath") or "/")
    return str(web.event.get("path") or "/")


def _sent_path(web: Web) -> str:
    if web.version == 2:
        return _path(web)
    # Payload 1.0 has `path` without the stage, as it was sent to a domain of one's own only.
    sent = (web.event.get("requestContext") or {}).get("path") or _path(web)
    return quote(str(sent), safe="/%:@!$&'()*+,;=-._~")


def _query(web: Web) -> str:
    if web.version == 2:
        return str(web.event.get("rawQueryString") or "")
    # Payload 1.0 has it decoded: it is encoded again, as most senders do.
    several = web.event.get("multiValueQueryStringParameters")
    if several is None:
        single = web.event.get("queryStringParameters") or {}
        several = {name: [value] for name, value in single.items()}
    return urlencode([(name, value) for name, values in several.items() for value in values])


def _headers(web: Web) -> Iterator[tuple[str, str]]:
    """Yield the headers; payload 2.0 has joined those that were repeated, and cookies apart."""
    several: Mapping[str, Any] = web.event.get("multiValueHeaders") or {}
    for name, values in several.items():
        for value in values:
            yield name.lower(), str(value)
    if not several:
        for name, value in (web.event.get("headers") or {}).items():
            yield name.lower(), str(value)
    if cookies := web.event.get("cookies"):
        yield "cookie", "; ".join(cookies)


__all__ = [
    "HEALTH", "PREFIX", "Answer", "Malformed", "body", "method", "place", "request", "size",
]  # fmt: skip
