"""EC2 Auto Scaling groups: how many machines there are, and how many there should be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from syncline.config_items import ConfigRecord, Objection
from syncline.errors import Held, NotFound, Rejected, StoreError, SynclineError
from syncline.model import JSON, Ref

from ..calling import Calls
from ..kinds import GROUP
from .holding import Answer, Found, missing, name_of, number, parts
from .tags import as_mapping, owner

GROUPS_PER_CALL = 100
"""DescribeAutoScalingGroups: `MaxRecords`, and as many names."""
_SIZES = ("desired", "min", "max")
_MEMBERS = {"desired": "DesiredCapacity", "min": "MinSize", "max": "MaxSize"}


class Groups:
    """The groups of one region."""

    kinds = (GROUP,)

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def read(self, refs: Sequence[Ref]) -> AsyncIterator[Answer]:
        for some in parts(refs, GROUPS_PER_CALL):
            try:
                groups = await self._described(some)
            except SynclineError as error:
                for ref in some:
                    yield ref, error
                continue
            for ref in some:
                group = groups.get(name_of(ref))
                # An unknown name is no error of AWS: it is missing from the list.
                yield self._found(ref, group) if group else missing(ref, "group of this name")

    async def _described(self, refs: Sequence[Ref]) -> dict[str, dict[str, Any]]:
        names = [name_of(ref) for ref in refs]
        found: dict[str, dict[str, Any]] = {}
        more: dict[str, Any] = {}
        while True:
            answer = await self._calls.read(
                "autoscaling",
                "describe_auto_scaling_groups",
                AutoScalingGroupNames=names,
                MaxRecords=GROUPS_PER_CALL,
                **more,
            )
            found |= {group["AutoScalingGroupName"]: group for group in answer["AutoScalingGroups"]}
            if not answer.get("NextToken"):
                return found
            more = {"NextToken": answer["NextToken"]}

    def _found(self, ref: Ref, group: Mapping[str, Any]) -> Found:
        settings = self._calls.settings
        tags = as_mapping(group.get("Tags", ())) if settings.heed_tags else {}
        return Found(
            ref=ref, values=values_of(group), versioned=_SIZES, foreign=owner(tags, settings.owner)
        )

    def objection(
        self, record: ConfigRecord, wanted: Mapping[str, JSON], now: datetime
    ) -> Objection | None:
        sizes = {name: number({**record.values, **wanted}, name) for name in _SIZES}
        if sizes["min"] <= sizes["desired"] <= sizes["max"]:
            return None
        return Objection(
            why=f"desired {sizes['desired']} would be outside {sizes['min']} to {sizes['max']}; "
            "AWS refuses that, or moves the desired number by itself: change the bounds first, or "
            "give the rule bounds of its own"
        )

    def busy(self, record: ConfigRecord) -> bool:
        return False

    async def write(self, record: ConfigRecord, wanted: Mapping[str, JSON]) -> None:
        name = name_of(record.ref)
        if set(wanted) == {"desired"}:
            await self._wish(record, name, number(wanted, "desired"))
            return
        await self._calls.write(
            "autoscaling",
            "update_auto_scaling_group",
            ref=record.ref,
            AutoScalingGroupName=name,
            **{_MEMBERS[field]: value for field, value in wanted.items()},
        )

    async def _wish(self, record: ConfigRecord, name: str, desired: int) -> None:
        try:
            await self._calls.write(
                "autoscaling",
                "set_desired_capacity",
                ref=record.ref,
                AutoScalingGroupName=name,
                DesiredCapacity=desired,
                HonorCooldown=self._calls.settings.honor_cooldown,
            )
        except Held as held:
            raise await self._cooling(record, name, held) from held
        except Rejected as error:
            # ValidationError is all that AWS says of a group that has gone.
            if "not found" in str(error):
                raise NotFound(str(error), ref=record.ref) from error
            raise

    async def _cooling(self, record: ConfigRecord, name: str, held: Held) -> Held:
        """Return until when a group cools down, as its last scaling activity tells."""
        cooldown = timedelta(seconds=number(record.values, "cooldown"))
        try:
            answer = await self._calls.read(
                "autoscaling",
                "describe_scaling_activities",
                AutoScalingGroupName=name,
                MaxRecords=1,
            )
        except StoreError:
            return held
        ended = next((activity.get("EndTime") for activity in answer["Activities"]), None)
        until = held.until if ended is None else max(held.until, ended + cooldown)
        return Held(f"{held}; the group cools down", until=until, ref=record.ref)


def values_of(group: Mapping[str, Any]) -> dict[str, JSON]:
    """Return the fields of a group that DescribeAutoScalingGroups shows. Pure."""
    machines = group.get("Instances", ())
    healthy = [machine for machine in machines if machine.get("HealthStatus") == "Healthy"]
    return {
        "desired": group["DesiredCapacity"],
        "min": group["MinSize"],
        "max": group["MaxSize"],
        "in_service": sum(machine["LifecycleState"] == "InService" for machine in healthy),
        "healthy": len(healthy),
        "machines": len(machines),
        "cooldown": group.get("DefaultCooldown", 300),
    }


__all__ = ["Groups", "values_of"]
