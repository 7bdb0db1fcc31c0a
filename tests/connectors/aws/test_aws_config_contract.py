"""The kinds that AWS holds keep the contract of configuration objects, over boto3 and sockets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from syncline.config_items import item_ref
from syncline.config_store import ConfigStore
from syncline.model import JSON, Ref
from syncline.testing.config_contract import ConfigStoreContract
from syncline.testing.config_person import ConfigPerson

READS = ("Describe", "Get", "List")


class AwsPerson(ConfigPerson):
    """A person in the console, or with keys of their own."""

    kind = ""
    batch = 100
    counted = ""
    """The operation that reads objects; others are asked once for many."""
    fresh: Mapping[str, Any]

    def __init__(self, cloud: Any) -> None:
        self.cloud = cloud
        self._names: dict[int, str] = {}

    async def make(self, number: int) -> Ref:
        if number not in self._names:
            self._names[number] = self._made()
        return item_ref("cloud", self.kind, self._names[number])

    def _made(self) -> str:
        return str(self.cloud.create(self.kind, **self.fresh))

    def unknown(self) -> Ref:
        return item_ref("cloud", self.kind, self.cloud.name())

    def name(self, ref: Ref) -> str:
        return ref.id.partition("/")[2]

    async def whole(self, ref: Ref) -> JSON:
        found: JSON = self.cloud.sim.item(ref.id)["values"]
        return self._without(found, set(self.bookkeeping))

    bookkeeping: tuple[str, ...] = ()

    def _without(self, value: JSON, names: set[str]) -> JSON:
        if isinstance(value, list):
            return [self._without(each, names) for each in value]
        if not isinstance(value, dict):
            return value
        return {k: self._without(v, names) for k, v in value.items() if k not in names}

    def reads(self) -> int:
        return sum(
            path.rpartition("/")[2].startswith(self.counted or READS) for path in self.cloud.calls()
        )

    def mutations(self) -> int:
        last = [path.rpartition("/")[2] for path in self.cloud.calls()]
        return sum(name.startswith(("Update", "Put", "Set", "Delete")) for name in last)


class GroupPerson(AwsPerson):
    kind, path, values = "autoscaling-group", "desired", (3, 4, 5)
    fresh = {"desired": 2, "min": 1, "max": 9}  # noqa: RUF012 - never changed
    other, beyond, read_only = ("max", 12), -1, ("in_service", 3)
    bookkeeping = ("Instances",)
    counted = "DescribeAutoScalingGroups"

    async def edit(self, ref: Ref, path: str, value: JSON) -> None:
        member = {"desired": "DesiredCapacity", "max": "MaxSize"}[path]
        self.cloud("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName=self.name(ref), **{member: value}
        )

    async def remove(self, ref: Ref) -> None:
        self.cloud.sim.act({"do": "delete", "id": ref.id})

    async def claim(self, ref: Ref) -> None:
        tag = {
            "Key": "syncline:ignore",
            "Value": "true",
            "ResourceId": self.name(ref),
            "ResourceType": "auto-scaling-group",
            "PropagateAtLaunch": False,
        }
        self.cloud("autoscaling").create_or_update_tags(Tags=[tag])

    async def hold(self, ref: Ref) -> None:
        self.cloud.sim.act({"do": "settings", "contention": 1})


class TablePerson(AwsPerson):
    kind, path, values = "dynamodb-table", "read_capacity", (7, 8, 9)
    fresh = {"read": 5, "write": 5}  # noqa: RUF012 - never changed
    other, beyond, read_only = ("write_capacity", 6), 0, ("item_count", 3)
    batch, counted = 1, "DescribeTable"
    bookkeeping = ("NumberOfDecreasesToday", "LastDecreaseDateTime", "LastIncreaseDateTime")

    async def edit(self, ref: Ref, path: str, value: JSON) -> None:
        found = self.cloud.sim.item(ref.id)["values"]["ProvisionedThroughput"]
        numbers = {name: found[name] for name in ("ReadCapacityUnits", "WriteCapacityUnits")}
        member = "ReadCapacityUnits" if path == "read_capacity" else "WriteCapacityUnits"
        self.cloud("dynamodb").update_table(
            TableName=self.name(ref), ProvisionedThroughput={**numbers, member: value}
        )

    async def remove(self, ref: Ref) -> None:
        self.cloud.sim.act({"do": "delete", "id": ref.id})

    async def claim(self, ref: Ref) -> None:
        dynamodb = self.cloud("dynamodb")
        arn = dynamodb.describe_table(TableName=self.name(ref))["Table"]["TableArn"]
        dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "syncline:owner", "Value": "x"}])

    async def hold(self, ref: Ref) -> None:
        self.cloud.sim.act({"do": "settings", "update_lasts": "1h"})
        self.cloud("dynamodb").update_table(
            TableName=self.name(ref),
            ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 50},
        )


class IndexPerson(AwsPerson):
    kind, path, values = "dynamodb-index", "write_capacity", (7, 8, 9)
    other, beyond, read_only = ("read_capacity", 6), 0, ("auto_scaled", True)
    batch, counted = 1, "DescribeTable"
    bookkeeping = TablePerson.bookkeeping

    def _made(self) -> str:
        numbers = {"read": 5, "write": 5}
        return f"{self.cloud.create('dynamodb-table', indexes={'by-x': numbers})}/by-x"

    def unknown(self) -> Ref:
        return item_ref("cloud", self.kind, f"{self.cloud.create('dynamodb-table')}/by-x")

    def _table(self, ref: Ref) -> str:
        return self.name(ref).partition("/")[0]

    async def whole(self, ref: Ref) -> JSON:
        found: JSON = self.cloud.sim.item(f"dynamodb-table/{self._table(ref)}")["values"]
        return self._without(found, set(self.bookkeeping))

    async def edit(self, ref: Ref, path: str, value: JSON) -> None:
        table: Any = self.cloud.sim.item(f"dynamodb-table/{self._table(ref)}")["values"]
        found = table["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]
        numbers = {name: found[name] for name in ("ReadCapacityUnits", "WriteCapacityUnits")}
        member = "ReadCapacityUnits" if path == "read_capacity" else "WriteCapacityUnits"
        change = {"IndexName": "by-x", "ProvisionedThroughput": {**numbers, member: value}}
        self.cloud("dynamodb").update_table(
            TableName=self._table(ref), GlobalSecondaryIndexUpdates=[{"Update": change}]
        )

    async def remove(self, ref: Ref) -> None:
        self.cloud.sim.act({"do": "delete", "id": f"dynamodb-table/{self._table(ref)}"})

    async def claim(self, ref: Ref) -> None:
        self.cloud("application-autoscaling").register_scalable_target(
            ServiceNamespace="dynamodb",
            ResourceId=f"table/{self._table(ref)}/index/by-x",
            ScalableDimension="dynamodb:index:ReadCapacityUnits",
            MinCapacity=1,
            MaxCapacity=9,
        )

    async def hold(self, ref: Ref) -> None:
        self.cloud.sim.act({"do": "settings", "update_lasts": "1h"})
        self.cloud("dynamodb").update_table(
            TableName=self._table(ref),
            ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 50},
        )


class FunctionPerson(AwsPerson):
    kind, path, values = "lambda-function", "reserved_concurrency", (3, 4, 5)
    fresh = {"reserved": 2}  # noqa: RUF012 - never changed
    beyond, read_only, batch = -1, ("unreserved", 3), 1

    async def edit(self, ref: Ref, path: str, value: JSON) -> None:
        self.cloud("lambda").put_function_concurrency(
            FunctionName=self.name(ref), ReservedConcurrentExecutions=value
        )

    async def remove(self, ref: Ref) -> None:
        self.cloud.sim.act({"do": "delete", "id": ref.id})

    async def claim(self, ref: Ref) -> None:
        lambdas = self.cloud("lambda")
        arn = lambdas.get_function(FunctionName=self.name(ref))["Configuration"]["FunctionArn"]
        lambdas.tag_resource(Resource=arn, Tags={"syncline:ignore": "yes"})

    async def spoil(self, ref: Ref) -> None:
        match = {"path": f"/GetFunction/{self.name(ref)}", "credential": "CONNECTOR"}
        self.cloud.sim.faults([{"kind": "status", "status": 403, "match": match}])

    def reads(self) -> int:
        return sum("/GetFunction" in path for path in self.cloud.calls())

    def mutations(self) -> int:
        return sum("/PutFunctionConcurrency" in path for path in self.cloud.calls())


class AliasPerson(AwsPerson):
    kind, path, values = "lambda-alias", "provisioned_concurrency", (3, 4, 5)
    beyond, read_only, batch = -1, ("available", 3), 1

    def _made(self) -> str:
        name = self.cloud.create("lambda-function", aliases=["live"])
        self._provision(name, 2)
        return f"{name}:live"

    def _provision(self, function: str, value: JSON) -> None:
        self.cloud("lambda").put_provisioned_concurrency_config(
            FunctionName=function, Qualifier="live", ProvisionedConcurrentExecutions=value
        )

    def unknown(self) -> Ref:
        return item_ref("cloud", self.kind, f"{self.cloud.create('lambda-function')}:none")

    async def edit(self, ref: Ref, path: str, value: JSON) -> None:
        self._provision(self.name(ref).partition(":")[0], value)

    async def whole(self, ref: Ref) -> JSON:
        function = self.name(ref).partition(":")[0]
        found: JSON = self.cloud.sim.item(f"lambda-function/{function}")["values"]
        return found

    def reads(self) -> int:
        return sum("/GetProvisioned" in path for path in self.cloud.calls())

    def mutations(self) -> int:
        paths = self.cloud.calls()
        return sum("/PutProvisioned" in path or "/DeleteProvisioned" in path for path in paths)


class ParameterPerson(AwsPerson):
    kind, path, values = "ssm-parameter", "value", ("a", "b", "c")
    fresh = {"value": "first"}  # noqa: RUF012 - never changed
    beyond, read_only, batch = "x" * 4097, ("version", 3), 10
    bookkeeping = ("Version", "LastModifiedDate")
    counted = "GetParameters"

    async def edit(self, ref: Ref, path: str, value: JSON) -> None:
        self.cloud("ssm").put_parameter(Name=self.name(ref), Value=value, Overwrite=True)

    async def remove(self, ref: Ref) -> None:
        self.cloud.sim.act({"do": "delete", "id": ref.id})

    async def claim(self, ref: Ref) -> None:
        self.cloud("ssm").add_tags_to_resource(
            ResourceType="Parameter",
            ResourceId=self.name(ref),
            Tags=[{"Key": "syncline:ignore", "Value": "1"}],
        )

    async def spoil(self, ref: Ref) -> None:
        self.cloud("ssm").put_parameter(
            Name=self.name(ref), Value="s", Type="SecureString", Overwrite=True
        )


class AwsContract(ConfigStoreContract):
    """The fixtures of all kinds."""

    person_of: type[AwsPerson]

    @pytest.fixture
    def store(self, opened: Any) -> ConfigStore:
        store: ConfigStore = opened(honor_cooldown=False)
        return store

    @pytest.fixture
    def person(self, cloud: Any) -> ConfigPerson:
        return self.person_of(cloud)


class TestGroups(AwsContract):
    person_of = GroupPerson


class TestTables(AwsContract):
    person_of = TablePerson


class TestIndexes(AwsContract):
    person_of = IndexPerson


class TestFunctions(AwsContract):
    person_of = FunctionPerson


class TestAliases(AwsContract):
    person_of = AliasPerson


class TestParameters(AwsContract):
    person_of = ParameterPerson
