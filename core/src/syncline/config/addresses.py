"""Where a service listens: `host:port`, and the networks of its neighbours."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from attrs import frozen

from .scalars import shown

WILDCARDS = frozenset({"0.0.0.0", "::", "*"})  # noqa: S104 - what is refused
"""Hosts that stand for every address of the machine."""


@frozen
class Address:
    """A host and a port; port 0 is any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """True when nobody but this machine can reach it."""
        return self.host == "localhost" or is_loopback(self.host)

    @property
    def wildcard(self) -> bool:
        """True when it stands for every address of the machine."""
        return self.host in WILDCARDS


def address(text: str) -> Address | None:
    """Return the address that `text` writes; None for an empty text: do not listen.

    Raises:
        ValueError: it is none.
    """
    if not text:
        return None
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        right = _is_ipv6(host)
    else:
        right = ":" not in host and not any(mark in host for mark in " /@[]\\")
    if not (right and colon and host and port.isascii() and port.isdigit() and len(port) < 6):
        raise ValueError(f"{shown(text)} is not an address such as '127.0.0.1:8080'")
    if int(port) > 65_535:
        raise ValueError(f"{shown(text)} has a port above 65535")
    return Address("0.0.0.0" if host == "*" else host.lower(), int(port))  # noqa: S104


@lru_cache(maxsize=1024)
def within(host: str, networks: tuple[str, ...]) -> bool:
    """Tell whether the address `host` lies in one of the networks; a name lies in none."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return False
    # A socket for both families shows IPv4 neighbours as IPv6 addresses.
    plain = getattr(found, "ipv4_mapped", None) or found
    return any(plain in ipaddress.ip_network(network, strict=False) for network in networks)


def check_address(_: object, __: object, value: str) -> None:
    """Refuse a setting that is no address."""
    address(value)


def check_networks(_: object, __: object, values: tuple[str, ...]) -> None:
    """Refuse settings that are neither addresses nor networks."""
    for value in values:
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError:
            raise ValueError(
                f"{shown(value)} is neither an address nor a network such as '10.1.0.0/24'"
            ) from None


def check_hosts(_: object, __: object, values: tuple[str, ...]) -> None:
    """Refuse settings that are no names of hosts."""
    for value in values:
        plain = value.replace("-", "").replace(".", "")
        if not plain.isascii() or not plain.isalnum() or value != value.lower():
            raise ValueError(
                f"{shown(value)} is not a host such as 'syncline.example.com', in small letters"
            )


def is_loopback(host: str) -> bool:
    """Tell whether an address is this machine alone; a name is not."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False


__all__ = [
    "Address",
    "address",
    "check_address",
    "check_hosts",
    "check_networks",
    "is_loopback",
    "within",
]
