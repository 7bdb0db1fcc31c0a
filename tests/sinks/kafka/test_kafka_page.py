"""`docs/connectors/kafka.md` says what there is, and its examples can be used."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path

import attrs
import pytest

from syncline.config import load
from syncline.errors import ConfigError
from syncline.events import Event
from syncline_kafka import Security
from syncline_kafka.messages import binary

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "connectors" / "kafka.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_read(example: str, tmp_path: Path) -> None:
    job = '\n[jobs.j]\nkind = "events"\nsource = "bus"\nsink = "bus"\ntopics = ["a"]\n'
    with pytest.raises(ConfigError) as caught:
        load((example + job).encode(), folder=tmp_path)
    # A source of events is all that is missing.
    [problem] = caught.value.problems
    assert "jobs.j.source" in problem


def test_every_setting_of_security_is_told() -> None:
    table = PAGE.partition("## Login and TLS")[2].partition("Confluent")[0]
    told = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    names = {name for cell in told for name in re.findall(r"`(\w+)`", cell)}
    assert names == {field.name for field in attrs.fields(Security)}


def test_every_header_is_told() -> None:
    at = datetime(2026, 3, 1, tzinfo=timezone.utc)
    event = Event(
        id="i", key="k", type="t", source="s", occurred_at=at, observed_at=at, synthetic=True
    )
    table = PAGE.partition("## A record")[2].partition("`envelope")[0]
    assert set(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)) == {
        name for name, _ in binary(event).headers
    }
