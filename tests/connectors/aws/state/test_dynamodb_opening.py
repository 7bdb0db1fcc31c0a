"""The table is created, opened by a configuration, and its troubles are told with what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncline.config import read
from syncline.connector import Context
from syncline.engine.opening.state import PassingCache, open_state
from syncline.errors import StateError
from syncline.testing.clock import FakeClock
from syncline_aws.settings import Settings
from syncline_aws.state import DynamoState, create_table, opening


def test_a_table_is_created_once_billed_by_request_and_with_expiry(
    dynamodb: Any, table: str
) -> None:
    assert create_table(dynamodb, table) is False
    told = dynamodb.describe_table(TableName=table)["Table"]
    assert told["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    expiry = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "ttl")


def test_the_command_creates_the_table(dynamodb_url: str, dynamodb: Any) -> None:
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
    command = [sys.executable, "-m", "syncline_aws.state", "by-command"]
    command += ["--region", "eu-central-1", "--endpoint", dynamodb_url]
    runs = [
        subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        for _ in range(2)
    ]
    assert [one.stderr for one in runs] == ["", ""]
    said = ["by-command was created\n", "by-command is there already\n"]
    assert [one.stdout for one in runs] == said


def test_a_table_that_is_not_there_says_how_to_create_it(dynamodb: Any) -> None:
    with pytest.raises(StateError, match=r"python -m syncline_aws\.state never-made"):
        DynamoState.open(dynamodb, "never-made")


def test_a_state_that_does_not_answer_says_so(client_at: Callable[[str], Any], table: str) -> None:
    with pytest.raises(StateError, match="cannot be reached"):
        DynamoState.open(client_at("http://127.0.0.1:9"), table)


async def test_a_configuration_opens_its_table(configured: Path) -> None:
    state = await open_state(read(configured / "syncline.toml"))
    try:
        assert isinstance(state, DynamoState)
        state.cache("left", "k", "v")
        assert state.cached("left", "k") == "v"
    finally:
        state.close()


@pytest.mark.parametrize(
    ("keys", "said"), [({}, "'table' is missing"), ({"table": "t", "tabel": "t"}, "tabel")]
)
def test_keys_that_make_no_sense_are_refused(keys: dict[str, str], said: str) -> None:
    context = Context(connection="cloud", clock=FakeClock(), cache=PassingCache())
    with pytest.raises(ValueError, match=said):
        opening.open_state(Settings(region="eu-central-1"), context, keys)
