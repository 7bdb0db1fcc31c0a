"""The person whom a reverse proxy names in a header: believed from its own address only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from starlette.types import Scope

from syncline.config.addresses import within
from syncline.config.service import Proxy, Role

from .person import Person

LONGEST_NAME = 200


class Ambiguous(Exception):
    """The proxy let a header of the person's own pass beside its own."""


def person_of(proxy: Proxy, scope: Scope) -> Person | None:
    """Return the person that the proxy names; None when it is another peer, or names nobody.

    Raises:
        Ambiguous: the header stands there more than once, or is none that a proxy writes.
    """
    if not from_proxy(proxy, scope):
        return None
    name = _one(scope, proxy.user)
    if not name:
        return None
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise Ambiguous
    groups = [part.strip() for part in (_one(scope, proxy.groups) or "").split(",")]
    standing = _standing(proxy, name, groups)
    return None if standing is None else Person(name=name, standing=standing, way="proxy")


def from_proxy(proxy: Proxy, scope: Scope) -> bool:
    """Tell whether the peer of a connection is the proxy."""
    client = scope.get("client")
    return client is not None and within(client[0], proxy.peers)


def named_without_role(proxy: Proxy, scope: Scope) -> bool:
    """Tell whether the proxy names somebody who has no role here."""
    return from_proxy(proxy, scope) and bool(_one(scope, proxy.user))


def _one(scope: Scope, header: str) -> str | None:
    if not header:
        return None
    values = _values(scope["headers"], header)
    if len(values) > 1:
        raise Ambiguous
    return values[0].strip() if values else None


def _values(headers: Iterable[tuple[bytes, bytes]], header: str) -> list[str]:
    wanted = header.lower().encode("ascii")
    # Proxies write names in UTF-8; what is not is nobody's name.
    return [value.decode("utf-8", "replace") for name, value in headers if name == wanted]


def _standing(proxy: Proxy, name: str, groups: Sequence[str]) -> Role | None:
    by_group = (proxy.group_roles.get(group) for group in groups)
    found = [role for role in (proxy.role, proxy.user_roles.get(name), *by_group) if role]
    return max(found, key=list(Role).index, default=None)


__all__ = ["LONGEST_NAME", "Ambiguous", "from_proxy", "named_without_role", "person_of"]
