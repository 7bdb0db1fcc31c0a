"""Slow senders: `python -m syncline_checks.dripping PORT COUNT` until it is ended.

Each holds a connection and sends a little of a large body every second; when it is sent away it
comes again. In a process of its own, so that it does not slow down whoever measures.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .senders import signed

SIZE = 50_000
PIECE = 700


async def drip(port: int, raw: bytes) -> None:
    """Hold a connection for ever, or the next one when it ends."""
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                for start in range(0, len(raw) - PIECE, PIECE):
                    writer.write(raw[start : start + PIECE])
                    await writer.drain()
                    await asyncio.sleep(1.0)
                    if reader.at_eof() or writer.is_closing():
                        break
            finally:
                writer.close()
        await asyncio.sleep(0.5)


async def main(port: int, count: int) -> None:
    """Drip on so many connections."""
    raw = signed("slow", "nobody's secret", pad=SIZE)
    await asyncio.gather(*(drip(port, raw) for _ in range(count)))


@contextmanager
def dripping(port: int, count: int) -> Iterator[None]:
    """Have so many slow senders for as long as a block lasts."""
    if not count:
        yield
        return
    command = [sys.executable, "-m", "syncline_checks.dripping", str(port), str(count)]
    with subprocess.Popen(command) as child:
        try:
            yield
        finally:
            child.kill()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
