"""One space of a site: who we are there, what its pages are called, who may read them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from syncline.connector import Context
from syncline.errors import Forbidden
from syncline.model import Ref

from .attachments import Files
from .audience import Audience
from .client import Api, Json
from .index import Index
from .places import Places
from .settings import Settings
from .storage.resolver import Resolver


class Site:
    """What every operation on the space needs."""

    def __init__(self, settings: Settings, context: Context, api: Api) -> None:
        self._settings = settings
        self._context = context
        self._api = api
        self._place: Json | None = None
        self._me: str | None = None
        self._opening = asyncio.Lock()
        self._index = Index(api=api, space=settings.space, space_id="")
        group = settings.audience.removeprefix("group:") if settings.audience != "open" else ""
        self._audience = Audience(
            api=api, clock=context.clock, group=group, folders=self._index.folders
        )
        self._files = Files(
            api=api, cache=context.cache, index=self._index, audience=self._audience
        )
        self._in_scope: dict[str, bool] = {}
        self._lies_now: Places | None = None
        self._listed: dict[str, str] = {}
        self._listed_marks: dict[str, str] = {}
        self._label_id: str | None = None
        self._origins: dict[Ref, Ref | None] = {}

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()

    def _ref(self, id_: str) -> Ref:
        return Ref(self._context.connection, id_)

    async def _space(self) -> Json:
        async with self._opening:
            if self._place is None:
                key = self._settings.space
                space = await self._api.space(key)
                if space is None:
                    raise Forbidden(
                        f"space {key} is not there, or the account may not see it; check the key"
                        f" and the account's permission at {self._settings.site}"
                    )
                self._place = space
                self._index.space_id = str(space["id"])
            return self._place

    async def _account(self) -> str:
        if self._me is None:
            self._me = str((await self._api.me())["accountId"])
        return self._me

    def _resolver(
        self,
        page: str,
        files: Mapping[tuple[str, str], Any] | None = None,
        uploads: Mapping[str, str] | None = None,
    ) -> Resolver:
        return Resolver(
            connection=self._context.connection,
            page=page,
            space=self._settings.space,
            base=f"{self._settings.site.rstrip('/').removesuffix('/wiki')}/wiki",
            pages=self._index.pages,
            names=self._index.names,
            files=files or {},
            uploads=uploads or {},
            external_images=self._settings.external_images,
        )

    def _url(self, page: Json) -> str:
        links = page.get("_links") or {}
        base = links.get("base") or f"{self._settings.site.rstrip('/')}/wiki"
        return f"{base}{links.get('webui', '')}"
