"""The files of `examples/deploy`, read once."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from syncline import plugins
from syncline.config import Config, load
from syncline.connector import Connector, Context, setting
from syncline.events import EventSource, Subscription
from syncline.runner import Runner
from syncline.testing.streams import ScriptedSource
from syncline_web.metrics import observe

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "examples" / "deploy"
CONFIG = """\
state = "state.db"
[connections.wiki]
connector = "files"
path = "wiki"
[connections.kb]
connector = "files"
path = "kb"
[jobs.articles]
kind = "documents"
left = "wiki"
right = "kb"
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


EVENTS = (
    "hints", "http.budget", "http.call", "http.pause", "http.retry", "http.wait", "job.failed",
    "loop.lag", "reloaded", "webhook",
)  # fmt: skip
FIELDS = {
    "job": "articles", "connection": "wiki", "seconds": 1.0, "count": 1, "status": 200,
    "result": "accepted", "remaining": 5, "error": "Unavailable",
}  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The configuration of a job between two folders, and of a mirror."""
    return load(CONFIG.encode(), folder=tmp_path, connectors=_connector)


@attrs.frozen(kw_only=True)
class _Settings:
    name: str = setting("Of no use.", default="")


def _source(settings: _Settings, context: Context, wanted: Subscription) -> EventSource:
    """Tells nothing but how it goes, as a source and as a stage do."""
    context.observe("channels", {"open": 1, "planned": 1, "topics": 1, "rejected_topics": 0})
    context.observe("merge.committed", {"told": 1, "late": 0, "repeats": 0, "finalized": 0})
    return ScriptedSource()


def _connector(name: str) -> Connector:
    if name == "teller":
        return Connector(name=name, summary="Tells.", settings=_Settings, source=_source)
    return plugins.load(name)


@pytest.fixture(scope="session")
def deploy() -> Path:
    return DEPLOY


@pytest.fixture(scope="session")
def rules() -> list[dict[str, Any]]:
    """The alert rules."""
    groups = yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.fixture(scope="session")
def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (DEPLOY / "grafana" / "syncline.json").read_text(encoding="utf-8")
    )
    return found


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def promtool() -> str:
    """Prometheus' own checker: Debian's package `prometheus` has it."""
    found = os.environ.get("PROMTOOL") or shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed (Debian package: prometheus)")
    return found


@pytest.fixture
async def exported(tmp_path: Path, config: Config) -> dict[str, frozenset[str]]:
    """Every series that a runner exports once everything has happened, with its labels."""
    for side in ("wiki", "kb"):
        (tmp_path / side).mkdir()
    (tmp_path / "wiki" / "hours.md").write_text("# Hours\n\n9 to 5\n", encoding="utf-8")
    async with Runner(config) as runner:
        observation = observe(runner)
        working = asyncio.create_task(runner.run())
        await runner.begun.wait()
        await runner.sync("articles")
        while not runner.streams["mirror"].metrics.channels:  # noqa: ASYNC110 -- announces nothing
            await asyncio.sleep(0.02)
        for event in EVENTS:
            runner.emit(event, **FIELDS)
        text = observation.metrics().decode()
        await runner.stop()
        await working
    return {
        sample.name: frozenset(sample.labels)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }
