"""What a mirror shows to Prometheus, to health checks and on the overview."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from syncline.config import load
from syncline.connector import Connector, Context, setting
from syncline.engine.mirroring.health import Health, health_of
from syncline.events import EventSource, Subscription, interaction
from syncline.events.lines import connector as lines
from syncline.runner import Runner
from syncline.testing.streams import ScriptedSource, happening
from syncline_web.metrics import routes

FILE = """
[connections.cx]
connector = "teller"
[connections.out]
connector = "lines"
file = "out.jsonl"
[jobs.mirror]
kind = "events"
source = "cx"
sink = "out"
topics = ["t"]
"""


@attrs.frozen(kw_only=True)
class _Settings:
    name: str = setting("Of no use.", default="")


class _Told(ScriptedSource):
    """One that tells of its channels, too."""

    def __init__(self, observe: Callable[[str, dict[str, Any]], None]) -> None:
        super().__init__()
        observe("channels", {"open": 2, "planned": 3, "topics": 1_500, "rejected_topics": 0})
        observe("frames", {"count": 9, "events": 7, "repeats": 4, "rejected": 0})


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 -- what is waited for announces nothing
            await asyncio.sleep(0.02)


async def test_a_mirror_is_measured(tmp_path: Path) -> None:
    sources: list[_Told] = []

    def source(settings: Any, context: Context, wanted: Subscription) -> EventSource:
        sources.append(_Told(context.observe))
        return sources[-1]

    def connector(name: str) -> Connector:
        teller = Connector(name="teller", summary="T.", settings=_Settings, source=source)
        return {"teller": teller, "lines": lines}[name]

    config = load(FILE.encode(), folder=tmp_path, connectors=connector)
    async with Runner(config, drain=2.0) as runner:
        task = asyncio.create_task(runner.run())
        app = httpx.ASGITransport(Starlette(routes=routes(runner)))
        async with httpx.AsyncClient(transport=app, base_url="http://127.0.0.1") as client:
            await until(lambda: sources)
            gap = happening(2, key="listener/a", type=interaction.GAP)
            gap = attrs.evolve(gap, data={"unrepaired": ["c7", "c8"]})
            sources[0].tell(happening(1, type=interaction.STARTED), gap)
            sources[0].tell(happening(1), happening(3, type="of another kind"))
            await until(lambda: runner.streams["mirror"].metrics.delivered == 4)
            series = _series((await client.get("/metrics")).text)
            ready = (await client.get("/readyz")).json()
        runner.end()
        await task
    of = 'listener="a",sync_job="mirror"'
    assert series[f'syncline_events_heard_total{{{of},type="conversation.started"}}'] == 1
    assert series[f'syncline_events_heard_total{{{of},type="wrapup"}}'] == 0
    assert series[f'syncline_events_heard_total{{{of},type="other"}}'] == 1
    assert series[f"syncline_events_repeated_total{{{of}}}"] == 5
    assert series[f"syncline_listener_gaps_total{{{of}}}"] == 1
    assert series[f"syncline_listener_unrepaired_total{{{of}}}"] == 2
    assert series[f"syncline_spool_bytes{{{of}}}"] == 0
    assert series[f"syncline_spool_size_bytes{{{of}}}"] == 2**30
    assert series[f"syncline_stream_active{{{of}}}"] == 1
    assert series[f"syncline_stream_failing{{{of}}}"] == 0
    assert series[f'syncline_channels{{{of},what="open"}}'] == 2
    assert series[f"syncline_delivery_seconds_count{{{of}}}"] >= 1
    assert ready["ready"]
    assert ready["jobs"]["mirror"]["listener"] == "a"


def _series(text: str) -> dict[str, float]:
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            inner = ",".join(f'{key}="{sample.labels[key]}"' for key in sorted(sample.labels))
            found[f"{sample.name}{{{inner}}}"] = sample.value
    return found


@pytest.mark.parametrize(("error", "spool", "ready"), [
    (None, 0, True), ("no broker answers", 10, True), (None, 100, False),
])  # fmt: skip
def test_a_mirror_is_unready_only_when_it_hears_no_more(
    error: str | None, spool: int, ready: bool
) -> None:
    from syncline.engine.mirroring import StreamMetrics
    from syncline.state import SqliteState
    from syncline_web.metrics.health import Readiness

    metrics = StreamMetrics(spool_bytes=spool, spool_size=100, sink_error=error)
    stream = _Stream(metrics=metrics, last_error=error)
    state = SqliteState.memory()
    runner = _Runner(state=state, streams={"mirror": stream})
    verdict = Readiness(runner, {}).verdict()
    assert verdict.ready is ready
    assert ready or verdict.reasons == ("mirror: the spool is full, and nothing more is heard",)
    waits = "mirror: the sink takes no events; 10 of 100 bytes wait on disk"
    assert verdict.degraded == ((waits,) if error else ())
    assert "no broker answers" not in json.dumps(verdict.as_json())
    state.close()


@attrs.frozen(kw_only=True)
class _Stream:
    metrics: Any
    last_error: str | None
    instance: str = "a"
    role: str = "active"
    failures: int = 0
    lag: timedelta = timedelta()

    @property
    def health(self) -> Health:
        return health_of(self.metrics, self.failures, datetime.now(timezone.utc))


@attrs.frozen(kw_only=True)
class _Runner:
    state: Any
    streams: dict[str, _Stream]
    config: Any = None
    jobs: dict[str, Any] = attrs.field(factory=dict)

    def subscribe(self, listener: object) -> Callable[[], None]:
        return lambda: None
