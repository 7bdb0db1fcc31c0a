"""What events of AWS are about: groups that got or lost a machine, calls that a trail recorded.

Events are best effort, may come twice and in no order: they say where to look, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from syncline.config_items import item_ref
from syncline.connector import Context
from syncline.model import JSON, Change

from .settings import Settings

TRAIL = "AWS API Call via CloudTrail"

Named = Iterable[tuple[str, str]]
"""Kind and name of each object."""


def _groups(given: Mapping[str, JSON]) -> Named:
    yield "autoscaling-group", _text(given, "autoScalingGroupName")


def _tables(given: Mapping[str, JSON]) -> Named:
    table = _text(given, "tableName").rpartition("/")[2]
    yield "dynamodb-table", table
    yield "dynamodb-ttl", table
    updates = given.get("globalSecondaryIndexUpdates")
    for update in updates if isinstance(updates, list) else ():
        change = update.get("update") if isinstance(update, dict) else None
        if table and isinstance(change, dict) and _text(change, "indexName"):
            yield "dynamodb-index", f"{table}/{_text(change, 'indexName')}"


def _targets(given: Mapping[str, JSON]) -> Named:
    """Application Auto Scaling: `table/NAME` or `table/NAME/index/INDEX`."""
    match _text(given, "resourceId").split("/"):
        case ["table", table]:
            yield "dynamodb-table", table
        case ["table", table, "index", index]:
            yield "dynamodb-index", f"{table}/{index}"


def _functions(given: Mapping[str, JSON]) -> Named:
    name = _text(given, "functionName").rpartition(":function:")[2] or _text(given, "functionName")
    yield "lambda-function", name.partition(":")[0]
    qualifier = _text(given, "qualifier") or name.partition(":")[2]
    if qualifier:
        yield "lambda-alias", f"{name.partition(':')[0]}:{qualifier}"


def _parameters(given: Mapping[str, JSON]) -> Named:
    yield "ssm-parameter", _text(given, "name")


_CALLS: Mapping[str, Callable[[Mapping[str, JSON]], Named]] = {
    "autoscaling.amazonaws.com": _groups,
    "dynamodb.amazonaws.com": _tables,
    "application-autoscaling.amazonaws.com": _targets,
    "lambda.amazonaws.com": _functions,
    "ssm.amazonaws.com": _parameters,
}
"""What the parameters of a recorded call name, by the source of the event."""


class AwsEvents:
    """Reads the events of one connection's region."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._region = settings.region
        self._connection = context.connection

    def read(self, envelope: Mapping[str, JSON]) -> Sequence[Change] | None:
        region = _text(envelope, "region")
        if self._region and region and region != self._region:
            return None
        named = _named(envelope)
        if named is None:
            return None
        refs = dict.fromkeys(item_ref(self._connection, kind, name) for kind, name in named if name)
        return tuple(Change(ref=ref) for ref in refs)


def _named(envelope: Mapping[str, JSON]) -> Named | None:
    """Return what an event is about; None when it is none of AWS's that are known here."""
    source, kind = _text(envelope, "source"), _text(envelope, "detail-type")
    detail = envelope.get("detail")
    if not isinstance(detail, dict):
        return None
    if kind == TRAIL:
        return named_by(detail) if _text(detail, "eventSource") in _CALLS else None
    if source == "aws.autoscaling":
        return [("autoscaling-group", _text(detail, "AutoScalingGroupName"))]
    if source == "aws.ssm" and kind == "Parameter Store Change":
        return [("ssm-parameter", _text(detail, "name"))]
    return None


def named_by(recorded: Mapping[str, JSON]) -> list[tuple[str, str]]:
    """Return kind and name of each object that a call recorded by CloudTrail is about. Pure."""
    given, read = recorded.get("requestParameters"), _CALLS.get(_text(recorded, "eventSource"))
    return list(read(given)) if read is not None and isinstance(given, dict) else []


def _text(values: Mapping[str, JSON], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""


def open_events(settings: Settings, context: Context) -> AwsEvents:
    """Return the reader of a connection's events."""
    return AwsEvents(settings, context)


__all__ = ["AwsEvents", "named_by", "open_events"]
