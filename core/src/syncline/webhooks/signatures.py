"""Proof by a shared secret: an HMAC of the raw body, or the secret itself in a header."""

from __future__ import annotations

import hashlib
import hmac

from ..errors import Forbidden
from ..ports import WebhookRequest
from .secrets import Secrets


def sent(value: str) -> bytes:
    """Return a header's value as bytes; whatever was sent can be compared."""
    return value.encode("utf-8", "surrogatepass")


def among(found: bytes, expected: list[bytes]) -> bool:
    """Tell whether `found` is one of `expected`; how long it takes says nothing about which."""
    # No short cut: every candidate is compared, whether or not an earlier one was equal.
    return sum(hmac.compare_digest(found, one) for one in expected) > 0


def check_hmac(request: WebhookRequest, secrets: Secrets, *, header: str, prefix: str = "") -> None:
    """Accept a body whose header says `<prefix><lower-case hex of HMAC-SHA256(body)>`.

    Raises:
        Forbidden: the header is missing, sent twice, or says something else.
    """
    found = sent(_header(request, header))
    expected = [
        (prefix + hmac.new(key, request.body, hashlib.sha256).hexdigest()).encode()
        for key in secrets.values
    ]
    if not among(found, expected):
        raise Forbidden(f"{header} is not the signature of this body")


def check_secret(request: WebhookRequest, secrets: Secrets, *, header: str) -> None:
    """Accept a request whose header holds the secret itself; it proves nothing about the body.

    Raises:
        Forbidden: the header is missing, sent twice, or holds something else.
    """
    if not among(sent(_header(request, header)), list(secrets.values)):
        raise Forbidden(f"{header} does not hold the secret")


def _header(request: WebhookRequest, name: str) -> str:
    value = request.header(name)
    if value is None:
        raise Forbidden(f"there is not exactly one header {name}")
    return value


__all__ = ["among", "check_hmac", "check_secret", "sent"]
