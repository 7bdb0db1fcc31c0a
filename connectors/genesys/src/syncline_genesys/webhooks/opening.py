"""The readers of both forms: the secret first, then the event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import evolve, frozen

from syncline.connector import Context
from syncline.model import Change, Ref
from syncline.ports import Hints, WebhookRequest
from syncline.webhooks import signatures
from syncline.webhooks.payload import json_object
from syncline.webhooks.secrets import Secrets

from ..config.directory import Directory
from ..config.events import Reader
from . import events
from .settings import SecretSettings


@frozen(kw_only=True)
class WithSecret:
    """Deliveries that a secret in a header vouches for."""

    connection: str
    secrets: Secrets
    header: str
    articles: Callable[[events.Body], Iterator[str]]
    objects: Callable[[events.Body], Sequence[Change] | None] = lambda body: ()
    """The objects of the configuration that a delivery is about."""

    def receive(self, request: WebhookRequest) -> Hints:
        """Return the articles and objects that a genuine delivery names."""
        signatures.check_secret(request, self.secrets, header=self.header)
        body = json_object(request.body)
        ids = dict.fromkeys(self.articles(body))
        articles = tuple(Change(ref=Ref(self.connection, id_)) for id_ in ids)
        # No identity: nothing covers the id of an event, and looking twice does no harm.
        return Hints(changes=(*articles, *(self.objects(body) or ())))


def event_bridge(settings: SecretSettings, context: Context) -> WithSecret:
    """Open the form `eventbridge`. Raises ConfigError for a secret that is too short."""
    reader = Reader(context.connection, "", Directory(context.cache, context.connection))
    return evolve(_opened(settings, context, events.audited), objects=reader.read)


def process_automation(settings: SecretSettings, context: Context) -> WithSecret:
    """Open the form `process-automation`. Raises ConfigError for a secret that is too short."""
    return _opened(settings, context, events.called)


def _opened(
    settings: SecretSettings, context: Context, articles: Callable[[events.Body], Iterator[str]]
) -> WithSecret:
    return WithSecret(
        connection=context.connection,
        secrets=Secrets.of(context.connection, settings.secret, settings.previous_secret),
        header=settings.header,
        articles=articles,
    )


__all__ = ["WithSecret", "event_bridge", "process_automation"]
