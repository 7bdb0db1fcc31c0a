"""How long a job remembers what it did."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from syncline import open_session
from syncline.config import load
from syncline.errors import ConfigError
from syncline.state import SqliteState
from syncline.testing import FakeClock

FILE = """\
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
retention = "{retention}"
"""


@pytest.mark.parametrize(
    ("retention", "titles"), [("7d", ["Prices"]), ("30d", ["Prices", "Hours"])]
)
async def test_history_goes_when_it_is_older_than_the_job_says(
    tmp_path: Path, retention: str, titles: list[str]
) -> None:
    for folder in ("wiki", "kb"):
        (tmp_path / folder).mkdir()
    (tmp_path / "wiki" / "hours.md").write_text("# Hours\n\n9 to 5\n", encoding="utf-8")
    config = load(FILE.format(retention=retention).encode(), folder=tmp_path)
    state, clock = SqliteState.memory(), FakeClock()
    async with open_session(config, "articles", state=state, clock=clock) as session:
        await session.sync()
        clock.advance(timedelta(days=10).total_seconds())
        (tmp_path / "wiki" / "prices.md").write_text("# Prices\n\n1\n", encoding="utf-8")
        await session.sync()
        assert [entry.title for entry in state.history("articles")] == titles


def test_a_day_is_the_least_that_is_remembered(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="retention"):
        load(FILE.format(retention="1h").encode(), folder=tmp_path)
