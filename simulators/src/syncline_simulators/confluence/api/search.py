"""CQL search of REST v1, over an index that lags behind."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .. import cql
from ..content import Content
from ..refusal import invalid, missing
from ..search import Entry
from ..wiki import Wiki
from . import links, shapes_v1
from .ask import Ask
from .endpoint import Endpoint, get
from .paging import Page, cut_list, listed_v1
from .shapes_v2 import time

SCOPES = "search:confluence"
_RENDERED = {"body.export_view", "body.styled_view"}


def _query(ask: Ask) -> list[Entry]:
    """The entries that the caller's query finds, in its order."""
    text = ask.one("cql")
    if not text:
        raise invalid("Query cannot be parsed: the parameter 'cql' is required")
    query = cql.parse(text, _view(ask))
    found = [one for one in ask.wiki.search if one.status == "current" and query.matches(one)]
    return query.sorted([one for one in found if _visible(ask, one)])


def _view(ask: Ask) -> cql.View:
    wiki = ask.wiki
    return cql.View(
        now=wiki.clock.now(),
        zone=cql.zone(ask.who.time_zone),
        space_key=lambda space: wiki.spaces[space].key,
        ancestors=lambda one: [above.id for above in _chain(wiki, one)],
    )


def _chain(wiki: Wiki, content_id: str) -> list[Content]:
    content = wiki.contents.get(content_id)
    return [] if content is None else wiki.ancestors(content)


def _visible(ask: Ask, one: Entry) -> bool:
    """Permissions are checked at once, even where the content of the index is old; what was
    purged a moment ago lingers."""
    content = ask.wiki.contents.get(one.id)
    return content is None or ask.wiki.can_read(ask.who, content)


def _page(ask: Ask, expand: Collection[str]) -> tuple[Page, int]:
    """A page of the result; bodies make the vendor cut the limit without a word."""
    limit = ask.number("limit", 25)
    bodies = any(path.startswith("body.") for path in expand)
    most = 25 if _RENDERED & set(expand) else 50 if bodies else 250
    limit = max(1, min(limit, most))
    return cut_list(ask, _query(ask), limit, lambda one: one.id), limit


def _content_search(ask: Ask) -> dict[str, Any]:
    expand = ask.many("expand")
    page, limit = _page(ask, expand)
    _all_readable(ask, page, expand)
    return listed_v1(ask, page, lambda one: _content(ask, one, expand), 0, limit)


def _all_readable(ask: Ask, page: Page, expand: Collection[str]) -> None:
    """Expanding the ancestors' restrictions answers 404 for the whole batch when one ancestor is
    in the trash or out of sight (CONFCLOUD-77618).

    Raises:
        Refusal: 404.
    """
    if not any(path.startswith("ancestors.restrictions") for path in expand):
        return
    for one in page.rows:
        for above in _chain(ask.wiki, one.id):
            if above.status != "current" or not ask.wiki.can_read(ask.who, above):
                raise missing()


def _content(ask: Ask, one: Entry, expand: Collection[str]) -> dict[str, Any]:
    content = ask.wiki.contents.get(one.id)
    if content is None:
        return {"id": one.id, "type": one.kind, "status": one.status, "title": one.title}
    shown = shapes_v1.content(ask.wiki, content, ask.base, expand)
    return shown | {"title": one.title, "status": one.status}


def _search(ask: Ask) -> dict[str, Any]:
    expand = [path.removeprefix("content.") for path in ask.many("expand")]
    page, limit = _page(ask, expand)
    shown = listed_v1(ask, page, lambda one: _result(ask, one, expand), 0, limit)
    total = {"totalSize": len(_query(ask)), "cqlQuery": ask.one("cql"), "searchDuration": 7}
    return shown | total


def _result(ask: Ask, one: Entry, expand: Collection[str]) -> dict[str, Any]:
    space = ask.wiki.spaces[one.space]
    content = ask.wiki.contents.get(one.id)
    return {
        "content": _content(ask, one, expand),
        "title": one.title,
        "excerpt": "",
        "url": "" if content is None else links.webui(ask.wiki, content),
        "resultGlobalContainer": {"title": space.name, "displayUrl": f"/spaces/{space.key}"},
        "breadcrumbs": [],
        "entityType": "content",
        "iconCssClass": "aui-icon content-type-page",
        "lastModified": time(one.modified),
        "friendlyLastModified": one.modified.strftime("%b %d, %Y"),
        "score": 0.0,
    }


ENDPOINTS: tuple[Endpoint, ...] = (
    get("/rest/api/content/search", _content_search, SCOPES, "cql cqlcontext expand cursor limit"),
    get(
        "/rest/api/search",
        _search,
        SCOPES,
        "cql cqlcontext cursor next prev limit start includeArchivedSpaces excludeCurrentSpaces "
        "excerpt sitePermissionTypeFilter expand",
    ),
)
