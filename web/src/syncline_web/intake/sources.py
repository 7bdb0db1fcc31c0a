"""Where a delivery comes from: the peer, or whom a proxy that we trust names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import Scope

Address = IPv4Address | IPv6Address
LOCAL = "local"
"""The source of what comes over a socket file, or from nowhere that can be told."""


class Sources:
    """Names the source of a request, by which it is limited."""

    def __init__(self, proxies: Iterable[str] = ()) -> None:
        self._proxies = [ip_network(one, strict=False) for one in proxies]

    def of(self, scope: Scope) -> str:
        """Return the source: a IPv4 address, or the network of 64 bits of an IPv6 address."""
        client = scope.get("client")
        peer = _parsed(client[0]) if client else None
        if peer is None:
            return LOCAL
        if self._trusts(peer):
            peer = self._named(_forwarded(scope["headers"])) or peer
        return _name(peer)

    def _named(self, chain: Sequence[str]) -> Address | None:
        """Return the last address that is no proxy of ours; what stands before it is hearsay."""
        for text in reversed(chain):
            found = _parsed(text.strip())
            if found is None or not self._trusts(found):
                return found
        return None

    def _trusts(self, peer: Address) -> bool:
        return any(peer.version == one.version and peer in one for one in self._proxies)


def _forwarded(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    values = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
    return ",".join(values).split(",") if values else []


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Address | None:
    try:
        found = ip_address(text.strip("[]"))
    except ValueError:
        return None
    # One and the same host, whatever family of sockets the listener has.
    return getattr(found, "ipv4_mapped", None) or found


@lru_cache(maxsize=4096)
def _name(peer: Address) -> str:
    # Whoever has one IPv6 address has the 2^64 around it.
    return str(peer) if peer.version == 4 else str(IPv6Network((int(peer) >> 64 << 64, 64)))


__all__ = ["LOCAL", "Sources"]
