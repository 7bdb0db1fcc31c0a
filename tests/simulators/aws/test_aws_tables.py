"""DynamoDB takes and refuses what the vendor's guide says, through boto3."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest


@pytest.fixture
def table(aws: Any) -> str:
    """A provisioned table with one index, 5/5 each."""
    name = f"table-{uuid4().hex[:8]}"
    aws.sim.act({"do": "settings", "update_lasts": "5s"})
    aws.sim.act(
        {
            "do": "create",
            "kind": "dynamodb-table",
            "name": name,
            "read": 5,
            "write": 5,
            "indexes": {"by-x": {"read": 5, "write": 5}},
        }
    )
    return name


def _units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def _update(aws: Any, table: str, read: int, write: int) -> Any:
    return aws("dynamodb").update_table(TableName=table, ProvisionedThroughput=_units(read, write))


def _shown(aws: Any, table: str) -> tuple[str, int, int]:
    found = aws("dynamodb").describe_table(TableName=table)["Table"]
    numbers = found["ProvisionedThroughput"]
    return found["TableStatus"], numbers["ReadCapacityUnits"], numbers["WriteCapacityUnits"]


def test_an_update_shows_the_old_numbers_until_it_is_complete(aws: Any, table: str) -> None:
    told = _update(aws, table, 9, 5)["TableDescription"]
    assert told["TableStatus"] == "UPDATING"
    assert _shown(aws, table) == ("UPDATING", 5, 5)
    aws.sim.clock(advance="6s")
    assert _shown(aws, table) == ("ACTIVE", 9, 5)


def test_a_checksum_fits_the_answer_that_has_one(aws: Any, table: str) -> None:
    # boto3 repeats a call of DynamoDB whose checksum does not fit, and takes the last answer.
    client = aws.client("dynamodb", retries={"mode": "standard", "total_max_attempts": 3})
    client.describe_table(TableName=table)
    client.list_tables()
    client.close()
    assert len(aws.sim.calls()) == 2


def test_a_table_that_is_updating_is_in_use(aws: Any, table: str, refused: Any) -> None:
    _update(aws, table, 9, 5)
    dynamodb = aws("dynamodb")
    code, text = refused(
        dynamodb.update_table, TableName=table, ProvisionedThroughput=_units(10, 5)
    )
    assert code == "ResourceInUseException"
    assert table in text
    assert refused(dynamodb.delete_table, TableName=table)[0] == "ResourceInUseException"


def test_unchanged_numbers_are_an_error(aws: Any, table: str, refused: Any) -> None:
    update = aws("dynamodb").update_table
    code, text = refused(update, TableName=table, ProvisionedThroughput=_units(5, 5))
    assert code == "ValidationException"
    assert "throughput for the table will not change" in text
    index = [{"Update": {"IndexName": "by-x", "ProvisionedThroughput": _units(5, 5)}}]
    code, text = refused(update, TableName=table, GlobalSecondaryIndexUpdates=index)
    assert code == "ValidationException"
    assert "throughput for the index by-x will not change" in text


def test_an_index_has_numbers_of_its_own(aws: Any, table: str) -> None:
    index = [{"Update": {"IndexName": "by-x", "ProvisionedThroughput": _units(7, 8)}}]
    aws("dynamodb").update_table(TableName=table, GlobalSecondaryIndexUpdates=index)
    [shown] = aws("dynamodb").describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"]
    assert (shown["IndexStatus"], shown["ProvisionedThroughput"]["ReadCapacityUnits"]) == (
        "UPDATING",
        5,
    )
    aws.sim.clock(advance="6s")
    [shown] = aws("dynamodb").describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"]
    assert shown["IndexStatus"] == "ACTIVE"
    assert shown["ProvisionedThroughput"]["WriteCapacityUnits"] == 8
    assert _shown(aws, table) == ("ACTIVE", 5, 5)


def test_an_unknown_index_and_an_unknown_table_are_refused(
    aws: Any, table: str, refused: Any
) -> None:
    update = aws("dynamodb").update_table
    index = [{"Update": {"IndexName": "none", "ProvisionedThroughput": _units(7, 8)}}]
    code, text = refused(update, TableName=table, GlobalSecondaryIndexUpdates=index)
    assert (code, "none" in text) == ("ValidationException", True)
    code, _ = refused(update, TableName="nowhere", ProvisionedThroughput=_units(1, 1))
    assert code == "ResourceNotFoundException"


def test_below_one_is_refused_by_the_server_too(aws: Any, table: str, refused: Any) -> None:
    # boto3 refuses 0 before it asks, unless its own validation is off.
    unchecked = aws.client("dynamodb", parameter_validation=False)
    code, text = refused(
        unchecked.update_table, TableName=table, ProvisionedThroughput=_units(0, 5)
    )
    unchecked.close()
    assert code == "ValidationException"
    assert "greater than or equal to 1" in text


def test_an_on_demand_table_takes_no_numbers(aws: Any, refused: Any) -> None:
    name = f"od-{uuid4().hex[:8]}"
    aws.sim.act({"do": "create", "kind": "dynamodb-table", "name": name, "on_demand": True})
    update = aws("dynamodb").update_table
    code, text = refused(update, TableName=name, ProvisionedThroughput=_units(5, 5))
    assert code == "ValidationException"
    assert "PAY_PER_REQUEST" in text
    update(TableName=name, BillingMode="PROVISIONED", ProvisionedThroughput=_units(5, 5))


def test_only_one_kind_of_change_a_call(aws: Any, table: str, refused: Any) -> None:
    code, text = refused(
        aws("dynamodb").update_table,
        TableName=table,
        ProvisionedThroughput=_units(6, 6),
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    assert (code, "one type of change" in text) == ("ValidationException", True)


def test_the_28th_decrease_of_a_day_is_refused(aws: Any, table: str, refused: Any) -> None:
    aws.sim.clock(set="2030-01-01T00:00:10Z")
    level = 100
    _update(aws, table, level, 5)
    decreases = 0
    update = aws("dynamodb").update_table
    for hour in range(24):
        while decreases < 4 or hour:
            aws.sim.clock(advance="6s")
            level -= 1
            _update(aws, table, level, 5)
            decreases += 1
            if hour:
                break
        aws.sim.clock(advance="10s")
        lower = _units(level - 1, 5)
        code, text = refused(update, TableName=table, ProvisionedThroughput=lower)
        assert code == "LimitExceededException"
        assert "The next can be made at" in text
        aws.sim.clock(advance="3590s" if hour < 23 else "10s")
    assert decreases == 27
    numbers = aws("dynamodb").describe_table(TableName=table)["Table"]["ProvisionedThroughput"]
    assert numbers["NumberOfDecreasesToday"] == 27
    assert numbers["LastDecreaseDateTime"].year == 2030
    # Raising is not rationed, and the next day begins anew.
    _update(aws, table, 200, 5)
    aws.sim.clock(set="2030-01-02T00:00:10Z")
    _update(aws, table, 199, 5)


def test_a_call_that_lowers_several_is_refused_whole(aws: Any, table: str, refused: Any) -> None:
    update = aws("dynamodb").update_table
    aws.sim.clock(set="2031-01-01T00:00:10Z")
    _update(aws, table, 50, 50)
    for level in (49, 48, 47, 46):
        aws.sim.clock(advance="6s")
        _update(aws, table, level, 50)
    aws.sim.clock(advance="6s")
    index = [{"Update": {"IndexName": "by-x", "ProvisionedThroughput": _units(4, 4)}}]
    code, _ = refused(
        update,
        TableName=table,
        ProvisionedThroughput=_units(45, 50),
        GlobalSecondaryIndexUpdates=index,
    )
    assert code == "LimitExceededException"
    assert _shown(aws, table) == ("ACTIVE", 46, 50)
    # The index has a ration of its own.
    update(TableName=table, GlobalSecondaryIndexUpdates=index)


def test_time_to_live_cannot_be_changed_twice_in_an_hour(
    aws: Any, table: str, refused: Any
) -> None:
    dynamodb = aws("dynamodb")
    on = {"Enabled": True, "AttributeName": "expires"}
    off = {"Enabled": False, "AttributeName": "expires"}
    code, text = refused(dynamodb.update_time_to_live, TableName=table, TimeToLiveSpecification=off)
    assert (code, "already disabled" in text) == ("ValidationException", True)
    dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=on)
    code, text = refused(dynamodb.update_time_to_live, TableName=table, TimeToLiveSpecification=on)
    assert (code, "already enabled" in text) == ("ValidationException", True)
    other = {"Enabled": True, "AttributeName": "until"}
    code, text = refused(
        dynamodb.update_time_to_live, TableName=table, TimeToLiveSpecification=other
    )
    assert (code, "different AttributeName" in text) == ("ValidationException", True)
    code, text = refused(dynamodb.update_time_to_live, TableName=table, TimeToLiveSpecification=off)
    assert (code, "multiple times" in text) == ("ValidationException", True)
    aws.sim.clock(advance="61m")
    dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=off)


def test_a_transaction_with_the_same_token_is_done_once(aws: Any, table: str, refused: Any) -> None:
    put = {
        "Put": {
            "TableName": table,
            "Item": {"pk": {"S": "a"}},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }
    write = aws("dynamodb").transact_write_items
    token = str(uuid4())
    write(TransactItems=[put], ClientRequestToken=token)
    write(TransactItems=[put], ClientRequestToken=token)
    assert refused(write, TransactItems=[put])[0] == "TransactionCanceledException"
    other = {"Put": {"TableName": table, "Item": {"pk": {"S": "b"}}}}
    code, _ = refused(write, TransactItems=[other], ClientRequestToken=token)
    assert code == "IdempotentParameterMismatchException"
    aws.sim.clock(advance="11m")
    code, _ = refused(write, TransactItems=[put], ClientRequestToken=token)
    assert code == "TransactionCanceledException"


@pytest.mark.parametrize("sort", [None, "sk"])
def test_a_transaction_that_fails_leaves_everything_as_it_was(
    aws: Any, sort: str | None, refused: Any
) -> None:
    name = f"undone-{uuid4().hex[:8]}"
    fields = {"on_demand": True, **({"sort": sort} if sort else {})}
    aws.sim.act({"do": "create", "kind": "dynamodb-table", "name": name, **fields})
    dynamodb = aws("dynamodb")

    def key(pk: str) -> dict[str, Any]:
        return {"pk": {"S": pk}, **({sort: {"S": "1"}} if sort else {})}

    for pk in ("a", "b"):
        dynamodb.put_item(TableName=name, Item={**key(pk), "n": {"N": "1"}, "l": {"L": []}})

    def rows() -> list[Any]:
        found = dynamodb.scan(TableName=name, ConsistentRead=True)["Items"]
        return sorted(found, key=lambda row: str(row["pk"]["S"]))

    before = rows()
    update = {
        "TableName": name,
        "Key": key("a"),
        "UpdateExpression": "SET l = list_append(l, :more) ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}, ":more": {"L": [{"S": "x"}]}},
    }
    actions = [
        {"Update": update},
        {"Delete": {"TableName": name, "Key": key("b")}},
        {"Put": {"TableName": name, "Item": key("c")}},
    ]
    check = {"TableName": name, "Key": key("d"), "ConditionExpression": "attribute_exists(pk)"}
    code, _ = refused(
        dynamodb.transact_write_items, TransactItems=[*actions, {"ConditionCheck": check}]
    )
    assert code == "TransactionCanceledException"
    assert rows() == before
    dynamodb.transact_write_items(TransactItems=actions)
    assert [(row["pk"]["S"], row.get("n")) for row in rows()] == [("a", {"N": "2"}), ("c", None)]
