"""The calls to the Genesys Cloud Platform API, one method for each. They return vendor JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from syncline.errors import Unavailable
from syncline.http import Client, ClientCredentials, Limits, Pace
from syncline.model import Ref
from syncline.ports import Clock
from syncline.state.shared import Shared

from .blocks.words import Json
from .settings import Settings

BASES = "/api/v2/knowledge/knowledgebases"
ASSETS = "/api/v2/responsemanagement/responseassets"
PAGE = 200
"""Most entities in a page of a listing by cursor."""


WINDOW = 5.0
"""Seconds of a rate window below which its headers are too coarse to pace by."""


def read_limits(headers: Mapping[str, str], now: datetime) -> Limits | None:
    """Return what `inin-ratelimit-*` say of a window of a minute, so that others get their share.

    The rate itself is a setting: an answer tells the allowance, not the length of its window.
    """
    reset = float(headers.get("inin-ratelimit-reset", "0"))
    if reset < WINDOW:
        return None
    allowed, count = int(headers["inin-ratelimit-allowed"]), int(headers["inin-ratelimit-count"])
    return Limits(remaining=allowed - count, reset=reset)


def open_client(
    settings: Settings,
    clock: Clock,
    observe: Callable[[str, Mapping[str, Any]], None],
    connection: str = "",
    shared: Shared | None = None,
) -> Client:
    """Return the HTTP client of a connection: one credential, one pace.

    With `shared`, all processes on the credential use one token, and one rate together: Genesys
    counts 300 requests a minute for each token.
    """
    proxy = settings.proxy or None
    credential = f"{settings.hosts.login} {settings.client_id}"
    auth = ClientCredentials(
        f"{settings.hosts.login}/oauth/token",
        settings.client_id,
        settings.client_secret,
        clock=clock,
        proxy=proxy,
        shared=shared.token(credential, settings.client_secret) if shared else None,
    )
    pace = Pace(
        settings.requests_per_minute / 60,
        read_limits=read_limits,
        ration=shared.ration(credential, settings.requests_per_minute) if shared else None,
    )
    return Client(
        settings.hosts.api,
        auth=auth,
        clock=clock,
        pace=pace,
        observe=observe,
        proxy=proxy,
        connection=connection,
    )


class Api:
    """The Platform API as this connector uses it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    # -- the organisation

    async def limits(self, namespace: str) -> list[Json]:
        """Return the organisation's effective limits: `{key, namespace, value}`."""
        path = f"/api/v2/organizations/limits/namespaces/{namespace}"
        return entities(await self._get(path))

    async def knowledge_bases(self) -> list[Json]:
        """Return every knowledge base that the client may see."""
        # The vendor's own tools ask twice: the filter has no value for both.
        found: dict[str, Json] = {}
        for published in ("true", "false"):
            async for page in self._pages(BASES, {"published": published, "pageSize": "100"}):
                found.update((str(base.get("id")), base) for base in page)
        return list(found.values())

    async def knowledge_base(self, base: str) -> Json:
        """Return one knowledge base."""
        return await self._get(f"{BASES}/{base}")

    # -- categories and labels

    async def categories(self, base: str) -> list[Json]:
        """Return all categories."""
        return [one async for one in self._all(f"{BASES}/{base}/categories")]

    async def create_category(self, base: str, body: Json) -> Json:
        """Create a category."""
        return await self._post(f"{BASES}/{base}/categories", body)

    async def labels(self, base: str) -> list[Json]:
        """Return all labels."""
        return [one async for one in self._all(f"{BASES}/{base}/labels")]

    async def create_label(self, base: str, body: Json) -> Json:
        """Create a label."""
        return await self._post(f"{BASES}/{base}/labels", body)

    # -- documents

    def documents(
        self, base: str, *, expand: bool = False, **filters: str | Sequence[str] | bool | None
    ) -> AsyncIterator[list[Json]]:
        """Yield pages of documents, without their variations.

        `includeDrafts` shows open drafts in place of what is published; `interval`, `documentId`,
        `categoryId`, `includeSubcategories` and `externalIds` narrow it down.
        """
        params = {name: _text(value) for name, value in filters.items() if value is not None}
        if expand:
            params["expand"] = "category,labels"
        return self._pages(f"{BASES}/{base}/documents", {**params, "pageSize": str(PAGE)})

    async def document(self, base: str, id: str, state: str, *, ref: Ref | None = None) -> Json:
        """Return one document in its state `Draft` or `Published`, with up to 20 variations."""
        params = {"state": state, "expand": "category,labels,variations"}
        return await self._get(f"{BASES}/{base}/documents/{id}", params, ref=ref)

    async def create_document(self, base: str, body: Json, *, ref: Ref | None = None) -> Json:
        """Create a draft without content."""
        return await self._post(f"{BASES}/{base}/documents", body, ref=ref)

    async def change_document(self, base: str, id: str, body: Json, *, ref: Ref) -> Json:
        """Change the metadata of the draft."""
        # What is sent replaces what is there, so repeating does no harm.
        path = f"{BASES}/{base}/documents/{id}"
        return await self._send("PATCH", path, body, ref=ref, idempotent=True)

    async def delete_document(self, base: str, id: str, *, ref: Ref) -> None:
        """Delete a document with all its versions, for good; a missing one is success."""
        await self._client.request(
            "DELETE",
            f"{BASES}/{base}/documents/{id}",
            ref=ref,
            expect_json=False,
            ok={200, 202, 204, 404, 410},
        )

    # -- variations and versions

    async def variations(self, base: str, id: str, state: str, *, ref: Ref) -> list[Json]:
        """Return the variations of a document in its state `Draft` or `Published`."""
        path = f"{BASES}/{base}/documents/{id}/variations"
        return [one async for one in self._all(path, {"documentState": state}, ref=ref)]

    async def create_variation(self, base: str, id: str, body: Json, *, ref: Ref) -> Json:
        """Create a variation in the draft."""
        return await self._post(f"{BASES}/{base}/documents/{id}/variations", body, ref=ref)

    async def change_variation(
        self, base: str, id: str, variation: str, body: Json, *, ref: Ref
    ) -> Json:
        """Replace a variation's content in the draft."""
        path = f"{BASES}/{base}/documents/{id}/variations/{variation}"
        return await self._send("PATCH", path, body, ref=ref, idempotent=True)

    async def delete_variation(self, base: str, id: str, variation: str, *, ref: Ref) -> None:
        """Delete a variation from the draft; a missing one is success."""
        await self._client.request(
            "DELETE",
            f"{BASES}/{base}/documents/{id}/variations/{variation}",
            ref=ref,
            expect_json=False,
            ok={200, 202, 204, 404},
        )

    async def publish(self, base: str, id: str, *, ref: Ref, restore: str = "") -> Json:
        """Publish the draft as a new version, or the version `restore` once more."""
        # The vendor's model marks restoreFromVersionId as required; its own tools send {}.
        body = {"restoreFromVersionId": restore} if restore else {}
        return await self._post(f"{BASES}/{base}/documents/{id}/versions", body, ref=ref)

    async def versions(self, base: str, id: str, *, ref: Ref) -> list[Json]:
        """Return the published versions that are kept."""
        path = f"{BASES}/{base}/documents/{id}/versions"
        return [one async for one in self._all(path, {"expand": "category,labels"}, ref=ref)]

    async def version_variations(self, base: str, id: str, version: str, *, ref: Ref) -> list[Json]:
        """Return the content of an old version."""
        path = f"{BASES}/{base}/documents/{id}/versions/{version}/variations"
        return [one async for one in self._all(path, ref=ref)]

    # -- synchronise jobs

    async def create_upload(self, name: str, content_type: str) -> Json:
        """Return where to PUT a file: `{url, uploadKey, headers}`."""
        body = {"fileName": name, "contentType": content_type}
        return await self._post("/api/v2/knowledge/documentuploads", body)

    async def create_job(self, base: str, upload_key: str) -> Json:
        """Start a synchronise job on an uploaded file."""
        return await self._post(f"{BASES}/{base}/synchronize/jobs", {"uploadKey": upload_key})

    async def job(self, base: str, id: str) -> Json:
        """Return a synchronise job, with the addresses of its files."""
        return await self._get(f"{BASES}/{base}/synchronize/jobs/{id}", {"expand": "urls"})

    async def sync_operations(self, base: str) -> list[Json]:
        """Return the synchronise jobs that the knowledge base remembers."""
        path = f"{BASES}/{base}/operations"
        return [one async for one in self._all(path, {"type": "Sync"})]

    # -- images

    async def find_assets(self, prefix: str) -> list[Json]:
        """Return the response assets whose names start with `prefix`."""
        query = [{"type": "STARTS_WITH", "fields": ["name"], "value": prefix}]
        path = f"{ASSETS}/search"
        found = await self._send("POST", path, {"query": query, "pageSize": 25}, idempotent=True)
        return listed(found, "results")

    async def create_asset(self, name: str, division: str) -> Json:
        """Return where to PUT an image: `{id, url, headers}`."""
        body = {"name": name, **({"divisionId": division} if division else {})}
        return await self._post(f"{ASSETS}/uploads", body)

    async def asset_status(self, id: str) -> Json:
        """Return how far an upload is: `InProgress`, `Uploaded` or `Failed`."""
        return await self._get(f"{ASSETS}/status/{id}")

    async def asset(self, id: str) -> Json:
        """Return a response asset."""
        return await self._get(f"{ASSETS}/{id}")

    # -- plumbing

    async def _get(
        self, path: str, params: Mapping[str, str] | None = None, *, ref: Ref | None = None
    ) -> Json:
        return await self._send("GET", path, None, params=params, ref=ref)

    async def _post(self, path: str, body: Json, *, ref: Ref | None = None) -> Json:
        return await self._send("POST", path, body, ref=ref)

    async def _send(
        self,
        method: str,
        path: str,
        body: Json | None,
        *,
        params: Mapping[str, str] | None = None,
        ref: Ref | None = None,
        idempotent: bool | None = None,
    ) -> Json:
        response = await self._client.request(
            method, path, params=params, json=body, ref=ref, idempotent=idempotent
        )
        value = response.json()
        if not isinstance(value, dict):
            raise Unavailable(
                f"{ref or 'Genesys'}: {method} {path} answered {type(value).__name__} where an "
                "object was expected; it will be tried again later",
                ref=ref,
            )
        return value

    async def _all(
        self, path: str, params: Mapping[str, str] | None = None, *, ref: Ref | None = None
    ) -> AsyncIterator[Json]:
        async for page in self._pages(path, {**(params or {}), "pageSize": str(PAGE)}, ref=ref):
            for one in page:
                yield one

    async def _pages(
        self, path: str, params: Mapping[str, str], *, ref: Ref | None = None
    ) -> AsyncIterator[list[Json]]:
        """Yield the pages of a listing by cursor, until an answer names no next one.

        Raises:
            Unavailable: an answer is no page, or the cursor does not move: the listing would be
                short or endless.
        """
        seen: set[str] = set()
        cursor = ""
        while True:
            after = {"after": cursor} if cursor else {}
            page = await self._get(path, {**params, **after}, ref=ref)
            yield entities(page, path)
            if not page.get("nextUri"):
                return
            cursor = _cursor(page["nextUri"])
            if not cursor or cursor in seen:
                raise Unavailable(f"{path}: a page names no next one where it says there is one")
            seen.add(cursor)


def entities(page: Json, path: str = "") -> list[Json]:
    """Return the entities of a listing.

    Raises:
        Unavailable: there is no list of them; "nothing" would be read as "all gone".
    """
    return listed(page, "entities", path)


def listed(page: Json, name: str, path: str = "") -> list[Json]:
    """Return the objects of the member `name`.

    Raises:
        Unavailable: it is no list of objects.
    """
    found = page.get(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Unavailable(f"{path or 'the API'} answered without {name!r}; it will be tried again")
    return found


def _cursor(uri: object) -> str:
    query = parse_qs(urlsplit(uri).query) if isinstance(uri, str) else {}
    return query.get("after", [""])[0]


def _text(value: str | Sequence[str] | bool) -> str:
    """Return a query value: lists are one value with commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else ",".join(value)
