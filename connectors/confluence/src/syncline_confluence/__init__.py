"""Confluence Cloud pages as a Syncline store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.connector import Connector, Context

from .settings import Settings
from .webhooks import FORMS

if TYPE_CHECKING:
    from syncline.ports import Store


def _open(settings: Settings, context: Context) -> Store:
    # HTTP and XML are slow to import: only whoever opens a connection pays for them.
    from .store import open_store

    return open_store(settings, context)


connector = Connector(
    name="confluence",
    summary="Pages of a Confluence Cloud space, both directions.",
    settings=Settings,
    documents=_open,
    webhooks=FORMS,
)

__all__ = ["Settings", "connector"]
