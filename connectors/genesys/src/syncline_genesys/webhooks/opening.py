"""The readers of both forms: the secret first, then the event."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import frozen

from syncline.connector import Context
from syncline.model import Change, Ref
from syncline.ports import Hints, WebhookRequest
from syncline.webhooks import signatures
from syncline.webhooks.payload import json_object
from syncline.webhooks.secrets import Secrets

from . import events
from .settings import SecretSettings


@frozen(kw_only=True)
class WithSecret:
    """Deliveries that a secret in a header vouches for."""

    connection: str
    secrets: Secrets
    header: str
    articles: Callable[[events.Body], Iterator[str]]

    def receive(self, request: WebhookRequest) -> Hints:
        """Return the articles that a genuine delivery names."""
        signatures.check_secret(request, self.secrets, header=self.header)
        ids = dict.fromkeys(self.articles(json_object(request.body)))
        # No identity: nothing covers the id of an event, and looking twice does no harm.
        return Hints(changes=tuple(Change(ref=Ref(self.connection, id_)) for id_ in ids))


def event_bridge(settings: SecretSettings, context: Context) -> WithSecret:
    """Open the form `eventbridge`. Raises ConfigError for a secret that is too short."""
    return _opened(settings, context, events.audited)


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
