"""What a request says of itself, read strictly."""

from __future__ import annotations

from starlette.types import Scope

COOKIE = "syncline"
LONGEST_COOKIE = 200


def header(scope: Scope, name: bytes) -> str | None:
    """Return a header that must not stand there twice; None when it is missing or does."""
    values = headers(scope, name)
    return values[0] if len(values) == 1 else None


def headers(scope: Scope, name: bytes) -> list[str]:
    """Return every value of a header."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def cookie_name(scope: Scope, *, secure: bool) -> str:
    """Return the name of the session's cookie.

    Browsers keep one jar for all ports of a host: two services on one machine need two names. Over
    https the prefix keeps other hosts of the domain from setting it.
    """
    server = scope.get("server")
    port = server[1] if server else 0
    return f"__Host-{COOKIE}" if secure else f"{COOKIE}-{port}"


def cookies(scope: Scope, name: str) -> list[str]:
    """Return every cookie of that name; a few at most."""
    found = []
    for line in headers(scope, b"cookie"):
        for part in line.split(";"):
            key, equals, value = part.strip().partition("=")
            if equals and key == name and 0 < len(value) <= LONGEST_COOKIE:
                found.append(value)
    return found[:4]


def set_cookie(name: str, value: str, *, secure: bool, seconds: int | None = None) -> str:
    """Return the value of a `Set-Cookie`: for this host alone, never seen by scripts."""
    parts = [f"{name}={value}", "Path=/", "HttpOnly", "SameSite=Strict"]
    parts += [f"Max-Age={seconds}"] if seconds is not None else []
    return "; ".join([*parts, "Secure"] if secure else parts)


__all__ = ["COOKIE", "cookie_name", "cookies", "header", "headers", "set_cookie"]
