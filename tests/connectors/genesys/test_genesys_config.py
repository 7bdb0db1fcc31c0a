"""What of a Genesys configuration is read and written, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, TypeAlias

import pytest

from syncline.config_store import AuditedStore, FieldWrite
from syncline.errors import NotFound, OutcomeUnknown, Rejected, VersionMismatch
from syncline.items import ConfigRecord, at_path
from syncline.model import JSON, Ref, Status
from syncline_genesys.config.store import GenesysConfigStore
from syncline_simulators.running import Running

Do: TypeAlias = Callable[..., Any]
NOW = datetime(2026, 3, 2, tzinfo=timezone.utc)


def ref(id: str) -> Ref:
    return Ref("cx", id)


async def sights(store: GenesysConfigStore, *ids: str) -> dict[str, ConfigRecord | Exception]:
    found: dict[str, ConfigRecord | Exception] = {}
    async for one in store.fetch_many([ref(id) for id in ids]):
        told = one.ref if isinstance(one, ConfigRecord) else one[0]
        assert told.id not in found, "told twice"
        found[told.id] = one if isinstance(one, ConfigRecord) else one[1]
    assert set(found) == set(ids)
    return found


async def look(store: GenesysConfigStore, id: str) -> ConfigRecord:
    found = (await sights(store, id))[id]
    if isinstance(found, Exception):
        raise found
    return found


async def write(
    store: GenesysConfigStore, record: ConfigRecord, **changes: JSON
) -> tuple[ConfigRecord, list[str]]:
    """Change fields, whose dots are written as `__`; the record and the noted steps."""
    steps: list[str] = []
    found = await store.update(
        record.ref,
        {path.replace("__", "."): value for path, value in changes.items()},
        expected=record.version,
        write=FieldWrite(note=lambda step, detail: steps.append(step)),
    )
    return found, steps


def sent(simulator: Running, *methods: str) -> list[str]:
    calls = simulator.calls()
    return [
        f"{one['method']} {one['path']}"
        for one in calls
        if one["method"] in methods and not one["path"].startswith("/oauth")
    ]


def mutations(simulator: Running) -> list[str]:
    queries = ("/realtime", "/query")
    return [
        one
        for one in sent(simulator, "POST", "PUT", "PATCH", "DELETE")
        if not one.endswith(queries)
    ]


# -- queues


TIMEOUT = "mediaSettings__call__alertingTimeoutSeconds"


async def test_a_write_of_a_queue_leaves_everything_else_as_it_was(
    cx: GenesysConfigStore, simulator: Running, do: Do
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
    before = simulator.item("queue/Support")["body"]
    after, _ = await write(cx, await look(cx, "queue/Support"), **{TIMEOUT: 25})
    whole = simulator.item("queue/Support")["body"]
    assert whole["mediaSettings"]["call"].pop("alertingTimeoutSeconds") == 25
    assert before["mediaSettings"]["call"].pop("alertingTimeoutSeconds") == 8
    for name in ("dateModified", "modifiedBy"):
        assert whole.pop(name) != before.pop(name)
    assert whole == before
    assert after.values["mediaSettings"]["call"]["alertingTimeoutSeconds"] == 25  # type: ignore[call-overload, index]  # JSON
    assert mutations(simulator) == [f"PUT /api/v2/routing/queues/{whole['id']}"]


async def test_nothing_is_sent_for_what_is_there_already(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    do("create", "queue", name="Support")
    record = await look(cx, "queue/Support")
    after, _ = await write(cx, record, **{TIMEOUT: 8})
    assert after.version == record.version
    assert mutations(simulator) == []


async def test_a_queue_that_somebody_changed_is_not_written(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    do("create", "queue", name="Support")
    record = await look(cx, "queue/Support")
    do("edit", "queue", name="Support", set={"description": "theirs"})
    with pytest.raises(VersionMismatch, match="after it was read"):
        await write(cx, record, **{TIMEOUT: 25})
    assert mutations(simulator) == []
    again = await look(cx, "queue/Support")
    await write(cx, again, **{TIMEOUT: 25})
    assert simulator.item("queue/Support")["body"]["description"] == "theirs"


async def test_a_lost_answer_is_never_followed_by_a_second_write(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    do("create", "queue", name="Support")
    record = await look(cx, "queue/Support")
    simulator.faults([{"kind": "reset", "when": "after", "match": {"method": "PUT"}}])
    with pytest.raises(OutcomeUnknown):
        await write(cx, record, **{TIMEOUT: 25})
    assert len(mutations(simulator)) == 1
    found = await look(cx, "queue/Support")
    assert found.values["mediaSettings"]["call"]["alertingTimeoutSeconds"] == 25  # type: ignore[call-overload, index]  # JSON


async def test_a_write_that_cannot_be_read_back_is_told_by_its_own_answer(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    do("create", "queue", name="Support")
    record = await look(cx, "queue/Support")
    # The read before the write passes; the one after it does not.
    broken = {"kind": "status", "status": 403, "after": 1, "times": "always"}
    simulator.faults([{**broken, "match": {"method": "GET", "path": "queues/"}}])
    after, _ = await write(cx, record, **{TIMEOUT: 25})
    simulator.clear_faults()
    assert after.version == (await look(cx, "queue/Support")).version


async def test_an_edit_right_after_a_write_is_found_by_the_next_look(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    do("create", "queue", name="Support")
    record = await look(cx, "queue/Support")
    slow = {"kind": "latency", "seconds": 1.5, "when": "before", "after": 1}
    simulator.faults([{**slow, "match": {"method": "GET", "path": "queues/"}}])
    simulator.clear_calls()
    writing = asyncio.create_task(write(cx, record, **{TIMEOUT: 25}))
    for _ in range(500):
        if [one["method"] for one in simulator.calls()][-2:] == ["PUT", "GET"]:
            break
        await asyncio.sleep(0.01)
    path = TIMEOUT.replace("__", ".")
    await asyncio.to_thread(do, "edit", "queue", name="Support", set={path: 60})
    after, _ = await writing
    then = await look(cx, "queue/Support")
    assert at_path(after.values, path) == 25
    assert at_path(then.values, path) == 60
    assert then.version != after.version


async def test_a_queue_is_found_by_name_and_by_id_and_after_a_new_name(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    id = do("create", "queue", name="Support")["id"]
    assert (await look(cx, f"queue/{id}")).title == "Support"
    assert (await look(cx, "queue/Support")).values["id"] == id
    do("edit", "queue", id=id, set={"name": "Help"})
    gone = await look(cx, "queue/Support")
    assert gone.status is not Status.LIVE
    new = do("create", "queue", name="Support")["id"]
    assert (await look(cx, "queue/Support")).values["id"] == new


async def test_a_queue_that_was_deleted_is_gone_and_one_that_never_was_is_unknown(
    cx: GenesysConfigStore, do: Do
) -> None:
    do("create", "queue", name="Support")
    record = await look(cx, "queue/Support")
    do("delete", "queue", name="Support")
    assert (await look(cx, "queue/Support")).status is Status.PURGED
    nobody = await look(cx, "queue/Nobody")
    assert (nobody.status, nobody.reason) == (
        Status.UNKNOWN,
        "there is no queue of this name",
    )
    with pytest.raises(NotFound):
        await write(cx, record, **{TIMEOUT: 25})


async def test_a_thousand_queues_are_read_with_two_calls(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    names = [f"Queue {n:03}" for n in range(600)]
    for name in names:
        do("create", "queue", name=name)
    simulator.clear_calls()
    found = await sights(cx, *(f"queue/{name}" for name in names))
    assert all(isinstance(one, ConfigRecord) and one.title for one in found.values())
    assert len(sent(simulator, "GET")) == 2


async def test_queues_that_are_known_are_read_by_their_ids(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    names = [f"queue/Queue {n}" for n in range(60)]
    for n in range(60):
        do("create", "queue", name=f"Queue {n}")
    await sights(cx, *names)
    do("edit", "queue", name="Queue 7", set={"name": "Other"})
    simulator.clear_calls()
    found = await sights(cx, *names[:20])
    assert all(isinstance(one, ConfigRecord) for one in found.values())
    seventh = found["queue/Queue 7"]
    assert isinstance(seventh, ConfigRecord)
    assert seventh.status is not Status.LIVE
    queries = [one["query"] for one in simulator.calls() if one["query"]]
    assert queries[0].startswith("id=")
    assert len(sent(simulator, "GET")) <= 3


async def test_a_listing_that_lags_does_not_undo_what_is_known(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    names = ["A", "B", "C", "D"]
    for name in names:
        do("create", "queue", name=name)
    simulator.act({"do": "settings", "settleSeconds": 3600})
    simulator.clock(advance="2h")
    await write(cx, await look(cx, "queue/A"), **{TIMEOUT: 25})
    found = await sights(cx, *(f"queue/{name}" for name in names))
    alone = await look(cx, "queue/A")
    listed = found["queue/A"]
    assert isinstance(listed, ConfigRecord)
    assert listed.version == alone.version


async def test_changes_that_do_not_fit_are_refused_before_anything_is_asked(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    do("create", "queue", name="Support")
    record = await look(cx, "queue/Support")
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
            await write(cx, record, **{path.replace(".", "__"): value})
    assert sent(simulator, "GET", "PUT", "POST") == []
    assert cx.objection(record, {"description": "fine"}, NOW) is None


async def test_a_failure_is_that_of_the_objects_that_it_concerns(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    do("create", "queue", name="Support")
    simulator.faults(
        [{"kind": "status", "status": 403, "times": "always", "match": {"path": "architect"}}]
    )
    found = await sights(cx, "queue/Support", "schedule/Hours", "trunk/T", "data-table-row/T")
    assert isinstance(found["queue/Support"], ConfigRecord)
    said = {id: str(one) for id, one in found.items() if isinstance(one, Exception)}
    assert "permission" in said["schedule/Hours"]
    assert "there is no kind 'trunk'" in said["trunk/T"]
    assert "'<table>/<key>'" in said["data-table-row/T"]


# -- utilization


async def test_the_other_media_of_a_utilization_stay(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    do("create", "utilization-label", name="Urgent")
    do("edit", "utilization", set={"chat.maximumCapacity": 7, "maxInboundCalls": 3,
                                   "labelUtilizations.Urgent.maximumCapacity": 2})  # fmt: skip
    record = await look(cx, "utilization/organization")
    after, _ = await write(
        cx, record, call__maximumCapacity=5, labelUtilizations__Urgent__maximumCapacity=4
    )
    values: Any = after.values
    assert (values["call"]["maximumCapacity"], values["chat"]["maximumCapacity"]) == (5, 7)
    assert values["labelUtilizations"]["Urgent"]["maximumCapacity"] == 4
    assert values["maxInboundCalls"] == 3
    do("edit", "utilization", set={"email.maximumCapacity": 2})
    with pytest.raises(VersionMismatch):
        await write(cx, after, call__maximumCapacity=6)


async def test_a_label_that_has_no_number_yet_gets_one(cx: GenesysConfigStore, do: Do) -> None:
    do("create", "utilization-label", name="Urgent")
    record = await look(cx, "utilization/organization")
    after, _ = await write(cx, record, labelUtilizations__Urgent__maximumCapacity=4)
    labels: Any = after.values["labelUtilizations"]
    assert labels["Urgent"]["maximumCapacity"] == 4
    with pytest.raises(Rejected, match="no utilization label is called 'Calm'"):
        await write(cx, after, labelUtilizations__Calm__maximumCapacity=4)


async def test_a_user_goes_on_following_the_organisation_for_the_other_media(
    cx: GenesysConfigStore, do: Do
) -> None:
    robin = do("create", "user", name="Robin")["id"]
    record = await look(cx, f"utilization/user/{robin}")
    assert record.values["level"] == "Organization"
    after, _ = await write(cx, record, call__maximumCapacity=3)
    assert after.values["level"] == "Agent"
    do("edit", "utilization", set={"chat.maximumCapacity": 9})
    later: Any = (await look(cx, f"utilization/user/{robin}")).values
    assert (later["call"]["maximumCapacity"], later["chat"]["maximumCapacity"]) == (3, 9)


# -- schedules


HOURS = {"start": "2026-03-02T09:00:00.000", "end": "2026-03-02T17:00:00.000"}


@pytest.mark.parametrize("status", [409, 400])
async def test_a_stale_schedule_is_found_out_by_the_vendor_too(
    cx: GenesysConfigStore, simulator: Running, do: Do, status: int
) -> None:
    do("create", "schedule", name="Hours", **HOURS)
    simulator.act({"do": "settings", "staleVersion": status})
    record = await look(cx, "schedule/Hours")
    after, _ = await write(cx, record, end="2026-03-02T18:00:00.000")
    assert (after.version, after.values["end"]) == ("2", "2026-03-02T18:00:00.000")
    with pytest.raises(VersionMismatch):
        await write(cx, record, end="2026-03-02T19:00:00.000")
    # Somebody writes in the moment between our look and our write.
    put = {"method": "PUT", "path": "schedules"}
    body = {
        409: {"code": "general.conflict", "status": 409, "message": "The version does not match"},
        400: {
            "code": "bad.request",
            "status": 400,
            "message": "The version [2] does not match the current version [3].",
        },
    }[status]
    simulator.faults([{"kind": "status", "status": status, "body": body, "match": put}])
    with pytest.raises(VersionMismatch):
        await write(cx, after, end="2026-03-02T19:00:00.000")


async def test_names_that_several_schedules_have_are_refused(
    cx: GenesysConfigStore, do: Do
) -> None:
    first = do("create", "schedule", name="Hours", **HOURS)["id"]
    second = do("create", "schedule", name="Hours", **HOURS)["id"]
    found = (await sights(cx, "schedule/Hours"))["schedule/Hours"]
    assert isinstance(found, Rejected)
    assert first in str(found)
    assert second in str(found)
    assert (await look(cx, f"schedule/{second}")).values["id"] == second
    many = await sights(cx, "schedule/Hours", *(f"schedule/{n}" for n in "abcd"))
    assert isinstance(many["schedule/Hours"], Rejected)


# -- rows


COLUMNS = {"maximum": "integer", "share": "number", "open": "boolean", "text": "string"}


async def test_the_other_columns_of_a_row_stay(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    do("create", "data-table", name="Limits", columns=COLUMNS)
    do("edit", "data-table-row", table="Limits", key="ivr/1", set={"maximum": 5, "text": "theirs"})
    record = await look(cx, "data-table-row/Limits/ivr/1")
    after, _ = await write(cx, record, maximum=50)
    assert after.values == {"key": "ivr/1", "maximum": 50, "text": "theirs"}
    do("edit", "data-table-row", table="Limits", key="ivr/1", set={"text": "new"})
    with pytest.raises(VersionMismatch):
        await write(cx, after, maximum=60)


async def test_a_row_that_is_missing_is_made_by_the_first_write(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    do("create", "data-table", name="Limits", columns=COLUMNS)
    record = await look(cx, "data-table-row/Limits/ivr")
    assert (record.status, record.values) == (Status.LIVE, {})
    after, _ = await write(cx, record, maximum=5)
    assert after.values == {"key": "ivr", "maximum": 5}
    with pytest.raises(VersionMismatch):
        await write(cx, record, maximum=6)


async def test_a_row_that_came_or_went_meanwhile_is_read_again(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    do("create", "data-table", name="Limits", columns=COLUMNS)
    record = await look(cx, "data-table-row/Limits/ivr")
    post = {"method": "POST", "path": "rows"}
    taken = {"code": "flows.datatables.not.unique", "status": 409, "message": "The key is taken."}
    simulator.faults([{"kind": "status", "status": 409, "body": taken, "match": post}])
    with pytest.raises(VersionMismatch):
        await write(cx, record, maximum=5)
    after, _ = await write(cx, record, maximum=5)
    put = {"method": "PUT", "path": "rows"}
    gone = {"code": "not.found", "status": 404, "message": "The row was not found."}
    simulator.faults([{"kind": "status", "status": 404, "body": gone, "match": put}])
    with pytest.raises(VersionMismatch):
        await write(cx, after, maximum=6)


async def test_columns_are_what_the_schema_of_the_table_says(
    cx: GenesysConfigStore, do: Do
) -> None:
    do("create", "data-table", name="Limits", columns=COLUMNS)
    record = await look(cx, "data-table-row/Limits/ivr")
    wrong: dict[str, JSON] = {"maximum": "5", "open": 1, "most": 5, "key": "web", "text": 1}
    for path, value in wrong.items():
        assert cx.objection(record, {path: value}, NOW) is not None, path
        with pytest.raises(Rejected):
            await write(cx, record, **{path: value})
    assert cx.objection(record, {"maximum": 5, "share": 0.5, "open": True}, NOW) is None


async def test_many_rows_of_a_table_are_read_by_pages(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    do("create", "data-table", name="Limits", columns=COLUMNS)
    for n in range(150):
        do("edit", "data-table-row", table="Limits", key=f"{n}", set={"maximum": n})
    simulator.clear_calls()
    found = await sights(cx, *(f"data-table-row/Limits/{n}" for n in range(151)))
    last, missing = found["data-table-row/Limits/149"], found["data-table-row/Limits/150"]
    assert isinstance(last, ConfigRecord)
    assert isinstance(missing, ConfigRecord)
    assert (last.values["maximum"], missing.values) == (149, {})
    assert len(sent(simulator, "GET")) <= 5


async def test_a_page_that_was_cut_short_makes_no_row_missing(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    do("create", "data-table", name="Limits", columns=COLUMNS)
    for n in range(8):
        do("edit", "data-table-row", table="Limits", key=f"{n}", set={"maximum": n})
    simulator.faults([{"kind": "short-listing", "share": 0.5, "match": {"path": "rows$"}}])
    found = await sights(cx, *(f"data-table-row/Limits/{n}" for n in range(8)))
    rows = [one.values for one in found.values() if isinstance(one, ConfigRecord)]
    assert sorted(str(row["maximum"]) for row in rows) == [str(n) for n in range(8)]


async def test_a_table_that_there_is_not_is_told_of_each_row(cx: GenesysConfigStore) -> None:
    found = await look(cx, "data-table-row/Limits/ivr")
    assert found.status is not Status.LIVE
    assert found.reason == "there is no data table 'Limits'"


# -- what is observed


async def test_what_goes_on_in_many_queues_takes_one_query(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    ids = [do("create", "queue", name=f"Queue {n}")["id"] for n in range(50)]
    robin = do("create", "user", name="Robin", routingStatus="IDLE")["id"]
    do("edit", "queue", id=ids[3], set={"members": {robin: True}})
    do("edit", "queue-observation", id=ids[3], set={"oWaiting": 4, "oInteracting": 1})
    do("edit", "queue-observation", id=ids[3], set={"oWaiting": 2}, mediaType="chat")
    simulator.clear_calls()
    found = await sights(cx, *(f"queue-observation/Queue {n}" for n in range(50)),
                         "user-status-count/queue/Queue 3")  # fmt: skip
    assert len(sent(simulator, "POST")) == 1
    assert len(sent(simulator, "GET")) == 1
    third: Any = found["queue-observation/Queue 3"]
    assert (third.values["oWaiting"], third.values["voice"]["oWaiting"]) == (6, 4)
    assert third.values["oOnQueueUsers"] == 1
    quiet: Any = found["queue-observation/Queue 0"]
    assert (quiet.values["oWaiting"], quiet.values["chat"]["oWaiting"]) == (0, 0)
    counts: Any = found["user-status-count/queue/Queue 3"]
    assert (counts.values["IDLE"], counts.values["onQueue"], counts.values["total"]) == (1, 1, 1)


async def test_users_of_the_organisation_are_counted_by_status(
    cx: GenesysConfigStore, do: Do
) -> None:
    for n, status in enumerate(["IDLE", "IDLE", "INTERACTING", "OFF_QUEUE"]):
        do("create", "user", name=f"Agent {n}", routingStatus=status, presence="BUSY")
    values: Any = (await look(cx, "user-status-count/organization")).values
    assert (values["IDLE"], values["INTERACTING"], values["NOT_RESPONDING"]) == (2, 1, 0)
    assert (values["total"], values["onQueue"], values["presence"]) == (4, 3, {"BUSY": 4})


async def test_what_is_observed_is_never_written(cx: GenesysConfigStore, do: Do) -> None:
    do("create", "queue", name="Support")
    record = await look(cx, "queue-observation/Support")
    assert cx.objection(record, {"oWaiting": 5}, NOW) is not None
    with pytest.raises(Rejected, match="only be read"):
        await write(cx, record, oWaiting=5)


# -- users


async def test_skills_and_queues_of_a_user_are_written_one_by_one(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    robin = do("create", "user", name="Robin")["id"]
    for name in ("French", "German"):
        do("create", "skill", name=name)
    for name in ("Support", "Sales"):
        do("create", "queue", name=name)
    do("edit", "user", id=robin, set={"skills": {"German": 2}})
    do("edit", "queue", name="Support", set={"members": {robin: True}})
    record = await look(cx, f"user/{robin}")
    assert record.values["joinedQueueCount"] == 1
    after, steps = await write(
        cx,
        record,
        skills__French=4,
        queues__Support__joined=False,
        queues__Sales__member=True,
    )
    values: Any = after.values
    assert values["skills"] == {"French": 4, "German": 2}
    assert values["queues"]["Support"] == {"member": True, "joined": False}
    assert values["queues"]["Sales"]["member"] is True
    assert (values["queueCount"], steps) == (2, ["skills", "queue", "queue"])
    with pytest.raises(Rejected, match="no skills called 'Latin'"):
        await write(cx, after, skills__Latin=1)
    assert len(mutations(simulator)) == 3


async def test_who_is_to_work_for_a_queue_is_made_a_member_and_nobody_leaves_twice(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    robin = do("create", "user", name="Robin")["id"]
    do("create", "queue", name="Support")
    record = await look(cx, f"user/{robin}")
    same, _ = await write(cx, record, queues__Support__member=False)
    assert mutations(simulator) == []
    after, steps = await write(cx, same, queues__Support__joined=True)
    queues: Any = after.values["queues"]
    assert (queues["Support"], steps) == ({"member": True, "joined": True}, ["queue", "queue"])
    gone, _ = await write(cx, after, queues__Support__member=False)
    assert gone.values["queues"] == {}


async def test_an_id_that_is_no_queue_s_is_not_a_queue_where_nothing_goes_on(
    cx: GenesysConfigStore,
) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    for id in (f"queue-observation/{nobody}", f"user-status-count/queue/{nobody}"):
        assert (await look(cx, id)).status is not Status.LIVE


async def test_a_user_is_called_by_the_id(cx: GenesysConfigStore) -> None:
    found = await sights(cx, "user/Robin", "user/00000000-0000-4000-8000-000000000000")
    assert isinstance(found["user/Robin"], Rejected)
    nobody = found["user/00000000-0000-4000-8000-000000000000"]
    assert isinstance(nobody, ConfigRecord)
    assert nobody.status is not Status.LIVE


# -- who changed it


async def test_it_is_told_who_changed_a_field(cx: GenesysConfigStore, do: Do) -> None:
    assert isinstance(cx, AuditedStore)
    do("create", "queue", name="Support")
    record = await look(cx, "queue/Support")
    after, _ = await write(cx, record, **{TIMEOUT: 25})
    path = TIMEOUT.replace("__", ".")
    ours = await cx.author(after.ref, path, None)
    assert ours is not None
    assert ours.ours
    do("edit", "queue", name="Support", set={path: 30})
    do("edit", "queue", name="Support", set={"description": "more"})
    theirs = await cx.author(after.ref, path, None)
    assert theirs is not None
    assert (theirs.name, theirs.ours) == ("Kim Editor", False)
    do("edit", "utilization", set={"call.maximumCapacity": 9})
    found = await cx.author(ref("utilization/organization"), "call.maximumCapacity", None)
    assert found is not None
    assert found.name == "Kim Editor"
    assert await cx.author(ref("data-table-row/Limits/ivr"), "maximum", None) is None


async def test_a_token_that_ends_in_the_middle_is_renewed(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    do("create", "queue", name="Support")
    record = await look(cx, "queue/Support")
    simulator.faults([{"kind": "expired-token", "match": {"method": "PUT"}}])
    after, _ = await write(cx, record, **{TIMEOUT: 25})
    assert after.version != record.version
