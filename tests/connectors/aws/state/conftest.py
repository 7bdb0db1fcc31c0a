"""A DynamoDB table for each test, in moto's server, over HTTP with boto3."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from syncline_aws.state import DynamoState, create_table

_NUMBERS = count(1)
CONFIG = """
state = {{ connection = "cloud", table = "{table}" }}

[connections.cloud]
connector = "aws"
region = "eu-central-1"
endpoint = "{url}"
access_key_id = {{ env = "A_KEY" }}
secret_access_key = {{ env = "A_SECRET" }}

[connections.left]
connector = "files"
path = "left"

[connections.right]
connector = "files"
path = "right"

[jobs.notes]
kind = "documents"
left = "left"
right = "right"
"""


def _client(url: str) -> Any:
    session = boto3.session.Session("key", "secret", region_name="eu-central-1")
    config = Config(retries={"mode": "standard", "total_max_attempts": 2}, proxies={})
    return session.client("dynamodb", endpoint_url=url, config=config)


@pytest.fixture(scope="session")
def dynamodb_url() -> Iterator[str]:
    """The address of a DynamoDB."""
    script = Path(__file__).with_name("moto_process.py")
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        assert process.stdin is not None
        process.stdin.close()
        process.wait(60)


@pytest.fixture(scope="session")
def dynamodb(dynamodb_url: str) -> Iterator[Any]:
    """A boto3 client."""
    client = _client(dynamodb_url)
    yield client
    client.close()


@pytest.fixture
def client_at() -> Iterator[Callable[[str], Any]]:
    """Makes a boto3 client of a DynamoDB at another address."""
    made: list[Any] = []

    def make(url: str) -> Any:
        made.append(_client(url))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def table(dynamodb: Any) -> str:
    """The name of an empty table."""
    name = f"syncline-{next(_NUMBERS)}"
    create_table(dynamodb, name)
    return name


@pytest.fixture
def open_dynamo(dynamodb: Any, table: str) -> Iterator[Callable[[], DynamoState]]:
    """Opens the table, as another process would."""
    opened: list[DynamoState] = []

    def open_() -> DynamoState:
        opened.append(DynamoState.open(dynamodb, table, grace=0))
        return opened[-1]

    yield open_
    for state in opened:
        state.close()


@pytest.fixture
def configured(
    tmp_path: Path, dynamodb_url: str, table: str, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with a configuration whose state is the table, and two empty folders of articles."""
    monkeypatch.setenv("A_KEY", "key")
    monkeypatch.setenv("A_SECRET", "secret-words")
    for side in ("left", "right"):
        (tmp_path / side).mkdir()
    text = CONFIG.format(table=table, url=dynamodb_url)
    (tmp_path / "syncline.toml").write_text(text)
    return tmp_path
