"""Images: kept in Genesys as response assets, each once, found again by the hash in their name."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Awaitable, Callable

from syncline.errors import NotFound, Rejected, Unavailable
from syncline.model import Asset, Ref
from syncline.ports import Cache, Clock

from .blocks.decode import text
from .blocks.words import Json
from .client import Api
from .files import Files

KINDS = (
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"GIF87a", "image/gif", "gif"),
    (b"GIF89a", "image/gif", "gif"),
)
"""What Genesys's own connector uploads, by the first bytes of a file."""

_NAMED = re.compile(r"/([0-9a-f]{64})\.(?:png|jpg|gif)\Z")

MEDIA_TYPES = frozenset({media_type for _, media_type, _ in KINDS}) | {"image/jpg"}

FULL = frozenset({"ASSET_COUNT_LIMIT_REACHED", "IMAGE_LIMIT_EXCEEDED"})

PATIENCE = 60.0
"""Seconds to wait for an uploaded file to be accepted."""


def kind(content: bytes) -> tuple[str, str] | None:
    """Return media type and extension of an image that Genesys takes; None for other files."""
    for start, media_type, extension in KINDS:
        if content.startswith(start):
            return media_type, extension
    return None


class Pictures:
    """Knows where each image is; uploads those that are not there yet."""

    def __init__(
        self, api: Api, files: Files, cache: Cache, clock: Clock, connection: str, division: str
    ) -> None:
        self._api = api
        self._files = files
        self._cache = cache
        self._clock = clock
        self._prefix = f"genesys:{connection}:"
        self._division = division
        self._locks: dict[str, asyncio.Lock] = {}
        self._seen: dict[str, str] = {}

    # -- what is known, without any call

    def sha256_at(self, url: str) -> str | None:
        """Return the hash of the image at `url`, if it is one that we uploaded.

        Our uploads carry their hash as file name, so that a lost cache changes nothing.
        """
        if sha256 := self._cache.get(self._url_key(url)):
            return sha256
        if match := _NAMED.search(url):
            self._seen[match[1]] = url
            return match[1]
        return None

    def url_of(self, sha256: str) -> str | None:
        """Return where the image with this hash is."""
        known = self._known(sha256)
        return text(known, "url") or None

    def asset_of(self, sha256: str) -> Asset | None:
        """Return what is known of an image."""
        known = self._known(sha256)
        if not known:
            return None
        return Asset(
            sha256=sha256,
            name=text(known, "name"),
            media_type=text(known, "type"),
            size=int(known.get("size", 0)),
        )

    def _known(self, sha256: str) -> Json:
        saved = self._cache.get(f"{self._prefix}image:{sha256}")
        value = json.loads(saved) if saved else {}
        return value if isinstance(value, dict) else {}

    def _url_key(self, url: str) -> str:
        return f"{self._prefix}url:{hashlib.sha256(url.encode()).hexdigest()}"

    # -- uploads and downloads

    async def ensure(self, sha256: str, read: Callable[[str], Awaitable[bytes]], ref: Ref) -> None:
        """Make sure that an image is in Genesys.

        Raises:
            Rejected: it is no image that Genesys takes, or there is no room for it.
        """
        async with self._locks.setdefault(sha256, asyncio.Lock()):
            if self.url_of(sha256):
                return
            found = await self._api.find_assets(sha256)
            here = next((one for one in found if text(one, "contentLocation")), None)
            if here is None:
                here = await self._uploaded(sha256, await read(sha256), ref)
            self._remember(sha256, here)

    def _remember(self, sha256: str, asset: Json) -> None:
        url, size = text(asset, "contentLocation"), asset.get("contentLength")
        known = {
            "url": url,
            "name": text(asset, "name"),
            "type": text(asset, "contentType"),
            "size": size if isinstance(size, int) else 0,
        }
        self._cache.put(self._url_key(url), sha256)
        self._cache.put(f"{self._prefix}image:{sha256}", json.dumps(known))

    async def _uploaded(self, sha256: str, content: bytes, ref: Ref) -> Json:
        found = kind(content)
        if found is None:
            raise Rejected(
                f"{ref}: a picture is no PNG, JPEG or GIF, which is all that Genesys takes; "
                "convert it",
                ref=ref,
            )
        media_type, extension = found
        place = await self._place(f"{sha256}.{extension}", ref)
        await self._files.put(place, content, media_type)
        return await self._accepted(text(place, "id"), ref)

    async def _place(self, name: str, ref: Ref) -> Json:
        try:
            return await self._api.create_asset(name, self._division)
        except Rejected as error:
            if isinstance(error.body, dict) and error.body.get("code") in FULL:
                raise _full(ref, str(error.body["code"])) from error
            raise

    async def _accepted(self, id: str, ref: Ref) -> Json:
        end = self._clock.monotonic() + PATIENCE
        delay = 0.25
        while True:
            state = await self._api.asset_status(id)
            match state.get("status"):
                case "Uploaded":
                    return await self._api.asset(id)
                case "Failed":
                    raise _failed(ref, state)
            if self._clock.monotonic() + delay > end:
                raise Unavailable(
                    f"{ref}: Genesys did not accept a picture within {PATIENCE:.0f} s; "
                    "it will be tried again later",
                    ref=ref,
                )
            await self._clock.sleep(delay)
            delay = min(2 * delay, 5.0)

    async def content(self, sha256: str, ref: Ref) -> bytes:
        """Return the bytes of an image.

        Raises:
            NotFound: it is not known, or not what it was.
        """
        url = self.url_of(sha256) or self._seen.get(sha256)
        if url is None:
            raise NotFound(f"{ref}: Genesys holds no picture {sha256[:12]}", ref=ref)
        content = await self._files.get(url)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise NotFound(f"{ref}: the picture {sha256[:12]} in Genesys was replaced", ref=ref)
        return content


def _full(ref: Ref, code: str) -> Rejected:
    return Rejected(
        f"{ref}: the organisation holds no more pictures ({code}); delete response assets that "
        "are not used, or ask Genesys for a higher limit",
        ref=ref,
    )


def _failed(ref: Ref, state: Json) -> Rejected:
    code = text(state, "errorCode")
    if code in FULL:
        return _full(ref, code)
    reason = code or text(state, "errorMessage") or "no reason was given"
    return Rejected(f"{ref}: Genesys refused a picture ({reason}); replace it", ref=ref)
