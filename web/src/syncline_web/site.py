"""All that a person's browser can open, put together: pages, entrance, health and metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from . import metrics, pages
from .access import entrance
from .access.door import Door
from .access.guard import Guard
from .access.messages import message
from .security.faults import Faults
from .security.policy import Headers

if TYPE_CHECKING:
    from syncline.runner import Runner


class Site:
    """The ASGI application of the pages of one runner."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._door = Door(runner)
        self._pages = pages.Pages(runner=runner, clock=runner.clock)
        routes = [
            *entrance.routes(self._door),
            *metrics.routes(runner),
            *pages.routes(self._pages),
        ]
        # No Starlette application: it would answer for what breaks before `Faults` can.
        router = Router(routes=routes, redirect_slashes=False)
        inner = ExceptionMiddleware(router, handlers={HTTPException: _said})
        self._app = Headers(Faults(Guard(inner, runner, self._door)))

    async def open(self) -> None:
        """Look up the tokens, so that a service does not start half.

        Raises:
            ConfigError: one cannot be used.
        """
        await self._door.open()

    async def aclose(self) -> None:
        """Stop what people started and what still runs."""
        await self._pages.aclose()

    @property
    def path(self) -> str:
        """The path to open first: with nobody configured, the one-time address."""
        return "/" if self._door.access.configured else self._door.address.path

    def announce(self, tell: Callable[[str], None]) -> None:
        """Have every new one-time address told."""
        self._door.address.announce = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Routes raise what is said of a wrong address only inside of an application.
        scope["app"] = self
        await self._app(scope, receive, send)


async def _said(request: Request, error: Exception) -> Response:
    """Return what is said of an address that is none, or a method that it does not take."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    match status:
        case 404:
            title, text = "Not found", "There is no such page."
        case 405:
            title, text = "Not that way", "This address does not take such a request."
        case _:
            title, text = "It did not work", "The request cannot be answered."
    headers = dict(getattr(error, "headers", None) or {})
    return message(request.scope, status, title, text, **headers)


__all__ = ["Site"]
