"""How Confluence announces changes: four channels, each with a proof of its own.

Imported with the connector, so it opens late: what checks tokens is slow to import.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from syncline.connector import Context, WebhookForm

from .settings import AutomationSettings, ConnectSettings, DataCenterSettings, ForgeSettings

if TYPE_CHECKING:
    from syncline.ports import Webhook


def _late(name: str) -> Callable[[Any, Context], Webhook]:
    def open_(settings: Any, context: Context) -> Webhook:
        opened: Webhook = getattr(import_module(f"{__name__}.opening"), name)(settings, context)
        return opened

    return open_


FORMS: Mapping[str, WebhookForm] = {
    "automation": WebhookForm(
        summary="An automation rule (Cloud Premium and Enterprise) that sends a web request.",
        settings=AutomationSettings,
        open=_late("automation"),
    ),
    "forge": WebhookForm(
        summary="Triggers of a Forge app, forwarded by Forge Remote (Cloud).",
        settings=ForgeSettings,
        open=_late("forge"),
    ),
    "connect": WebhookForm(
        summary="Webhooks of a Connect app that is installed already (Cloud; ends in 2026).",
        settings=ConnectSettings,
        open=_late("connect"),
    ),
    "data-center": WebhookForm(
        summary="A webhook of Confluence Data Center.",
        settings=DataCenterSettings,
        open=_late("data_center"),
    ),
}

__all__ = ["FORMS"]
