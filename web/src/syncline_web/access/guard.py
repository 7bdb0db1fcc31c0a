"""Stands before every page: the right name, a person who may come in, a form of ours."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from syncline.config.addresses import is_loopback
from syncline.config.service import Service

from ..security import forms, hosts, origins
from ..security.requests import header, headers
from . import entrance, messages
from .door import Door, Runner, TooMany, Visitor, Wrong
from .proxy import Ambiguous, from_proxy, named_without_role

PROBES = frozenset({"/healthz", "/readyz"})
"""For whoever watches the process: open to everybody, under any address."""
METRICS = "/metrics"
"""For a collector on this machine, or with a viewer's token."""
STATIC = "/static/"


class Guard:
    """Lets through what may pass, with `state.person`, `state.csrf` and `state.secure` set."""

    def __init__(self, app: ASGIApp, runner: Runner, door: Door) -> None:
        self._app = app
        self._runner = runner
        self._door = door

    @property
    def _service(self) -> Service:
        return self._runner.config.service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # a socket that nobody here speaks
            await send({"type": "websocket.close", "code": 1008})
            return
        path = _path(scope)
        try:
            refusal, receive = await self._judged(scope, receive, path)
        except forms.Gone:
            return
        await (refusal or self._app)(scope, receive, send)

    async def _judged(
        self, scope: Scope, receive: Receive, path: str
    ) -> tuple[Response | None, Receive]:
        state = scope.setdefault("state", {})
        state |= {"person": None, "csrf": "", "secure": self._secure(scope)}
        state["loopback"] = hosts.name_of(hosts.host_of(scope) or "") in hosts.LOOPBACK
        if not self._addressed(scope, path):
            return _misdirected(scope), receive
        try:
            visitor = await self._door.visitor(scope, secure=state["secure"])
        except (TooMany, Wrong, Ambiguous) as error:
            return _turned_away(scope, error), receive
        if visitor is not None:
            state |= {"person": visitor.person, "csrf": visitor.csrf or ""}
        if refusal := self._stranger(scope, path, visitor):
            return refusal, receive
        if scope["method"] in origins.SAFE:
            return None, receive
        return await self._form(scope, receive, visitor)

    def _addressed(self, scope: Scope, path: str) -> bool:
        if hosts.known(self._service, scope):
            return True
        # Nobody can rebind an address, and whoever probes a container has no name for it.
        name = hosts.name_of(hosts.host_of(scope) or "")
        return path in PROBES | {METRICS} and name is not None and hosts.is_address(name)

    def _secure(self, scope: Scope) -> bool:
        if scope["scheme"] == "https" or self._door.https:
            return True
        behind = self._service.access.proxy
        told = header(scope, b"x-forwarded-proto")
        return behind is not None and from_proxy(behind, scope) and told == "https"

    def _stranger(self, scope: Scope, path: str, visitor: Visitor | None) -> Response | None:
        """Return what a stranger is told who may not see a page."""
        if visitor is not None or self._open(scope, path):
            return None
        if scope["method"] not in origins.SAFE:
            return _unknown(scope)
        behind = self._service.access.proxy
        if behind is not None and named_without_role(behind, scope):
            said = "You are known, and have no role here. Ask whoever runs the service for one."
            return messages.message(scope, 403, "Not allowed", said)
        if "text/html" not in (header(scope, b"accept") or ""):
            return _unknown(scope)
        if origins.from_elsewhere(scope):
            return messages.bounce(scope, _whole(scope))
        root = scope.get("root_path", "")
        onward = f"{root}{entrance.LOGIN}?next={quote(_whole(scope), safe='')}"
        return RedirectResponse(onward, status_code=303)

    def _open(self, scope: Scope, path: str) -> bool:
        if path in PROBES or path in entrance.PUBLIC or path.startswith(STATIC):
            return True
        client = scope.get("client")
        beside = client is not None and is_loopback(client[0])
        # A proxy on this machine speaks for people elsewhere.
        return path == METRICS and beside and not headers(scope, b"x-forwarded-for")

    async def _form(
        self, scope: Scope, receive: Receive, visitor: Visitor | None
    ) -> tuple[Response | None, Receive]:
        script = visitor is not None and visitor.csrf is None
        if not script and not origins.own(scope, secure=scope["state"]["secure"]):
            return _foreign(scope), receive
        try:
            entering = _path(scope) == entrance.LOGIN
            most = forms.MOST_OF_STRANGERS if entering or not visitor else forms.MOST
            body = await forms.read(scope, receive, most)
        except forms.TooLarge:
            said = "The form is longer than any that a page could have sent."
            return messages.message(scope, 413, "Too long", said, Connection="close"), receive
        except forms.TooSlow:
            said = "The form did not arrive in time; send it again."
            return messages.message(scope, 408, "Too slow", said, Connection="close"), receive
        if not forms.is_form(scope, body):
            said = "Send application/x-www-form-urlencoded."
            return messages.message(scope, 415, "Not a form", said), receive
        # Whoever logs in, logged in already or not, has no form of the session that begins.
        if (
            visitor
            and visitor.csrf
            and not entering
            and not forms.proves(scope, body, visitor.csrf)
        ):
            return _foreign(scope), receive
        return None, forms.again(body, receive)


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    root = scope.get("root_path", "").rstrip("/")
    return path.removeprefix(root) if root else path


def _whole(scope: Scope) -> str:
    """Return the path of a request with its query, as it was sent."""
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _misdirected(scope: Scope) -> Response:
    said = "The pages do not answer to this name; service.hosts in syncline.toml has those they do."
    return messages.message(scope, 421, "Another host is meant", said)


def _unknown(scope: Scope) -> Response:
    said = "Log in, or send a token as `Authorization: Bearer …`."
    headers = {"WWW-Authenticate": 'Bearer realm="syncline"'}
    return messages.message(scope, 401, "Who are you?", said, **headers)


def _foreign(scope: Scope) -> Response:
    said = (
        "The form does not come from a page of this log-in, or is from before the last one."
        " Nothing was done. Open the page again and repeat what you did."
    )
    return messages.message(scope, 403, "Not sent from here", said)


def _turned_away(scope: Scope, error: Exception) -> Response:
    match error:
        case TooMany(seconds=seconds):
            after = {"Retry-After": str(int(seconds) + 1)}
            said = "Too many wrong tokens came from here."
            return messages.message(scope, 429, "Wait a little", said, **after)
        case Wrong():
            return _unknown(scope)
        case _:
            said = "The proxy names more than one person. It must replace the header that it sets."
            return messages.message(scope, 400, "Who are you?", said)


__all__ = ["METRICS", "PROBES", "Guard"]
