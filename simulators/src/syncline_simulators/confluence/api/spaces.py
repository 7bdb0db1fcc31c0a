"""Spaces of REST v2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from ..content import Space
from ..refusal import missing
from . import shapes_v2
from .ask import Ask
from .endpoint import Endpoint, get
from .paging import cut_list, listed_v2, ordered

READ = "read:space:confluence read:confluence-space.summary"
_TYPES = (
    "global",
    "collaboration",
    "knowledge_base",
    "personal",
    "system",
    "onboarding",
    "xflow_sample_space",
)
_SORTS = ("id", "-id", "key", "-key", "name", "-name")


def _list(ask: Ask) -> Response:
    ids, keys = ask.ids("ids", 250), ask.many("keys")
    kind, status = ask.one("type", _TYPES), ask.one("status", ("current", "archived"))
    sort = ask.one("sort", _SORTS) or "id"
    found = [
        space
        for space in ask.wiki.spaces.values()
        if ask.wiki.can_read_space(ask.who, space)
        and (not ids or space.id in ids)
        and (not keys or space.key in keys)
        and (kind is None or space.type == kind)
        and status != "archived"
        and not ask.many("labels")
    ]
    rows = ordered(found, lambda space: _sort_key(space, sort.removeprefix("-")), sort)
    page = cut_list(ask, rows, ask.limit(), lambda space: space.id)
    return listed_v2(ask, page, lambda space: shapes_v2.space(ask.wiki, space))


def _sort_key(space: Space, name: str) -> Any:
    return int(space.id) if name == "id" else getattr(space, name)


def _space(ask: Ask) -> Space:
    space = ask.wiki.space(ask.content_id())
    if not ask.wiki.can_read_space(ask.who, space):
        raise missing()
    return space


def _read(ask: Ask) -> dict[str, Any]:
    return shapes_v2.space(ask.wiki, _space(ask), ask.base)


def _permissions(ask: Ask) -> Response:
    rows = list(_assignments(_space(ask)))
    page = cut_list(ask, rows, ask.limit(), lambda row: str(row["id"]))
    return listed_v2(ask, page, lambda row: row)


def _assignments(space: Space) -> Iterator[dict[str, Any]]:
    """Who may read the space; those who may read may also write here."""
    principals = [("group", one) for one in space.readers.groups]
    principals += [("user", one) for one in space.readers.users]
    number = int(space.id) * 100
    for kind, one in principals:
        for key, target in (("read", "space"), ("create", "page"), ("delete", "page")):
            number += 1
            yield {
                "id": str(number),
                "principal": {"type": kind, "id": one},
                "operation": {"key": key, "targetType": target},
            }


def _labels(ask: Ask) -> Response:
    _space(ask)
    return listed_v2(ask, cut_list(ask, [], ask.limit(), str), dict)


_INCLUDES = (
    "description-format include-icon include-operations include-properties include-permissions "
    "include-role-assignments include-labels"
)
ENDPOINTS: tuple[Endpoint, ...] = (
    get(
        "/api/v2/spaces",
        _list,
        READ,
        "ids keys type status labels favorited-by not-favorited-by sort description-format "
        "include-icon cursor limit",
    ),
    get("/api/v2/spaces/{id}", _read, READ, _INCLUDES),
    get("/api/v2/spaces/{id}/permissions", _permissions, READ, "cursor limit"),
    get("/api/v2/spaces/{id}/labels", _labels, READ, "prefix sort cursor limit"),
)
