"""`docs/scope.md` and `syncline check` say the same of everything that people try to drive."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from syncline import plugins
from syncline.config import load
from syncline.config_items import FieldType
from syncline.connector import Connector
from syncline.errors import ConfigError

PAGE = Path(__file__).parents[2] / "docs" / "scope.md"
CONNECTORS = {"cx": "genesys", "cloud": "aws"}
FILE = """[connections.cx]
connector = "genesys"
region = "eu-central-1"
client_id = "c"
client_secret = {{ env = "S" }}
[connections.cloud]
connector = "aws"
[jobs.capacity]
kind = "config"
[[jobs.capacity.rules]]
from = {source}
to = {target}
expression = "{expression}"
"""
SOME_VALUES = {
    FieldType.INT: "1",
    FieldType.DOUBLE: "1.0",
    FieldType.BOOL: "true",
    FieldType.STRING: "'x'",
    FieldType.LIST: "[]",
    FieldType.MAP: "{}",
}


@frozen(kw_only=True)
class Row:
    """One thing that people want."""

    wanted: str
    address: str
    verdict: str

    @property
    def connection(self) -> str:
        return self.address.partition(":")[0]

    @property
    def kind(self) -> str:
        return self.address.partition(":")[2].partition("/")[0]

    @property
    def path(self) -> str:
        return self.address.rpartition("#")[2]

    @property
    def item(self) -> str:
        return self.address.rpartition("#")[0]


def rows() -> Iterator[Row]:
    row = re.compile(r"\| ([^|]+) \| `([^|`]+)` \| (\w[\w ]*) \| [^|]+ \|")
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if found := row.fullmatch(line):
            yield Row(wanted=found[1], address=found[2], verdict=found[3])


def connector(name: str) -> Connector:
    return plugins.load(CONNECTORS[name])


def check(source: str, target: str, expression: str) -> list[str]:
    """Return what is wrong with a file of this one rule."""
    text = FILE.format(source=source, target=target, expression=expression)
    try:
        load(text.encode())
    except ConfigError as error:
        return list(error.problems)
    return []


def written(row: Row) -> list[str]:
    """Return what is wrong with writing it."""
    kind = connector(row.connection).kinds
    known = kind()[row.kind] if kind is not None and row.kind in kind() else None
    spec = known.spec(row.path) if known is not None else None
    type_ = FieldType.INT if spec is None or spec.type is FieldType.ANY else spec.type
    target = f'"{row.address}"'
    if spec is not None and spec.type is FieldType.ANY:
        target = f'{{ item = "{row.item}", field = "{row.path}", type = "int" }}'
    read = "cx:queue-observation/Support" if row.connection == "cloud" else "cloud:ssm-parameter/x"
    return check(f'{{ q = "{read}" }}', target, SOME_VALUES[type_])


def read(row: Row) -> list[str]:
    """Return what is wrong with reading it."""
    if row.connection == "cloud":
        target, made = '"cx:queue/Support#description"', "string(x)"
    else:
        target, made = '"cloud:ssm-parameter/y#value"', "string(x)"
    return check(f'{{ x = "{row.address}" }}', target, made)


def reason(row: Row) -> str:
    """Return the connector's own reason for a refusal, the most exact one that it has."""
    declared = connector(row.connection).refused
    refused = declared() if declared is not None else {}
    paths = [f"{row.kind}#{row.path}", f"{row.kind}#{row.path.partition('.')[0]}", row.kind]
    return next(refused[name] for name in paths if name in refused)


ROWS = list(rows())


def test_the_page_has_rows() -> None:
    assert len(ROWS) > 50
    assert {row.verdict for row in ROWS} == {"supported", "read", "by a row", "refused"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.wanted}: {row.verdict}")
def test_check_says_what_the_page_says(row: Row) -> None:
    match row.verdict:
        case "supported" | "by a row":
            assert written(row) == []
        case "read":
            assert read(row) == []
            assert written(row)
        case _:
            (problem,) = written(row)
            assert problem.startswith("syncline.toml:12:6: jobs.capacity.rules[0].to: ")
            assert problem.endswith(f": {reason(row)}")


def test_a_kind_that_is_refused_cannot_be_read_either() -> None:
    (problem,) = check('{ f = "cx:flow/Main" }', '"cloud:ssm-parameter/y#value"', "f.limit")
    assert problem.startswith(
        "syncline.toml:11:14: jobs.capacity.rules[0].from.f: a rule can neither drive nor"
    )
    assert "let the flow look up a row" in problem


@pytest.mark.parametrize("name", CONNECTORS)
def test_every_kind_and_every_refusal_is_on_the_page(name: str) -> None:
    found = connector(name)
    assert found.kinds is not None
    assert found.refused is not None
    mine = [row for row in ROWS if row.connection == name]
    assert {row.kind for row in mine if row.verdict != "refused"} == set(found.kinds())
    told = {reason(row) for row in mine if row.verdict == "refused"}
    assert told == set(found.refused().values())
    assert all(kind not in found.kinds() for kind in found.refused())


@pytest.mark.parametrize("name", CONNECTORS)
def test_a_refusal_is_one_sentence_that_fits_a_field_that_nobody_can_write(name: str) -> None:
    found = connector(name)
    assert found.kinds is not None
    assert found.refused is not None
    for address, why in found.refused().items():
        kind, _, path = address.partition("#")
        spec = found.kinds()[kind].spec(path) if path else None
        assert spec is None or not spec.writable, f"{address} can be written"
        assert not why.endswith("."), why
