"""A webhook delivery: who sent it is proved, its hint is stored, it is answered.

What is answered is what the service's own receiver answers; who signed how is told by the same
connectors.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from syncline.errors import Forbidden, Rejected, StateError, SynclineError, Unavailable
from syncline.model import Change
from syncline.ports import Hints, KeyedWebhook, Reply, Webhook, WebhookRequest
from syncline.redaction import redact
from syncline.state.records import DropDeliveries, Effect, NoteDelivery

from . import requests
from .house import House
from .requests import Answer, Malformed
from .shapes import Web

logger = logging.getLogger(__name__)

MOST_HEADERS = 32_768
"""Bytes of all headers; the gateways' own limit is lower (10,240)."""
SWEEP = timedelta(minutes=5)
"""How often deliveries are dropped that need not be remembered any more."""

ACCEPTED = Answer(status=202)
HEALTHY = Answer(status=200, body=b"ok\n")
INVALID = Answer(status=400, body=b"the delivery makes no sense\n")
REFUSED = Answer(status=401, body=b"the delivery is not signed as it should be\n")
UNKNOWN = Answer(status=404, body=b"there is no such webhook\n")
NOT_POSTED = Answer(status=405, headers={"allow": "POST"})
TOO_LARGE = Answer(status=413, body=b"the body is too large\n")
HEADERS_TOO_LARGE = Answer(status=431, body=b"the headers are too large\n")
UNAVAILABLE = Answer(
    status=503, body=b"the delivery was not stored\n", headers={"retry-after": "5"}
)


async def answer(house: House, web: Web) -> tuple[Answer, frozenset[str]]:
    """Return the answer to a request, and the jobs that have something to look at by now."""
    path = requests.place(web)
    if path == requests.HEALTH:
        return HEALTHY, frozenset()
    name = path.removeprefix(requests.PREFIX) if path.startswith(requests.PREFIX) else ""
    connection = house.config.connections.get(name)
    if connection is None or connection.webhook is None:
        return UNKNOWN, frozenset()
    try:
        return await _taken(house, name, web)
    except Exception as error:
        given, reason = _turned_away(error)
        fields = {"connection": name, "status": given.status, "reason": redact(reason)}
        logger.warning("a delivery was turned away", extra=fields)
        return given, frozenset()


async def _taken(house: House, name: str, web: Web) -> tuple[Answer, frozenset[str]]:
    if requests.method(web) != "POST":
        return NOT_POSTED, frozenset()
    if requests.size(web) > MOST_HEADERS:
        return HEADERS_TOO_LARGE, frozenset()
    request = requests.request(web, house.clock.now())
    if len(request.body) > house.config.service.intake.body:
        return TOO_LARGE, frozenset()
    said = await _heard(house, name, request)
    if isinstance(said, Reply):
        shown = Answer(status=said.status, body=said.body, content_type=said.content_type)
        return shown, frozenset()
    return ACCEPTED, store(house, name, said)


async def _heard(house: House, name: str, request: WebhookRequest) -> Hints | Reply:
    """Return what a delivery says; before it is refused, its secret is looked up once more."""
    fresh = not house.has_webhook(name)
    try:
        return await _said(await house.webhook(name), request)
    except Forbidden:
        if fresh or not house.forget_webhook(name):
            raise
    return await _said(await house.webhook(name), request)


async def _said(webhook: Webhook, request: WebhookRequest) -> Hints | Reply:
    """Return what a delivery says; published keys that are not at hand are fetched once."""
    try:
        return webhook.receive(request)
    except Unavailable:
        if not isinstance(webhook, KeyedWebhook):
            raise
    await webhook.refresh()
    return webhook.receive(request)


def store(house: House, connection: str, hints: Hints) -> frozenset[str]:
    """Store what a genuine delivery says, durably; return the jobs that it is for.

    Raises:
        StateError: nothing was stored.
    """
    if not hints.changes or (hints.delivery and house.state.seen(connection, hints.delivery)):
        return frozenset()
    return house.hint([(connection, _once(hints.changes))], also=_notes(house, connection, hints))


def _once(changes: Sequence[Change]) -> Sequence[Change]:
    found: dict[object, Change] = {}
    for change in changes:
        if change.ref not in found or change.subtree:
            found[change.ref] = change
    return list(found.values())


def _notes(house: House, connection: str, hints: Hints) -> list[Effect]:
    notes: list[Effect] = []
    now = house.clock.now()
    if hints.delivery:
        least = now + house.config.service.intake.age
        until = max(hints.until, least) if hints.until else least
        notes.append(NoteDelivery(connection, hints.delivery, until))
    if house.now_and_then("deliveries", SWEEP):
        notes.append(DropDeliveries(now))
    return notes


def _turned_away(error: Exception) -> tuple[Answer, str]:
    match error:
        case Forbidden():
            return REFUSED, str(error)
        case Rejected() | Malformed():
            return INVALID, str(error)
        case Unavailable() | StateError() | SynclineError():
            return UNAVAILABLE, str(error)
        case _:
            # Of a defect only the kind is said: its text may hold a part of the delivery.
            return UNAVAILABLE, f"{type(error).__name__} in the receiver"


__all__ = ["answer", "store"]
