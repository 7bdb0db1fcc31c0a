"""Which address shows what, to whom; and what becomes of errors."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from syncline.errors import ConfigError, Refused, Stale, SynclineError
from syncline.redaction import redact

from .person import Role
from .rendering import STATIC
from .site import Pages
from .views import (
    articles,
    bodies,
    conflicts,
    editing,
    losses,
    overview,
    pairs,
    planning,
    quarantine,
    restrictions,
    runs,
    work,
)
from .visit import Answer, Forbidden, Form, Missing, TooLarge, Visit, form_of

logger = logging.getLogger(__name__)

PUBLIC = "/static/"
"""Prefix of what needs no sign-in."""

_FILES = {
    "pages.css": "text/css",
    "body.css": "text/css",
    "pages.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}

_JOB = "/jobs/{job}"
_VIEWS: tuple[tuple[str, str, Role, Answer], ...] = (
    ("GET", "/", "viewer", overview.index),
    ("POST", _JOB + "/sync", "operator", overview.sync),
    ("POST", _JOB + "/approve", "operator", overview.approve),
    ("GET", "/progress/{id}", "viewer", work.show),
    ("GET", _JOB + "/articles", "viewer", articles.index),
    ("GET", _JOB + "/article", "viewer", articles.show),
    ("POST", _JOB + "/article/release", "operator", articles.release),
    ("GET", _JOB + "/fields", "viewer", articles.index),
    ("GET", _JOB + "/field", "viewer", articles.show),
    ("POST", _JOB + "/field/release", "operator", articles.release),
    ("GET", _JOB + "/article/body", "viewer", bodies.article),
    ("GET", _JOB + "/file", "viewer", bodies.file),
    ("GET", _JOB + "/history/{id:int}", "viewer", runs.entry),
    ("GET", _JOB + "/history/{id:int}/{which}", "viewer", bodies.entry),
    ("GET", _JOB + "/conflicts", "viewer", conflicts.index),
    ("GET", _JOB + "/conflicts/{id}", "viewer", conflicts.show),
    ("POST", _JOB + "/conflicts/{id}", "editor", conflicts.resolve),
    ("GET", _JOB + "/conflicts/{id}/edit", "editor", editing.show),
    ("POST", _JOB + "/conflicts/{id}/edit", "editor", editing.submit),
    ("GET", _JOB + "/conflicts/{id}/draft", "editor", bodies.draft),
    ("GET", _JOB + "/conflicts/{id}/text/{which}", "viewer", bodies.conflict),
    ("GET", _JOB + "/plans", "viewer", planning.index),
    ("POST", _JOB + "/plans", "operator", planning.make),
    ("GET", _JOB + "/plans/{id}", "operator", planning.show),
    ("POST", _JOB + "/plans/{id}", "operator", planning.apply),
    ("GET", _JOB + "/restrictions", "viewer", restrictions.index),
    ("POST", _JOB + "/restrictions", "viewer", restrictions.check),
    ("GET", _JOB + "/quarantine", "viewer", quarantine.index),
    ("POST", _JOB + "/quarantine", "editor", quarantine.decide),
    ("GET", _JOB + "/runs", "viewer", runs.index),
    ("GET", _JOB + "/runs/{run}", "viewer", runs.show),
    ("GET", _JOB + "/runs/{run}/undo", "operator", runs.confirm),
    ("POST", _JOB + "/runs/{run}/undo", "operator", runs.undo),
    ("GET", _JOB + "/losses", "viewer", losses.index),
    ("GET", _JOB + "/pairs", "viewer", pairs.index),
    ("POST", _JOB + "/pairs", "editor", pairs.decide),
    ("GET", _JOB + "/pairs/compare", "editor", pairs.compare),
)


def routes(pages: Pages) -> list[Route]:
    """Return the routes of all pages."""
    found = [
        Route(path, partial(_answer, pages, role, view), methods=[method])
        for method, path, role, view in _VIEWS
    ]
    return [*found, Route(PUBLIC + "{name}", _static, methods=["GET"])]


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _FILES:
        return Response("There is no such file.", status_code=404, media_type="text/plain")
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        # A frame with a body in it has no origin of its own, and still needs its style sheet.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return FileResponse(STATIC / name, media_type=_FILES[name], headers=headers)


async def _answer(pages: Pages, role: Role, view: Answer, request: Request) -> Response:
    visit = Visit(pages=pages, request=request)
    return await _guarded(visit, partial(_seen, visit, role, view))


async def _seen(visit: Visit, role: Role, view: Answer) -> Response:
    visit.need(role)
    if visit.request.method == "POST":
        form = await form_of(visit.request)
        visit = Visit(pages=visit.pages, request=visit.request, form=form)
        _note(visit)
    return await view(visit)


def _note(visit: Visit) -> None:
    """Tell the log who decides what; never what was typed."""
    logger.info(
        "a person asked for something",
        extra={
            "person": visit.person.name,
            "role": visit.person.role,
            "path": visit.request.url.path,
            "choice": visit.form.get("take") or visit.form.get("do"),
        },
    )


async def _guarded(visit: Visit, view: Callable[[], Awaitable[Response]]) -> Response:
    try:
        return await view()
    except Missing as error:
        return _fault(visit, 404, "Not found", str(error))
    except Forbidden as error:
        return _fault(visit, 403, "Not allowed", str(error))
    except TooLarge as error:
        return _fault(visit, 413, "Too long", str(error))
    except ConfigError as error:
        return _fault(visit, 422, "Nothing was done", redact(str(error)))
    except (Stale, Refused) as error:
        return _fault(visit, 409, "Nothing was done", redact(str(error)))
    except SynclineError as error:
        return _fault(visit, 502, "It did not work", redact(str(error)))


def _fault(visit: Visit, status: int, title: str, message: str) -> Response:
    bare = Visit(pages=visit.pages, request=visit.request, form=Form())
    return bare.show("fault.html", status=status, title=title, message=message)


__all__ = ["PUBLIC", "routes"]
