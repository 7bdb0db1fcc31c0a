"""How Genesys Cloud announces changes: it has no webhooks of its own, so through two detours.

Imported with the connector, so what reads deliveries is imported when a form is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from syncline.connector import Context, WebhookForm

from .settings import SecretSettings

if TYPE_CHECKING:
    from syncline.ports import Webhook


def _late(name: str) -> Callable[[Any, Context], Webhook]:
    def open_(settings: Any, context: Context) -> Webhook:
        opened: Webhook = getattr(import_module(f"{__name__}.opening"), name)(settings, context)
        return opened

    return open_


FORMS: Mapping[str, WebhookForm] = {
    "eventbridge": WebhookForm(
        summary="Audit events through Amazon EventBridge, sent on by an API destination.",
        settings=SecretSettings,
        open=_late("event_bridge"),
    ),
    "process-automation": WebhookForm(
        summary="A trigger whose workflow calls a web service action.",
        settings=SecretSettings,
        open=_late("process_automation"),
    ),
}

__all__ = ["FORMS"]
