"""Making objects in the account, as the console does: beside the rules, and complete at once."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from .backend import ACCOUNT, REGION

if TYPE_CHECKING:
    from .simulator import Amazon

ROLE = "syncline-functions"
TEMPLATE = "syncline-machines"
_ZONE = f"{REGION}a"

Make = Callable[["Amazon", str, Mapping[str, Any]], None]


def _group(amazon: Amazon, name: str, fields: Mapping[str, Any]) -> None:
    scaling = amazon.cloud.backend.client("autoscaling")
    if not scaling.describe_launch_configurations()["LaunchConfigurations"]:
        scaling.create_launch_configuration(
            LaunchConfigurationName=TEMPLATE, ImageId="ami-12345678", InstanceType="t3.micro"
        )
    desired = fields.get("desired", 1)
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchConfigurationName=TEMPLATE,
        MinSize=fields.get("min", 0),
        MaxSize=fields.get("max", max(10, desired)),
        DesiredCapacity=desired,
        DefaultCooldown=fields.get("cooldown", 300),
        AvailabilityZones=[_ZONE],
        Tags=[{**tag, "ResourceId": name, "PropagateAtLaunch": False} for tag in _tags(fields)],
    )


def _tags(fields: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": str(value)} for key, value in fields.get("tags", {}).items()]


def _table(amazon: Amazon, name: str, fields: Mapping[str, Any]) -> None:
    indexes = fields.get("indexes", {})
    key, sort = fields.get("key", "pk"), fields.get("sort")
    on_demand = bool(fields.get("on_demand"))
    schema = _schema(key, sort)
    names = [key, *([sort] if sort else []), *[f"{index}_key" for index in indexes]]
    made: dict[str, Any] = {
        "TableName": name,
        "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in names],
        "KeySchema": schema,
        "BillingMode": "PAY_PER_REQUEST" if on_demand else "PROVISIONED",
        "Tags": _tags(fields),
    }
    if not on_demand:
        made["ProvisionedThroughput"] = _throughput(fields)
    if indexes:
        made["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index,
                "KeySchema": _schema(f"{index}_key", None),
                "Projection": {"ProjectionType": "ALL"},
                **({} if on_demand else {"ProvisionedThroughput": _throughput(numbers)}),
            }
            for index, numbers in indexes.items()
        ]
    amazon.cloud.tell("dynamodb", "create_table", **made)
    if fields.get("ttl"):
        specification = {"Enabled": True, "AttributeName": fields["ttl"]}
        amazon.cloud.tell(
            "dynamodb",
            "update_time_to_live",
            TableName=name,
            TimeToLiveSpecification=specification,
        )
    if fields.get("auto_scaled"):
        _auto_scaled(amazon, f"table/{name}", "table")


def _schema(key: str, sort: str | None) -> list[dict[str, str]]:
    schema = [{"AttributeName": key, "KeyType": "HASH"}]
    return schema + ([{"AttributeName": sort, "KeyType": "RANGE"}] if sort else [])


def _throughput(fields: Mapping[str, Any]) -> dict[str, int]:
    return {
        "ReadCapacityUnits": fields.get("read", 5),
        "WriteCapacityUnits": fields.get("write", 5),
    }


def _auto_scaled(amazon: Amazon, resource: str, what: str) -> None:
    for unit in ("ReadCapacityUnits", "WriteCapacityUnits"):
        amazon.cloud.tell(
            "application-autoscaling",
            "register_scalable_target",
            ServiceNamespace="dynamodb",
            ResourceId=resource,
            ScalableDimension=f"dynamodb:{what}:{unit}",
            MinCapacity=1,
            MaxCapacity=1000,
        )


def _function(amazon: Amazon, name: str, fields: Mapping[str, Any]) -> None:
    lambdas = amazon.cloud.backend.client("lambda")
    lambdas.create_function(
        FunctionName=name,
        Role=_role(amazon),
        Runtime="python3.11",
        Handler="main.handler",
        Code={"ZipFile": _archive()},
        Tags={key: str(value) for key, value in fields.get("tags", {}).items()},
    )
    for alias in fields.get("aliases", ()):
        version = lambdas.publish_version(FunctionName=name)["Version"]
        lambdas.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)
    if "reserved" in fields:
        lambdas.put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=fields["reserved"]
        )
        amazon.functions.reserved[name] = fields["reserved"]


def _role(amazon: Amazon) -> str:
    iam = amazon.cloud.backend.client("iam")
    try:
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps({"Statement": []}))
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityAlreadyExists":
            raise
    return f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"


def _archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", "def handler(event, context):\n    return event\n")
    return packed.getvalue()


def _parameter(amazon: Amazon, name: str, fields: Mapping[str, Any]) -> None:
    amazon.cloud.tell(
        "ssm",
        "put_parameter",
        Name=name,
        Value=str(fields.get("value", "")),
        Type=fields.get("type", "String"),
        Tags=_tags(fields),
    )


def _secret(amazon: Amazon, name: str, fields: Mapping[str, Any]) -> None:
    value = fields.get("value", "")
    text = value if isinstance(value, str) else json.dumps(value)
    amazon.cloud.tell("secretsmanager", "create_secret", Name=name, SecretString=text)


def _configuration(amazon: Amazon, name: str, fields: Mapping[str, Any]) -> None:
    """`application/environment/profile` with hosted content, deployed."""
    application, environment, profile = name.split("/")
    configs = amazon.cloud.backend.client("appconfig")
    own = amazon.configurations.application(amazon.cloud, application)
    kept = _found(configs.list_configuration_profiles(ApplicationId=own), profile)
    kept = (
        kept
        or configs.create_configuration_profile(
            ApplicationId=own, Name=profile, LocationUri="hosted"
        )["Id"]
    )
    content = fields.get("content", {})
    text = content if isinstance(content, str) else json.dumps(content)
    version = configs.create_hosted_configuration_version(
        ApplicationId=own,
        ConfigurationProfileId=kept,
        Content=text.encode(),
        ContentType=fields.get("content_type", "application/json"),
    )["VersionNumber"]
    place = amazon.configurations.environment(amazon.cloud, own, environment)
    amazon.configurations.deploy(amazon.cloud, own, place, kept, version)
    amazon.configurations.names[own, place, kept] = name


def _found(listed: Mapping[str, Any], name: str) -> str | None:
    return next((item["Id"] for item in listed["Items"] if item["Name"] == name), None)


def _queue(amazon: Amazon, name: str, fields: Mapping[str, Any]) -> None:
    attributes = {"VisibilityTimeout": str(fields.get("visibility", 30))}
    if name.endswith(".fifo"):
        content = str(bool(fields.get("content_based", True))).lower()
        attributes |= {"FifoQueue": "true", "ContentBasedDeduplication": content}
    if fields.get("dead_letters"):
        target = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{fields['dead_letters']}"
        attributes["RedrivePolicy"] = json.dumps(
            {"deadLetterTargetArn": target, "maxReceiveCount": fields.get("receives", 5)}
        )
    amazon.cloud.tell("sqs", "create_queue", QueueName=name, Attributes=attributes)


def _rule(amazon: Amazon, name: str, fields: Mapping[str, Any]) -> None:
    """A rule of the default bus with a standard queue as its target."""
    bus = amazon.cloud.backend.client("events")
    bus.put_rule(Name=name, EventPattern=json.dumps(fields["pattern"]), State="ENABLED")
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{fields['queue']}"
    bus.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])


MAKERS: Mapping[str, tuple[Make, frozenset[str]]] = {
    "autoscaling-group": (_group, frozenset({"desired", "min", "max", "cooldown", "tags"})),
    "dynamodb-table": (
        _table,
        frozenset(
            {"read", "write", "on_demand", "indexes", "ttl", "tags", "auto_scaled", "key", "sort"}
        ),
    ),
    "lambda-function": (_function, frozenset({"reserved", "aliases", "tags"})),
    "ssm-parameter": (_parameter, frozenset({"value", "type", "tags"})),
    "secret": (_secret, frozenset({"value"})),
    "appconfig": (_configuration, frozenset({"content", "content_type"})),
    "queue": (_queue, frozenset({"visibility", "dead_letters", "receives", "content_based"})),
    "event-rule": (_rule, frozenset({"pattern", "queue"})),
}
"""How an object of each kind is made, and the fields that it takes."""
