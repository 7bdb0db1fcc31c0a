"""CloudTrail's event history: who called what."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import uuid4


def test_calls_that_change_something_are_kept_with_who_made_them(aws: Any) -> None:
    name = f"p{uuid4().hex[:8]}"
    aws("ssm").put_parameter(Name=name, Value="1", Type="String")
    aws("ssm").put_parameter(Name=name, Value="2", Overwrite=True)
    aws("ssm").get_parameter(Name=name)
    wanted = [{"AttributeKey": "EventName", "AttributeValue": "PutParameter"}]
    found = aws("cloudtrail").lookup_events(LookupAttributes=wanted)["Events"]
    recorded = [json.loads(event["CloudTrailEvent"]) for event in found]
    mine = [event for event in recorded if event["requestParameters"]["name"] == name]
    assert [event["requestParameters"]["value"] for event in mine] == ["2", "1"]
    arn = aws("sts").get_caller_identity()["Arn"]
    assert {event["userIdentity"]["arn"] for event in mine} == {arn}
    assert found[0]["Username"] == aws.sim.env["AWS_ACCESS_KEY_ID"]
    later = datetime.fromisoformat(aws.sim.clock(advance="1m"))
    lookup = aws("cloudtrail").lookup_events
    assert lookup(LookupAttributes=wanted, StartTime=later)["Events"] == []


def test_items_of_tables_are_not_recorded(aws: Any) -> None:
    name = f"t{uuid4().hex[:8]}"
    aws.sim.act({"do": "create", "kind": "dynamodb-table", "name": name, "on_demand": True})
    aws("dynamodb").put_item(TableName=name, Item={"pk": {"S": "secret"}})
    assert "secret" not in str(aws("cloudtrail").lookup_events()["Events"])
