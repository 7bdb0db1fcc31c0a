"""The readers of the four forms: each checks its proof first, then reads the event."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qs

from attrs import frozen

from syncline.connector import Context
from syncline.errors import Forbidden
from syncline.model import Change, Ref
from syncline.ports import Hints, WebhookRequest
from syncline.webhooks import signatures, tokens
from syncline.webhooks.payload import json_object, moment
from syncline.webhooks.published import Published, from_file, from_url
from syncline.webhooks.qsh import check_qsh
from syncline.webhooks.secrets import Secrets
from syncline.webhooks.window import Window

from . import events
from .events import Event
from .settings import AutomationSettings, ConnectSettings, DataCenterSettings, ForgeSettings

SIGNATURE = "x-hub-signature"
"""Data Center, "Managing webhooks": `sha256=<hex HMAC-SHA256 of the body>`."""
PING = "diagnostics:ping"
"""What Data Center calls the event of its connection test."""


@frozen(kw_only=True)
class Pages:
    """The pages of one connection."""

    connection: str
    spaces: frozenset[str]

    def hints(self, event: Event, *, delivery: str = "", until: datetime | None = None) -> Hints:
        """Return what an event says about them."""
        changes: Sequence[Change] = ()
        if event.page is not None and event.matters and event.within(self.spaces):
            changes = (Change(ref=Ref(self.connection, event.page), subtree=event.subtree),)
        return Hints(changes=tuple(changes), delivery=delivery, until=until)


@frozen(kw_only=True)
class Automation:
    """A secret in a header. It says who sent a body, and neither when nor what."""

    pages: Pages
    secrets: Secrets
    header: str

    def receive(self, request: WebhookRequest) -> Hints:
        signatures.check_secret(request, self.secrets, header=self.header)
        return self.pages.hints(events.automation(json_object(request.body)))


@frozen(kw_only=True)
class DataCenter:
    """An HMAC of the body, which holds the time of the event."""

    pages: Pages
    secrets: Secrets
    window: Window

    def receive(self, request: WebhookRequest) -> Hints:
        signatures.check_hmac(request, self.secrets, header=SIGNATURE, prefix="sha256=")
        body = json_object(request.body)
        name = _said(body.get("event")) or request.header("x-event-key") or _queried(request)
        if name == PING or body.get("test") is True:
            return Hints(changes=())
        event, at = events.classic(body, name), moment(body.get("timestamp"))
        if at is None:
            return self.pages.hints(event)
        until = self.window.check(at, request.received_at)
        return self.pages.hints(event, delivery=_digest(name, request.body), until=until)


@frozen(kw_only=True)
class Connect:
    """A token by the shared secret of the installation, bound to the address and not the body."""

    pages: Pages
    secrets: Secrets
    settings: ConnectSettings
    window: Window

    def receive(self, request: WebhookRequest) -> Hints:
        token = tokens.bearer(request, "JWT")
        claims = tokens.claims_of(
            token,
            self.secrets.values,
            algorithm="HS256",
            now=request.received_at,
            window=self.window,
        )
        if claims.get("iss") != self.settings.client_key:
            raise Forbidden("the token was issued by another site")
        path = self.settings.path or request.path
        check_qsh(claims.get("qsh"), request.method, path, request.query)
        event = events.classic(json_object(request.body), _queried(request))
        # Two events of one second have equal tokens: only with its body is one a delivery.
        delivery = _digest(token, request.body)
        return self.pages.hints(event, delivery=delivery, until=tokens.expiry(claims, self.window))


@frozen(kw_only=True)
class Forge:
    """A token that Atlassian has signed for one app."""

    pages: Pages
    settings: ForgeSettings
    published: Published
    window: Window

    async def refresh(self) -> None:
        """Read Atlassian's keys again."""
        await self.published.refresh()

    def receive(self, request: WebhookRequest) -> Hints:
        token = tokens.bearer(request, "Bearer")
        key = self.published.key(tokens.key_id(token))
        claims = tokens.claims_of(
            token, [key], algorithm="RS256", now=request.received_at, window=self.window
        )
        if claims.get("iss") != self.settings.issuer:
            raise Forbidden("the token is none of Forge's invocations")
        audience = claims.get("aud")
        if self.settings.app not in (audience if isinstance(audience, list) else [audience]):
            raise Forbidden("the token is for another app")
        event = events.forge(json_object(request.body))
        delivery = _digest(token, request.body)
        return self.pages.hints(event, delivery=delivery, until=tokens.expiry(claims, self.window))


def _said(value: object) -> str:
    return value if isinstance(value, str) else ""


def _queried(request: WebhookRequest) -> str:
    """Return the event that the registered address names: Connect says it nowhere else."""
    return parse_qs(request.query).get("event", [""])[0]


def _digest(first: str, body: bytes) -> str:
    hashed = hashlib.sha256(signatures.sent(first))
    hashed.update(b"\0" + body)
    return hashed.hexdigest()


def automation(settings: AutomationSettings, context: Context) -> Automation:
    """Open the form `automation`. Raises ConfigError for a secret that is too short."""
    secrets = Secrets.of(context.connection, settings.secret, settings.previous_secret)
    return Automation(
        pages=_pages(context, settings.spaces), secrets=secrets, header=settings.header
    )


def data_center(settings: DataCenterSettings, context: Context) -> DataCenter:
    """Open the form `data-center`. Raises ConfigError for a secret that is too short."""
    secrets = Secrets.of(context.connection, settings.secret, settings.previous_secret)
    return DataCenter(
        pages=_pages(context, settings.spaces), secrets=secrets, window=Window.of(context)
    )


def connect(settings: ConnectSettings, context: Context) -> Connect:
    """Open the form `connect`. Raises ConfigError for a secret that is no shared secret."""
    secrets = Secrets.of(
        context.connection,
        settings.secret,
        settings.previous_secret,
        shortest=tokens.SHORTEST_KEY,
    )
    return Connect(
        pages=_pages(context, settings.spaces),
        secrets=secrets,
        settings=settings,
        window=Window.of(context),
    )


def forge(settings: ForgeSettings, context: Context) -> Forge:
    """Open the form `forge`; its keys are read when the first delivery asks for them."""
    if settings.keys_file is not None:
        read = from_file(settings.keys_file)
    else:
        read = from_url(settings.keys, context.clock, context.observe)
    return Forge(
        pages=_pages(context, settings.spaces),
        settings=settings,
        published=Published(read=read, clock=context.clock),
        window=Window.of(context),
    )


def _pages(context: Context, spaces: frozenset[str]) -> Pages:
    return Pages(connection=context.connection, spaces=spaces)


__all__ = ["automation", "connect", "data_center", "forge"]
