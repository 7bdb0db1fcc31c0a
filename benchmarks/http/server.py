"""An API with a limit, in a process of its own: `python server.py RATE LATENCY bucket|window`.

Prints its port, then on each line read from stdin the counts since the last one as JSON. The
bucket holds a tenth of the rate (at least 1) and refills continuously; a window is a second that
starts with the first request after the last one ended. Over the limit it answers 429 with
`Retry-After: 1`. A rate of 0 is no limit.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

BODY = json.dumps({"results": [{"id": str(n), "title": "x" * 80} for n in range(45)]}).encode()


class Bucket:
    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.burst = max(1.0, rate / 10)
        self.tokens = self.burst
        self.last = time.monotonic()

    def take(self) -> bool:
        if not self.rate:
            return True
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.last) * self.rate)
        self.last = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Window:
    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.start = time.monotonic()
        self.used = 0

    def take(self) -> bool:
        now = time.monotonic()
        if now >= self.start + 1:
            self.start, self.used = now, 0
        granted = self.used < self.rate
        self.used += granted
        return granted


class Server:
    def __init__(self, bucket: Bucket | Window, latency: float) -> None:
        self.bucket = bucket
        self.latency = latency
        self.counts = {"ok": 0, "refused": 0}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                taken = self.bucket.take()
                self.counts["ok" if taken else "refused"] += 1
                if self.latency:
                    await asyncio.sleep(self.latency)
                writer.write(_OK if taken else _REFUSED)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    def report(self) -> None:
        sys.stdin.readline()
        print(json.dumps(self.counts), flush=True)
        self.counts = {"ok": 0, "refused": 0}


_HEAD = "HTTP/1.1 {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n"
_OK = _HEAD.format("200 OK", len(BODY), "").encode() + BODY
_REFUSED = _HEAD.format("429 Too Many Requests", 0, "Retry-After: 1\r\n").encode()


async def main(rate: float, latency: float, kind: str) -> None:
    state = Server(Window(rate) if kind == "window" else Bucket(rate), latency)
    server = await asyncio.start_server(state.serve, "127.0.0.1", 0)
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), state.report)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), float(sys.argv[2]), sys.argv[3]))
