"""Auto Scaling: bounds, cool-down, machines that take their time, and what is told of them."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

import pytest


@pytest.fixture
def group(aws: Any) -> str:
    """A group of two machines between 1 and 4, with a cool-down of five minutes."""
    name = f"group-{uuid4().hex[:8]}"
    aws.sim.act({"do": "settings", "launch_lasts": "20s", "terminate_lasts": "10s"})
    fields = {"desired": 2, "min": 1, "max": 4, "cooldown": 300}
    aws.sim.act({"do": "create", "kind": "autoscaling-group", "name": name, **fields})
    return name


def _states(aws: Any, group: str) -> list[str]:
    found = aws("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])
    [shown] = found["AutoScalingGroups"]
    return sorted(machine["LifecycleState"] for machine in shown["Instances"])


def test_new_machines_are_pending_first(aws: Any, group: str) -> None:
    aws("autoscaling").set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=4)
    assert _states(aws, group) == ["InService", "InService", "Pending", "Pending"]
    aws.sim.clock(advance="21s")
    assert _states(aws, group) == ["InService"] * 4


def test_machines_leave_after_a_while(aws: Any, group: str) -> None:
    aws("autoscaling").set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
    assert _states(aws, group) == ["InService", "Terminating"]
    aws.sim.clock(advance="11s")
    assert _states(aws, group) == ["InService"]


def test_the_desired_number_stays_between_the_bounds(aws: Any, group: str, refused: Any) -> None:
    wish = aws("autoscaling").set_desired_capacity
    code, text = refused(wish, AutoScalingGroupName=group, DesiredCapacity=5)
    assert (code, "above max value 4" in text) == ("ValidationError", True)
    code, text = refused(wish, AutoScalingGroupName=group, DesiredCapacity=0)
    assert (code, "below min value 1" in text) == ("ValidationError", True)


def test_an_update_keeps_desired_between_the_bounds(aws: Any, group: str, refused: Any) -> None:
    update = aws("autoscaling").update_auto_scaling_group
    for wrong in ({"DesiredCapacity": 5}, {"MinSize": 9}, {"MaxSize": 3, "DesiredCapacity": 4}):
        assert refused(update, AutoScalingGroupName=group, **wrong)[0] == "ValidationError"
    update(AutoScalingGroupName=group, MaxSize=1)
    found = aws("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])
    assert found["AutoScalingGroups"][0]["DesiredCapacity"] == 1


def test_an_unknown_group_is_an_error_to_writes_and_missing_from_lists(
    aws: Any, refused: Any
) -> None:
    scaling = aws("autoscaling")
    code, text = refused(
        scaling.set_desired_capacity, AutoScalingGroupName="none", DesiredCapacity=1
    )
    assert (code, "not found" in text) == ("ValidationError", True)
    found = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["none"])
    assert found["AutoScalingGroups"] == []


def test_a_page_has_a_hundred_groups_at_most(aws: Any, refused: Any) -> None:
    code, text = refused(aws("autoscaling").describe_auto_scaling_groups, MaxRecords=101)
    assert (code, "less than or equal to 100" in text) == ("ValidationError", True)


def test_a_cool_down_counts_only_for_those_who_honour_it(
    aws: Any, group: str, refused: Any
) -> None:
    wish = aws("autoscaling").set_desired_capacity
    wish(AutoScalingGroupName=group, DesiredCapacity=3, HonorCooldown=True)
    again = {"AutoScalingGroupName": group, "DesiredCapacity": 4, "HonorCooldown": True}
    code, text = refused(wish, **again)
    assert (code, "blocks this action" in text) == ("ScalingActivityInProgress", True)
    # The machine arrives; the cool-down begins then.
    aws.sim.clock(advance="21s")
    _states(aws, group)
    aws.sim.clock(advance="290s")
    assert refused(wish, **again)[0] == "ScalingActivityInProgress"
    wish(AutoScalingGroupName=group, DesiredCapacity=2)
    aws.sim.clock(advance="11s")
    _states(aws, group)
    aws.sim.clock(advance="301s")
    wish(**again)


def test_contention_is_a_server_error(aws: Any, group: str, refused: Any) -> None:
    aws.sim.act({"do": "settings", "contention": 1})
    wish = aws("autoscaling").set_desired_capacity
    code, _ = refused(wish, AutoScalingGroupName=group, DesiredCapacity=3)
    assert code == "ResourceContention"
    wish(AutoScalingGroupName=group, DesiredCapacity=3)


def _listened(aws: Any, pattern: dict[str, Any]) -> str:
    """The address of a queue that a rule with this pattern feeds."""
    name = f"queue-{uuid4().hex[:8]}"
    aws.sim.act({"do": "create", "kind": "queue", "name": name})
    rule = {"pattern": pattern, "queue": name}
    aws.sim.act({"do": "create", "kind": "event-rule", "name": name, **rule})
    return str(aws("sqs").get_queue_url(QueueName=name)["QueueUrl"])


def _events(aws: Any, queue: str, count: int) -> list[dict[str, Any]]:
    """So many events from the queue; the account sends them when it next looks at its clock."""
    found: list[dict[str, Any]] = []
    until = time.monotonic() + 60
    while len(found) < count and time.monotonic() < until:
        answer = aws("sqs").receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        found += [json.loads(message["Body"]) for message in answer.get("Messages", ())]
    return found


def test_launches_and_terminations_are_told_when_they_are_complete(aws: Any, group: str) -> None:
    pattern = {"source": ["aws.autoscaling"], "detail": {"AutoScalingGroupName": [group]}}
    queue = _listened(aws, pattern)
    aws("autoscaling").set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=4)
    aws.sim.clock(advance="21s")
    launched = _events(aws, queue, 2)
    assert [event["detail-type"] for event in launched] == ["EC2 Instance Launch Successful"] * 2
    detail = launched[0]["detail"]
    assert detail["StatusCode"] == "InProgress"
    assert detail["Details"]["Availability Zone"] == "eu-central-1a"
    assert (detail["Origin"], detail["Destination"]) == ("EC2", "AutoScalingGroup")
    assert [arn.split(":")[2] for arn in launched[0]["resources"]] == ["autoscaling", "ec2"]
    aws("autoscaling").set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=3)
    aws.sim.clock(advance="11s")
    [gone] = _events(aws, queue, 1)
    assert gone["detail-type"] == "EC2 Instance Terminate Successful"


def test_an_edited_desired_number_is_told_by_a_trail_only(aws: Any, group: str) -> None:
    pattern = {
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {"eventName": ["SetDesiredCapacity"]},
    }
    queue = _listened(aws, pattern)
    wish = aws("autoscaling").set_desired_capacity
    wish(AutoScalingGroupName=group, DesiredCapacity=2)
    aws.sim.act({"do": "settings", "trail": True})
    try:
        wish(AutoScalingGroupName=group, DesiredCapacity=3)
        [event] = _events(aws, queue, 1)
    finally:
        aws.sim.act({"do": "settings", "trail": False})
    assert event["detail"]["eventSource"] == "autoscaling.amazonaws.com"
    told = event["detail"]["requestParameters"]
    assert (told["autoScalingGroupName"], str(told["desiredCapacity"])) == (group, "3")


def test_programs_cannot_send_events_in_the_name_of_aws(aws: Any) -> None:
    entry = {"Source": "aws.autoscaling", "DetailType": "x", "Detail": "{}"}
    mine = {**entry, "Source": "mine"}
    told = aws("events").put_events(Entries=[entry, mine])
    assert told["FailedEntryCount"] == 1
    assert told["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
    assert "EventId" in told["Entries"][1]
    assert aws("events").put_events(Entries=[entry])["FailedEntryCount"] == 1


def test_any_event_can_be_sent_at_the_admin_address(aws: Any) -> None:
    source = "aws.partner/genesys.com/cloud/org/x"
    queue = _listened(aws, {"source": [source]})
    event = {"source": source, "detail-type": "v2.audits", "detail": {"a": 1}}
    aws.sim.act({"do": "event", **event})
    [found] = _events(aws, queue, 1)
    assert (found["detail-type"], found["detail"]) == ("v2.audits", {"a": 1})


def test_a_person_in_the_console_makes_machines_come_and_go(aws: Any, group: str) -> None:
    aws.sim.act({"do": "edit", "id": f"autoscaling-group/{group}", "desired": 3})
    assert _states(aws, group).count("Pending") == 1
    aws.sim.act({"do": "unhealthy", "id": f"autoscaling-group/{group}"})
    found = aws("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])
    health = [machine["HealthStatus"] for machine in found["AutoScalingGroups"][0]["Instances"]]
    assert health.count("Unhealthy") == 1
