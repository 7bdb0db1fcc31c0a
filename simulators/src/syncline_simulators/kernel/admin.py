"""The admin address: what a test sees and does as a person, the same for every simulator."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from .duration import duration
from .front import Connection, Front, Received
from .reply import asgi_scope, ask
from .simulator import Administered, Answer, BadAction, Impossible
from .site import Site, answering

_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


class Admin:
    """The admin endpoints of one site, on an address of their own."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.front = Front(self.handle)
        self._app = answering(Router(self._routes(), redirect_slashes=False))

    async def handle(self, received: Received, connection: Connection) -> None:
        """Answer one request; only to clients that address this machine by a loopback name."""
        scope = asgi_scope(received, self.front.port)
        local = urlsplit(f"//{Request(scope).headers.get('host', '')}").hostname in _LOCAL
        app: ASGIApp = self._app if local else _problem(403, "the admin API is for this machine")
        connection.write((await ask(app, scope, received.body)).wire(received.method))

    def _routes(self) -> list[Route]:
        return [
            Route("/items", self._items),
            Route("/items/{id:path}", self._item),
            Route("/act", self._act, methods=["POST"]),
            Route("/calls", self._calls, methods=["GET", "DELETE"]),
            Route("/faults", self._faults, methods=["POST", "DELETE"]),
            Route("/clock", self._clock, methods=["GET", "POST"]),
            *self._own(),
        ]

    def _own(self) -> Sequence[Route]:
        simulator = self._site.simulator
        return simulator.admin_routes() if isinstance(simulator, Administered) else ()

    async def _items(self, request: Request) -> Response:
        return JSONResponse(self._site.simulator.items())

    async def _item(self, request: Request) -> Response:
        item_id = request.path_params["id"]
        item = self._site.simulator.item(item_id)
        if item is None:
            return _problem(404, f"there is no item {item_id!r}")
        return JSONResponse(item)

    async def _act(self, request: Request) -> Response:
        action = await _json(request)
        if not isinstance(action, dict):
            return _problem(400, "an action is an object with 'do'")
        try:
            return JSONResponse(self._site.simulator.act(action))
        except Impossible as error:
            return _problem(409, str(error))
        except BadAction as error:
            return _problem(400, str(error))

    async def _calls(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._site.calls.clear()
            return Response(status_code=204)
        since = request.query_params.get("since", "0")
        if not since.isdecimal():
            return _problem(400, f"'since' is the number of a call, not {since!r}")
        return JSONResponse(self._site.calls.since(int(since)))

    async def _faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._site.faults.clear()
            return Response(status_code=204)
        try:
            added = self._site.faults.add(await _json(request))
        except ValueError as error:
            return _problem(400, str(error))
        return JSONResponse({"added": len(added)})

    async def _clock(self, request: Request) -> Response:
        clock = self._site.clock
        if request.method == "POST":
            try:
                match await _json(request):
                    case {"advance": str(text), **rest} if not rest:
                        clock.advance(duration(text))
                    case {"set": str(text), **rest} if not rest:
                        clock.set(datetime.fromisoformat(text))
                    case other:
                        raise ValueError(
                            f"give {{'advance': '24h'}} or {{'set': time}}, not {other}"
                        )
            except ValueError as error:
                return _problem(400, str(error))
        return JSONResponse({"now": clock.now().isoformat()})


async def _json(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError as error:
        raise Answer(_problem(400, f"the body is not JSON: {error}")) from error


def _problem(status: int, reason: str) -> Response:
    return JSONResponse({"error": reason}, status)
