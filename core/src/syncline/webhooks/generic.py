"""The form that every connection can have: for senders that are configured, or written, by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from attrs import frozen

from ..connector import Context
from ..errors import Rejected
from ..model import Change, Ref
from ..ports import Hints, WebhookRequest
from .payload import item_id, json_object
from .secrets import Secrets
from .settings import GenericSettings
from .signatures import check_hmac, check_secret
from .standard import Signed, check_standard, raw_keys
from .window import Window

MOST_CHANGES = 1000
"""Items that one delivery can name."""


@frozen(kw_only=True)
class GenericWebhook:
    """Reads deliveries that are signed in one of three schemes."""

    connection: str
    check: Callable[[WebhookRequest], Signed | None]
    id: str = ""

    def receive(self, request: WebhookRequest) -> Hints:
        """Return the items that a genuine delivery names."""
        signed = self.check(request)
        body = json_object(request.body)
        found = _at(body, self.id.split(".")) if self.id else _documented(body)
        changes = tuple(self._change(*one) for one in _bounded(found))
        if signed is None:
            return Hints(changes=changes)
        return Hints(changes=changes, delivery=signed.id, until=signed.until)

    def _change(self, id_: object, subtree: bool) -> Change:
        return Change(ref=Ref(self.connection, item_id(id_)), subtree=subtree)


Named = Iterator[tuple[object, bool]]
"""Ids as the body writes them, and whether everything below them counts, too."""


def _documented(body: Mapping[str, Any]) -> Named:
    """Yield what stands in `changes` (objects with `id`), else in `data`, else the body's `id`."""
    match body:
        case {"changes": [*changes]}:
            for change in changes:
                yield from _one(change)
        case {"data": {"id": _} as data}:
            yield from _one(data)
        case _:
            yield from _one(body)


def _one(value: object) -> Named:
    match value:
        case {"id": id_, "subtree": bool(subtree)}:
            yield id_, subtree
        case {"id": id_}:
            yield id_, False
        case _:
            raise Rejected("a change is an object with an id, and perhaps subtree: true")


def _at(value: object, path: list[str]) -> Named:
    match value:
        case [*several]:
            for one in several:
                yield from _at(one, path)
        case dict() if path and path[0] in value:
            yield from _at(value[path[0]], path[1:])
        case _ if not path:
            yield value, False
        case _:
            raise Rejected("the body names no item where the setting id looks for one")


def _bounded(found: Named) -> Named:
    for number, one in enumerate(found):
        if number >= MOST_CHANGES:
            raise Rejected(f"a delivery names at most {MOST_CHANGES} items")
        yield one


def open_generic(settings: GenericSettings, context: Context) -> GenericWebhook:
    """Return the reader of a connection's deliveries.

    Raises:
        ConfigError: a secret is too short.
    """
    given = Secrets.of(context.connection, settings.secret, settings.previous_secret)
    return GenericWebhook(
        connection=context.connection, check=_check(settings, given, context), id=settings.id
    )


def _check(
    settings: GenericSettings, secrets: Secrets, context: Context
) -> Callable[[WebhookRequest], Signed | None]:
    match settings.scheme:
        case "standard":
            keys = raw_keys(secrets, context.connection)
            return partial(check_standard, secrets=keys, window=Window.of(context))
        case "hmac":
            return partial(
                check_hmac, secrets=secrets, header=settings.header, prefix=settings.prefix
            )
        case "secret":
            return partial(check_secret, secrets=secrets, header=settings.header)


__all__ = ["MOST_CHANGES", "GenericWebhook", "open_generic"]
