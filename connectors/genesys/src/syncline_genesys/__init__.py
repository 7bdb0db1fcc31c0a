"""Genesys Cloud as Syncline stores: articles of a knowledge base, and the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.connector import Connector, Context

from .settings import Settings
from .webhooks import FORMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.items import Kind

    from .config.events import Reader
    from .config.store import GenesysConfigStore
    from .store import GenesysStore


def _documents(settings: Settings, context: Context) -> GenesysStore:
    # Late, because HTTP is slow to import and most commands do not need it.
    from .store import open_store

    return open_store(settings, context)


def _config(settings: Settings, context: Context) -> GenesysConfigStore:
    from .config.store import open_config

    return open_config(settings, context)


def _events(settings: Settings, context: Context) -> Reader:
    from .config.events import open_reader

    return open_reader(settings, context)


def _kinds() -> Mapping[str, Kind]:
    from .config.kinds import kinds

    return kinds()


def _refused() -> Mapping[str, str]:
    from .config.refused import refused

    return refused()


connector = Connector(
    name="genesys",
    summary="Genesys Cloud: articles of one knowledge base, and the configuration.",
    settings=Settings,
    documents=_documents,
    config=_config,
    kinds=_kinds,
    refused=_refused,
    events=_events,
    needs={"documents": ("knowledge_base",)},
    webhooks=FORMS,
)

__all__ = ["Settings", "connector"]
