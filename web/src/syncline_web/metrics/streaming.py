"""Counters and gauges of jobs that mirror or merge events, read when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from syncline.engine.mirroring.metrics import StreamMetrics
from syncline.events.interaction import TYPES

from ..jobs import Stream
from .instruments import JOB, OTHER

Streams = Callable[[], Mapping[str, Stream]]
"""Returns the streams of a runner by their jobs."""

LISTENER = "listener"
"""The label with the listener, or with the name of a process among those of a merge job."""
COUNTERS: Mapping[str, tuple[str, Callable[[StreamMetrics], float]]] = {
    "syncline_events_delivered": (
        "Events that are durable at the sink, those included that were there before.",
        lambda f: f.delivered,
    ),
    "syncline_events_spooled": (
        "Events that were written to disk, because the sink did not answer.",
        lambda f: f.spooled,
    ),
    "syncline_events_repeated": (
        "Events that had been told before, and were dropped.",
        lambda f: f.repeats,
    ),
    "syncline_dead_letters": (
        "Events that the sink refused for good; they are in the dead-letter file.",
        lambda f: f.rejected,
    ),
    "syncline_listener_gaps": ("Intervals in which nothing was heard.", lambda f: f.gaps),
    "syncline_listener_unrepaired": (
        "Conversations that could not be read again after a gap.",
        lambda f: f.unrepaired,
    ),
}
GAUGES: Mapping[str, tuple[str, Callable[[Stream], float]]] = {
    "syncline_stream_active": (
        "1 on the runner that works the listener or merges, 0 on one that stands by.",
        lambda s: float(s.role == "active"),
    ),
    "syncline_stream_failing": (
        "1 while it does not work, or its sink takes nothing.",
        lambda s: float(s.last_error is not None),
    ),
    "syncline_stream_unfit": (
        "1 while it does not do its work: no channel is open, its spool is full, or it fails.",
        lambda s: float(bool(s.health.unfit)),
    ),
    "syncline_stream_degraded": (
        "Things that somebody should look at, though nothing is lost.",
        lambda s: len(s.health.degraded),
    ),
    "syncline_stream_lag_seconds": (
        "How long the oldest event has waited that is not delivered; 0 where all are.",
        lambda s: s.lag.total_seconds(),
    ),
    "syncline_spool_bytes": ("Bytes on disk that wait.", lambda s: s.metrics.spool_bytes),
    "syncline_spool_size_bytes": ("Bytes that may wait.", lambda s: s.metrics.spool_size),
    "syncline_sends_in_flight": (
        "Calls of the sink without an answer.",
        lambda s: s.metrics.in_flight,
    ),
}
_CHANNELS = ("open", "planned", "topics", "rejected_topics")
_MERGED = ("told", "late", "repeats", "dead", "finalized", "forgotten")


class Streaming(Collector):
    """Reads `runner.streams`; nothing of it waits or touches the network."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def describe(self) -> list[Metric]:
        """Name the metrics without reading anything."""
        return list(self._families({}))

    def collect(self) -> Iterator[Metric]:
        """Yield what the streams have counted, and where they stand."""
        yield from self._families(dict(self._streams()))

    def _families(self, streams: Mapping[str, Stream]) -> Iterator[Metric]:
        labelled = [([job, stream.instance], stream) for job, stream in streams.items()]
        yield _heard(labelled)
        for name, (help_, read) in COUNTERS.items():
            counter = CounterMetricFamily(name, help_, labels=[JOB, LISTENER])
            for labels, stream in labelled:
                counter.add_metric(labels, read(stream.metrics))
            yield counter
        for name, (help_, gauge_of) in GAUGES.items():
            gauge = GaugeMetricFamily(name, help_, labels=[JOB, LISTENER])
            for labels, stream in labelled:
                gauge.add_metric(labels, gauge_of(stream))
            yield gauge
        yield _lags(labelled)
        yield _channels(labelled)
        yield _merged(labelled)


_Labelled = Iterable[tuple[list[str], Stream]]


def _heard(labelled: _Labelled) -> Metric:
    found = CounterMetricFamily(
        "syncline_events_heard",
        "Events that sources told, by type.",
        labels=[JOB, LISTENER, "type"],
    )
    for labels, stream in labelled:
        heard = dict(stream.metrics.heard)
        for type_ in TYPES:
            found.add_metric([*labels, type_], heard.pop(type_, 0))
        if heard:
            found.add_metric([*labels, OTHER], sum(heard.values()))
    return found


def _lags(labelled: _Labelled) -> Metric:
    found = HistogramMetricFamily(
        "syncline_delivery_seconds",
        "Time from when the first event of a call was heard until the sink had made it durable.",
        labels=[JOB, LISTENER],
    )
    for labels, stream in labelled:
        lags = stream.metrics.lags
        found.add_metric(labels, lags.buckets(), lags.total)
    return found


def _channels(labelled: _Labelled) -> Metric:
    found = GaugeMetricFamily(
        "syncline_channels",
        "Notification channels and topics: `open` and `planned` channels, `topics` that are"
        " listened to, `rejected_topics` that the vendor refuses.",
        labels=[JOB, LISTENER, "what"],
    )
    for labels, stream in labelled:
        for name in _CHANNELS:
            if name in stream.metrics.channels:
                found.add_metric([*labels, name], stream.metrics.channels[name])
    return found


def _merged(labelled: _Labelled) -> Metric:
    found = CounterMetricFamily(
        "syncline_events_merged",
        "Events by what a merge job did.",
        labels=[JOB, LISTENER, "result"],
    )
    for labels, stream in labelled:
        for name in _MERGED:
            if name in stream.metrics.merged:
                found.add_metric([*labels, name], stream.metrics.merged[name])
    return found


__all__ = ["COUNTERS", "GAUGES", "LISTENER", "Streaming"]
