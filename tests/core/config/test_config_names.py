"""Names of objects that no vendor can have are found by `check`, before anything is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncline.config import Config
from syncline.config.file import load
from syncline.errors import ConfigError

FILE = """
[connections.cx]
connector = "genesys"
region = "eu-central-1"
client_id = "6f1c7a52-0000-0000-0000-000000000000"
client_secret = { env = "NONE" }
[connections.cloud]
connector = "aws"
region = "eu-central-1"
[jobs.j]
kind = "config"
[[jobs.j.rules]]
from = { q = "cx:queue-observation/Support" }
expression = "1"
"""
USER = "5b1b2a30-8c8b-4d0c-9f61-6d9d3a3f1f2e"


def read(item: str, field: str) -> Config:
    """Load a file with a rule that writes this field, by the connectors that are installed."""
    type_ = ', type = "int"' if "row" in item else ""
    rule = f'to = {{ item = "{item}", field = "{field}"{type_} }}\n'
    return load((FILE + rule).encode(), file="f.toml", folder=Path())


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ("cx:utilization/organization", "call.maximumCapacity"),
        (f"cx:utilization/user/{USER}", "call.maximumCapacity"),
        (f"cx:user/{USER}", "skills.French"),
        ("cx:data-table-row/Limits/a/b", "maximum"),
        ("cloud:dynamodb-index/calls/by-day", "read_capacity"),
        ("cloud:lambda-alias/flow:live", "provisioned_concurrency"),
        ("cloud:lambda-alias/flow:7", "provisioned_concurrency"),
    ],
)
def test_a_name_as_the_vendor_has_them_is_taken(item: str, field: str) -> None:
    assert read(item, field).rules["j"]


@pytest.mark.parametrize(
    ("item", "field", "fault"),
    [
        ("cx:utilization/org", "call.maximumCapacity", "its name is 'organization' or user/<id>"),
        ("cx:utilization/user/kim", "call.maximumCapacity", "no utilization is called 'user/kim'"),
        ("cx:user/kim", "skills.French", "no user is called 'kim'; its name is id"),
        ("cx:data-table-row/Limits", "maximum", "its name is <table name or id>/<key>"),
        ("cloud:dynamodb-index/calls", "read_capacity", "its name is table/index"),
        ("cloud:lambda-alias/flow", "provisioned_concurrency", "its name is function:alias"),
        ("cloud:lambda-alias/flow:$LATEST", "provisioned_concurrency", "no lambda-alias is called"),
        ("cloud:autoscaling-group/a", "desird", "an autoscaling-group has no field 'desird'"),
    ],
)
def test_a_name_that_no_vendor_can_have_is_a_fault(item: str, field: str, fault: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read(item, field)
    assert fault in str(raised.value)
    assert "f.toml:15:6: jobs.j.rules[0].to" in str(raised.value)
