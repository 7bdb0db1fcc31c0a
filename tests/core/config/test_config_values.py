"""What a file that is right turns into: values, policies, secrets, and its schema's agreement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.config import Config
from syncline.config.leaves import leaves, rewritten
from syncline.config.scalars import cron, duration, written
from syncline.config.secrets import SecretRef, from_environment, from_file, open_to_others
from syncline.decision import Deletes, Direction, Limits, OnConflict, Otherwise, Policy
from syncline.errors import ConfigError, SynclineError
from syncline.mapping import Labelled, Mapping, ToCategory, ToLabel
from syncline.ports import Secret

Loaded = Callable[[str], Config]


def test_a_job_without_settings_has_the_policy_and_limits_of_the_engine(
    loaded: Loaded, whole: str
) -> None:
    job = loaded(whole).documents_job("j")
    assert job.policy() == Policy()
    assert job.limits() == Limits()
    assert job.lens() == Mapping(reserved=frozenset({"syncline-review"}))


def test_the_settings_of_a_job_reach_its_policy_limits_and_mapping(
    loaded: Loaded, whole: str
) -> None:
    text = """
direction = "left-to-right"
on_conflict = "left-wins"
otherwise = "right"
deletes = "hold"
relay = true
max_deletes = { percent = 5, count = 3, ceiling = 20 }
withdraw_after = "2h"
max_writes_per_hour = 3
workers = 2
review_label = "neu"
fields = { title = "manual" }
include = "'internal' in labels"
exclude = { labels = ["draft"], paths = ["A/B", ["C/D", "E"]] }
poll = "5m"
schedule = "30 2,4 * jan-mar mon"

[jobs.j.mapping]
titles = { suffix = " (Support)" }
rules = [
    { label = "billing", category = "Billing" },
    { label = "agent-assist", to_label = "agent", one_way = true },
]
"""
    job = loaded(whole + text).documents_job("j")
    assert job.policy() == Policy(
        direction=Direction.LEFT_TO_RIGHT,
        on_conflict=OnConflict.LEFT_WINS,
        otherwise=Otherwise.RIGHT,
        deletes=Deletes.HOLD,
        fields={"title": OnConflict.MANUAL},
        relay=True,
    )
    assert job.limits() == Limits(
        delete_share=0.05,
        delete_count=3,
        delete_ceiling=0.2,
        withdraw_after=timedelta(hours=2),
        writes_per_hour=3,
        workers=2,
    )
    lens = job.lens()
    assert lens.rules == (
        ToCategory(source=Labelled("billing"), category=("Billing",)),
        ToLabel(label="agent-assist", to_label="agent", one_way=True),
    )
    assert lens.reserved == {"neu"}
    assert lens.exclude.paths == (("A", "B"), ("C/D", "E"))
    assert lens.include.when is not None
    assert lens.titles.suffix == " (Support)"
    assert (job.poll, job.schedule) == (timedelta(minutes=5), "30 2,4 * jan-mar mon")


def test_a_job_that_is_not_there_is_answered_with_the_nearest(loaded: Loaded, whole: str) -> None:
    with pytest.raises(ConfigError, match="no job 'k' in the configuration; jobs: j"):
        loaded(whole).job("k")


TOKEN = '\ntoken = { env = "SHELF_TOKEN" }\nnested = { depth = 1, token = { file = "t" } }\n'


def test_secrets_stay_references_until_they_are_looked_up(loaded: Loaded, whole: str) -> None:
    connection = loaded(whole.replace('path = "left"', 'path = "left"' + TOKEN)).connections["a"]
    env, file = SecretRef("env", "SHELF_TOKEN"), SecretRef("file", "t")
    assert connection.secrets == ((("token",), env), (("nested", "token"), file))
    with pytest.raises(SynclineError, match="SHELF_TOKEN"):
        connection.settings.token.reveal()
    ready = connection.ready({env: Secret("one"), file: Secret("two")})
    assert (ready.token.reveal(), ready.nested.token.reveal()) == ("one", "two")
    assert ready.path == connection.settings.path
    assert "one" not in repr(ready)
    assert "SHELF_TOKEN" not in repr(connection)


def test_a_secret_comes_from_the_environment() -> None:
    assert from_environment("A", {"A": "x y"}).reveal() == "x y"
    with pytest.raises(ConfigError, match="environment variable B is not set; export it"):
        from_environment("B", {"A": "x"})
    with pytest.raises(ConfigError, match="environment variable A is empty"):
        from_environment("A", {"A": ""})


def test_a_secret_comes_from_a_file_without_its_last_newline(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"one\ntwo\r\n")
    assert from_file("t", tmp_path).reveal() == "one\ntwo"
    (tmp_path / "t").chmod(0o600)
    assert not open_to_others(tmp_path / "t")
    (tmp_path / "t").chmod(0o644)
    assert open_to_others(tmp_path / "t")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\xff\xfe", "cannot be read: it is not UTF-8"),
        (b"x" * 70_000, "has more than 65536 bytes"),
    ],
)
def test_a_secret_file_that_cannot_be_used_says_why(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "t").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        from_file("t", tmp_path)
    assert said in str(caught.value)


@given(st.integers(0, 3000), st.sampled_from(["ms", "s", "m", "h", "d"]))
def test_a_duration_is_written_as_it_is_read(number: int, unit: str) -> None:
    length = duration(f"{number}{unit}")
    assert duration(written(length)) == length


@pytest.mark.parametrize(
    "text", ["* * * * *", "0 2 * * *", "*/15 1-5/2 1,15 JAN Mon-Fri", "59 23 31 12 7"]
)
def test_a_schedule_has_five_fields(text: str) -> None:
    assert cron(text) == text


@attrs.frozen
class _Shelf:
    items: tuple[int, ...]
    table: dict[str, int]
    _private: int = 0


def test_every_leaf_of_a_settings_value_can_be_rewritten() -> None:
    shelf = _Shelf((1, 2), {"a": 3}, private=4)
    assert [path for path, _ in leaves(shelf)] == [
        ("items", 0),
        ("items", 1),
        ("table", "a"),
        ("_private",),
    ]
    assert rewritten(shelf, lambda leaf: leaf + 1) == _Shelf((2, 3), {"a": 4}, private=5)
