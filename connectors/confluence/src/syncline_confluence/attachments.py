"""Attached files: known by their content, stored by their name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from attrs import define, field

from syncline.errors import NotFound, Rejected
from syncline.model import Asset, Ref, Status
from syncline.ports import Cache, Write

from .audience import Audience
from .client import Api, Json
from .index import Index
from .references import References
from .storage.resolver import title_key

MOST = 25 * 2**20
"""Bytes of a file that is carried over."""


@define(kw_only=True)
class Files:
    """The attachments of pages, hashed once for each version."""

    api: Api
    cache: Cache
    index: Index
    audience: Audience
    _links: dict[str, str] = field(factory=dict)
    """sha256 -> download link, for what was seen since the start."""

    async def of(
        self, page: str, listed: list[Json], wanted: References, ref: Ref
    ) -> dict[tuple[str, str], Asset]:
        """Return the files that a body refers to, by (page id, folded name)."""
        found: dict[tuple[str, str], Asset] = {}
        others: dict[str, list[Json]] = {page: listed}
        for space, title, name in wanted.files:
            holder = self._holder(page, space, title)
            if holder is None or not await self._open(page, holder):
                continue
            if holder not in others:
                others[holder] = await self._listed(holder, ref)
            one = _named(others[holder], name)
            if one is not None and (asset := await self._asset(one, ref)) is not None:
                found[holder, title_key(name)] = asset
        return found

    async def _open(self, page: str, holder: str) -> bool:
        """Tell whether a file may be shown on `page`: another page lends it only if it is open."""
        if holder == page:
            return True
        status, _ = await self.audience.status(holder)
        return status is Status.LIVE

    def _holder(self, page: str, space: str, title: str) -> str | None:
        if not title:
            return page
        # A file of another page is only read where that page itself is in reach.
        key = (space or self.index.space, title_key(title))
        return self.index.pages.get(key)

    async def _listed(self, page: str, ref: Ref) -> list[Json]:
        try:
            return await self.api.attachments(page, ref=ref)
        except NotFound:
            return []

    async def _asset(self, one: Json, ref: Ref) -> Asset | None:
        if int(one.get("fileSize", 0)) > MOST:
            return None
        link = str(one["downloadLink"])
        key = f"{one['id']}@{one['version']['number']}"
        known = self.cache.get(key)
        if known is None:
            content = await self.api.download(link, ref=ref)
            size = len(content)
            known = json.dumps([hashlib.sha256(content).hexdigest(), size])
            self.cache.put(key, known)
        sha256, size = json.loads(known)
        self._links[sha256] = link
        return Asset(
            sha256=sha256,
            name=str(one["title"]),
            media_type=str(one.get("mediaType", "application/octet-stream")),
            size=size,
        )

    async def read(self, ref: Ref, sha256: str) -> bytes:
        """Return a file's bytes, checked against its hash.

        Raises:
            NotFound: no attachment of the page has this content any more.
        """
        if sha256 not in self._links:
            for one in await self.api.attachments(ref.id, ref=ref):
                await self._asset(one, ref)
        if sha256 not in self._links:
            raise NotFound(f"{ref}: it has no file {sha256[:12]} any more", ref=ref)
        content = await self.api.download(self._links[sha256], ref=ref)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise NotFound(f"{ref}: the file {sha256[:12]} has been replaced", ref=ref)
        return content

    async def bring(
        self,
        ref: Ref,
        wanted: Iterable[str],
        assets: Mapping[str, Asset],
        listed: list[Json],
        write: Write,
    ) -> dict[str, str]:
        """Attach the files that a body shows; return sha256 -> stored name."""
        names: dict[str, str] = {}
        taken = {title_key(str(one["title"])) for one in listed}
        here: dict[str, str] = {}
        for one in listed:
            asset = await self._asset(one, ref) if names.keys() != set(wanted) else None
            if asset is not None:
                here.setdefault(asset.sha256, asset.name)
        for sha256 in wanted:
            if sha256 in here:
                names[sha256] = here[sha256]
                continue
            asset = assets.get(sha256)
            name = _free(asset.name if asset else f"{sha256[:12]}.bin", sha256, taken)
            write.note("upload", name)
            content = await write.asset(sha256)
            if hashlib.sha256(content).hexdigest() != sha256:
                raise Rejected(f"{ref}: the file {name} is not what the article refers to", ref=ref)
            media_type = asset.media_type if asset else "application/octet-stream"
            await self.api.upload(ref.id, name, content, media_type, ref=ref)
            taken.add(title_key(name))
            names[sha256] = name
        return names


def _named(listed: list[Json], name: str) -> Json | None:
    key = title_key(name)
    return next((one for one in listed if title_key(str(one.get("title", ""))) == key), None)


def _free(name: str, sha256: str, taken: set[str]) -> str:
    clean = "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable())
    clean = clean or f"{sha256[:12]}.bin"
    if title_key(clean) not in taken:
        return clean
    stem, dot, ending = clean.rpartition(".")
    return f"{stem or ending}-{sha256[:8]}{dot}{ending if stem else ''}"
