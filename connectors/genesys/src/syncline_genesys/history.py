"""The versions that Genesys keeps of a published article."""

from __future__ import annotations

from collections.abc import Sequence

from syncline.errors import NotFound
from syncline.model import Record, Ref, Version
from syncline.ports import PastVersion

from .blocks.decode import part, text
from .blocks.words import Json
from .client import Api
from .documents import moment
from .reading import Reader
from .scope import Scope


class History:
    """Reads old versions."""

    def __init__(self, api: Api, scope: Scope, reader: Reader) -> None:
        self._api = api
        self._scope = scope
        self._reader = reader

    async def versions(self, ref: Ref) -> Sequence[PastVersion]:
        """Return the versions that are kept, newest first."""
        base = await self._scope.find()
        found = await self._api.versions(base, ref.id, ref=ref)
        past = [
            PastVersion(
                version=Version(str(one.get("versionNumber"))),
                updated_at=at,
                updated_by=text(part(part(one, "document"), "modifiedBy"), "id") or None,
            )
            for one in found
            if (at := moment(one.get("datePublished")))
        ]
        return sorted(past, key=lambda one: int(one.version), reverse=True)

    async def fetch_version(self, ref: Ref, version: Version) -> Record:
        """Return the article as it was.

        Raises:
            NotFound: that version is not kept any more.
        """
        base = await self._scope.find()
        for one in await self._api.versions(base, ref.id, ref=ref):
            if str(one.get("versionNumber")) == version:
                return await self._as_of(base, ref, one)
        raise NotFound(f"{ref}: Genesys does not keep version {version}", ref=ref)

    async def _as_of(self, base: str, ref: Ref, version: Json) -> Record:
        id = text(version, "id")
        variations = await self._api.version_variations(base, ref.id, id, ref=ref)
        document = {
            **part(version, "document"),
            "state": "Published",
            "lastPublishedVersionNumber": version.get("versionNumber"),
            "datePublished": version.get("datePublished"),
            "variations": variations,
        }
        return await self._reader.recorded(document)
