"""Logging in and out: `/login`, `/logout`, and the one-time address `/enter`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from ..security.requests import cookie_name, cookies, set_cookie
from . import address, messages
from .door import Door, TooMany, Wrong

STATIC = Path(__file__).parent / "static"

LOGIN, LOGOUT = "/login", "/logout"
ICON = "/favicon.ico"
"""What browsers ask for by themselves, where a body stands alone in a tab."""
PUBLIC = frozenset({LOGIN, address.PATH, messages.STYLE, ICON})
"""What strangers may open."""

_USED = (
    "This address has been used, or belongs to another start of the service. The terminal in which"
    " `syncline run` works shows the one that opens the door now."
)


def routes(door: Door) -> list[Route]:
    """Return the routes of the entrance."""
    views: tuple[tuple[str, str, Callable[[Door, Request], Awaitable[Response]]], ...] = (
        ("GET", LOGIN, _show),
        ("POST", LOGIN, _log_in),
        ("POST", LOGOUT, _log_out),
        ("GET", address.PATH, _enter),
    )
    found = [Route(path, partial(view, door), methods=[method]) for method, path, view in views]
    files = ((messages.STYLE, _style), (ICON, _no_icon))
    return [*found, *(Route(path, view, methods=["GET"]) for path, view in files)]


async def _style(_: Request) -> Response:
    return FileResponse(STATIC / "enter.css", media_type="text/css")


async def _no_icon(_: Request) -> Response:
    # A body has no origin of its own: what it loads is from elsewhere to the browser.
    return Response(status_code=204, headers={"Cross-Origin-Resource-Policy": "cross-origin"})


async def _show(door: Door, request: Request) -> Response:
    onward = messages.local_path(request.scope, request.query_params.get("next", ""))
    return _form(door, request, onward)


def _form(
    door: Door, request: Request, onward: str, *, status: int = 200, problem: str = ""
) -> Response:
    access = door.access
    return messages.page(
        "login.html",
        request.scope,
        status=status,
        problem=problem,
        next=onward,
        tokens=bool(access.tokens),
        proxy=access.proxy is not None,
    )


async def _log_in(door: Door, request: Request) -> Response:
    fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10)
    token = fields.get("token", [""])[0].strip()
    onward = messages.local_path(request.scope, fields.get("next", [""])[0])
    try:
        key = door.try_token(await door.keys(), token, door.source(request.scope))
    except TooMany as error:
        return _too_many(door, request, onward, error)
    except Wrong:
        problem = "This token is not known. Look for a missing or an additional character."
        return _form(door, request, onward, status=403, problem=problem)
    answer = RedirectResponse(onward, status_code=303)
    return _with_session(door, request, door.log_in(key), answer)


def _too_many(door: Door, request: Request, onward: str, error: TooMany) -> Response:
    seconds = str(int(error.seconds) + 1)
    problem = f"Too many wrong tokens came from here. Try again in {seconds} seconds."
    answer = _form(door, request, onward, status=429, problem=problem)
    answer.headers["Retry-After"] = seconds
    return answer


async def _enter(door: Door, request: Request) -> Response:
    home = messages.local_path(request.scope, "")
    # Whoever only looks whether an address exists does not use it up.
    if request.state.person is not None or request.method == "HEAD":
        return messages.bounce(request.scope, home)
    try:
        cookie = door.enter(request.query_params.get("token", ""), door.source(request.scope))
    except TooMany as error:
        seconds = str(int(error.seconds) + 1)
        said = f"Too many wrong addresses were tried from here. Try again in {seconds} seconds."
        return messages.message(
            request.scope, 429, "Wait a little", said, **{"Retry-After": seconds}
        )
    except Wrong:
        return messages.message(request.scope, 403, "This address does not open", _USED)
    return _with_session(door, request, cookie, messages.bounce(request.scope, home))


async def _log_out(door: Door, request: Request) -> Response:
    name = cookie_name(request.scope, secure=request.state.secure)
    for cookie in cookies(request.scope, name):
        door.sessions.end(cookie)
    person, behind = request.state.person, door.access.proxy
    if person is not None and person.way == "proxy":
        # A form may only lead to pages of ours, and the proxy leads on to who identifies people.
        logout = behind.logout if behind else ""
        answer: Response = messages.page("left.html", request.scope, logout=logout)
    else:
        answer = RedirectResponse(request.scope.get("root_path", "") + LOGIN, status_code=303)
    gone = set_cookie(name, "", secure=request.state.secure, seconds=0)
    answer.headers.append("Set-Cookie", gone)
    return answer


def _with_session(door: Door, request: Request, cookie: str, answer: Response) -> Response:
    secure = request.state.secure
    name = cookie_name(request.scope, secure=secure)
    for old in cookies(request.scope, name):
        door.sessions.end(old)
    seconds = int(door.access.session.total_seconds())
    made = set_cookie(name, cookie, secure=secure, seconds=seconds)
    answer.headers.append("Set-Cookie", made)
    return answer


__all__ = ["LOGIN", "LOGOUT", "PUBLIC", "routes"]
