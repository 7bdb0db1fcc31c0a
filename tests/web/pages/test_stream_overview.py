"""The overview shows mirrors and merge jobs beside the jobs that work in passes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

from syncline.engine.mirroring import StreamMetrics
from syncline.engine.mirroring.health import health_of

Site = Any
AT = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)


def stream(kind: str, metrics: StreamMetrics, **more: object) -> Any:
    facts = {
        "instance": "a", "role": "active", "last_error": metrics.sink_error,
        "lag": timedelta(seconds=3), "health": health_of(metrics, 0, AT),
    }  # fmt: skip
    return SimpleNamespace(settings=SimpleNamespace(kind=kind), metrics=metrics, **facts | more)


async def test_a_mirror_has_its_row(site: Site) -> None:
    metrics = StreamMetrics(delivered=41_000, gaps=1, spool_bytes=5_000, spool_size=1 << 30)
    metrics.note_heard([], AT)
    metrics.channels = {"open": 2, "planned": 3, "topics": 2_500}
    metrics.sink_error = "the broker says <script>alert(1)</script>"
    site.runner.streams = {"mirror": stream("events", metrics)}
    page = await site.get("/")
    for words in ("mirror", "listener a", "41,000 events", "2 of 3 open, 2,500 topics", "1 gap",
                  "5,000 of 1,073,741,824 bytes", "Events wait:",
                  "Degraded: the sink takes no events; 5,000 of", "2 of 3 channels"):  # fmt: skip
        assert words in page.text
    assert "<script>alert" not in page.html


async def test_a_mirror_that_hears_nothing_says_so_and_why(site: Site) -> None:
    metrics = StreamMetrics()
    metrics.observe("channels", {"open": 0, "planned": 2}, AT - timedelta(minutes=5))
    site.runner.streams = {"mirror": stream("events", metrics, last_error="the client is refused")}
    page = await site.get("/")
    assert "Not ready: no channel has been open since 2026-03-01 08:55:00 UTC" in page.text
    assert "It does not work: the client is refused" in page.text


async def test_a_merge_job_has_its_row(site: Site) -> None:
    metrics = StreamMetrics(repeats=20)
    metrics.merged.update(told=21, finalized=2)
    site.runner.streams = {"clean": stream("merge", metrics)}
    page = await site.get("/")
    for words in ("merging as a", "20 repeats dropped", "21 told", "2 finalised"):
        assert words in page.text
