"""The overview shows mirrors and merge jobs beside the jobs that work in passes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

from syncline.engine.mirroring import Figures
from syncline.engine.mirroring.condition import condition

Site = Any
AT = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)


def stream(kind: str, figures: Figures, **more: object) -> Any:
    facts = {
        "instance": "a", "role": "active", "last_error": figures.sink_error,
        "lag": timedelta(seconds=3), "condition": condition(figures, 0, AT),
    }  # fmt: skip
    return SimpleNamespace(settings=SimpleNamespace(kind=kind), figures=figures, **facts | more)


async def test_a_mirror_has_its_row(site: Site) -> None:
    figures = Figures(delivered=41_000, gaps=1, spool_bytes=5_000, spool_size=1 << 30)
    figures.note_heard([], AT)
    figures.channels = {"open": 2, "planned": 3, "topics": 2_500}
    figures.sink_error = "the broker says <script>alert(1)</script>"
    site.runner.streams = {"mirror": stream("events", figures)}
    page = await site.get("/")
    for words in ("mirror", "listener a", "41,000 events", "2 of 3 open, 2,500 topics", "1 gap",
                  "5,000 of 1,073,741,824 bytes", "Events wait:",
                  "Degraded: the sink takes no events; 5,000 of", "2 of 3 channels"):  # fmt: skip
        assert words in page.text
    assert "<script>alert" not in page.html


async def test_a_mirror_that_hears_nothing_says_so_and_why(site: Site) -> None:
    figures = Figures()
    figures.observe("channels", {"open": 0, "planned": 2}, AT - timedelta(minutes=5))
    site.runner.streams = {"mirror": stream("events", figures, last_error="the client is refused")}
    page = await site.get("/")
    assert "Not ready: no channel has been open since 2026-03-01 08:55:00 UTC" in page.text
    assert "It does not work: the client is refused" in page.text


async def test_a_merge_job_has_its_row(site: Site) -> None:
    figures = Figures(repeats=20)
    figures.merged.update(told=21, finalized=2)
    site.runner.streams = {"clean": stream("merge", figures)}
    page = await site.get("/")
    for words in ("merging as a", "20 repeats dropped", "21 told", "2 finalised"):
        assert words in page.text
