"""A real runner between two folders, and a client for its health and metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import attrs
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from syncline.config import Config, load
from syncline.runner import Runner
from syncline_web.metrics import routes

CONFIG = """\
state = "state.db"
[connections.wiki]
connector = "files"
path = "wiki"
[connections.wiki.webhook]
form = "generic"
secret = { env = "NOBODY_LOOKS_IT_UP" }
[connections.kb]
connector = "files"
path = "kb"
[jobs.articles]
kind = "documents"
left = "wiki"
right = "kb"
"""


@attrs.define
class Watch:
    """A runner and what it shows."""

    folder: Path
    runner: Runner
    client: httpx.AsyncClient

    def write(self, name: str, text: str) -> None:
        """Let a person write an article on the left."""
        (self.folder / "wiki" / f"{name}.md").write_text(f"# {name}\n\n{text}\n", encoding="utf-8")

    async def series(self) -> dict[str, float]:
        """Return all series as `name{label="value",…}`, labels in order."""
        answer = await self.client.get("/metrics")
        assert answer.status_code == 200
        return {
            _written(sample.name, sample.labels): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }


def _written(name: str, labels: dict[str, str]) -> str:
    inner = ",".join(f'{key}="{labels[key]}"' for key in sorted(labels))
    return f"{name}{{{inner}}}" if inner else name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for side in ("wiki", "kb"):
        (tmp_path / side).mkdir()
    return tmp_path


@pytest.fixture
def config(folder: Path) -> Config:
    return load(CONFIG.encode(), folder=folder)


@pytest.fixture
async def watch(folder: Path, config: Config) -> AsyncIterator[Watch]:
    async with Runner(config) as runner:
        app = httpx.ASGITransport(Starlette(routes=routes(runner)))
        async with httpx.AsyncClient(transport=app, base_url="http://127.0.0.1") as client:
            yield Watch(folder=folder, runner=runner, client=client)
