"""Genesys Cloud: articles of a knowledge base, the configuration, and what is heard live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.connector import Connector, Context

from .settings import Settings
from .webhooks import FORMS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncline.config_items import Kind
    from syncline.events import Subscription
    from syncline.model import Ref

    from .config.events import Reader
    from .config.live import LiveNews
    from .config.store import GenesysConfigStore
    from .notifications.envelopes import DetailEnvelopes
    from .notifications.lookup import ConversationLookup
    from .notifications.source import NotificationSource
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


def _live(settings: Settings, context: Context, refs: Sequence[Ref]) -> LiveNews | None:
    from .config.live import open_live

    return open_live(settings, context, refs)


def _source(settings: Settings, context: Context, wanted: Subscription) -> NotificationSource:
    from .notifications.source import open_source

    return open_source(settings, context, wanted)


def _envelopes(settings: Settings, context: Context, wanted: Subscription) -> DetailEnvelopes:
    from .notifications.envelopes import open_envelopes

    return open_envelopes(settings, context, wanted)


def _topic_fault(topic: str, queued: bool) -> str | None:
    from .notifications.catalogue import topic_fault

    return topic_fault(topic, queued)


def _listener_warnings(settings: Settings) -> Sequence[str]:
    from .notifications.clients import warnings

    return warnings(settings)


def _lookup(settings: Settings, context: Context) -> ConversationLookup:
    from .notifications.lookup import open_lookup

    return open_lookup(settings, context)


def _kinds() -> Mapping[str, Kind]:
    from .config.kinds import kinds

    return kinds()


def _refused() -> Mapping[str, str]:
    from .config.refused import refused

    return refused()


connector = Connector(
    name="genesys",
    summary="Genesys Cloud: one knowledge base, the configuration, and interactions.",
    settings=Settings,
    documents=_documents,
    config=_config,
    kinds=_kinds,
    refused=_refused,
    events=_events,
    live=_live,
    source=_source,
    topic_fault=_topic_fault,
    listener_warnings=_listener_warnings,
    envelopes=_envelopes,
    lookup=_lookup,
    needs={"documents": ("knowledge_base",)},
    webhooks=FORMS,
)

__all__ = ["Settings", "connector"]
