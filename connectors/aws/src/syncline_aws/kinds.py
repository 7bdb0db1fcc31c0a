"""What an AWS connection holds, known without asking anybody and without boto3."""

from __future__ import annotations

from collections.abc import Mapping

from syncline.config_items import FieldSpec, FieldType, Kind

GROUP = "autoscaling-group"
TABLE, INDEX, TTL = "dynamodb-table", "dynamodb-index", "dynamodb-ttl"
FUNCTION, ALIAS = "lambda-function", "lambda-alias"
PARAMETER, CONFIGURATION = "ssm-parameter", "appconfig"


def _count(help: str, *, writable: bool = False) -> FieldSpec:
    return FieldSpec(
        type=FieldType.INT, help=help, writable=writable, minimum=0 if writable else None
    )


def _capacity(help: str) -> FieldSpec:
    return FieldSpec(type=FieldType.INT, help=help, writable=True, minimum=1)


_THROUGHPUT: Mapping[str, FieldSpec] = {
    "read_capacity": _capacity("Provisioned read capacity units; 0 where it is on demand."),
    "write_capacity": _capacity("Provisioned write capacity units; 0 where it is on demand."),
    "status": FieldSpec(type=FieldType.STRING, help="ACTIVE, or UPDATING while a change goes on."),
    "billing_mode": FieldSpec(type=FieldType.STRING, help="PROVISIONED or PAY_PER_REQUEST."),
    "decreases_today": FieldSpec(type=FieldType.INT, help="How often it was lowered this UTC day."),
    "last_decrease": FieldSpec(type=FieldType.STRING, help="When it was lowered last, or empty."),
    "auto_scaled": FieldSpec(
        type=FieldType.BOOL, help="Whether Application Auto Scaling manages it."
    ),
    "item_count": FieldSpec(type=FieldType.INT, help="Items; AWS counts every six hours."),
}


KINDS: Mapping[str, Kind] = {
    GROUP: Kind(
        name=GROUP,
        summary="An EC2 Auto Scaling group.",
        fields={
            "desired": _count("Machines (or units) that there should be.", writable=True),
            "min": _count("The least that `desired` may be.", writable=True),
            "max": _count("The most that `desired` may be.", writable=True),
            "in_service": _count("Machines that are InService and healthy: what can serve now."),
            "healthy": _count("Machines that are healthy, in service or not yet."),
            "machines": _count("All machines, on their way in and out, too."),
            "cooldown": _count("Seconds between two scaling activities."),
        },
    ),
    TABLE: Kind(name=TABLE, summary="The throughput of a DynamoDB table.", fields=_THROUGHPUT),
    INDEX: Kind(
        name=INDEX,
        summary="The throughput of a global secondary index.",
        fields=_THROUGHPUT,
        naming="table/index",
        names="[^/]+/[^/]+",
    ),
    TTL: Kind(
        name=TTL,
        summary="The time to live of a DynamoDB table.",
        fields={
            "enabled": FieldSpec(type=FieldType.BOOL, help="Whether items expire.", writable=True),
            "attribute": FieldSpec(
                type=FieldType.STRING,
                help="The attribute with the time, in epoch seconds; none while it is off.",
                writable=True,
            ),
            "status": FieldSpec(
                type=FieldType.STRING, help="ENABLED, DISABLED, ENABLING or DISABLING."
            ),
        },
        naming="table",
    ),
    FUNCTION: Kind(
        name=FUNCTION,
        summary="The concurrency that a Lambda function reserves.",
        fields={
            "reserved_concurrency": _count(
                "Executions at a time; 0 stops the function, none where nothing is reserved.",
                writable=True,
            ),
            "unreserved": _count("What the account has left for all functions."),
        },
    ),
    ALIAS: Kind(
        name=ALIAS,
        summary="The provisioned concurrency of an alias or version of a Lambda function.",
        fields={
            "provisioned_concurrency": _count(
                "Executions that are kept ready; 0 for none.", writable=True
            ),
            "available": _count("How many of them are ready."),
            "status": FieldSpec(
                type=FieldType.STRING, help="READY, IN_PROGRESS, FAILED, or empty for none."
            ),
            "reserved_concurrency": _count("What the function reserves, where it does."),
        },
        naming="function:alias",
        names=r".+:(?!\$LATEST$)[^:]+",
    ),
    PARAMETER: Kind(
        name=PARAMETER,
        summary="A parameter of SSM Parameter Store.",
        fields={
            "value": FieldSpec(type=FieldType.STRING, help="Its text.", writable=True),
            "version": FieldSpec(type=FieldType.INT, help="AWS counts its changes."),
            "type": FieldSpec(type=FieldType.STRING, help="String or StringList."),
        },
        naming="name, which may begin with a slash",
    ),
    CONFIGURATION: Kind(
        name=CONFIGURATION,
        summary="A configuration of AppConfig, read-only.",
        fields={"value": FieldSpec(type=FieldType.STRING, help="The whole of it as text.")},
        others=FieldSpec(type=FieldType.ANY, help="A member, where the configuration is JSON."),
        naming="application/environment/profile",
        names="[^/]+/[^/]+/[^/]+",
    ),
}
"""By name."""

__all__ = ["KINDS"]
