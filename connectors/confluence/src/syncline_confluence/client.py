"""The calls to Confluence Cloud, one method for each. They return vendor JSON.

REST v2 (`/wiki/api/v2`) where it has an operation, and what is left of v1 (`/wiki/rest/api`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

from syncline.errors import Rejected, Unavailable
from syncline.http import BasicAuth, Client, Limits, Pace, RefreshToken
from syncline.model import Ref
from syncline.ports import Clock

from .settings import Settings

Json: TypeAlias = "dict[str, Any]"

V2 = "/wiki/api/v2"
V1 = "/wiki/rest/api"
PAGE = 250
"""Most entities in one page of a v2 list."""


def read_limits(headers: Mapping[str, str], now: datetime) -> Limits | None:
    """Halve the pace while Confluence says that the limit is near (rate limiting page, 2026).

    Until when, it says as an ISO 8601 time: a burst limit is always near at full pace, and is over
    at once.
    """
    if headers.get("x-ratelimit-nearlimit", "").lower() != "true":
        return None
    try:
        end = datetime.fromisoformat(headers.get("x-ratelimit-reset", ""))
    except ValueError:
        return Limits(near=True)
    end = end if end.tzinfo else end.replace(tzinfo=now.tzinfo)
    return Limits(near=True, reset=max(0.0, (end - now).total_seconds()))


def open_client(
    settings: Settings,
    clock: Clock,
    observe: Callable[[str, Mapping[str, Any]], None],
    connection: str = "",
) -> Client:
    """Return the HTTP client of a connection: one credential, one pace."""
    proxy = settings.proxy or None
    auth: BasicAuth | RefreshToken
    if settings.token is not None:
        auth = BasicAuth(settings.user, settings.token)
    else:
        auth = _oauth(settings, clock)
    return Client(
        settings.base_url,
        auth=auth,
        clock=clock,
        pace=Pace(settings.requests_per_second, read_limits=read_limits),
        observe=observe,
        allow_hosts=settings.media_hosts,
        proxy=proxy,
        connection=connection,
    )


def _oauth(settings: Settings, clock: Clock) -> RefreshToken:
    if settings.client_secret is None or settings.refresh_token_file is None:
        raise ValueError("OAuth needs client_secret and refresh_token_file")
    return RefreshToken(
        f"{settings.login.rstrip('/')}/oauth/token",
        settings.client_id,
        settings.client_secret,
        settings.refresh_token_file,
        clock=clock,
        proxy=settings.proxy or None,
    )


class Api:
    """Confluence as this connector uses it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    # -- who and where

    async def me(self) -> Json:
        """Return the account of the credential: `accountId`, `displayName`."""
        return await self._get(f"{V1}/user/current")

    async def space(self, key: str) -> Json | None:
        """Return the space of this key: `id, key, homepageId`; None when it is not visible."""
        found = await self._get(f"{V2}/spaces", {"keys": key, "limit": "1"})
        results: list[Json] = found.get("results", [])
        return next((s for s in results if s.get("key") == key), None)

    # -- lists

    def pages(self, space: str, **filters: str) -> AsyncIterator[list[Json]]:
        """Yield the current pages of a space, without bodies."""
        params = {"status": "current", "sort": "id", **filters}
        return self._pages(f"{V2}/spaces/{space}/pages", params)

    def all_labels(self) -> AsyncIterator[list[Json]]:
        """Yield the global labels of the site; `/spaces/{id}/labels` has those of the space."""
        return self._pages(f"{V2}/labels", {"prefix": "global"})

    def labelled(self, label: str, space: str) -> AsyncIterator[list[Json]]:
        """Yield the pages of a space that carry a label, by the label's id."""
        return self._pages(f"{V2}/labels/{label}/pages", {"space-id": space})

    def all_attachments(self) -> AsyncIterator[list[Json]]:
        """Yield every attachment that the credential can see."""
        return self._pages(f"{V2}/attachments", {"status": "current"})

    async def titled(self, space: str, title: str) -> list[Json]:
        """Return the pages that hold a title in a space, in every state that can hold one."""
        found: list[Json] = []
        states = ("current", "archived", "draft", "trashed")
        params = {"space-id": space, "title": title, "status": states}
        async for page in self._pages(f"{V2}/pages", params):
            found += [p for p in page if str(p.get("title", "")).casefold() == title.casefold()]
        return found

    # -- one page

    async def page(self, id: str, *, body: bool, ref: Ref | None = None) -> Json:
        """Return a page in whatever state it is; labels and properties come with the body.

        Raises:
            NotFound: it is not there, or not visible.
        """
        params: dict[str, Any] = {"include-version": "true"}
        if body:
            params |= {
                "body-format": "storage",
                "include-labels": "true",
                "include-properties": "true",
            }
        return await self._get(f"{V2}/pages/{id}", params, ref=ref)

    async def page_version(self, id: str, number: str, *, ref: Ref) -> Json:
        """Return a page as it was in one version."""
        params = {"version": number, "body-format": "storage"}
        return await self._get(f"{V2}/pages/{id}", params, ref=ref)

    async def versions(self, id: str, *, ref: Ref) -> list[Json]:
        """Return the latest versions of a page, newest first, without bodies."""
        params = {"limit": "50", "sort": "-modified-date"}
        found = await self._get(f"{V2}/pages/{id}/versions", params, ref=ref)
        results: list[Json] = found.get("results", [])
        return results

    async def ancestors(self, id: str, kind: str = "page", *, ref: Ref | None = None) -> list[Json]:
        """Return what is above a page or folder, root first: `id, type`."""
        path = f"{V2}/{kind}s/{id}/ancestors"
        found = await self._get(path, {"limit": str(PAGE)}, ref=ref)
        results: list[Json] = found.get("results", [])
        return results

    async def folder(self, id: str) -> Json:
        """Return a folder: `id, title, parentId, parentType`."""
        return await self._get(f"{V2}/folders/{id}")

    async def labels(self, id: str, *, ref: Ref) -> list[Json]:
        """Return the labels of a page: `name, prefix`."""
        pages = self._pages(f"{V2}/pages/{id}/labels", {}, ref=ref)
        return [label async for page in pages for label in page]

    async def properties(self, id: str, key: str, *, ref: Ref) -> list[Json]:
        """Return the content properties of a page that have this key."""
        found = await self._get(f"{V2}/pages/{id}/properties", {"key": key}, ref=ref)
        results: list[Json] = found.get("results", [])
        return results

    async def attachments(self, id: str, *, ref: Ref) -> list[Json]:
        """Return the current attachments of a page."""
        path = f"{V2}/pages/{id}/attachments"
        pages = self._pages(path, {"status": "current"}, ref=ref)
        return [one async for page in pages for one in page]

    async def download(self, link: str, *, ref: Ref) -> bytes:
        """Return the bytes behind an attachment's `downloadLink`.

        It redirects to a signed address on another host, which never gets the credentials.
        """
        path = link if link.startswith("/wiki") else f"/wiki{link}"
        answer = await self._client.request("GET", path, ref=ref, expect_json=False, follow=True)
        return answer.content

    # -- audience

    async def restricted(self, id: str) -> bool:
        """Tell whether an item itself is restricted to some readers; an inherited one is not told.

        An unrestricted item answers with empty lists: members are counted, not entries.
        """
        found = await self._get(
            f"{V1}/content/{id}/restriction/byOperation/read",
            {"expand": "restrictions.user,restrictions.group"},
        )
        restrictions = found["restrictions"]
        return any(restrictions[kind]["results"] for kind in ("user", "group"))

    async def may_read(self, id: str, group: str) -> bool:
        """Tell whether a whole group may read a page, inheritance and space included."""
        answer = await self._client.request(
            "POST",
            f"{V1}/content/{id}/permission/check",
            json={"subject": {"type": "group", "identifier": group}, "operation": "read"},
            idempotent=True,
        )
        return bool(answer.json()["hasPermission"])

    # -- writing

    async def create(self, body: Json, *, ref: Ref | None = None) -> Json:
        """Create a page; `REST v2, POST /pages` answers 200 with the page."""
        return await self._send("POST", f"{V2}/pages", body, ref=ref)

    async def update(self, id: str, body: Json, *, ref: Ref) -> Json:
        """Replace a page; `version.number` has to be the current one plus one, else 409."""
        # Sent twice, the second is refused as stale: repeating does no harm, but hides success.
        return await self._send("PUT", f"{V2}/pages/{id}", body, ref=ref, idempotent=False)

    async def delete(self, id: str, *, ref: Ref) -> None:
        """Move a page to the trash; a missing one is success."""
        await self._client.request(
            "DELETE",
            f"{V2}/pages/{id}",
            ref=ref,
            expect_json=False,
            ok=(200, 204, 404),
        )

    async def add_labels(self, id: str, names: Iterable[str], *, ref: Ref) -> None:
        """Add labels; those that are there already stay."""
        body = [{"prefix": "global", "name": name} for name in names]
        await self._client.request(
            "POST", f"{V1}/content/{id}/label", json=body, ref=ref, idempotent=True
        )

    async def remove_label(self, id: str, name: str, *, ref: Ref) -> None:
        """Remove a label; a missing one is success."""
        await self._client.request(
            "DELETE",
            f"{V1}/content/{id}/label",
            params={"name": name},
            ref=ref,
            expect_json=False,
            ok=(200, 204, 404),
        )

    async def set_property(
        self, id: str, key: str, value: Json, known: Json | None, *, ref: Ref
    ) -> None:
        """Create a content property, or replace the `known` one."""
        path = f"{V2}/pages/{id}/properties"
        if known is None:
            await self._send("POST", path, {"key": key, "value": value}, ref=ref)
            return
        number = int(known["version"]["number"]) + 1
        body = {"key": key, "value": value, "version": {"number": number}}
        await self._send("PUT", f"{path}/{known['id']}", body, ref=ref)

    async def upload(
        self, id: str, name: str, content: bytes, media_type: str, *, ref: Ref
    ) -> None:
        """Attach a file, or a new version of it; v1 only, with the token against forgery."""
        await self._client.request(
            "PUT",
            f"{V1}/content/{id}/child/attachment",
            files={"file": (name, content, media_type)},
            data={"minorEdit": "true"},
            headers={"X-Atlassian-Token": "no-check"},
            ref=ref,
        )

    # -- how

    async def _get(
        self, path: str, params: Mapping[str, Any] | None = None, *, ref: Ref | None = None
    ) -> Json:
        answer = await self._client.request("GET", path, params=params, ref=ref)
        return _object(answer.json(), path)

    async def _send(
        self,
        method: str,
        path: str,
        body: Json,
        *,
        ref: Ref | None = None,
        idempotent: bool | None = None,
    ) -> Json:
        answer = await self._client.request(method, path, json=body, ref=ref, idempotent=idempotent)
        return _object(answer.json(), path)

    async def _pages(
        self, path: str, params: Mapping[str, Any], *, ref: Ref | None = None
    ) -> AsyncIterator[list[Json]]:
        """Yield the pages of a v2 list.

        Only the cursor is taken from `_links.next`: its prefix differs between versions and the
        gateway. A `next` with no results ends the list. A cursor or a whole page that comes again
        makes the list one that cannot be believed.
        """
        seen: set[str] = set()
        before: list[Any] = []
        cursor: str | None = None
        while True:
            asked = {**params, "limit": str(PAGE), "cursor": cursor}
            answer = await self._get(path, asked, ref=ref)
            results = answer.get("results")
            if not isinstance(results, list):
                raise Unavailable(f"{path}: the answer is no list; nothing is inferred from it")
            ids = [one.get("id") for one in results if isinstance(one, dict)]
            if ids and ids == before:
                raise Unavailable(f"{path}: the list repeats a page; it was not read to its end")
            before = ids
            if results:
                yield results
            cursor = _cursor(answer)
            if cursor is None or not results:
                return
            if cursor in seen:
                raise Unavailable(f"{path}: the list repeats a cursor; it was not read to its end")
            seen.add(cursor)


def _cursor(answer: Json) -> str | None:
    following = (answer.get("_links") or {}).get("next")
    if not following:
        return None
    values = parse_qs(urlsplit(str(following)).query).get("cursor")
    return values[0] if values else None


def _object(value: object, path: str) -> Json:
    if not isinstance(value, dict):
        raise Unavailable(f"{path}: the answer is no JSON object")
    return value


def title_is_taken(error: Rejected) -> bool:
    """Tell whether a 400 says that another page has the title."""
    said = f"{error} {getattr(error, 'body', '')}".lower()
    return "title already exists" in said or "same title" in said
