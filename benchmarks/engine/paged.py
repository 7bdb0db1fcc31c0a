"""The paged API as a floor reads it, and as a store."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from syncline.http import Client
from syncline.model import Complete, Head, Ref, Side, Version
from syncline.ports import Listed

from .articles import NAMES, SCOPE, Shelf


@contextmanager
def serving(count: int, per_page: int, size: int, latency: float) -> Iterator[str]:
    """Serve `count` items while the block runs, and yield the address."""
    server = Path(__file__).with_name("listing_server.py")
    arguments = [str(number) for number in (count, per_page, size, latency)]
    command = [sys.executable, str(server), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            yield f"http://127.0.0.1:{child.stdout.readline().strip()}"
        finally:
            child.terminate()


async def bare_pages(url: str) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield the pages of a listing with bare httpx: what nobody can do without."""
    # Without certificates: loading them costs more CPU than the whole listing.
    async with httpx.AsyncClient(base_url=url, verify=False) as client:  # noqa: S501 -- plain HTTP
        cursor: int | None = 0
        while cursor is not None:
            page = (await client.get("/items", params={"cursor": cursor})).json()
            yield page["results"]
            cursor = page["next"]


async def pages(client: Client) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield the pages of a listing through `syncline.http`."""
    cursor: int | None = 0
    while cursor is not None:
        page = (await client.request("GET", "/items", params={"cursor": cursor})).json()
        yield page["results"]
        cursor = page["next"]


class PagedStore(Shelf):
    """A store whose listing comes page by page from a server; it counts its requests."""

    def __init__(self, side: Side, count: int, client: Client) -> None:
        super().__init__(side, count, edits=False)
        self._client = client
        self.requests = 0

    async def heads(self) -> AsyncIterator[Listed]:
        count = 0
        async for page in pages(self._client):
            self.requests += 1
            count += len(page)
            for item in page:
                yield Head(
                    ref=Ref(NAMES[self._side], item["id"]),
                    version=Version(str(item["version"]["number"])),
                    title=item["title"],
                )
        yield Complete(count=count, scope=SCOPE)
