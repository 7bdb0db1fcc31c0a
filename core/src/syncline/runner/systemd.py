"""What a service tells systemd: that it is ready, alive, reading its configuration, or ending.

systemd's sd_notify(3): one datagram of `NAME=value` lines to the socket in `NOTIFY_SOCKET`; a name
that begins with `@` is in the abstract namespace.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Mapping

from attrs import frozen

logger = logging.getLogger(__name__)


@frozen
class Notifier:
    """Tells whoever started the process; nothing happens where nobody listens."""

    address: str = ""
    watchdog: float = 0.0
    """Seconds after which systemd takes silence for a hang; 0 when it does not watch."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Notifier:
        """Return the notifier that systemd's variables describe."""
        micros = environment.get("WATCHDOG_USEC", "")
        seconds = int(micros) / 1e6 if micros.isascii() and micros.isdigit() else 0.0
        return cls(environment.get("NOTIFY_SOCKET", ""), seconds)

    def ready(self, status: str = "") -> None:
        """Say that the service works now; also after a reload."""
        self._send("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Say that the configuration is being read again."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Say that the service ends."""
        self._send("STOPPING=1")

    async def live(self) -> None:
        """Give signs of life, until cancelled; they come from the loop that does the work."""
        while self.watchdog:
            self._send("WATCHDOG=1")
            await asyncio.sleep(self.watchdog / 2)

    def _send(self, *lines: str) -> None:
        if not self.address:
            return
        name = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
                out.setblocking(False)
                out.sendto("\n".join(lines).encode(), name)
        except OSError as error:
            logger.warning("systemd was not told", extra={"error": str(error)})


__all__ = ["Notifier"]
