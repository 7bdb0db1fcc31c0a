"""`docs/connectors/aws.md` says what there is: every field, and every action that is called."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from botocore.session import Session

from syncline_aws.kinds import KINDS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "connectors" / "aws.md").read_text(encoding="utf-8")
SOURCES = ROOT / "connectors" / "aws" / "src" / "syncline_aws"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_field_is_told_as_writable_or_not(kind: str) -> None:
    [row] = [line for line in PAGE.splitlines() if line.startswith(f"| `{kind}/")]
    _, _, writable, readable, _ = row.split("|")
    if "the same" in readable:
        readable = next(
            line.split("|")[3]
            for line in PAGE.splitlines()
            if line.startswith("| `dynamodb-table/")
        )
    fields = KINDS[kind].fields
    assert set(re.findall(r"`(\w+)`", writable)) == {n for n, f in fields.items() if f.writable}
    assert set(re.findall(r"`(\w+)`", readable)) == {n for n, f in fields.items() if not f.writable}


def _called() -> set[str]:
    """The IAM actions of the calls in the sources."""
    prefixes = {"resourcegroupstaggingapi": "tag", "appconfigdata": "appconfig"}
    found = set()
    session = Session()
    for file in (*SOURCES.glob("config/*.py"), SOURCES / "secrets.py"):
        text = file.read_text(encoding="utf-8")
        for service, operation in re.findall(
            r'calls\.(?:read|write)\(\s*"([\w-]+)",\s*"(\w+)"', text
        ):
            names = session.get_service_model(service).operation_names
            [name] = [n for n in names if n.lower() == operation.replace("_", "")]
            found.add(f"{prefixes.get(service, service)}:{name}")
    return found


def test_the_policy_allows_what_is_called_and_no_more() -> None:
    table = PAGE.partition("<!-- policy -->")[2].partition("<!-- policy end -->")[0]
    allowed = set(re.findall(r"`([a-z-]+:[A-Z]\w+)`", table))
    assert allowed - {"kms:Decrypt"} == _called()
