"""OAuth clients, the tokens they were given, and what they may do."""

from __future__ import annotations

import base64
import binascii
import hmac
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from attrs import define, field, frozen
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ..kernel.ids import Ids
from .errors import unauthenticated

DEFAULT_VALIDITY = timedelta(hours=24)
"""`accessTokenValiditySeconds` of a client that does not say (300 s to 48 h are possible)."""


@frozen(kw_only=True)
class Client:
    """One OAuth client of the grant type client credentials."""

    id: str
    secret: str = field(repr=False)
    name: str = "Simulated client"
    validity: timedelta = DEFAULT_VALIDITY
    permissions: frozenset[str] | None = None
    """What its roles allow; `None` allows everything."""

    def may(self, wanted: Sequence[str]) -> bool:
        """Whether one of the permissions is held; none wanted means yes."""
        return self.permissions is None or not wanted or any(p in self.permissions for p in wanted)


@frozen(kw_only=True)
class Token:
    """An access token that was issued."""

    text: str = field(repr=False)
    client: str
    expires: datetime


@define
class Clients:
    """The organisation's clients and the tokens in force. Several tokens of one client coexist."""

    ids: Ids
    _clients: dict[str, Client] = field(factory=dict, repr=False)
    _tokens: dict[str, Token] = field(factory=dict, repr=False)

    def add(self, client: Client) -> None:
        """Register a client, or replace the one with its id."""
        self._clients[client.id] = client

    def holds(self, client_id: str) -> bool:
        """Whether there is a client with this id."""
        return client_id in self._clients

    def known(self, client_id: str, secret: str) -> Client | None:
        """The client with this id and secret."""
        client = self._clients.get(client_id)
        same = client is not None and hmac.compare_digest(client.secret.encode(), secret.encode())
        return client if same else None

    def issue(self, client: Client, now: datetime) -> str:
        """A new token; those that have expired are forgotten."""
        self._tokens = {text: t for text, t in self._tokens.items() if t.expires > now}
        text = self.ids.token()
        self._tokens[text] = Token(text=text, client=client.id, expires=now + client.validity)
        return text

    def holder(self, authorization: str | None, now: datetime) -> tuple[Client, Token] | None:
        """The client behind an `Authorization` header, while its token is in force."""
        token = self._tokens.get(bearer(authorization) or "")
        client = self._clients.get(token.client) if token else None
        return (client, token) if client and token and token.expires > now else None

    def authorised(self, authorization: str | None, now: datetime) -> tuple[Client, Token]:
        """The client that makes a call, and its token.

        Raises:
            Refusal: 401 `authentication.required` or `bad.credentials`.
        """
        if bearer(authorization) is None:
            message = "No authentication bearer token specified in authorization header."
            raise unauthenticated(message, code="authentication.required")
        found = self.holder(authorization, now)
        if found is None:
            raise unauthenticated("Invalid login credentials.")
        return found

    def revoke(self, token: Token) -> None:
        """End one token before its time."""
        self._tokens.pop(token.text, None)

    def expire(self, client_id: str) -> None:
        """End every token of one client."""
        self._tokens = {text: t for text, t in self._tokens.items() if t.client != client_id}

    def client(self, client_id: str) -> Client | None:
        """The client with this id."""
        return self._clients.get(client_id)

    def expire_all(self) -> None:
        """End every token."""
        self._tokens.clear()


def bearer(authorization: str | None) -> str | None:
    """The token in an `Authorization` header."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def basic(authorization: str | None) -> tuple[str, str] | None:
    """User and password in an `Authorization` header."""
    scheme, _, text = (authorization or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if colon else None


def login_routes(clients: Clients, now: Callable[[], datetime]) -> list[BaseRoute]:
    """`POST /oauth/token`. The vendor's login host; here both hosts are one."""

    async def token(request: Request) -> Response:
        given = basic(request.headers.get("authorization"))
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if kind != "application/x-www-form-urlencoded":
            return _login_error(400, "invalid_request", "the body must be a form")
        if form.get("grant_type") != ["client_credentials"]:
            return _login_error(400, "unsupported_grant_type", "grant_type is not supported")
        client = clients.known(*given) if given else None
        if client is None:
            return _login_error(401, "invalid_client", "client id and secret are not valid")
        return _token_answer(clients, client, now())

    return [Route("/oauth/token", token, methods=["POST"])]


def _token_answer(clients: Clients, client: Client, now: datetime) -> Response:
    # Observed at the vendor: one second less than the client's validity.
    seconds = math.ceil(client.validity.total_seconds()) - 1
    answer = {
        "access_token": clients.issue(client, now),
        "token_type": "bearer",
        "expires_in": max(1, seconds),
    }
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _login_error(status: int, error: str, description: str) -> Response:
    answer: Mapping[str, Any] = {
        "error": error,
        "description": description,
        "error_description": description,
    }
    return JSONResponse(answer, status_code=status, headers={"Cache-Control": "no-store"})
