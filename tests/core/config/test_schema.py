"""The JSON Schema accepts what the reader accepts, and refuses what it refuses."""

from __future__ import annotations

import tomllib
from collections.abc import Callable

import attrs
import jsonschema
import pytest

from syncline.config import Config
from syncline.config.connections import Load
from syncline.config.jobs import KINDS, settings_of
from syncline.config.schema import Schema, schema


@pytest.fixture
def made(connector: Load) -> Schema:
    return schema([connector("shelf"), connector("vault")])


def valid(made: Schema, text: str) -> bool:
    return not list(jsonschema.Draft202012Validator(made).iter_errors(tomllib.loads(text)))


EVERYTHING = """
state = "sqlite:///var/x.db"
[connections.a]
connector = "shelf"
path = "left"
token = { env = "T" }
color = "green"
format = "html"
tags = ["x"]
retry = "5m"
width = 2
nested = { depth = 1, token = { v = "x" } }
aliases = { a = "b" }
[connections.b]
connector = "shelf"
path = "right"
[connections.v]
connector = "vault"
[jobs.j]
kind = "documents"
left = "a"
right = "b"
direction = "two-way"
on_conflict = "newest-wins"
otherwise = "left"
fields = { title = "left-wins" }
deletes = "keep"
max_deletes = { percent = 1.5, count = 2 }
withdraw_after = "1h"
max_writes_per_hour = 2
include = "title != ''"
exclude = { labels = ["x"], paths = ["A/B", ["C"]], when = "title == ''" }
relay = false
review_label = "r"
schedule = "0 2 * * *"
poll = "30s"
workers = 3
[jobs.j.mapping]
titles = { prefix = "a" }
rules = [
    { label = "x", category = ["A"], one_way = true },
    { ancestor = "B/C", category = "D", one_way = true },
]
"""


def test_the_schema_is_a_schema(made: Schema) -> None:
    jsonschema.Draft202012Validator.check_schema(made)


def test_a_file_with_everything_is_accepted_by_both(
    made: Schema, loaded: Callable[[str], Config]
) -> None:
    assert valid(made, EVERYTHING)
    loaded(EVERYTHING)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('color = "green"', 'color = "blue"'),
        ('token = { env = "T" }', 'token = "T"'),
        ('token = { env = "T" }', 'token = { env = "T", file = "x" }'),
        ('retry = "5m"', 'retry = "5 m"'),
        ("width = 2", "widht = 2"),
        ("depth = 1", "deep = 1"),
        ('path = "left"', ""),
        ('connector = "vault"', 'connector = "nothing"'),
        ('kind = "documents"', 'kind = "events"'),
        ('right = "b"\n', ""),
        ('title = "left-wins"', 'titel = "left-wins"'),
        ('title = "left-wins"', 'title = "left"'),
        ('schedule = "0 2 * * *"', 'schedule = "0 2 * *"'),
        ("workers = 3", 'workers = "3"'),
        ('category = "D"', "category = []"),
        ('state = "sqlite:///var/x.db"', "stat = 1"),
    ],
)
def test_what_the_reader_refuses_the_schema_refuses_too(
    made: Schema, faults: Callable[[str], list[str]], old: str, new: str
) -> None:
    assert old in EVERYTHING
    text = EVERYTHING.replace(old, new)
    assert not valid(made, text)
    assert faults(text)


def test_every_setting_of_every_class_is_described(made: Schema) -> None:
    forms = made["properties"]["jobs"]["additionalProperties"]["oneOf"]
    for kind, form in zip(KINDS, forms, strict=True):
        for field in attrs.fields(settings_of(kind)):
            if field.name != "kind":
                assert form["properties"][field.name]["description"].endswith(".")
    properties = forms[0]["properties"]
    assert properties["workers"]["default"] == 8
    assert properties["withdraw_after"]["default"] == "1d"
    assert properties["direction"] == {
        "enum": ["two-way", "left-to-right", "right-to-left"],
        "description": "Which sides are written.",
        "default": "two-way",
    }
