"""How an endpoint is declared, and how it becomes a route."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Literal

import attrs
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..accounts import Session
from ..refusal import Refusal, invalid
from ..wiki import Wiki
from .ask import Ask
from .errors import Family, refused

UNAUTHORIZED = Refusal(401, "UNAUTHORIZED", "Unauthorized")


@attrs.frozen(kw_only=True)
class Endpoint:
    """One operation of the API, below `/wiki`."""

    method: str
    path: str
    answer: Callable[[Ask], Any]
    """Makes the response, or the JSON of a 200, or raises `Refusal`."""
    scopes: frozenset[str] = frozenset()
    """Any one of these admits a token that has scopes."""
    query: frozenset[str] = frozenset()
    """The query parameters that exist."""
    takes: Literal["nothing", "json", "form"] = "nothing"

    @property
    def family(self) -> Family:
        """Whose error bodies it gives."""
        return "v2" if self.path.startswith("/api/v2") else "v1"


def get(path: str, answer: Callable[[Ask], Any], scopes: str, query: str = "") -> Endpoint:
    """A GET endpoint; scopes and query parameters are lists with blanks."""
    return Endpoint(
        method="GET",
        path=path,
        answer=answer,
        scopes=frozenset(scopes.split()),
        query=frozenset(query.split()),
    )


def write(
    method: str,
    path: str,
    answer: Callable[[Ask], Any],
    scopes: str,
    query: str = "",
    takes: Literal["nothing", "json", "form"] = "json",
) -> Endpoint:
    """An endpoint that changes something, or takes a body."""
    return Endpoint(
        method=method,
        path=path,
        answer=answer,
        scopes=frozenset(scopes.split()),
        query=frozenset(query.split()),
        takes=takes,
    )


def routes(wiki: Wiki, endpoints: Iterable[Endpoint], *, gateway: bool) -> list[Route]:
    """The endpoints as routes of the site itself, or of the API gateway."""
    return [Route(one.path, _serve(wiki, one, gateway), methods=[one.method]) for one in endpoints]


def _serve(
    wiki: Wiki, endpoint: Endpoint, gateway: bool
) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        wiki.schedule.settle()
        family: Family = "gateway" if gateway else endpoint.family
        try:
            session = _admitted(wiki, request, endpoint, gateway)
            family = endpoint.family
            _known_query(request, endpoint)
            answer = endpoint.answer(await _read(wiki, session, request, endpoint))
        except Refusal as refusal:
            return _traced(wiki, refused(family, refusal))
        finally:
            await request.close()
        return _traced(wiki, answer if isinstance(answer, Response) else JSONResponse(answer))

    return serve


def _traced(wiki: Wiki, response: Response) -> Response:
    """The response with the header by which the vendor's support finds it."""
    response.headers["atl-traceid"] = f"{next(wiki.traces):032x}"
    return response


def _admitted(wiki: Wiki, request: Request, endpoint: Endpoint, gateway: bool) -> Session:
    """The caller's session.

    Raises:
        Refusal: 401: no or bad credentials, credentials of the other address, or a scope missing.
    """
    session = wiki.directory.session(request.headers.get("authorization"))
    wrong_cloud = gateway and request.path_params.get("cloud") != wiki.cloud_id
    if session is None or session.gateway != gateway or wrong_cloud:
        raise UNAUTHORIZED
    if session.scopes is not None and not endpoint.scopes & session.scopes:
        raise Refusal(401, "UNAUTHORIZED", "Unauthorized; scope does not match")
    return session


def _known_query(request: Request, endpoint: Endpoint) -> None:
    """Refuse query parameters that do not exist; v1 ignores them, and clients rely on that.

    Raises:
        Refusal: 400.
    """
    if endpoint.family == "v1":
        return
    for name in request.query_params:
        if name not in endpoint.query:
            raise invalid(f"There is no query parameter '{name}'")


async def _read(wiki: Wiki, session: Session, request: Request, endpoint: Endpoint) -> Ask:
    body: Any = None
    form = None
    match endpoint.takes:
        case "json":
            body = _json(request, await request.body())
        case "form":
            form = await _form(request)
        case "nothing":
            pass
    return Ask(wiki=wiki, session=session, request=request, json=body, form=form)


def _json(request: Request, content: bytes) -> Any:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", f"Content type '{kind}' is not supported")
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise invalid(f"The request body is not valid JSON: {error}") from error


async def _form(request: Request) -> Any:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", f"Content type '{kind}' is not supported")
    try:
        return await request.form()
    except HTTPException as error:
        raise invalid(f"The form cannot be read: {error.detail}") from error
