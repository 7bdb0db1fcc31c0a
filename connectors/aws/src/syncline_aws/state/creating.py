"""The table that a state lives in."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from syncline.errors import StateError


def create_table(client: Any, name: str) -> bool:
    """Create the table, billed by request, with expiry; return False when it is there already.

    Raises:
        StateError: AWS refuses.
    """
    try:
        created = _create(client, name)
        client.get_waiter("table_exists").wait(
            TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        _expire(client, name)
    except (ClientError, BotoCoreError) as error:
        raise StateError(f"the table {name} cannot be created: {error}") from error
    return created


def _create(client: Any, name: str) -> bool:
    keys = ("pk", "HASH"), ("sk", "RANGE")
    try:
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n, _ in keys],
            KeySchema=[{"AttributeName": n, "KeyType": kind} for n, kind in keys],
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceInUseException":
            raise
        return False
    return True


def _expire(client: Any, name: str) -> None:
    told = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if told.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
        client.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"}
        )
