"""How Genesys Cloud announces changes: it has no webhooks of its own, so through two detours.

Imported with the connector, so what reads deliveries is imported when a form is opened.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncline.connector import WebhookForm, opened_late

from .settings import SecretSettings

_OPENING = f"{__name__}.opening"

FORMS: Mapping[str, WebhookForm] = {
    "eventbridge": WebhookForm(
        summary="Audit events through Amazon EventBridge, sent on by an API destination.",
        settings=SecretSettings,
        open=opened_late(f"{_OPENING}:event_bridge"),
    ),
    "process-automation": WebhookForm(
        summary="A trigger whose workflow calls a web service action.",
        settings=SecretSettings,
        open=opened_late(f"{_OPENING}:process_automation"),
    ),
}

__all__ = ["FORMS"]
