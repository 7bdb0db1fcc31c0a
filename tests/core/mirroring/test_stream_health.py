"""The health of a mirror: when it counts as fit, and what is told of it though it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from syncline.engine.mirroring.health import DEAF, MOST_FAILURES, health_of
from syncline.engine.mirroring.health_record import HealthRecord, load_health, save_health
from syncline.engine.mirroring.metrics import StreamMetrics
from syncline.state import SqliteState

AT = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)
LONG_AGO = AT - DEAF


def _channels(at: datetime = AT, **fields: int) -> StreamMetrics:
    metrics = StreamMetrics(spool_size=1000)
    metrics.observe("channels", fields, at)
    return metrics


def _away(bytes_: int = 200) -> StreamMetrics:
    return StreamMetrics(
        spool_size=1000, spool_bytes=bytes_, sink_error="kafka-1:9092 refused alice"
    )


def _nowhere() -> StreamMetrics:
    return StreamMetrics(spool_size=1000, sink_error="no broker", disk_error="/home/alice: full")


def _behind() -> StreamMetrics:
    return StreamMetrics(spool_size=1000, spool_bytes=200, waiting_since=AT - timedelta(seconds=90))


@pytest.mark.parametrize(
    ("make", "unfit", "degraded"),
    [
        (StreamMetrics, "", []),
        (lambda: _channels(open=2, planned=2), "", []),
        (_away, "", ["the sink takes no events; 200 of 1,000 bytes wait on disk"]),
        (_behind, "", ["the sink is behind by 90 s; 200 of 1,000 bytes wait on disk"]),
        (lambda: _away(1000), "the spool is full, and nothing more is heard", ["the sink takes"]),
        (lambda: StreamMetrics(full=True), "the spool is full, and nothing more is heard", []),
        (lambda: StreamMetrics(disk_error="/alice: full"), "", ["nothing can be kept on disk"]),
        (_nowhere, "the sink takes no events, and none can be kept", ["nothing", "the sink"]),
        (lambda: StreamMetrics(lost_on_disk=4_096), "", ["4,096 bytes that waited on disk are"]),
        (lambda: _channels(open=1, planned=3), "", ["1 of 3 channels are open"]),
        (lambda: _channels(open=0, planned=3), "", ["0 of 3 channels are open"]),
        (lambda: _channels(LONG_AGO, open=0, planned=3), "no channel has been", ["0 of"]),
        (lambda: _channels(LONG_AGO, open=0), "no channel has been open since 2026-03-01 08:5", []),
        (lambda: _channels(LONG_AGO, open=0, planned=0), "", []),
        (lambda: _channels(open=1, planned=1, rejected_topics=7), "", ["7 topics are refused by"]),
    ],
)  # fmt: skip
def test_a_mirror_is_fit_while_nothing_that_happens_is_lost(
    make: Callable[[], StreamMetrics], unfit: str, degraded: list[str]
) -> None:
    found = health_of(make(), 0, AT)
    assert found.unfit.startswith(unfit)
    assert bool(found.unfit) == bool(unfit)
    assert len(found.degraded) == len(degraded)
    for said, words in zip(found.degraded, degraded, strict=True):
        assert said.startswith(words)
    assert "alice" not in str(found)


def test_one_that_cannot_go_on_again_and_again_is_unfit() -> None:
    assert health_of(StreamMetrics(), MOST_FAILURES - 1, AT).unfit == ""
    assert "could not go on 3 times" in health_of(StreamMetrics(), MOST_FAILURES, AT).unfit


def test_one_that_somebody_has_to_mend_is_unfit_at_once() -> None:
    assert "somebody has to mend that" in health_of(StreamMetrics(), 1, AT, stuck=True).unfit


def test_deafness_is_counted_from_its_beginning_and_ends_with_a_channel() -> None:
    metrics = _channels(LONG_AGO, open=0, planned=1)
    metrics.observe("channels", {"open": 0, "planned": 1}, AT)
    assert health_of(metrics, 0, AT).unfit
    metrics.observe("channels", {"open": 1, "planned": 1}, AT)
    assert not health_of(metrics, 0, AT).unfit
    metrics.ended(AT)
    assert not health_of(metrics, 0, AT).unfit
    assert health_of(metrics, 0, AT + DEAF).unfit


def test_a_source_without_channels_is_never_deaf() -> None:
    metrics = StreamMetrics()
    metrics.ended(LONG_AGO)
    assert not health_of(metrics, 0, AT).unfit


def test_what_a_sink_said_counts_while_events_wait_and_until_one_is_delivered() -> None:
    metrics = StreamMetrics()
    metrics.observe("sink.trouble", {"error": "kafka-1 cannot be resolved"}, AT)
    assert metrics.waits_because(AT) is None, "nothing waits"
    metrics.waiting_since = AT - timedelta(seconds=5)
    assert metrics.waits_because(AT) == "kafka-1 cannot be resolved"
    metrics.note_delivered(1, AT, AT)
    assert metrics.waits_because(AT) is None


def test_how_a_stream_fares_is_read_as_it_was_written() -> None:
    state = SqliteState.memory()
    assert load_health(state, "mirror@a") == HealthRecord()
    record = HealthRecord(health=health_of(_away(), 0, AT), error="kafka-1 is away")
    save_health(state, "mirror@a", record)
    assert load_health(state, "mirror@a") == record
    assert load_health(state, "mirror@b") == HealthRecord()
    state.close()
