"""Free ports for a server that comes back to the same one."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable

FIRST, LAST = 20_000, 32_000
"""Below the ports that Linux gives to outgoing connections (32768 and up).

While a broker is down its clients try again and again to connect: on a port of that range one of
them would, some day, be given this very port, be connected with itself, and keep it.
"""


def free_ports(count: int) -> list[int]:
    """Return so many ports of 127.0.0.1 that nobody listens on.

    Raises:
        OSError: there are not so many.
    """
    # Chance, so that programs which look at the same time seldom find the same ones.
    candidates = random.SystemRandom().sample(range(FIRST, LAST), LAST - FIRST)
    found = [port for port, _ in zip(filter(_free, candidates), range(count), strict=False)]
    if len(found) < count:
        raise OSError(f"fewer than {count} ports of 127.0.0.1 are free from {FIRST} to {LAST}")
    return found


def require_free(ports: Iterable[int]) -> None:
    """Do nothing where nobody listens on these ports.

    Raises:
        OSError: somebody does; a second server would seem to run, and be the first.
    """
    if taken := [str(port) for port in ports if not _free(port)]:
        raise OSError(f"in use on 127.0.0.1: {', '.join(taken)}; choose another port")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


__all__ = ["free_ports", "require_free"]
