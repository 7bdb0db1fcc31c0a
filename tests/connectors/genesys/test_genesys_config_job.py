"""A configuration job over the simulated organisation, with everything that goes wrong there."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from syncline.config.file import read
from syncline.engine.configuration import ConfigSession
from syncline.engine.opening.jobs import open_job
from syncline.errors import SynclineError
from syncline.ports import Clock
from syncline.state import SqliteState
from syncline_simulators.running import Running

Do: TypeAlias = Callable[..., Any]

RULES = """
[connections.cx]
connector = "genesys"
region = "{region}"
client_id = "{client_id}"
client_secret = {{ env = "GENESYS_CLIENT_SECRET" }}
requests_per_minute = 60000

[jobs.capacity]
kind = "config"
drift = "repair"
debounce = "0s"

[[jobs.capacity.rules]]
name = "limit"
from = {{ q = "cx:queue-observation/Support" }}
to = {{ item = "cx:data-table-row/Limits/ivr", field = "maximum", type = "int" }}
expression = "min(4000, max(5, q.oInteracting * 10))"

[[jobs.capacity.rules]]
name = "alerting"
from = {{ q = "cx:queue-observation/Support" }}
to = "cx:queue/Support#mediaSettings.call.alertingTimeoutSeconds"
expression = "q.oWaiting > 5 ? 15 : 30"

[[jobs.capacity.rules]]
name = "chats"
from = {{ c = "cx:user-status-count/organization" }}
to = "cx:utilization/organization#chat.maximumCapacity"
expression = "c.onQueue + 1"
minimum = 1
maximum = 10

[[jobs.capacity.rules]]
name = "closing"
from = {{ q = "cx:queue-observation/Support" }}
to = "cx:schedule/Hours#end"
expression = "q.oWaiting > 5 ? '2026-03-02T20:00:00.000' : '2026-03-02T17:00:00.000'"
"""


@pytest.fixture
def organization(do: Do) -> None:
    do("create", "user", name="Robin", routingStatus="IDLE")
    do("create", "queue", name="Support", description="theirs", callingPartyName="Shop")
    do("edit", "queue", name="Support", set={"members": {"Robin": True}})
    do("edit", "utilization", set={"email.maximumCapacity": 3})
    do("create", "data-table", name="Limits", columns={"maximum": "integer", "note": "string"})
    do("edit", "data-table-row", table="Limits", key="ivr", set={"maximum": 1, "note": "theirs"})
    do("create", "schedule", name="Hours", description="theirs", rrule="FREQ=DAILY",
       start="2026-03-02T09:00:00.000", end="2026-03-02T17:00:00.000")  # fmt: skip
    do("edit", "queue-observation", name="Support", set={"oWaiting": 9, "oInteracting": 7})


@pytest.fixture
async def session(
    simulator: Running,
    hurried: Clock,
    organization: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[ConfigSession]:
    (secret,) = simulator.env.values()
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", secret)
    file = tmp_path / "syncline.toml"
    file.write_text(RULES.format(**simulator.connection), encoding="utf-8")
    state = SqliteState.memory()
    async with open_job(read(file), "capacity", state=state, clock=hurried) as opened:
        assert isinstance(opened, ConfigSession)
        yield opened
    state.close()


def whole(simulator: Running) -> dict[str, Any]:
    """Everything in the organisation, but for what the server keeps and the rules own."""
    ours = {
        "queue": ["mediaSettings", "call", "alertingTimeoutSeconds"],
        "utilization": ["utilization", "chat", "maximumCapacity"],
        "schedule": ["end"],
    }
    found: dict[str, Any] = {}
    for item in simulator.items():
        body = copy.deepcopy(item["body"])
        for name in ("dateModified", "modifiedBy", "modifiedByApp", "version"):
            body.pop(name, None)
        place = body
        *parents, last = ours.get(item["kind"], ["-"])
        for name in parents:
            place = place[name]
        place.pop(last, None)
        for row in body.get("rows", ()):
            row.pop("maximum", None)
        # A user follows the organisation.
        body.get("utilization", {}).pop("utilization", None)
        found[item["id"]] = body
    return found


def ours(simulator: Running) -> tuple[Any, ...]:
    """What the rules own."""
    queue = simulator.item("queue/Support")["body"]
    (row,) = simulator.item("data-table/Limits")["body"]["rows"]
    return (
        row["maximum"],
        queue["mediaSettings"]["call"]["alertingTimeoutSeconds"],
        simulator.item("utilization/organization")["body"]["utilization"]["chat"][
            "maximumCapacity"
        ],
        simulator.item("schedule/Hours")["body"]["end"],
    )


def mutations(simulator: Running) -> int:
    queries = ("/realtime", "/query", "/token")
    return sum(
        one["method"] != "GET" and not one["path"].endswith(queries) for one in simulator.calls()
    )


WANTED = (70, 15, 2, "2026-03-02T20:00:00.000")


async def test_rules_change_what_they_own_and_nothing_else(
    session: ConfigSession, simulator: Running
) -> None:
    before = whole(simulator)
    report = await session.sync()
    assert ours(simulator) == WANTED
    assert whole(simulator) == before
    assert (report.counts["writes"], mutations(simulator)) == (4, 4)
    again = await session.sync()
    assert (again.counts["writes"], mutations(simulator)) == (0, 4)


async def test_what_people_change_is_repaired_and_their_other_edits_stay(
    session: ConfigSession, simulator: Running, do: Do
) -> None:
    await session.sync()
    await session.poll()
    edits: dict[str, Any] = {"description": "new", "mediaSettings.call.alertingTimeoutSeconds": 60}
    do("edit", "queue", name="Support", set=edits)
    do("edit", "data-table-row", table="Limits", key="ivr", set={"maximum": 1, "note": "new"})
    before = whole(simulator)
    await session.poll()
    assert ours(simulator) == WANTED
    assert whole(simulator) == before
    assert simulator.item("queue/Support")["body"]["description"] == "new"
    drifted = [one.detail for one in session.history() if "Kim Editor" in one.detail]
    assert any("60 -> 15" in detail for detail in drifted)


@pytest.mark.parametrize("seed", range(4))
async def test_after_a_storm_everything_is_as_the_rules_say(
    session: ConfigSession, simulator: Running, hurried: Clock, do: Do, seed: int
) -> None:
    """Lost answers, 429s, 5xx, ended tokens, and people who edit meanwhile."""
    before = whole(simulator)
    simulator.faults(
        [
            {"kind": "rate-limited", "retry_after": 1, "times": 6, "probability": 0.3,
             "seed": seed},
            {"kind": "expired-token", "times": 1, "probability": 0.1, "seed": seed},
            {"kind": "reset", "when": "after", "times": 3, "probability": 0.5, "seed": seed,
             "match": {"method": "PUT|POST"}},
            {"kind": "status", "status": 503, "when": "after", "times": 3, "probability": 0.3,
             "seed": seed, "match": {"method": "PUT"}},
        ]
    )  # fmt: skip
    for waiting in (9, 1, 9):
        do("edit", "queue-observation", name="Support", set={"oWaiting": waiting})
        try:
            await session.sync()
            await session.poll()
        except SynclineError:
            # A pass that cannot even begin is made again: nothing is lost by it.
            continue
    assert {one["fault"] for one in simulator.calls()} > {None, "rate-limited"}
    simulator.clear_faults()
    # Credentials that are refused right after a renewal are not renewed again for a minute.
    await hurried.sleep(120)
    for ref in [one.ref for one in session.quarantine()]:
        session.retry(ref)
    await session.sync()
    await session.sync()
    assert ours(simulator) == WANTED
    assert whole(simulator) == before
    done = mutations(simulator)
    await session.sync()
    assert mutations(simulator) == done
