"""JSON Web Tokens, by PyJWT: one algorithm each, our clock, and one spelling only."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

import jwt

from ..errors import Forbidden
from ..ports import WebhookRequest
from .window import Window

LONGEST_LIFE = timedelta(days=1)
"""Of a token: it has to be remembered for as long, lest it be used again."""
LONGEST_TOKEN = 16 * 1024
SHORTEST_KEY = 32
"""Bytes of a key of HS256 (RFC 7518 section 3.2)."""

# The times are ours to compare: PyJWT would ask the machine's clock.
_OPTIONS: Any = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iss": False,
}

Claims = Mapping[str, Any]


def bearer(request: WebhookRequest, scheme: str) -> str:
    """Return the token of `Authorization: <scheme> <token>`.

    Raises:
        Forbidden: there is none, or one that is spelled in another way than it was made.
    """
    value = request.header("authorization") or ""
    token = value.removeprefix(f"{scheme} ")
    if token == value or len(token) > LONGEST_TOKEN:
        raise Forbidden(f"there is no header Authorization with {scheme} and a token")
    parts = token.split(".")
    # Base64 has spare bits at its end: without this, some other texts would be the same token.
    if len(parts) != 3 or not all(map(_canonical, parts)):
        raise Forbidden("the token is not in its canonical form")
    return token


def _canonical(part: str) -> bool:
    try:
        raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    return base64.urlsafe_b64encode(raw).rstrip(b"=") == part.encode("ascii")


def key_id(token: str) -> str:
    """Return the name of the key that a token says it is signed with; nothing is checked yet.

    Raises:
        Forbidden: its head makes no sense.
    """
    try:
        found = jwt.get_unverified_header(token).get("kid", "")
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise Forbidden("the token's head makes no sense") from None
    return found if isinstance(found, str) else ""


def claims_of(
    token: str,
    keys: Sequence[Any],
    *,
    algorithm: Literal["HS256", "RS256"],
    now: datetime,
    window: Window,
) -> Claims:
    """Return what a token claims, signed with one of `keys` and valid now.

    Raises:
        Forbidden: it is signed with another key or algorithm, expired, not valid yet, valid for
            longer than a day, or says none of this.
    """
    for key in keys:
        try:
            claims: Claims = jwt.decode(token, key, algorithms=[algorithm], options=_OPTIONS)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            continue
        check_times(claims, now, window)
        return claims
    raise Forbidden("the token is not signed with a key that is known here")


def check_times(claims: Claims, now: datetime, window: Window) -> None:
    """Accept claims whose times include `now`, by the difference of clocks that is allowed.

    Raises:
        Forbidden: they do not.
    """
    expires = expiry(claims, window)
    if now >= expires:
        raise Forbidden("the token has expired")
    if expires > now + LONGEST_LIFE:
        raise Forbidden(f"the token is valid for longer than {LONGEST_LIFE}")
    for name in ("iat", "nbf"):
        if name in claims and _time(claims, name) > now + window.ahead:
            raise Forbidden(f"the token's {name} lies in the future")


def expiry(claims: Claims, window: Window) -> datetime:
    """Return when a token is refused from then on: its `exp` and the difference of clocks.

    Raises:
        Forbidden: it does not say.
    """
    return _time(claims, "exp") + window.ahead


def _time(claims: Claims, name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e11:
        return datetime.fromtimestamp(value, timezone.utc)
    raise Forbidden(f"the token's {name} is not a time")


__all__ = ["SHORTEST_KEY", "Claims", "bearer", "check_times", "claims_of", "expiry", "key_id"]
