"""Sockets that listen before anything is promised: the port is known, or why it cannot be had."""

from __future__ import annotations

import socket

from syncline.config.addresses import Address
from syncline.errors import ConfigError

BACKLOG = 1024


def bound(address: Address, setting: str) -> socket.socket:
    """Return a socket that listens at an address.

    Args:
        setting: the key that says the address, for the message.

    Raises:
        ConfigError: it is taken, or not this machine's.
    """
    try:
        family, *_, place = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        found = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise _unusable(address, setting, error) from None
    try:
        # A port of a process that has just ended is free again at once.
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(place)
        found.listen(BACKLOG)
        found.setblocking(False)
    except OSError as error:
        found.close()
        raise _unusable(address, setting, error) from None
    return found


def url_of(listening: socket.socket, address: Address, *, https: bool) -> str:
    """Return the URL under which this machine reaches a socket."""
    port = listening.getsockname()[1]
    host = "127.0.0.1" if address.wildcard and address.host != "::" else address.host
    reached = Address("::1" if host == "::" else host, port)
    return f"{'https' if https else 'http'}://{reached}"


def _unusable(address: Address, setting: str, error: OSError) -> ConfigError:
    reason = (error.strerror or str(error)).lower()
    said = f"{setting}: {address} cannot be listened at: {reason}"
    return ConfigError([f"{said}; say another address, or end the process that has it"])


__all__ = ["BACKLOG", "bound", "url_of"]
