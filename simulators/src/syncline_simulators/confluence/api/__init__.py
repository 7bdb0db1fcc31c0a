"""The API of the simulated Confluence: REST v2, what is left of v1, the gateway, OAuth, files."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from ..refusal import Refusal, missing
from ..wiki import Wiki
from . import (
    attachments,
    classification,
    labels,
    page_writes,
    pages,
    people,
    properties,
    restrictions,
    search,
    spaces,
    tasks,
    tree,
)
from .endpoint import Endpoint, routes
from .errors import refused
from .oauth import oauth_routes
from .signed import media_routes

_ANY = ("GET", "POST", "PUT", "PATCH", "DELETE")
_GONE = Refusal(410, "GONE", "This API has been removed; use the REST API v2")


def all_endpoints() -> tuple[Endpoint, ...]:
    """Every operation of the API, those that are called most first."""
    return (
        *pages.ENDPOINTS,
        *page_writes.ENDPOINTS,
        *restrictions.ENDPOINTS,
        *tree.ENDPOINTS,
        *labels.ENDPOINTS,
        *properties.ENDPOINTS,
        *attachments.ENDPOINTS,
        *spaces.ENDPOINTS,
        *search.ENDPOINTS,
        *people.ENDPOINTS,
        *tasks.endpoints(),
        *classification.ENDPOINTS,
    )


def api_routes(wiki: Wiki) -> list[BaseRoute]:
    """The routes of the whole site."""
    endpoints = all_endpoints()
    removed = [
        Route("/rest/api/content", _gone, methods=_ANY),
        Route("/rest/api/content/{rest:path}", _gone, methods=_ANY),
    ]
    unknown_v2 = [Route("/api/v2/{rest:path}", _unknown, methods=_ANY)]
    site = [*routes(wiki, endpoints, gateway=False), *removed, *unknown_v2]
    gateway = [*routes(wiki, endpoints, gateway=True), *removed, *unknown_v2]
    return [
        Mount("/wiki", routes=site),
        Mount("/ex/confluence/{cloud}/wiki", routes=gateway),
        *media_routes(wiki),
        *oauth_routes(wiki),
        Route("/{rest:path}", _nowhere, methods=_ANY),
    ]


async def _gone(request: Request) -> Response:
    """What v1 answers on newer sites where v2 has taken over."""
    return refused("v1", _GONE)


async def _unknown(request: Request) -> Response:
    return refused("v2", missing())


async def _nowhere(request: Request) -> Response:
    return PlainTextResponse("Not Found", 404)
