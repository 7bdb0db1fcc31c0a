"""How Confluence announces changes: four channels, each with a proof of its own.

Imported with the connector, so it opens late: what checks tokens is slow to import.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncline.connector import WebhookForm, opened_late

from .settings import AutomationSettings, ConnectSettings, DataCenterSettings, ForgeSettings

_OPENING = f"{__name__}.opening"

FORMS: Mapping[str, WebhookForm] = {
    "automation": WebhookForm(
        summary="An automation rule (Cloud Premium and Enterprise) that sends a web request.",
        settings=AutomationSettings,
        open=opened_late(f"{_OPENING}:automation"),
    ),
    "forge": WebhookForm(
        summary="Triggers of a Forge app, forwarded by Forge Remote (Cloud).",
        settings=ForgeSettings,
        open=opened_late(f"{_OPENING}:forge"),
    ),
    "connect": WebhookForm(
        summary="Webhooks of a Connect app that is installed already (Cloud; ends in 2026).",
        settings=ConnectSettings,
        open=opened_late(f"{_OPENING}:connect"),
    ),
    "data-center": WebhookForm(
        summary="A webhook of Confluence Data Center.",
        settings=DataCenterSettings,
        open=opened_late(f"{_OPENING}:data_center"),
    ),
}

__all__ = ["FORMS"]
