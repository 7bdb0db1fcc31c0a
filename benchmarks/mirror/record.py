"""Records the frames of conversations: `python -m benchmarks.mirror.record FILE CHANGES`."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path

from websockets.asyncio.client import connect

from .vendor import END, Vendor, until_made, vendor


async def record(vendor: Vendor, file: Path, changes: int) -> int:
    """Write the frames of so many changes, one a line, and the last one; return how many."""
    frames = 0
    async with connect(vendor.socket(), compression=None, max_size=None) as socket:
        made = asyncio.create_task(asyncio.to_thread(until_made, vendor, changes))
        with file.open("wb") as out:
            while True:
                try:
                    frame = await asyncio.wait_for(socket.recv(decode=False), 1)
                except TimeoutError:
                    if made.done():
                        break
                    continue
                if not frame.startswith(b'{"topicName":"v2.'):
                    continue
                out.write(frame + b"\n")
                frames += 1
            out.write(
                json.dumps({"topicName": END, "eventBody": {}}, separators=(",", ":")).encode()
            )
    with suppress(asyncio.CancelledError):
        await made
    return frames


def recorded(file: Path, changes: int) -> int:
    """Record with a simulator of its own."""
    with vendor() as one:
        return asyncio.run(record(one, file, changes))


if __name__ == "__main__":
    print(recorded(Path(sys.argv[1]), int(sys.argv[2])))
