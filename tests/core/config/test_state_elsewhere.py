"""`state = { connection = … }`: a state that a connection keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from syncline.config import Config
from syncline.config.states import ConnectedState
from syncline.engine.opening.state import open_state, opened_state
from syncline.errors import ConfigError

Loaded = Callable[[str], Config]
Faults = Callable[[str], list[str]]

STATE = 'state = { connection = "cloud", table = "syncline" }\n'
JOB = """
[jobs.j]
kind = "config"
rules = [{ from = { g = "cloud:group/a#desired" }, to = "cx:limits/a#call.maximum" }]
"""


def test_a_table_names_a_connection_and_what_its_connector_wants_to_know(
    loaded: Loaded, boards: str
) -> None:
    state = loaded(STATE + boards + JOB).state
    assert state == ConnectedState(connection="cloud", settings={"table": "syncline"})
    assert str(state) == "connection cloud, table = syncline"


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        ('{ table = "x" }', "f.toml:1:9: state: the key 'connection' is missing"),
        ('{ connection = "clod" }', "f.toml:1:24: state.connection: there is no connection 'clod'"),
        ('{ connection = "wiki" }', "state.connection: the connector 'shelf' keeps no state"),
        ('{ connection = "cloud", table = 3 }', "f.toml:1:41: state.table: 3 is not a text"),
        ("3", "f.toml:1:9: state: 3 is not a state such as 'sqlite:///var/lib/syncline.db'"),
    ],
)
def test_a_state_that_nothing_keeps_is_refused(
    faults: Faults, boards: str, state: str, fault: str
) -> None:
    found = faults(f"state = {state}\n{boards}{JOB}")
    assert len(found) == 1, found
    assert fault in found[0]


async def test_it_is_opened_with_its_secrets_and_from_where_nothing_can_be_awaited(
    loaded: Loaded, boards: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOARD_KEY", "s3cret")
    key = '[connections.cloud]\nfolder = "states"\nkey = { env = "BOARD_KEY" }\n'
    config = loaded(STATE + boards.replace("[connections.cloud]\n", key) + JOB)
    (tmp_path / "states").mkdir()
    state = await open_state(config)
    state.cache("cx", "color", "red")
    state.close()
    again = opened_state(config)
    assert again.cached("cx", "color") == "red"
    again.close()
    assert (tmp_path / "states" / "cloud-s3cret-syncline").is_file()


def test_what_its_connector_refuses_is_a_fault_of_the_configuration(
    loaded: Loaded, boards: str
) -> None:
    config = loaded('state = { connection = "cloud" }\n' + boards + JOB)
    with pytest.raises(ConfigError, match="state: say the table, and nothing else: nothing"):
        asyncio.run(open_state(config))


def test_looking_makes_no_file(loaded: Loaded, boards: str, tmp_path: Path) -> None:
    config = loaded(boards + JOB)
    opened_state(config, create=False).close()
    assert not list(tmp_path.iterdir())
