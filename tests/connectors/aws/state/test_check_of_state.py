"""`syncline check --online` with a state that an AWS connection keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from syncline.cli.online_check import answers
from syncline.config import load
from syncline_aws.state.creating import create_table


def _file(url: str, table: str) -> bytes:
    return f"""
state = {{ connection = "cloud", table = "{table}" }}
[connections.cloud]
connector = "aws"
region = "eu-central-1"
endpoint = "{url}"
access_key_id = {{ env = "AWS_ACCESS_KEY_ID" }}
secret_access_key = {{ env = "AWS_SECRET_ACCESS_KEY" }}
[jobs.j]
kind = "config"
[[jobs.j.rules]]
from = {{ a = "cloud:autoscaling-group/a" }}
to = "cloud:ssm-parameter//machines#value"
expression = "string(a.in_service)"
""".encode()


def test_a_table_of_the_state_that_is_missing_is_told_before_the_first_pass(
    cloud: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIACHECK")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    name = cloud.name()
    config = load(_file(cloud.sim.url, name), folder=tmp_path)
    problem = answers(config)["state in cloud"]
    assert f"create it with `python -m syncline_aws.state {name}`" in str(problem)
    create_table(cloud("dynamodb"), name)
    assert answers(config)["state in cloud"] is None
