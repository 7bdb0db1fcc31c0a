"""Events to subscribers: in every form that the vendor has, with its promises and no others.

There is no order and no exactly-once. Trashing, moving or restricting a parent sends one event;
what is below it sends none.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import random
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlsplit

import attrs

from ..kernel import SimClock
from ..kernel.posting import post
from .content import Content, Space

Form = Literal["automation", "connect", "data-center", "forge"]
FORMS: tuple[Form, ...] = ("automation", "connect", "data-center", "forge")

_FORGE = {
    "page_created": "created",
    "page_updated": "updated",
    "page_moved": "moved",
    "page_archived": "archived",
    "page_trashed": "trashed",
    "page_restored": "restored",
    "page_removed": "deleted",
    "content_permissions_updated": "permissions_updated",
}
"""Connect's event names to Forge's verbs; labels have an entity of their own there."""
REORDERED_WITHIN = 0.3
"""Seconds within which events overtake each other."""


@attrs.frozen(kw_only=True)
class Subscription:
    """Who is told, how, and how unreliably."""

    url: str
    """On this machine only."""
    form: Form
    secret: str = ""
    header: str = "X-Secret"
    """Of `automation`: the header that carries the secret."""
    drop: float = 0.0
    duplicate: float = 0.0
    reorder: bool = False
    chance: random.Random = attrs.field(factory=lambda: random.Random(0))  # noqa: S311


@attrs.frozen(kw_only=True)
class Event:
    """What happened, by Connect's name for it."""

    name: str
    content: Content
    space: Space
    who: str


class Events:
    """The subscribers of one site."""

    def __init__(self, clock: SimClock, spawn: Callable[[Awaitable[None]], object]) -> None:
        self._clock = clock
        self._spawn = spawn
        self._subscriptions: list[Subscription] = []
        self._last: dict[str, asyncio.Event] = {}

    def subscribe(self, subscription: Subscription) -> None:
        """Tell this one from now on."""
        self._subscriptions.append(subscription)

    def tell(self, event: Event) -> None:
        """Tell all subscribers in the background."""
        for one in self._subscriptions:
            deliveries = 0 if one.chance.random() < one.drop else 1
            deliveries *= 2 if one.chance.random() < one.duplicate else 1
            body = json.dumps(_body(one.form, event, self._now())).encode()
            for _ in range(deliveries):
                self._spawn(self._deliver(one, event.name, body))

    def _now(self) -> int:
        return int(self._clock.now().timestamp() * 1000)

    async def _deliver(self, one: Subscription, name: str, body: bytes) -> None:
        """Once, without a second try; in order unless the subscription asks otherwise."""
        before, done = self._last.get(one.url), asyncio.Event()
        self._last[one.url] = done
        try:
            if one.reorder:
                await asyncio.sleep(one.chance.uniform(0, REORDERED_WITHIN))
            elif before is not None:
                await before.wait()
            await post(one.url, body, _signed(one, name, body, self._clock))
        finally:
            done.set()


def _body(form: Form, event: Event, now: int) -> dict[str, Any]:
    match form:
        case "automation":
            return {"id": event.content.id, "event": event.name}
        case "forge":
            return _forge(event, now)
        case "connect" | "data-center":
            named = {"event": event.name} if form == "data-center" else {}
            trigger = {"updateTrigger": "edit_page"} if event.name == "page_updated" else {}
            return {
                "userAccountId": event.who,
                "accountType": "customer",
                "timestamp": now,
                **trigger,
                **named,
                "page": _page(event),
            }


def _page(event: Event) -> dict[str, Any]:
    """A page as Connect has it: its id is a number and its version a plain integer."""
    content, space = event.content, event.space
    return {
        "id": content.number,
        "idAsString": content.id,
        "spaceKey": space.key,
        "spaceId": int(space.id),
        "title": content.title,
        "version": content.version.number,
        "contentType": content.kind,
        "creatorAccountId": content.author,
        "lastModifierAccountId": content.version.author,
        "creationDate": int(content.created.timestamp() * 1000),
        "modificationDate": int(content.version.at.timestamp() * 1000),
        "self": f"https://example.atlassian.net/wiki/spaces/{space.key}/pages/{content.id}",
    }


def _forge(event: Event, now: int) -> dict[str, Any]:
    """A page as Forge has it: its id is a string and its version an object."""
    content, space = event.content, event.space
    label = event.name.startswith("label_")
    verb = event.name.removeprefix("label_") if label else _FORGE[event.name]
    return {
        "eventType": f"avi:confluence:{verb}:{'label' if label else content.kind}",
        "atlassianId": event.who,
        "eventCreatedDate": str(now),
        "suppressNotifications": False,
        "content": {
            "id": content.id,
            "type": content.kind,
            "status": content.status,
            "title": content.title,
            "space": {"id": int(space.id), "key": space.key, "alias": space.key},
            "version": {
                "by": {"accountId": content.version.author},
                "when": content.version.at.isoformat(),
                "number": content.version.number,
            },
        },
    }


def _signed(one: Subscription, name: str, body: bytes, clock: SimClock) -> Mapping[str, str]:
    match one.form:
        case "automation":
            return {one.header: one.secret}
        case "data-center":
            digest = hmac.new(one.secret.encode(), body, hashlib.sha256).hexdigest()
            return {"X-Hub-Signature": f"sha256={digest}", "X-Event-Key": name}
        case "connect":
            return {"Authorization": f"JWT {_jwt(one, clock)}"}
        case "forge":
            return {"Authorization": f"Bearer {one.secret}"}


def _jwt(one: Subscription, clock: SimClock) -> str:
    """Connect's token: HS256 with the shared secret, bound to the request by `qsh`."""
    now = int(clock.now().timestamp())
    canonical = _canonical(one.url)
    claims = {
        "iss": "syncline-simulator",
        "iat": now,
        "exp": now + 180,
        "qsh": hashlib.sha256(canonical.encode()).hexdigest(),
    }
    signed = f"{_coded({'typ': 'JWT', 'alg': 'HS256'})}.{_coded(claims)}"
    digest = hmac.new(one.secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{urlsafe_b64encode(digest).decode().rstrip('=')}"


def _canonical(url: str) -> str:
    """The request as Connect hashes it: sorted parameters, spelled in one way, without `jwt`."""
    parts = urlsplit(url)
    path = "/" + parts.path.strip("/").replace("&", "%26")
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name != "jwt":
            values.setdefault(quote(name, safe="~"), []).append(quote(value, safe="~"))
    query = "&".join(f"{name}={','.join(sorted(values[name]))}" for name in sorted(values))
    return f"POST&{path}&{query}"


def _coded(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
