"""The calls that configuration takes, one method for each. They return vendor JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from syncline.errors import Unavailable
from syncline.http import Client
from syncline.model import Ref

from ..blocks.words import Json
from ..client import entities, listed

T = TypeVar("T")

QUEUES = "/api/v2/routing/queues"
UTILIZATION = "/api/v2/routing/utilization"
LABELS = f"{UTILIZATION}/labels"
SCHEDULES = "/api/v2/architect/schedules"
GROUPS = "/api/v2/architect/schedulegroups"
TABLES = "/api/v2/flows/datatables"
USERS = "/api/v2/users"
SKILLS = "/api/v2/routing/skills"
AUDITS = "/api/v2/audits/query/realtime"
OBSERVATIONS = "/api/v2/analytics/queues/observations/query"

PAGE = 100
"""Entities on a page; the vendor's own tools read queues with 500 and everything else with 100."""
PAGES = 1000
"""Pages after which a listing is taken to be endless."""


class Calls:
    """The Platform API as configuration uses it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def one(
        self, path: str, params: Mapping[str, str] | None = None, *, ref: Ref | None = None
    ) -> Json:
        """Return one object.

        Raises:
            NotFound: there is none.
        """
        return _object(await self._client.request("GET", path, params=params, ref=ref), path)

    async def all(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        size: int = PAGE,
        ref: Ref | None = None,
    ) -> AsyncIterator[Json]:
        """Yield all entities of a listing by page.

        Raises:
            Unavailable: an answer is no page, or there is no end: the listing would be short.
        """
        for number in range(1, PAGES + 1):
            paging = {"pageSize": str(size), "pageNumber": str(number)}
            page = await self.one(path, {**(params or {}), **paging}, ref=ref)
            found = entities(page, path)
            for entity in found:
                yield entity
            if not _more(page, number, len(found)):
                return
        raise Unavailable(f"{path}: the listing has no end; it will be tried again later")

    async def named(
        self, path: str, name: str, params: Mapping[str, str] | None = None
    ) -> list[Json]:
        """Return the entities with exactly this name; those whose case differs only if alone."""
        # A name filter takes `*` at its ends as a pattern; the names decide in the end.
        found = [one async for one in self.all(path, {**(params or {}), "name": name})]
        same = [one for one in found if one.get("name") == name]
        alike = [one for one in found if str(one.get("name")).casefold() == name.casefold()]
        return same or alike

    async def put(self, path: str, body: Json, *, ref: Ref) -> Json:
        """Replace an object. It is never repeated blindly: somebody may have written meanwhile.

        Raises:
            OutcomeUnknown: no usable answer came; look what is there.
            VersionMismatch, NotFound, Rejected
        """
        return await self._write("PUT", path, body, ref)

    async def post(
        self, path: str, body: Any, params: Mapping[str, str] | None = None, *, ref: Ref
    ) -> Json:
        """Send something that is not a query; an empty object where nothing is answered."""
        return await self._write("POST", path, body, ref, params=params)

    async def patch(self, path: str, body: Any, *, ref: Ref) -> None:
        """Change a part of an object."""
        await self._write("PATCH", path, body, ref)

    async def query(self, path: str, body: Json, name: str = "entities") -> list[Json]:
        """Return what a query finds; it writes nothing, and may be repeated."""
        response = await self._client.request("POST", path, json=body, idempotent=True)
        answer = _object(response, path)
        # Analytics leave the member out where there is nothing; a listing never does.
        return [] if name == "results" and name not in answer else listed(answer, name, path)

    async def page(self, path: str, body: Json, params: Mapping[str, str] | None = None) -> Json:
        """Return one page of a query."""
        response = await self._client.request(
            "POST", path, json=body, params=params, idempotent=True
        )
        return _object(response, path)

    async def _write(
        self, method: str, path: str, body: Any, ref: Ref, params: Mapping[str, str] | None = None
    ) -> Json:
        response = await self._client.request(
            method, path, params=params, json=body, ref=ref, idempotent=False, expect_json=False
        )
        value = response.json() if response.content else {}
        return value if isinstance(value, dict) else {}


def _object(response: Any, path: str) -> Json:
    value = response.json()
    if not isinstance(value, dict):
        raise Unavailable(
            f"{path} answered {type(value).__name__} where an object was expected; "
            "it will be tried again later"
        )
    return value


def _more(page: Json, number: int, count: int) -> bool:
    """Return whether a further page is due: by the count of pages, or by a link to it."""
    pages = page.get("pageCount")
    if isinstance(pages, int):
        return number < pages and count > 0
    return bool(page.get("nextUri")) and count > 0


def segment(text: str) -> str:
    """Return a name as one segment of a path: slashes in it are encoded, too."""
    return quote(text, safe="")


def chunks(names: Sequence[T], size: int = PAGE) -> list[Sequence[T]]:
    """Return names (or what has them) in parts that fit into one address."""
    return [names[at : at + size] for at in range(0, len(names), size)]


__all__ = ["PAGE", "Calls", "chunks", "segment"]
