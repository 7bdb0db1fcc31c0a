"""What each kind of object in AWS takes, refuses and makes wait, against the simulator."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.config_items import ConfigRecord, item_ref
from syncline.config_store import FieldWrite
from syncline.errors import Held, NotFound, OutcomeUnknown, Rejected, VersionMismatch
from syncline.model import JSON, Ref, Status
from syncline.testing import MemoryCache
from syncline_aws.config.decreases import Decreases, greater

WRITE = FieldWrite(note=lambda step, detail: None)


def ref(kind: str, name: str) -> Ref:
    """The ref of an object of the connection `cloud`."""
    return item_ref("cloud", kind, name)


async def read(store: Any, *refs: Ref) -> list[Any]:
    """What a store yields for these, in their order."""
    found = {}
    async for each in store.fetch_many(refs):
        found[each.ref if isinstance(each, ConfigRecord) else each[0]] = each
    return [found[one] for one in refs]


async def one(store: Any, kind: str, name: str) -> ConfigRecord:
    """One object as it is now."""
    [found] = await read(store, ref(kind, name))
    assert isinstance(found, ConfigRecord), found
    return found


async def change(store: Any, record: ConfigRecord, **values: JSON) -> ConfigRecord:
    """Change fields of an object that was just read."""
    changed: ConfigRecord = await store.update(
        record.ref, values, expected=record.version, write=WRITE
    )
    return changed


def objection(store: Any, cloud: Any, record: ConfigRecord, **values: JSON) -> Any:
    """Why a store would not write that now."""
    now = datetime.fromisoformat(cloud.sim.clock())
    return store.objection(record, values, now)


# -- Auto Scaling ---------------------------------------------------------------------------


async def test_a_thousand_groups_are_read_in_ten_calls(cloud: Any, aws: Any) -> None:
    refs = [ref("autoscaling-group", f"none-{number}") for number in range(1000)]
    cloud.sim.clear_calls()
    found = await read(aws, *refs)
    assert {record.status for record in found} == {Status.PURGED}
    assert cloud.calls() == ["/autoscaling/DescribeAutoScalingGroups"] * 10


async def test_what_serves_is_in_service_and_healthy(cloud: Any, aws: Any) -> None:
    name = cloud.create("autoscaling-group", desired=3, max=9)
    cloud.sim.act({"do": "settings", "launch_lasts": "1h"})
    cloud("autoscaling").set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=5)
    cloud.sim.act({"do": "unhealthy", "id": f"autoscaling-group/{name}"})
    values = (await one(aws, "autoscaling-group", name)).values
    assert (values["desired"], values["machines"]) == (5, 5)
    assert values["healthy"] == 4
    assert values["in_service"] == 2


async def test_a_group_that_cools_down_waits_until_it_has(cloud: Any, aws: Any) -> None:
    name = cloud.create("autoscaling-group", desired=2, max=9, cooldown=600)
    record = await change(aws, await one(aws, "autoscaling-group", name), desired=3)
    cloud.sim.clock(advance="1s")
    await one(aws, "autoscaling-group", name)
    with pytest.raises(Held, match="blocks this action") as held:
        await change(aws, record, desired=4)
    assert held.value.until > datetime.fromisoformat(cloud.sim.clock())
    assert (await one(aws, "autoscaling-group", name)).values["desired"] == 3


async def test_bounds_that_would_move_the_desired_number_are_refused(cloud: Any, aws: Any) -> None:
    name = cloud.create("autoscaling-group", desired=3, min=1, max=9)
    record = await one(aws, "autoscaling-group", name)
    for values in ({"min": 4}, {"max": 2}, {"desired": 10}):
        found = objection(aws, cloud, record, **values)
        assert found is not None
        assert found.until is None
    with pytest.raises(Rejected, match="outside 4 to 9"):
        await change(aws, record, min=4)
    changed = await change(aws, record, min=4, desired=5)
    assert (changed.values["min"], changed.values["desired"]) == (4, 5)


async def test_contention_is_waited_for(cloud: Any, aws: Any) -> None:
    name = cloud.create("autoscaling-group", desired=3, max=9)
    record = await one(aws, "autoscaling-group", name)
    cloud.sim.act({"do": "settings", "contention": 1})
    cloud.sim.clear_calls()
    with pytest.raises(Held, match="ResourceContention"):
        await change(aws, record, max=10)
    assert cloud.calls().count("/autoscaling/UpdateAutoScalingGroup") == 1


# -- DynamoDB throughput --------------------------------------------------------------------


async def test_the_number_that_is_not_wanted_is_sent_as_it_was_read(cloud: Any, aws: Any) -> None:
    name = cloud.create("dynamodb-table", read=5, write=50, indexes={"by-x": {"read": 3}})
    record = await one(aws, "dynamodb-table", name)
    changed = await change(aws, record, read_capacity=9)
    assert (changed.values["read_capacity"], changed.values["write_capacity"]) == (9, 50)
    record = await one(aws, "dynamodb-index", f"{name}/by-x")
    changed = await change(aws, record, write_capacity=8)
    assert (changed.values["read_capacity"], changed.values["write_capacity"]) == (3, 8)


async def test_the_28th_decrease_of_a_day_waits_for_the_next_one(cloud: Any, aws: Any) -> None:
    cloud.sim.clock(set="2032-03-01T00:00:10Z")
    name = cloud.create("dynamodb-table", read=100, write=5)
    record = await one(aws, "dynamodb-table", name)
    for level in range(99, 95, -1):
        record = await change(aws, record, read_capacity=level)
    record = await one(aws, "dynamodb-table", name)
    held = objection(aws, cloud, record, read_capacity=95)
    assert "once an hour" in held.why
    assert held.until.hour == 1
    mutations = cloud.calls().count("/dynamodb/UpdateTable")
    with pytest.raises(Held) as refused:
        await change(aws, record, read_capacity=95)
    assert refused.value.until == held.until
    assert cloud.calls().count("/dynamodb/UpdateTable") == mutations
    for level in range(95, 72, -1):
        cloud.sim.clock(advance="3601s")
        record = await one(aws, "dynamodb-table", name)
        record = await change(aws, record, read_capacity=level)
    assert record.values["decreases_today"] == 27
    held = objection(aws, cloud, record, read_capacity=72)
    assert "27 times today" in held.why
    assert held.until == datetime.fromisoformat("2032-03-02T00:00:00+00:00")
    # Raising is not rationed.
    assert objection(aws, cloud, record, read_capacity=90) is None
    await change(aws, record, read_capacity=90)


async def test_decreases_are_counted_in_the_state_where_aws_tells_them_late(
    cloud: Any, opened: Any
) -> None:
    cloud.sim.clock(set="2032-04-01T00:00:10Z")
    cache = MemoryCache()
    aws, other = (opened(simulated=True, cache=cache) for _ in range(2))
    name = cloud.create("dynamodb-table", read=100, write=5)
    late = {"NumberOfDecreasesToday": 0, "LastDecreaseDateTime": None}
    cloud.sim.faults([{"kind": "extra", "values": late, "times": "always"}])
    record = await one(aws, "dynamodb-table", name)
    for level in range(99, 95, -1):
        record = await change(aws, record, read_capacity=level)
    for store in (aws, other):
        record = await one(store, "dynamodb-table", name)
        assert record.values["decreases_today"] == 4
        assert objection(store, cloud, record, read_capacity=95).until.hour == 1
    mutations = cloud.calls().count("/dynamodb/UpdateTable")
    with pytest.raises(Held, match="4 times today"):
        await change(other, record, read_capacity=95)
    assert cloud.calls().count("/dynamodb/UpdateTable") == mutations
    cloud.sim.clock(advance="24h")
    record = await one(other, "dynamodb-table", name)
    assert record.values["decreases_today"] == 0
    assert objection(other, cloud, record, read_capacity=95) is None


@given(
    told=st.integers(0, 27),
    kept=st.integers(0, 27),
    ages=st.tuples(st.integers(0, 47), st.integers(0, 47)),
)
@settings(max_examples=60, deadline=None)
def test_of_two_counts_of_a_day_the_greater_holds(
    told: int, kept: int, ages: tuple[int, int]
) -> None:
    now = datetime(2032, 4, 2, 12, tzinfo=timezone.utc)
    vendors, ours = (
        Decreases(times, now - timedelta(hours=age)) if times else Decreases()
        for times, age in zip((told, kept), ages, strict=True)
    )
    counted = kept if ages[1] <= 12 else 0
    found = greater(vendors, ours, now)
    assert found.times == max(told, counted)
    assert found.last in (vendors.last, ours.last)


async def test_an_on_demand_table_is_refused_and_said_why(cloud: Any, aws: Any) -> None:
    name = cloud.create("dynamodb-table", on_demand=True)
    record = await one(aws, "dynamodb-table", name)
    assert (record.values["billing_mode"], record.values["read_capacity"]) == ("PAY_PER_REQUEST", 0)
    assert "on demand" in objection(aws, cloud, record, read_capacity=5).why
    with pytest.raises(Rejected, match="on demand"):
        await change(aws, record, read_capacity=5)


async def test_a_table_that_is_scaled_automatically_is_left_alone_unless_allowed(
    cloud: Any, opened: Any
) -> None:
    name = cloud.create("dynamodb-table", read=5, write=5, auto_scaled=True)
    store = opened()
    record = await one(store, "dynamodb-table", name)
    assert "Application Auto Scaling" in record.foreign
    with pytest.raises(Rejected, match="allow_auto_scaled"):
        await change(store, record, read_capacity=6)
    allowed = opened(allow_auto_scaled=True)
    record = await one(allowed, "dynamodb-table", name)
    assert record.foreign == ""
    assert (await change(allowed, record, read_capacity=6)).values["read_capacity"] == 6


async def test_a_table_that_is_being_updated_waits(cloud: Any, aws: Any) -> None:
    name = cloud.create("dynamodb-table", read=5, write=5)
    cloud.sim.act({"do": "settings", "update_lasts": "1h"})
    cloud("dynamodb").update_table(
        TableName=name, ProvisionedThroughput={"ReadCapacityUnits": 6, "WriteCapacityUnits": 5}
    )
    record = await one(aws, "dynamodb-table", name)
    assert record.values["status"] == "UPDATING"
    now = datetime.fromisoformat(cloud.sim.clock())
    assert objection(aws, cloud, record, write_capacity=9).until > now
    with pytest.raises(Held):
        await change(aws, record, write_capacity=9)


async def test_a_write_waits_until_the_table_shows_it(cloud: Any, opened: Any) -> None:
    name = cloud.create("dynamodb-table", read=5, write=5)
    cloud.sim.act({"do": "settings", "update_lasts": "5s"})
    store = opened(simulated=True, settle=timedelta(seconds=30))
    changed = await change(store, await one(store, "dynamodb-table", name), read_capacity=9)
    assert (changed.values["status"], changed.values["read_capacity"]) == ("ACTIVE", 9)


async def test_a_change_that_takes_too_long_is_looked_at_again(cloud: Any, opened: Any) -> None:
    name = cloud.create("dynamodb-table", read=5, write=5)
    cloud.sim.act({"do": "settings", "update_lasts": "1h"})
    store = opened(simulated=True, settle=timedelta(seconds=3))
    record = await one(store, "dynamodb-table", name)
    with pytest.raises(OutcomeUnknown, match="has not completed it within 3 s"):
        await change(store, record, read_capacity=9)
    cloud.sim.clock(advance="2h")
    assert (await one(store, "dynamodb-table", name)).values["read_capacity"] == 9


async def test_a_ration_that_somebody_else_used_up_meanwhile_is_not_asked_for_in_vain(
    cloud: Any, aws: Any
) -> None:
    """`LimitExceededException` is what `standard` repeats, and it lasts for an hour."""
    cloud.sim.clock(set="2033-03-01T00:00:10Z")
    name = cloud.create("dynamodb-table", read=100, write=5)
    stale = await one(aws, "dynamodb-table", name)
    calls = aws._calls
    for level in (99, 98, 97, 96):
        cloud("dynamodb").update_table(
            TableName=name,
            ProvisionedThroughput={"ReadCapacityUnits": level, "WriteCapacityUnits": 5},
        )
    cloud.sim.clear_calls()
    with pytest.raises(Held, match="LimitExceededException"):
        await calls.write(
            "dynamodb",
            "update_table",
            ref=stale.ref,
            TableName=name,
            ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 5},
        )
    assert cloud.calls() == ["/dynamodb/UpdateTable"]


async def test_an_index_that_is_not_there_is_not_live(cloud: Any, aws: Any) -> None:
    name = cloud.create("dynamodb-table")
    for kind, other in (("dynamodb-index", f"{name}/none"), ("dynamodb-index", name)):
        record = await one(aws, kind, other)
        assert (record.status, "no index" in record.reason) == (Status.PURGED, True)
    with pytest.raises(NotFound):
        await aws.update(
            ref("dynamodb-index", f"{name}/none"),
            {"read_capacity": 3},
            expected=record.version,
            write=WRITE,
        )


async def test_tables_and_their_indexes_are_described_once(cloud: Any, aws: Any) -> None:
    name = cloud.create("dynamodb-table", indexes={"by-x": {}, "by-y": {}})
    refs = [ref("dynamodb-table", name)]
    refs += [ref("dynamodb-index", f"{name}/{index}") for index in ("by-x", "by-y")]
    cloud.sim.clear_calls()
    await read(aws, *refs)
    assert cloud.calls().count("/dynamodb/DescribeTable") == 1
    assert len(cloud.calls()) == 3


# -- DynamoDB TTL ---------------------------------------------------------------------------


async def test_time_to_live_is_switched_on_with_an_attribute(cloud: Any, aws: Any) -> None:
    name = cloud.create("dynamodb-table")
    record = await one(aws, "dynamodb-ttl", name)
    assert record.values == {"enabled": False, "status": "DISABLED"}
    assert "has no attribute" in objection(aws, cloud, record, enabled=True).why
    assert "switched on" in objection(aws, cloud, record, attribute="x").why
    on = await change(aws, record, enabled=True, attribute="expires")
    assert (on.values["enabled"], on.values["attribute"]) == (True, "expires")
    assert "another attribute" in objection(aws, cloud, on, attribute="until").why
    with pytest.raises(Held, match="multiple times") as held:
        await change(aws, on, enabled=False)
    assert held.value.until > datetime.fromisoformat(cloud.sim.clock())
    cloud.sim.clock(advance="61m")
    off = await change(aws, on, enabled=False)
    assert off.values["enabled"] is False


# -- Lambda ---------------------------------------------------------------------------------


async def test_a_hundred_executions_of_the_account_stay_unreserved(cloud: Any, aws: Any) -> None:
    name = cloud.create("lambda-function")
    record = await one(aws, "lambda-function", name)
    assert "reserved_concurrency" not in record.values
    left = record.values["unreserved"]
    assert isinstance(left, int)
    assert objection(aws, cloud, record, reserved_concurrency=left - 100) is None
    assert "stay unreserved" in objection(aws, cloud, record, reserved_concurrency=left - 99).why
    changed = await change(aws, record, reserved_concurrency=0)
    assert changed.values["reserved_concurrency"] == 0


async def test_no_more_is_provisioned_than_is_reserved_and_nothing_on_latest(
    cloud: Any, aws: Any
) -> None:
    name = cloud.create("lambda-function", reserved=10, aliases=["live"])
    record = await one(aws, "lambda-alias", f"{name}:live")
    assert (record.values["provisioned_concurrency"], record.values["status"]) == (0, "")
    assert "reserves 10" in objection(aws, cloud, record, provisioned_concurrency=11).why
    record = await change(aws, record, provisioned_concurrency=10)
    assert record.values["provisioned_concurrency"] == 10
    record = await change(aws, record, provisioned_concurrency=0)
    assert record.values["status"] == ""
    latest = await one(aws, "lambda-alias", f"{name}:$LATEST")
    assert "$LATEST" in objection(aws, cloud, latest, provisioned_concurrency=1).why


async def test_an_alias_that_is_not_there_is_not_live(cloud: Any, aws: Any) -> None:
    name = cloud.create("lambda-function")
    for other in (f"{name}:none", "nowhere:live", "nameless"):
        assert (await one(aws, "lambda-alias", other)).status is Status.PURGED


# -- SSM and AppConfig ----------------------------------------------------------------------


async def test_a_parameter_with_a_secret_is_not_read(cloud: Any, aws: Any) -> None:
    name = cloud.name()
    cloud("ssm").put_parameter(Name=name, Value="s3cr3t", Type="SecureString")
    record = await one(aws, "ssm-parameter", name)
    assert record.status is Status.UNREADABLE
    assert "s3cr3t" not in repr(record)


async def test_a_parameter_may_have_slashes_and_is_found_by_its_whole_name(
    cloud: Any, aws: Any
) -> None:
    name = cloud.create("ssm-parameter", f"/acme/{cloud.name()}", value="9-17")
    record = await one(aws, "ssm-parameter", name)
    changed = await change(aws, record, value="8-16")
    assert (changed.values["value"], changed.values["version"]) == ("8-16", 2)
    with pytest.raises(VersionMismatch):
        await change(aws, record, value="7-15")
    assert objection(aws, cloud, changed, value="").until is None
    assert "4097 bytes" in objection(aws, cloud, changed, value="x" * 4097).why


async def test_an_unchanged_configuration_is_not_an_empty_one(cloud: Any, aws: Any) -> None:
    name = cloud.create("appconfig", f"{cloud.name()}/prod/hours", content={"open": True})
    for _ in range(2):
        # Once at once, when AppConfig would refuse the token, and once when it may be used.
        values = (await one(aws, "appconfig", name)).values
        assert (values["open"], values["value"]) == (True, '{"open": true}')
        cloud.sim.clock(advance="20s")
        values = (await one(aws, "appconfig", name)).values
        assert values["open"] is True
    cloud.sim.act({"do": "edit", "id": f"appconfig/{name}", "content": {"open": False}})
    assert (await one(aws, "appconfig", name)).values["open"] is False
    assert "read-only" in objection(aws, cloud, await one(aws, "appconfig", name), open=True).why


async def test_an_unknown_configuration_is_not_live(cloud: Any, aws: Any) -> None:
    for name in ("a/b/c", "a/b", "a"):
        assert (await one(aws, "appconfig", name)).status is Status.PURGED


# -- all kinds ------------------------------------------------------------------------------


async def test_tags_say_whose_an_object_is_unless_they_are_not_heeded(
    cloud: Any, opened: Any
) -> None:
    tags = {"syncline:owner": "other"}
    name = cloud.create("autoscaling-group", desired=1, tags=tags)
    table = cloud.create("dynamodb-table", tags=tags)
    refs = [ref("autoscaling-group", name), ref("dynamodb-table", table)]
    for chosen, foreign in (
        ({}, True),
        ({"owner": "other"}, False),
        ({"heed_tags": False}, False),
    ):
        found = await read(opened(**chosen), *refs)
        assert [bool(record.foreign) for record in found] == [foreign] * 2
    store = opened()
    record = await one(store, "dynamodb-table", table)
    with pytest.raises(Rejected, match="syncline:owner = other"):
        await change(store, record, read_capacity=9)


async def test_nothing_is_asked_for_a_kind_that_aws_does_not_have(cloud: Any, aws: Any) -> None:
    cloud.sim.clear_calls()
    record = await one(aws, "bucket", "x")
    assert (record.status, cloud.calls()) == (Status.PURGED, [])


async def test_who_may_not_see_the_audit_does_without(cloud: Any, aws: Any) -> None:
    name = cloud.create("ssm-parameter", value="1")
    cloud("ssm").put_parameter(Name=name, Value="2", Overwrite=True)
    place = ref("ssm-parameter", name)
    author = await aws.author(place, "value", None)
    assert (author.name, author.ours) == ("AKIAPERSON", False)
    match = {"path": "/cloudtrail/"}
    cloud.sim.faults([{"kind": "status", "status": 403, "match": match}])
    assert await aws.author(place, "value", None) is None
    assert await aws.author(ref("appconfig", "a/b/c"), "value", None) is None
