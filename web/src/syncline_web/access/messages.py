"""The small pages of the entrance: logging in, and what is said to those who may not go on."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Scope

from ..security.requests import header

STYLE = "/enter.css"


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("syncline_web.access"), autoescape=True, undefined=StrictUndefined
    )


def page(template: str, scope: Scope, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page of the entrance."""
    root = scope.get("root_path", "")
    text = _templates().get_template(template).render(root=root, style=root + STYLE, **values)
    return HTMLResponse(text, status_code=status)


def message(scope: Scope, status: int, title: str, text: str, **headers: str) -> Response:
    """Return what is said to somebody: as a page for people, as one line for scripts."""
    answer: Response
    if "text/html" in (header(scope, b"accept") or ""):
        answer = page("message.html", scope, status=status, title=title, text=text)
    else:
        answer = PlainTextResponse(f"{title}. {text}\n", status_code=status)
    for name, value in headers.items():
        answer.headers[name.replace("_", "-")] = value
    return answer


def bounce(scope: Scope, path: str) -> Response:
    """Return a page that leads on at once, as a step of our own site.

    The browser keeps the session's cookie back on the way from another site: not any more here.
    """
    return page("bounce.html", scope, path=local_path(scope, path))


def local_path(scope: Scope, text: str) -> str:
    """Return a path of ours to go on to; the overview for anything else."""
    right = (
        text[:1] == "/"
        and text[1:2] not in ("/", "\\")
        and len(text) <= 4_000
        and all("!" <= character <= "~" and character != "\\" for character in text)
    )
    return text if right else f"{scope.get('root_path', '')}/"


__all__ = ["STYLE", "bounce", "local_path", "message", "page"]
