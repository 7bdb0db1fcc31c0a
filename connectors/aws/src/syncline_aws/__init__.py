"""AWS as a Syncline store of configuration, and as a place to run it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from syncline.connector import Connector, Context

from .settings import Settings

if TYPE_CHECKING:
    from syncline.config_items import Kind
    from syncline.events import EventSink

    from .config import AwsStore
    from .events import AwsEvents
    from .intake import SqsIntake
    from .secrets import SecretsManager
    from .state import DynamoState

# All late, because boto3 is slow to import and most commands do not need it.


def _config(settings: Settings, context: Context) -> AwsStore:
    from .config import open_store

    return open_store(settings, context)


def _kinds() -> Mapping[str, Kind]:
    from .kinds import KINDS

    return KINDS


def _refused() -> Mapping[str, str]:
    from .refused import REFUSED

    return REFUSED


def _events(settings: Settings, context: Context) -> AwsEvents:
    from .events import open_events

    return open_events(settings, context)


def _intake(settings: Settings, context: Context) -> SqsIntake | None:
    from .intake import open_intake

    return open_intake(settings, context)


def _sink(settings: Settings, context: Context) -> EventSink | None:
    from .sink import open_sink

    return open_sink(settings, context)


def _secrets(settings: Settings, context: Context) -> SecretsManager:
    from .secrets import open_secrets

    return open_secrets(settings, context)


def _state(settings: Settings, context: Context, keys: Mapping[str, str]) -> DynamoState:
    from .state.opening import open_state

    return open_state(settings, context, keys)


connector = Connector(
    name="aws",
    summary="AWS: Auto Scaling, DynamoDB, Lambda, SSM, AppConfig and Secrets Manager.",
    settings=Settings,
    config=_config,
    kinds=_kinds,
    refused=_refused,
    events=_events,
    intake=_intake,
    sink=_sink,
    state=_state,
    secrets=_secrets,
)

__all__ = ["Settings", "connector"]
