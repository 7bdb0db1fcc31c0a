"""Machines of Auto Scaling groups on their way in and out, which moto leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from lxml import etree

NAMESPACE = "http://autoscaling.amazonaws.com/doc/2011-01-01/"
_MEMBER = f"{{{NAMESPACE}}}member"
_FIELDS = (
    "InstanceId",
    "InstanceType",
    "AvailabilityZone",
    "LifecycleState",
    "HealthStatus",
    "LaunchConfigurationName",
    "ProtectedFromScaleIn",
)


@attrs.frozen(kw_only=True)
class Machine:
    """One machine as a group shows it."""

    id: str
    group: str
    facts: Mapping[str, Any]


@attrs.define(kw_only=True)
class Movements:
    """Which machines are Pending, and which are Terminating, by id."""

    pending: dict[str, Machine] = attrs.field(factory=dict)
    terminating: dict[str, Machine] = attrs.field(factory=dict)


def machines(groups: Iterable[Mapping[str, Any]]) -> dict[str, Machine]:
    """The machines of these groups by id."""
    return {
        facts["InstanceId"]: Machine(
            id=facts["InstanceId"], group=group["AutoScalingGroupName"], facts=facts
        )
        for group in groups
        for facts in group["Instances"]
    }


def shown(body: bytes, movements: Movements) -> bytes:
    """The answer of DescribeAutoScalingGroups with the machines that are on their way."""
    if not (movements.pending or movements.terminating):
        return body
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    for group in root.iterfind(f".//{{{NAMESPACE}}}AutoScalingGroups/{_MEMBER}"):
        _mark(group, movements)
    return bytes(etree.tostring(root))


def _mark(group: Any, movements: Movements) -> None:
    name = group.findtext(f"{{{NAMESPACE}}}AutoScalingGroupName")
    instances = group.find(f"{{{NAMESPACE}}}Instances")
    if instances is None:
        instances = etree.SubElement(group, f"{{{NAMESPACE}}}Instances")
    for member in instances.iterfind(_MEMBER):
        state = member.find(f"{{{NAMESPACE}}}LifecycleState")
        pending = member.findtext(f"{{{NAMESPACE}}}InstanceId") in movements.pending
        if pending and state is not None:
            state.text = "Pending"
    for machine in movements.terminating.values():
        if machine.group == name:
            instances.append(_element(machine))


def _element(machine: Machine) -> Any:
    element = etree.Element(_MEMBER)
    facts = {**machine.facts, "LifecycleState": "Terminating"}
    for field in _FIELDS:
        if field in facts:
            value = facts[field]
            text = str(value).lower() if isinstance(value, bool) else str(value)
            etree.SubElement(element, f"{{{NAMESPACE}}}{field}").text = text
    return element
