"""EC2 Auto Scaling: bounds, cool-down, contention, machines that take their time, events."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from .backend import ACCOUNT, REGION
from .call import Call
from .cloud import Cloud, Rule, answered
from .members import Machine, Movements, machines, shown
from .refusals import refusal

MAX_RECORDS = 100
_MOVING = (
    "CreateAutoScalingGroup",
    "DeleteAutoScalingGroup",
    "TerminateInstanceInAutoScalingGroup",
    "DetachInstances",
    "ExecutePolicy",
)
"""Operations without further rules here after which machines may come and go."""


class Groups:
    """The rules of Auto Scaling, with what they remember."""

    def __init__(self) -> None:
        self.movements = Movements()
        self._quiet: dict[str, float] = {}

    def rules(self) -> dict[str, Rule]:
        """By operation."""
        return {
            "DescribeAutoScalingGroups": self._describe,
            "SetDesiredCapacity": self._set_desired,
            "UpdateAutoScalingGroup": self._update,
            **dict.fromkeys(_MOVING, self._moving),
        }

    async def _describe(self, cloud: Cloud, call: Call) -> Response:
        records = int(call.params.get("MaxRecords", 50))
        if not 1 <= records <= MAX_RECORDS:
            bound = "less than or equal to 100" if records > 1 else "greater than or equal to 1"
            message = (
                f"1 validation error detected: Value '{records}' at 'maxRecords' failed to satisfy "
                f"constraint: Member must have value {bound}"
            )
            raise refusal(call, "ValidationError", message)
        passed = await cloud.forward(call)
        return answered(passed, shown(passed.body, self.movements))

    async def _set_desired(self, cloud: Cloud, call: Call) -> Response:
        group = await _group(cloud, call)
        desired = int(call.params["DesiredCapacity"])
        _refuse_contention(cloud, call)
        for beyond, bound in (
            (desired > group["MaxSize"], "max"),
            (desired < group["MinSize"], "min"),
        ):
            if beyond:
                side = "above" if bound == "max" else "below"
                message = (
                    f"New SetDesiredCapacity value {desired} is {side} {bound} value "
                    f"{group[bound.title() + 'Size']} for the AutoScalingGroup."
                )
                raise refusal(call, "ValidationError", message)
        if call.params.get("HonorCooldown", "false") == "true":
            self._refuse_cooldown(cloud, call, group)
        return await self._moving(cloud, call)

    def _refuse_cooldown(self, cloud: Cloud, call: Call, group: Mapping[str, Any]) -> None:
        name = group["AutoScalingGroupName"]
        if self._on_the_way(name) or cloud.elapsed() < self._quiet.get(name, 0.0):
            message = f"Scaling activity {cloud.ids.uuid()} is in progress and blocks this action"
            raise refusal(call, "ScalingActivityInProgress", message)

    def _on_the_way(self, group: str) -> bool:
        moving = (*self.movements.pending.values(), *self.movements.terminating.values())
        return any(machine.group == group for machine in moving)

    async def _update(self, cloud: Cloud, call: Call) -> Response:
        group = await _group(cloud, call)
        _refuse_contention(cloud, call)
        low = int(call.params.get("MinSize", group["MinSize"]))
        high = int(call.params.get("MaxSize", group["MaxSize"]))
        if low > high:
            message = f"Max bound, {high}, must be greater than or equal to min bound, {low}"
            raise refusal(call, "ValidationError", message)
        desired = call.params.get("DesiredCapacity")
        if desired is not None and not low <= int(desired) <= high:
            message = (
                f"Desired capacity:{desired} must be between the specified min size:{low} and max "
                f"size:{high}"
            )
            raise refusal(call, "ValidationError", message)
        return await self._moving(cloud, call)

    async def _moving(self, cloud: Cloud, call: Call) -> Response:
        """Let moto do it, and make the machines that came and went take their time."""
        name = call.params.get("AutoScalingGroupName")
        before = await _machines(cloud, name)
        passed = await cloud.forward(call)
        if passed.status == 200:
            self.moved(cloud, before, await _machines(cloud, name))
        return answered(passed)

    def moved(
        self, cloud: Cloud, before: Mapping[str, Machine], after: Mapping[str, Machine]
    ) -> None:
        """Some machines came and others went: both is told when it is complete."""
        for machine in after.values():
            if machine.id not in before:
                self._launch(cloud, machine)
        for machine in before.values():
            if machine.id not in after:
                self._terminate(cloud, machine)

    def _launch(self, cloud: Cloud, machine: Machine) -> None:
        started = cloud.now()
        self.movements.pending[machine.id] = machine

        def arrived() -> None:
            if self.movements.pending.pop(machine.id, None):
                self._done(cloud, machine, "Launch", started)

        cloud.agenda.after(cloud.habits.launch_lasts, arrived)

    def _terminate(self, cloud: Cloud, machine: Machine) -> None:
        started = cloud.now()
        self.movements.pending.pop(machine.id, None)
        self.movements.terminating[machine.id] = machine

        def gone() -> None:
            if self.movements.terminating.pop(machine.id, None):
                self._done(cloud, machine, "Terminate", started)

        cloud.agenda.after(cloud.habits.terminate_lasts, gone)

    def _done(self, cloud: Cloud, machine: Machine, what: str, started: Any) -> None:
        cooldown = float(machine.facts.get("Cooldown", 300))
        self._quiet[machine.group] = cloud.elapsed() + cooldown
        arns = (
            str(machine.facts["GroupARN"]),
            f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{machine.id}",
        )
        activity = cloud.ids.uuid()
        launch = what == "Launch"
        detail = {
            # It is InProgress even in an event of success.
            "StatusCode": "InProgress",
            "AutoScalingGroupName": machine.group,
            "ActivityId": activity,
            "RequestId": activity,
            "Details": {"Availability Zone": machine.facts["AvailabilityZone"]},
            "EndTime": _iso(cloud.now()),
            "StartTime": _iso(started),
            "EC2InstanceId": machine.id,
            "StatusMessage": "",
            "Cause": f"At {_iso(started)} a difference between desired and actual capacity.",
            "Description": f"{'Launching a new' if launch else 'Terminating'} EC2 instance",
            "Origin": "EC2" if launch else "AutoScalingGroup",
            "Destination": "AutoScalingGroup" if launch else "EC2",
        }
        cloud.outbox.put("aws.autoscaling", f"EC2 Instance {what} Successful", detail, arns)


def _iso(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


async def _group(cloud: Cloud, call: Call) -> dict[str, Any]:
    name = str(call.params.get("AutoScalingGroupName", ""))
    found = await cloud.ask(
        "autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=[name]
    )
    if not found["AutoScalingGroups"]:
        message = f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found"
        raise refusal(call, "ValidationError", message)
    group: dict[str, Any] = found["AutoScalingGroups"][0]
    return group


async def _machines(cloud: Cloud, name: str | None) -> dict[str, Machine]:
    return machines(await asyncio.to_thread(cloud.groups, name))


def _refuse_contention(cloud: Cloud, call: Call) -> None:
    if cloud.habits.contention > 0:
        cloud.habits.contention -= 1
        message = "You already have a pending update to an Auto Scaling resource."
        raise refusal(call, "ResourceContention", message, status=500)
