"""Which names the pages answer to: a page elsewhere cannot reach them under a name of its own.

DNS rebinding lets a foreign name point at 127.0.0.1; the browser then sends that name as `Host`.
"""

from __future__ import annotations

import ipaddress

from starlette.types import Scope

from syncline.config.service import Service

from .requests import headers

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def host_of(scope: Scope) -> str | None:
    """Return the one `Host` of a request, with its port; None when there is not exactly one."""
    found = headers(scope, b"host")
    return found[0].lower() if len(found) == 1 else None


def name_of(host: str) -> str | None:
    """Return the name in a `Host`, without its port; None when it is malformed."""
    if host.startswith("["):
        name, bracket, rest = host[1:].partition("]")
        right = bool(bracket) and _port(rest) and is_address(name)
        return name if right else None
    name, colon, port = host.partition(":")
    plain = name.replace("-", "").replace(".", "").replace("_", "")
    return name if plain.isascii() and plain.isalnum() and _port(colon + port) else None


def known(service: Service, scope: Scope) -> bool:
    """Tell whether a request is meant for these pages."""
    host = host_of(scope)
    name = name_of(host) if host else None
    if name is None:
        return False
    where = service.pages_address
    own = {where.host} if where and not where.wildcard else set()
    return name.rstrip(".") in LOOPBACK | own | set(service.hosts)


def is_address(name: str) -> bool:
    """Tell whether a name is an address, which nobody can rebind."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _port(text: str) -> bool:
    return not text or (text[0] == ":" and text[1:].isascii() and (text[1:] or "0").isdigit())


__all__ = ["LOOPBACK", "host_of", "is_address", "known", "name_of"]
