"""Four processes on one credential: one token, and together under its limit in any window."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from syncline.clock import SystemClock
from syncline.connector import Context
from syncline.ports import Secret
from syncline.state import SqliteState
from syncline.state.shared import Shared
from syncline.testing import MemoryCache
from syncline_genesys.settings import Settings
from syncline_genesys.store import GenesysStore
from syncline_simulators.running import Running, running

LIMIT, WINDOW = 40, 4
"""As 300 a minute, but for the time that it takes to see it kept."""
LIFE = 7
"""Seconds that a token lives."""
SECONDS = 11

_WORKER = """
import asyncio, json, sys, time
from syncline.clock import SystemClock
from syncline.http import Client, ClientCredentials, Pace
from syncline.ports import Secret
from syncline.state import SqliteState
from syncline.state.shared import Shared

async def main(path, login, api, client, secret, limit, window, seconds):
    clock, state = SystemClock(), SqliteState.open(path)
    shared = Shared(state, clock)
    secret = Secret(secret)
    auth = ClientCredentials(
        f"{login}/oauth/token", client, secret, clock=clock, shared=shared.token(client, secret)
    )
    pace = Pace(limit / window, ration=shared.ration(client, limit, window))
    end, sent = time.monotonic() + seconds, 0

    async def ask(client):
        nonlocal sent
        while time.monotonic() < end:
            await client.request("GET", "/api/v2/tokens/me")
            sent += 1

    async with Client(api, auth=auth, clock=clock, pace=pace) as client:
        await asyncio.gather(*(ask(client) for _ in range(5)))
    state.close()
    print(sent)

asyncio.run(main(*json.loads(sys.argv[1])))
"""


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Running]:
    """An organisation whose tokens are short-lived and whose limit is reached soon."""
    file = tmp_path / "organization.json"
    client = {
        "id": "client",
        "secret": "words-nobody-guesses",
        "validitySeconds": LIFE + 1,
    }
    file.write_text(json.dumps({"organization": {"clients": [client]}}), encoding="utf-8")
    with running("genesys", load=file, rate_limit=f"{LIMIT}/{WINDOW}s") as simulator:
        yield simulator


def settings_of(simulator: Running) -> Settings:
    table: dict[str, Any] = {k: v for k, v in simulator.connection.items() if k != "connector"}
    secret = Secret("words-nobody-guesses")
    return Settings(**{**table, "client_id": "client", "client_secret": secret})


def moment(call: dict[str, Any]) -> datetime:
    """Return when the simulator was called."""
    return datetime.fromisoformat(call["at"])


def busiest(times: list[datetime]) -> int:
    """Return how many requests the fullest window had, wherever it begins."""
    most = first = 0
    for last, at in enumerate(times):
        while (at - times[first]).total_seconds() >= WINDOW:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_four_processes_stay_under_the_limit_with_one_token(
    simulator: Running, tmp_path: Path
) -> None:
    state = str(tmp_path / "state.db")
    SqliteState.open(state).close()
    hosts = settings_of(simulator).hosts
    given = [state, hosts.login, hosts.api, "client", "words-nobody-guesses", LIMIT, WINDOW]
    command = [sys.executable, "-c", _WORKER, json.dumps([*given, SECONDS])]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    sent = [int(worker.communicate(timeout=180)[0]) for worker in workers]
    calls = simulator.calls()
    logins = [call for call in calls if call["path"].endswith("/oauth/token")]
    asked = [call for call in calls if not call["path"].endswith("/oauth/token")]
    assert Counter(call["status"] for call in asked) == {200: sum(sent)}, "no 429, no 401"
    # What follows is of the calls, and not of the seconds: a busy machine may stall everybody.
    lasted = (max(map(moment, asked)) - moment(logins[0])).total_seconds()
    assert len(logins) >= lasted / LIFE, "a token that ends is renewed"
    gaps = [(later - at).total_seconds() for at, later in pairwise(map(moment, logins))]
    assert all(gap >= LIFE * 0.9 for gap in gaps), (
        "one for each life of a token, which ends a tenth early"
    )
    assert 0.75 * LIMIT < busiest([moment(call) for call in asked]) <= LIMIT, "most of it is used"
    assert min(sent) > 0, "nobody starves"


async def test_stores_of_two_processes_use_one_token(simulator: Running, tmp_path: Path) -> None:
    settings = settings_of(simulator)
    for _ in range(2):
        state = SqliteState.open(tmp_path / "state.db")
        context = Context(
            connection="kb",
            clock=SystemClock(),
            cache=MemoryCache(),
            shared=Shared(state, SystemClock()),
        )
        store = GenesysStore(settings, context)
        async for _ in store.heads():
            break
        await store.aclose()
        state.close()
    logins = [call for call in simulator.calls() if call["path"].endswith("/oauth/token")]
    assert len(logins) == 1
