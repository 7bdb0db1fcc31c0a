"""Apache Kafka as a place that events go to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from syncline.connector import Connector, Context, Finding, Preparation

from .settings import Security, Settings

if TYPE_CHECKING:
    from syncline.events import EventSink, MergeJob, MergeStage

# All late, because confluent_kafka is slow to import and most commands do not need it.


def _sink(settings: Settings, context: Context) -> EventSink:
    from .sink import KafkaSink

    return KafkaSink(settings, context, topic=settings.topic)


def _raw_sink(settings: Settings, context: Context) -> EventSink:
    from .sink import KafkaSink

    # Merging reads headers, and sees to it that the clean topic is written as the settings say.
    plain = attrs.evolve(settings, encoding="json", envelope="binary")
    return KafkaSink(plain, context, topic=settings.raw)


def _merge(settings: Settings, context: Context, job: MergeJob) -> MergeStage:
    from .merge.stage import KafkaMerge

    return KafkaMerge(settings, context, job)


async def _prepare(settings: Settings, context: Context, asked: Preparation) -> Sequence[Finding]:
    from .topic_setup import prepare

    return await prepare(settings, context, asked)


connector = Connector(
    name="kafka",
    summary="Apache Kafka: topics that events are written to.",
    settings=Settings,
    sink=_sink,
    raw_sink=_raw_sink,
    merge=_merge,
    prepare=_prepare,
)

__all__ = ["Security", "Settings", "connector"]
