"""Where requests may go: joining, comparing and refusing URLs, without any I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

from attrs import frozen

Param: TypeAlias = "str | int | float | bool | None"
Params: TypeAlias = "Mapping[str, Param | Sequence[Param]]"

_PORTS = {"https": 443, "http": 80}
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
"""Nothing that another URL parser could read as another host."""

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Elsewhere(ValueError):
    """The address leads where this client must not go; the message says why."""


@frozen
class Origin:
    """Scheme, host and port: what two URLs must share to share credentials."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """Return the origin of an absolute URL.

        Raises:
            Elsewhere: it is no http(s) URL with a host, or it holds a user name or password.
        """
        parts = _split(url)
        try:
            port = parts.port
        except ValueError:
            raise Elsewhere("its port is no number") from None
        if parts.username is not None or parts.password is not None:
            raise Elsewhere("it holds a user name or password: use the secret settings")
        if parts.scheme not in _PORTS or not _HOST.fullmatch(parts.hostname or ""):
            raise Elsewhere("it is not an http(s) URL with a host in ASCII")
        return cls(parts.scheme, parts.hostname or "", port or _PORTS[parts.scheme])

    @property
    def secure(self) -> bool:
        """True where nobody else can listen: TLS, or this machine."""
        return self.scheme == "https" or self.host in _LOOPBACK

    def listed(self, hosts: frozenset[str]) -> bool:
        """True when `hosts` names it: `host`, `host:port`, or `.suffix` for every subdomain."""
        names = {self.host, f"{self.host}:{self.port}"}
        return bool(names & hosts) or any(
            h.startswith(".") and self.host.endswith(h) for h in hosts
        )


@frozen
class Base:
    """A client's base URL, without a trailing slash, and the other hosts it may reach."""

    url: str
    origin: Origin
    hosts: frozenset[str]

    @classmethod
    def parse(cls, url: str, hosts: frozenset[str] = frozenset()) -> Base:
        origin = Origin.of(url)
        if not origin.secure:
            raise Elsewhere("credentials would travel unencrypted: use https")
        if urlsplit(url).query or urlsplit(url).fragment:
            raise Elsewhere("a base URL has no query and no fragment")
        return cls(url.rstrip("/"), origin, hosts)

    def resolve(self, path_or_url: str, params: Params | None = None) -> str:
        """Return the absolute URL; a path is appended to the base URL's own path.

        Raises:
            Elsewhere: it leads to a host that is neither ours nor allowed, or climbs with `..`.
        """
        absolute = "://" in path_or_url.split("?", 1)[0]
        if not absolute and not path_or_url.startswith("/"):
            raise Elsewhere("a path starts with /")
        url = path_or_url if absolute else self.url + path_or_url
        parts = _split(url)
        if not absolute and path_or_url.startswith("//"):
            raise Elsewhere("a path starts with a single /")
        if {"..", "."} & set(parts.path.lower().replace("%2e", ".").split("/")):
            raise Elsewhere("its path climbs with '..'")
        self.check(Origin.of(url))
        return _with(parts, params)

    def redirected(self, url: str, location: str) -> str:
        """Return where a redirect from `url` leads.

        Raises:
            Elsewhere: as in `resolve`.
        """
        try:
            target = urljoin(url, location)
        except ValueError:
            raise Elsewhere("it is not a URL") from None
        self.check(Origin.of(target))
        return _split(target)._replace(fragment="").geturl()

    def check(self, origin: Origin) -> None:
        """Raise `Elsewhere` unless requests may go to `origin`."""
        if origin == self.origin:
            return
        if not origin.secure:
            raise Elsewhere("it is not https")
        if origin.host != self.origin.host and not origin.listed(self.hosts):
            raise Elsewhere(f"{origin.host} is another host")


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise Elsewhere("it is not a URL") from None


def _with(parts: SplitResult, params: Params | None) -> str:
    pairs = [pair for name, value in (params or {}).items() for pair in _pairs(name, value)]
    query = "&".join(filter(None, (parts.query, urlencode(pairs))))
    return parts._replace(query=query, fragment="").geturl()


def _pairs(name: str, value: Param | Sequence[Param]) -> list[tuple[str, str]]:
    """Return the query's pairs: None is left out, a sequence repeats the name."""
    match value:
        case None:
            return []
        case bool():
            return [(name, "true" if value else "false")]
        case str() | int() | float():
            return [(name, str(value))]
        case _:
            return [pair for one in value for pair in _pairs(name, one)]


__all__ = ["Base", "Elsewhere", "Origin", "Param", "Params"]
