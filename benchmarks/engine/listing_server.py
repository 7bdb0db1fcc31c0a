"""A paged API in a process of its own: `python listing_server.py COUNT PER_PAGE SIZE LATENCY`.

`GET /items?cursor=N` answers `PER_PAGE` items with bodies of `SIZE` bytes, made once at the start,
and `"next"`: the cursor of the page after it, or null. Prints its port.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys

_CURSOR = re.compile(rb"cursor=(\d+)")


def _pages(count: int, per_page: int, size: int) -> list[bytes]:
    body = "<p>" + "Refunds are paid in fourteen days. " * (size // 35) + "</p>"
    made = []
    for start in range(0, count, per_page):
        stop = min(count, start + per_page)
        items = [
            {
                "id": f"{number:08}",
                "title": f"Article {number}",
                "status": "current",
                "version": {"number": 1, "createdAt": "2026-01-02T03:04:05.678Z"},
                "authorId": "5b10ac8d82e05b22cc7d4ef5",
                "spaceId": "98306",
                "parentId": "98402",
                "_links": {"webui": f"/spaces/KB/pages/{number:08}/Article+{number}"},
                "body": body if size else "",
            }
            for number in range(start, stop)
        ]
        answer = {"results": items, "next": stop if stop < count else None}
        content = json.dumps(answer).encode()
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
        )
        made.append(head.encode() + b"\r\n\r\n" + content)
    return made


async def main(count: int, per_page: int, size: int, latency: float) -> None:
    pages = _pages(count, per_page, size)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                found = _CURSOR.search(request.partition(b"\r\n")[0])
                if latency:
                    await asyncio.sleep(latency)
                writer.write(pages[int(found[1]) // per_page if found else 0])
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
