"""The Standard Webhooks shape: the sender signs id, time and body together.

`webhook-signature` is a list of `v1,<base64>` with a space between them, over `id.timestamp.body`
with the time in seconds (Standard Webhooks specification, "Webhook Headers").
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timezone

from attrs import frozen

from ..errors import ConfigError, Forbidden
from ..ports import WebhookRequest
from .secrets import SHORTEST, Secrets
from .signatures import among, sent
from .window import Window

PREFIX = b"whsec_"
"""Before a secret that is written in base64, as the specification suggests."""
MOST = 8
"""Signatures of one delivery that are looked at: a sender in rotation needs two."""


@frozen(kw_only=True)
class Signed:
    """What a valid signature vouches for."""

    id: str
    until: datetime
    """When it becomes too old."""


def check_standard(request: WebhookRequest, secrets: Secrets, window: Window) -> Signed:
    """Accept a delivery that is signed in the Standard Webhooks shape.

    Raises:
        Forbidden: a header is missing or sent twice, no signature fits, or the time does not.
    """
    id_, time, signatures = (
        _header(request, f"webhook-{n}") for n in ("id", "timestamp", "signature")
    )
    signed = b".".join((sent(id_), sent(time), request.body))
    expected = [_signature(key, signed) for key in secrets.values]
    found = [sent(one) for one in signatures.split(" ")[:MOST]]
    if not sum([among(one, expected) for one in found]):
        raise Forbidden("webhook-signature is not the signature of this delivery")
    return Signed(id=id_, until=window.check(_time(time), request.received_at))


def raw_keys(secrets: Secrets, connection: str) -> Secrets:
    """Return the keys that secrets stand for: one that begins with `whsec_` is base64.

    Raises:
        ConfigError: one says so and is not, or is short.
    """
    return Secrets(tuple(_key(value, connection) for value in secrets.values))


def _key(value: bytes, connection: str) -> bytes:
    if not value.startswith(PREFIX):
        return value
    try:
        key = base64.b64decode(value.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if len(key) < SHORTEST:
        said = f"a secret that begins with whsec_ is base64 of at least {SHORTEST} bytes"
        raise ConfigError([f"connections.{connection}.webhook: {said}"])
    return key


def _signature(key: bytes, signed: bytes) -> bytes:
    return b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())


def _header(request: WebhookRequest, name: str) -> str:
    value = request.header(name)
    if not value:
        raise Forbidden(f"there is not exactly one header {name}")
    return value


def _time(text: str) -> datetime:
    if not (text.isascii() and text.isdigit() and len(text) <= 11):
        raise Forbidden("webhook-timestamp is not a number of seconds")
    return datetime.fromtimestamp(int(text), timezone.utc)


__all__ = ["Signed", "check_standard", "raw_keys"]
