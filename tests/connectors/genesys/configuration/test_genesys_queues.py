"""Queues: what a write leaves as it was, and how many are read with how few calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, TypeAlias

import httpx
import pytest

from syncline.config_items import ConfigRecord, at_path
from syncline.errors import NotFound, OutcomeUnknown, Rejected, VersionMismatch
from syncline.model import JSON, Status
from syncline_genesys.config.store import GenesysConfigStore
from syncline_simulators.running import Running

Do: TypeAlias = Callable[..., Any]
NOW = datetime(2026, 3, 2, tzinfo=timezone.utc)
TIMEOUT = "mediaSettings__call__alertingTimeoutSeconds"


async def test_a_write_of_a_queue_leaves_everything_else_as_it_was(
    config: Any, simulator: Running, do: Do
) -> None:
    do("create", "user", name="Robin")
    do(
        "create",
        "queue",
        name="Support",
        description="Somebody's text",
        callingPartyNumber="+15555550100",
        conditionalGroupRouting={"rules": [{"operator": "GreaterThan", "waitSeconds": 5}]},
        outboundEmailAddress={"domain": {"id": "d"}, "route": {"id": "r"}},
        mediaSettings={"callback": {"mode": "CustomerFirst", "pacingModifier": 1.5}},
    )
    do("edit", "queue", name="Support", set={"members": {"Robin": True}})
    code = do("create", "wrapup-code", name="Solved")["id"]
    give_code(simulator, simulator.item("queue/Support")["body"]["id"], code)
    simulator.clear_calls()
    before = simulator.item("queue/Support")["body"]
    assert (len(before["members"]), before["wrapupCodes"]) == (1, ["Solved"])
    after, _ = await config.write(await config.look("queue/Support"), **{TIMEOUT: 25})
    whole = simulator.item("queue/Support")["body"]
    assert whole["mediaSettings"]["call"].pop("alertingTimeoutSeconds") == 25
    assert before["mediaSettings"]["call"].pop("alertingTimeoutSeconds") == 8
    for name in ("dateModified", "modifiedBy"):
        assert whole.pop(name) != before.pop(name)
    assert whole == before
    assert after.values["mediaSettings"]["call"]["alertingTimeoutSeconds"] == 25
    assert config.mutations() == [f"PUT /api/v2/routing/queues/{whole['id']}"]


def give_code(simulator: Running, queue: str, code: str) -> None:
    """Let agents of a queue choose a wrap-up code, which only the API does."""
    client = simulator.connection["client_id"], simulator.env["GENESYS_CLIENT_SECRET"]
    with httpx.Client(base_url=simulator.url, trust_env=False) as http:
        grant = {"grant_type": "client_credentials"}
        token = http.post("/oauth/token", data=grant, auth=client).json()["access_token"]
        path = f"/api/v2/routing/queues/{queue}/wrapupcodes"
        given = http.post(path, json=[{"id": code}], headers={"Authorization": f"Bearer {token}"})
    assert given.is_success, given.text


async def test_nothing_is_sent_for_what_is_there_already(config: Any, do: Do) -> None:
    do("create", "queue", name="Support")
    record = await config.look("queue/Support")
    after, _ = await config.write(record, **{TIMEOUT: 8})
    assert after.version == record.version
    assert config.mutations() == []


async def test_a_queue_that_somebody_changed_is_not_written(
    config: Any, simulator: Running, do: Do
) -> None:
    do("create", "queue", name="Support")
    record = await config.look("queue/Support")
    do("edit", "queue", name="Support", set={"description": "theirs"})
    with pytest.raises(VersionMismatch, match="after it was read"):
        await config.write(record, **{TIMEOUT: 25})
    assert config.mutations() == []
    again = await config.look("queue/Support")
    await config.write(again, **{TIMEOUT: 25})
    assert simulator.item("queue/Support")["body"]["description"] == "theirs"


async def test_a_lost_answer_is_never_followed_by_a_second_write(
    config: Any, simulator: Running, do: Do
) -> None:
    do("create", "queue", name="Support")
    record = await config.look("queue/Support")
    simulator.faults([{"kind": "reset", "when": "after", "match": {"method": "PUT"}}])
    with pytest.raises(OutcomeUnknown):
        await config.write(record, **{TIMEOUT: 25})
    assert len(config.mutations()) == 1
    found = await config.look("queue/Support")
    assert found.values["mediaSettings"]["call"]["alertingTimeoutSeconds"] == 25


async def test_a_write_that_cannot_be_read_back_is_told_by_its_own_answer(
    config: Any, simulator: Running, do: Do
) -> None:
    do("create", "queue", name="Support")
    record = await config.look("queue/Support")
    # The read before the write passes; the one after it does not.
    broken = {"kind": "status", "status": 403, "after": 1, "times": "always"}
    simulator.faults([{**broken, "match": {"method": "GET", "path": "queues/"}}])
    after, _ = await config.write(record, **{TIMEOUT: 25})
    simulator.clear_faults()
    assert after.version == (await config.look("queue/Support")).version


async def test_an_edit_right_after_a_write_is_found_by_the_next_look(
    config: Any, simulator: Running, do: Do
) -> None:
    do("create", "queue", name="Support")
    record = await config.look("queue/Support")
    slow = {"kind": "latency", "seconds": 1.5, "when": "before", "after": 1}
    simulator.faults([{**slow, "match": {"method": "GET", "path": "queues/"}}])
    simulator.clear_calls()
    writing = asyncio.create_task(config.write(record, **{TIMEOUT: 25}))
    for _ in range(6000):
        if [one["method"] for one in simulator.calls()][-2:] == ["PUT", "GET"]:
            break
        await asyncio.sleep(0.01)
    path = TIMEOUT.replace("__", ".")
    await asyncio.to_thread(do, "edit", "queue", name="Support", set={path: 60})
    after, _ = await writing
    then = await config.look("queue/Support")
    assert at_path(after.values, path) == 25
    assert at_path(then.values, path) == 60
    assert then.version != after.version


async def test_a_queue_is_found_by_name_and_by_id_and_after_a_new_name(config: Any, do: Do) -> None:
    id = do("create", "queue", name="Support")["id"]
    assert (await config.look(f"queue/{id}")).title == "Support"
    assert (await config.look("queue/Support")).values["id"] == id
    do("edit", "queue", id=id, set={"name": "Help"})
    gone = await config.look("queue/Support")
    assert gone.status is not Status.LIVE
    new = do("create", "queue", name="Support")["id"]
    assert (await config.look("queue/Support")).values["id"] == new


@pytest.mark.parametrize("others", [0, 5])
async def test_a_queue_that_was_renamed_is_not_gone_and_says_what_it_is_called_now(
    config: Any, do: Do, others: int
) -> None:
    id = do("create", "queue", name="Support")["id"]
    for number in range(others):
        do("create", "queue", name=f"Other {number}")
    refs = ["queue/Support", *(f"queue/Other {number}" for number in range(others))]
    await config.sights(*refs)
    do("edit", "queue", id=id, set={"name": "Help"})
    record = (await config.sights(*refs))["queue/Support"]
    assert isinstance(record, ConfigRecord)
    assert record.status is Status.UNKNOWN
    assert record.reason == (
        f"the queue that had this name is called 'Help' now; say so in the rule, or its id {id}"
    )
    do("delete", "queue", name="Help")
    assert (await config.look("queue/Support")).status is Status.PURGED


async def test_a_queue_that_was_deleted_is_gone_and_one_that_never_was_is_unknown(
    config: Any, do: Do
) -> None:
    do("create", "queue", name="Support")
    record = await config.look("queue/Support")
    do("delete", "queue", name="Support")
    assert (await config.look("queue/Support")).status is Status.PURGED
    nobody = await config.look("queue/Nobody")
    assert (nobody.status, nobody.reason) == (
        Status.UNKNOWN,
        "there is no queue of this name",
    )
    with pytest.raises(NotFound):
        await config.write(record, **{TIMEOUT: 25})


async def test_a_thousand_queues_are_read_with_two_calls(
    config: Any, simulator: Running, do: Do
) -> None:
    names = [f"Queue {n:03}" for n in range(600)]
    for name in names:
        do("create", "queue", name=name)
    simulator.clear_calls()
    found = await config.sights(*(f"queue/{name}" for name in names))
    assert all(isinstance(one, ConfigRecord) and one.title for one in found.values())
    assert len(config.sent("GET")) == 2


async def test_queues_that_are_known_are_read_by_their_ids(
    config: Any, simulator: Running, do: Do
) -> None:
    names = [f"queue/Queue {n}" for n in range(60)]
    for n in range(60):
        do("create", "queue", name=f"Queue {n}")
    await config.sights(*names)
    do("edit", "queue", name="Queue 7", set={"name": "Other"})
    simulator.clear_calls()
    found = await config.sights(*names[:20])
    assert all(isinstance(one, ConfigRecord) for one in found.values())
    seventh = found["queue/Queue 7"]
    assert isinstance(seventh, ConfigRecord)
    assert seventh.status is not Status.LIVE
    queries = [one["query"] for one in simulator.calls() if one["query"]]
    assert queries[0].startswith("id=")
    assert len(config.sent("GET")) <= 3


async def test_a_listing_that_lags_does_not_undo_what_is_known(
    config: Any, simulator: Running, do: Do
) -> None:
    names = ["A", "B", "C", "D"]
    for name in names:
        do("create", "queue", name=name)
    simulator.act({"do": "settings", "settleSeconds": 3600})
    simulator.clock(advance="2h")
    await config.write(await config.look("queue/A"), **{TIMEOUT: 25})
    found = await config.sights(*(f"queue/{name}" for name in names))
    alone = await config.look("queue/A")
    listed = found["queue/A"]
    assert isinstance(listed, ConfigRecord)
    assert listed.version == alone.version


async def test_changes_that_do_not_fit_are_refused_before_anything_is_asked(
    config: Any, cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    do("create", "queue", name="Support")
    record = await config.look("queue/Support")
    simulator.clear_calls()
    wrong: dict[str, JSON] = {
        "capacity": 5,
        "memberCount": 5,
        "mediaSettings.call.alertingTimeoutSeconds": 0,
        "mediaSettings.call.serviceLevel.percentage": 1.5,
        "description": 5,
        "autoAnswerOnly": 1,
    }
    for path, value in wrong.items():
        objection = cx.objection(record, {path: value}, NOW)
        assert objection is not None
        assert objection.until is None
        with pytest.raises(Rejected):
            await config.write(record, **{path.replace(".", "__"): value})
    assert config.sent("GET", "PUT", "POST") == []
    assert cx.objection(record, {"description": "fine"}, NOW) is None


async def test_a_failure_is_that_of_the_objects_that_it_concerns(
    config: Any, simulator: Running, do: Do
) -> None:
    do("create", "queue", name="Support")
    simulator.faults(
        [{"kind": "status", "status": 403, "times": "always", "match": {"path": "architect"}}]
    )
    found = await config.sights("queue/Support", "schedule/Hours", "trunk/T", "data-table-row/T")
    assert isinstance(found["queue/Support"], ConfigRecord)
    said = {id: str(one) for id, one in found.items() if isinstance(one, Exception)}
    assert "permission" in said["schedule/Hours"]
    assert "there is no kind 'trunk'" in said["trunk/T"]
    assert "'<table>/<key>'" in said["data-table-row/T"]


async def test_a_token_that_ends_in_the_middle_is_renewed(
    config: Any, simulator: Running, do: Do
) -> None:
    do("create", "queue", name="Support")
    record = await config.look("queue/Support")
    simulator.faults([{"kind": "expired-token", "match": {"method": "PUT"}}])
    after, _ = await config.write(record, **{TIMEOUT: 25})
    assert after.version != record.version
