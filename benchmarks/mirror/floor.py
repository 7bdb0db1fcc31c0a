"""The floor of a mirror: frames are received and decoded, and nothing is done with them.

`python -m benchmarks.mirror.floor URL` prints one JSON line when a frame of the topic
`benchmark.end` comes: how many frames, CPU seconds and seconds from the first to the last.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import msgspec
from websockets.asyncio.client import connect


async def receive(url: str) -> dict[str, float]:
    """Decode every frame of a socket until the last."""
    decode = msgspec.json.Decoder().decode
    frames, begun, used = 0, 0.0, 0.0
    async with connect(url, compression=None, max_size=None) as socket:
        while True:
            text = await socket.recv(decode=False)
            if not frames:
                begun, used = time.perf_counter(), time.process_time()
            if decode(text)["topicName"] == "benchmark.end":
                break
            frames += 1
    return {
        "frames": frames,
        "cpu": time.process_time() - used,
        "seconds": time.perf_counter() - begun,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(receive(sys.argv[1]))))
