"""Files at addresses that Genesys hands out: presigned uploads, reports of jobs, images.

They lie on other hosts than the API (a file store, a content network), and never get our token.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from syncline.errors import Unavailable
from syncline.http import Client, Pace
from syncline.ports import Clock

from .blocks.words import Json

LARGEST = 64 * 2**20
"""Bytes of one file."""


class Files:
    """Fetches and puts files, over connections of its own."""

    def __init__(self, clock: Clock, proxy: str | None) -> None:
        self._clock = clock
        self._proxy = proxy
        self._pace = Pace(max_in_flight=4)
        self._clients: dict[str, Client] = {}

    async def put(self, place: Json, content: bytes, content_type: str) -> None:
        """Upload `content` to `place`: `{url, headers}` as the API gave it.

        Raises:
            Unavailable: the file store refuses it, or does not answer.
        """
        url = str(place.get("url", ""))
        given = place.get("headers")
        headers = {str(k): str(v) for k, v in given.items()} if isinstance(given, dict) else {}
        if not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = content_type
        await self._request("PUT", url, headers, content)

    async def get(self, url: str) -> bytes:
        """Return the file at `url`.

        Raises:
            NotFound: it is not there any more.
        """
        return await self._request("GET", url, {}, None)

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> bytes:
        response = await self._client(url).request(
            method, url, headers=headers, content=content, expect_json=False
        )
        return response.content

    def _client(self, url: str) -> Client:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if not parts.netloc:
            raise Unavailable(f"Genesys gave no address for a file ({url[:40]!r})")
        if origin not in self._clients:
            self._clients[origin] = Client(
                origin,
                clock=self._clock,
                pace=self._pace,
                proxy=self._proxy,
                max_response=LARGEST,
            )
        return self._clients[origin]

    async def aclose(self) -> None:
        """Close the connections."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()
