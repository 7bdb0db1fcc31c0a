"""From a request to an answer: who asks, with which body, and in what form refusals go out."""

from __future__ import annotations

import gc
import re
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeAlias

import orjson
from attrs import field, frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ..kernel.listing import Listing, listing
from ..kernel.simulator import side_url
from .errors import Refusal, bad_request, missing_permission
from .oauth import Client, Token
from .organization import Organization
from .shapes import Shape

MAX_BODY = 10 * 1024 * 1024
"""Bytes of a request body; larger ones are 413. The vendor's own number is not published."""


@frozen(kw_only=True)
class Call:
    """One request, as a noun's module sees it."""

    method: str
    path: str
    ids: Mapping[str, str]
    """The parameters of the path."""
    query: Mapping[str, str]
    body: Any
    client: Client
    token: Token
    now: datetime
    listing: Listing = field(factory=Listing)
    files: str = ""
    """Scheme, host and port of the file store, which is not that of the API."""

    def flag(self, name: str) -> bool | None:
        """A boolean query parameter, or `None` when it is absent."""
        text = self.query.get(name, "").lower()
        if text not in ("", "true", "false"):
            raise bad_request(f"{name} must be true or false.", field_name=name)
        return None if text == "" else text == "true"

    def values(self, name: str) -> list[str]:
        """A list query parameter: comma separated, in one value."""
        return [value for value in self.query.get(name, "").split(",") if value]


Result: TypeAlias = "Mapping[str, Any] | Sequence[Any] | Response | None"
Handler: TypeAlias = Callable[[Organization, Call], Result]


@frozen
class Endpoint:
    """One operation of the API."""

    method: str
    path: str
    handle: Handler
    permissions: Sequence[str] = ()
    """Any one of these is enough; none means that a token is enough."""
    body: Shape | None = None


def routes(org: Organization, endpoints: Iterable[Endpoint]) -> list[BaseRoute]:
    """The Starlette routes of these operations, each behind the token check.

    `knowledgebases` is also found as `knowledgeBases`: the vendor's own connector writes it so.
    """
    return [_route(one, _endpoint(org, one)) for one in endpoints]


def _route(one: Endpoint, serve: Callable[[Request], Awaitable[Response]]) -> Route:
    route = Route(one.path, serve, methods=[one.method])
    pattern = route.path_regex.pattern.replace("/knowledgebases", "/knowledge[bB]ases")
    route.path_regex = re.compile(pattern)
    return route


def _endpoint(org: Organization, one: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        raw = await request.body()
        now = org.tick()
        try:
            client, token = org.clients.authorised(request.headers.get("authorization"), now)
            if not client.may(one.permissions):
                raise missing_permission(one.permissions)
            return rendered(one.handle(org, _call(one, request, raw, (client, token), now)))
        except Refusal as refusal:
            return refused(refusal)

    return serve


def _call(
    one: Endpoint, request: Request, raw: bytes, caller: tuple[Client, Token], at: datetime
) -> Call:
    return Call(
        method=request.method,
        path=request.url.path,
        ids=request.path_params,
        query=dict(request.query_params),
        body=_body(one.body, request, raw),
        client=caller[0],
        token=caller[1],
        now=at,
        listing=listing(request),
        files=side_url(request),
    )


def _body(shape: Shape | None, request: Request, raw: bytes) -> Any:
    if shape is None:
        return None
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        message = "The Content-Type must be application/json."
        raise Refusal(status=415, code="unsupported.media.type", message=message)
    if len(raw) > MAX_BODY:
        raise Refusal(status=413, code="payload.too.large", message="The body is too large.")
    value = read_json(raw)
    # Generated clients send the literal null where there is no body.
    return shape({} if value is None else value, "")


def read_json(raw: bytes) -> Any:
    """The value in a body; no body at all counts as null.

    Raises:
        Refusal: 400; it is not JSON, or nested beyond reason.
    """
    try:
        with _no_collections():
            return orjson.loads(raw) if raw.strip() else None
    except orjson.JSONDecodeError:
        raise bad_request("The request body is not valid JSON.") from None


@contextmanager
def _no_collections() -> Iterator[None]:
    """Parsing makes objects and drops none: collections meanwhile cost most of the time of a
    large file."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def rendered(result: Result) -> Response:
    """A result as an answer: JSON, or 204 for nothing."""
    if isinstance(result, Response):
        return result
    if result is None:
        return Response(status_code=204, headers=correlation())
    return Response(
        orjson.dumps(result),
        media_type="application/json",
        headers=correlation(),
    )


def refused(refusal: Refusal) -> Response:
    """A refusal as an answer, its `contextId` the correlation id of the header."""
    headers = correlation()
    return Response(
        orjson.dumps(refusal.body(headers["ININ-Correlation-Id"])),
        status_code=refusal.status,
        media_type="application/json",
        headers=headers | dict(refusal.headers),
    )


def correlation() -> dict[str, str]:
    """The header that every answer carries."""
    return {"ININ-Correlation-Id": str(uuid.uuid4())}
