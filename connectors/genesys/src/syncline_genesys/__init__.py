"""Genesys Cloud Knowledge as a Syncline store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.connector import Connector, Context

from .settings import Settings
from .webhooks import FORMS

if TYPE_CHECKING:
    from .store import GenesysStore


def _documents(settings: Settings, context: Context) -> GenesysStore:
    # Late, because HTTP is slow to import and most commands do not need it.
    from .store import open_store

    return open_store(settings, context)


connector = Connector(
    name="genesys",
    summary="Genesys Cloud Knowledge: articles of one knowledge base.",
    settings=Settings,
    documents=_documents,
    webhooks=FORMS,
)

__all__ = ["Settings", "connector"]
