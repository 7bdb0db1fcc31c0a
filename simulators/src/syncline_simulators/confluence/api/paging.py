"""Pages of listings: opaque cursors, `next` links of both families, faults that a test asks for."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlencode

import attrs
from starlette.responses import JSONResponse, Response

from ...kernel import Listing, listing
from ..order import Row
from ..refusal import invalid
from .ask import Ask

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Page:
    """One page of a listing."""

    rows: Sequence[Any]
    next: str | None
    """The cursor of the page after it."""


def encoded(place: object) -> str:
    """The opaque cursor of a place in a listing."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def place(ask: Ask) -> Any:
    """The place that the request's cursor stands for, or `None`.

    Raises:
        Refusal: 400, it is none of ours.
    """
    cursor = ask.one("cursor")
    if cursor is None:
        return None
    try:
        return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise invalid(f"Provided value {{{cursor}}} for 'cursor' is not a cursor") from error


def row_place(ask: Ask, kind: type) -> Row | None:
    """Where a cursor of ours points to in a listing that is ordered by keys of this kind."""
    match place(ask):
        case None:
            return None
        case [key, int() as number] if isinstance(key, kind):
            return key, number
        case _:
            raise invalid(f"Provided value {{{ask.one('cursor')}}} for 'cursor' is not a cursor")


def cut(
    ask: Ask,
    rows: Iterator[tuple[Any, T]],
    limit: int,
    identity: Callable[[T], str],
    newest: Callable[[], str | None] = lambda: None,
) -> Page:
    """The first rows of an iterator that starts behind the request's cursor.

    Each row comes with its place; the cursor of the next page is the place of the last row.
    """
    trick = listing(ask.request)
    hidden = trick.hidden | ({newest() or ""} if trick.hide_newest else set())
    shown = (row for row in rows if identity(row[1]) not in hidden) if hidden else rows
    found = list(islice(shown, limit + 1))
    last = encoded(found[:limit][-1][0]) if found else None
    following = last if len(found) > limit else None
    return _tricked(ask, trick, [row for _, row in found[:limit]], following, last)


def cut_list(ask: Ask, rows: Iterable[T], limit: int, identity: Callable[[T], str]) -> Page:
    """A page of rows that are always in the same order, with cursors that count them."""
    start = place(ask)
    first = start if isinstance(start, int) else 0
    numbered = enumerate(islice(rows, first, None), first + 1)
    return cut(ask, numbered, limit, identity)


def _tricked(
    ask: Ask, trick: Listing, rows: list[Any], following: str | None, last: str | None
) -> Page:
    if trick.short is not None:
        return Page(rows=rows[: int(len(rows) * trick.short)], next=None)
    if trick.repeat and rows:
        return Page(rows=rows, next=ask.one("cursor") or encoded(None))
    if trick.empty_last and following is None and rows:
        return Page(rows=rows, next=last)
    return Page(rows=rows, next=following)


def listed_v2(ask: Ask, page: Page, shape: Callable[[Any], dict[str, Any]]) -> Response:
    """A v2 listing: `next` and the `Link` header start with `/wiki/api/v2`, on every way in."""
    links = {"base": ask.base}
    headers = {}
    if page.next is not None:
        path = "/wiki/api/v2" + ask.request.url.path.partition("/api/v2")[2]
        links["next"] = f"{path}?{_query(ask, page.next)}"
        headers["Link"] = f'<{links["next"]}>; rel="next", <{ask.base}>; rel="base"'
    return JSONResponse(
        {"results": [shape(row) for row in page.rows], "_links": links}, 200, headers
    )


def listed_v1(
    ask: Ask, page: Page, shape: Callable[[Any], dict[str, Any]], start: int, limit: int
) -> dict[str, Any]:
    """A v1 listing: `next` starts with `/rest/api`, relative to `_links.base`."""
    path = "/rest/api" + ask.request.url.path.partition("/rest/api")[2]
    links = {"base": ask.base, "context": "/wiki", "self": f"{ask.base}{path}"}
    if page.next is not None:
        links["next"] = f"{path}?{_query(ask, page.next)}"
    results = [shape(row) for row in page.rows]
    return {
        "results": results,
        "start": start,
        "limit": limit,
        "size": len(results),
        "_links": links,
    }


def _query(ask: Ask, cursor: str) -> str:
    kept = [
        (k, v) for k, v in ask.request.query_params.multi_items() if k not in ("cursor", "start")
    ]
    return urlencode([*kept, ("cursor", cursor)])


def ordered(rows: Iterable[T], key: Callable[[T], Any], sort: str | None) -> list[T]:
    """Rows sorted by a key, backwards when the sort order starts with a hyphen."""
    return sorted(rows, key=key, reverse=(sort or "").startswith("-"))
