"""Processes that are killed, stopped and cut off: what was committed is there, once and whole."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from syncline.model import Cursor, Side
from syncline.state.records import Effect, SaveCursor, SaveLink
from syncline.testing.faulty import Received
from syncline.testing.proxy import FaultyProxy, at_random
from syncline.testing.state_contract.samples import JOB, half, kb, line, link, mark, titles, wiki
from syncline_aws.state import DynamoState
from syncline_aws.state.pending import prepare
from syncline_aws.state.table import Change
from syncline_aws.state.wire import key_of

_OPEN = """
import sys, time
import boto3
from botocore.config import Config
from syncline.errors import LeaseLost
from syncline.model import Cursor, Side
from syncline.state.records import SaveCursor, SaveLink
from syncline.testing.state_contract.samples import JOB, line, link, mark, wiki
from syncline_aws.state import DynamoState

url, table, holder = sys.argv[1:]
session = boto3.session.Session("key", "secret", region_name="eu-central-1")
client = session.client("dynamodb", endpoint_url=url, config=Config(proxies={}))
state = DynamoState.open(client, table)
"""

_WRITER = (
    _OPEN
    + """
lease = state.acquire("job/job", holder=holder, ttl=60, instead_of=state.holder("job/job"))
n = int(state.cursor(JOB, Side.LEFT) or "0")
while True:
    n += 1
    effects = [SaveLink(link(n)), line(n)]
    if n % 3 == 0:
        effects += [mark(wiki(f"{n}-{k}")) for k in range(101)]
    state.commit([*effects, SaveCursor(JOB, Side.LEFT, Cursor(str(n)))], lease)
    print(n, flush=True)
"""
)

_HOLDER = (
    _OPEN
    + """
lease = state.acquire("job/job", holder=holder, ttl=0.2)
print("holding", flush=True)
sys.stdin.readline()
try:
    state.commit([SaveLink(link(1))], lease)
except LeaseLost:
    print("lost", flush=True)
"""
)

Start = Callable[[str, str], "subprocess.Popen[str]"]


@pytest.fixture
def start(dynamodb_url: str, table: str) -> Start:
    """Starts a process on the table."""

    def start_(script: str, holder: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", script, dynamodb_url, table, holder]
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    return start_


def last_number(process: subprocess.Popen[str], *, least: int, rng: random.Random) -> int:
    """Kill a writer some time after it committed a few times; return what it said last."""
    assert process.stdout is not None
    for _ in range(least):
        process.stdout.readline()
    time.sleep(rng.uniform(0, 0.2))
    process.kill()
    said = process.stdout.read().split()
    process.communicate()
    return int(said[-1]) if said else 0


def test_a_killed_process_leaves_every_commit_whole_or_not_at_all(
    start: Start, open_dynamo: Callable[[], DynamoState]
) -> None:
    rng = random.Random(7)
    for round_ in range(2):
        told = last_number(start(_WRITER, f"writer-{round_}"), least=3, rng=rng)
        state = open_dynamo()
        done = int(state.cursor(JOB, Side.LEFT) or "0")
        assert done >= told
        assert len(list(state.links(JOB))) == done
        assert titles(state.history(JOB, limit=999)) == [str(n) for n in range(done, 0, -1)]
        assert state.backlog(JOB).count == 101 * (done // 3)
        assert list(state.table.query("pending")) == []


def test_a_process_that_slept_through_its_lease_commits_nothing(
    start: Start, open_dynamo: Callable[[], DynamoState]
) -> None:
    process = start(_HOLDER, "sleeper")
    assert process.stdout is not None
    assert process.stdout.readline() == "holding\n"
    process.send_signal(signal.SIGSTOP)
    time.sleep(0.3)
    state = open_dynamo()
    assert state.acquire("job/job", holder="heir", ttl=60) is not None
    process.send_signal(signal.SIGCONT)
    out, _ = process.communicate("go\n", timeout=60)
    assert out == "lost\n"
    assert list(state.links(JOB)) == []


LOST = ("reset-after", "close-after", "applied-502", "reset-before", "close-before")


async def test_answers_that_are_lost_lead_to_no_loss_and_nothing_twice(
    dynamodb_url: str, table: str, client_at: Callable[[str], Any]
) -> None:
    def writes(request: Received) -> bool:
        target = request.headers.get("x-amz-target", "")
        return target.endswith(("TransactWriteItems", "PutItem", "UpdateItem", "BatchWriteItem"))

    async with FaultyProxy(dynamodb_url, at_random(5, 0.3, LOST, writes)) as proxy:
        await asyncio.to_thread(_work, client_at(proxy.url), table)
        assert sum(entry.fault is not None for entry in proxy.ledger) > 10
    state = DynamoState.open(client_at(dynamodb_url), table)
    assert [one.pair for one in state.links(JOB)] == sorted(link(n).pair for n in range(20))
    assert titles(state.history(JOB)) == [str(n) for n in range(19, -1, -1)]
    assert state.cursor(JOB, Side.LEFT) == "19"
    assert state.link(JOB, kb(7)) == link(7)
    assert state.backlog(JOB).count == 3
    state.close()


def _work(client: Any, table: str) -> None:
    state = DynamoState.open(client, table)
    lease = state.acquire("job/job", holder="me", ttl=60)
    assert lease is not None
    for n in range(20):
        saved = SaveCursor(JOB, Side.LEFT, Cursor(str(n)))
        state.commit([SaveLink(link(n)), line(n), saved, mark(wiki(n % 3))], lease)
        lease = state.renew(lease, ttl=60)
    state.release(lease)
    state.close()


def test_a_large_commit_that_counts_is_finished_by_whoever_takes_the_lease_over(
    open_dynamo: Callable[[], DynamoState],
) -> None:
    first, heir = open_dynamo(), open_dynamo()
    assert first.acquire("job/job", holder="first", ttl=0) is not None
    saved: list[Effect] = [SaveLink(link(f"{n:03d}")) for n in range(12)]
    # As if it had died right after the transaction that made it count.
    head = prepare(first.table, "an-id", 1, [*saved, line(1)])
    first.table.write([Change(key_of(head), None, {**head, "v": "an-id"})], None, "")
    # Meanwhile somebody who needs no lease has taken one of the items.
    heir.commit([SaveLink(link("x", left=half(wiki("007"))))], None)
    assert len(list(heir.links(JOB))) == 1
    assert heir.acquire("job/job", holder="heir", ttl=60) is not None
    assert len(list(heir.links(JOB))) == 12, "all but the one that would be a second pair"
    assert titles(heir.history(JOB)) == ["1"]
    assert heir.link(JOB, wiki("007")) == link("x", left=half(wiki("007")))
    assert list(heir.table.query("pending")) == []


def test_what_is_left_of_a_commit_that_was_carried_out_is_tidied_up(
    open_dynamo: Callable[[], DynamoState],
) -> None:
    state = open_dynamo()
    head = prepare(state.table, "an-id", 1, [line(1)])
    state.table.write([Change(key_of(head), None, {**head, "v": "x", "done": 1})], None, "")
    parts = state.table.query("pending-parts|an-id")
    state.table.delete_all([key_of(part) for part in parts])
    state.tidy()
    assert state.history(JOB) == []
    assert list(state.table.query("pending")) == []
