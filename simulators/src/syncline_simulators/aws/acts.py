"""What a person does in the console, for the admin address."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ..kernel.simulator import BadAction, Impossible
from .making import MAKERS
from .members import machines

if TYPE_CHECKING:
    from .simulator import Amazon


class Acts:
    """The deeds, by their names."""

    def __init__(self, amazon: Amazon) -> None:
        self._amazon = amazon
        self._deeds: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "create": self._create,
            "edit": self._edit,
            "delete": self._delete,
            "unhealthy": self._unhealthy,
            "event": self._event,
            "settings": self._settings,
        }

    def act(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Do it, and return the object.

        Raises:
            BadAction, Impossible
        """
        deed = self._deeds.get(str(action.get("do")))
        if deed is None:
            raise BadAction(f"'do' is one of {', '.join(self._deeds)}, not {action.get('do')!r}")
        try:
            return deed({key: value for key, value in action.items() if key != "do"})
        except (ClientError, BotoCoreError) as error:
            raise Impossible(str(error)) from error

    def make(self, fields: Mapping[str, Any]) -> None:
        """Make an object.

        Raises:
            BadAction: there is no such kind or field.
            ClientError, BotoCoreError: AWS does not take it.
        """
        kind, name = str(fields.get("kind")), str(fields.get("name", ""))
        if kind not in MAKERS:
            raise BadAction(f"'kind' is one of {', '.join(MAKERS)}, not {kind!r}")
        if not name:
            raise BadAction(f"an object of kind {kind!r} needs a 'name'")
        make, known = MAKERS[kind]
        given = {key: value for key, value in fields.items() if key not in ("kind", "name")}
        _refuse_unknown(kind, given, known)
        try:
            make(self._amazon, name, given)
        except (KeyError, TypeError, ValueError) as error:
            raise BadAction(f"{kind} {name!r} cannot be made: {error!r}") from error

    def _create(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        self.make(fields)
        return self._shown(f"{fields['kind']}/{fields['name']}")

    def _shown(self, item_id: str) -> dict[str, Any]:
        return self._amazon.item(item_id) or {"id": item_id}

    def _edit(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Change an object at once, beside the rules that keep programs from it."""
        item_id = str(fields.get("id"))
        kind, _, name = item_id.partition("/")
        edit = {
            "autoscaling-group": self._edit_group,
            "dynamodb-table": self._edit_table,
            "lambda-function": self._edit_function,
            "ssm-parameter": self._edit_parameter,
            "secret": self._edit_secret,
            "appconfig": self._edit_configuration,
        }.get(kind)
        if edit is None:
            raise BadAction(f"objects of kind {kind!r} cannot be edited")
        given = {key: value for key, value in fields.items() if key != "id"}
        _refuse_unknown(kind, given, MAKERS[kind][1])
        edit(name, given)
        return self._shown(item_id)

    def _edit_group(self, name: str, given: Mapping[str, Any]) -> None:
        names = {
            "desired": "DesiredCapacity",
            "min": "MinSize",
            "max": "MaxSize",
            "cooldown": "DefaultCooldown",
        }
        cloud = self._amazon.cloud
        changes = {names[key]: value for key, value in given.items() if key in names}
        before = machines(cloud.groups(name))
        cloud.tell("autoscaling", "update_auto_scaling_group", AutoScalingGroupName=name, **changes)
        self._amazon.groups.moved(cloud, before, machines(cloud.groups(name)))

    def _edit_table(self, name: str, given: Mapping[str, Any]) -> None:
        cloud = self._amazon.cloud
        now = cloud.tell("dynamodb", "describe_table", TableName=name)["Table"]
        numbers = now["ProvisionedThroughput"]
        throughput = {
            "ReadCapacityUnits": given.get("read", numbers["ReadCapacityUnits"]),
            "WriteCapacityUnits": given.get("write", numbers["WriteCapacityUnits"]),
        }
        cloud.tell("dynamodb", "update_table", TableName=name, ProvisionedThroughput=throughput)

    def _edit_function(self, name: str, given: Mapping[str, Any]) -> None:
        self._amazon.cloud.tell(
            "lambda",
            "put_function_concurrency",
            FunctionName=name,
            ReservedConcurrentExecutions=given["reserved"],
        )
        self._amazon.functions.reserved[name] = given["reserved"]

    def _edit_parameter(self, name: str, given: Mapping[str, Any]) -> None:
        value = str(given["value"])
        self._amazon.cloud.tell("ssm", "put_parameter", Name=name, Value=value, Overwrite=True)

    def _edit_secret(self, name: str, given: Mapping[str, Any]) -> None:
        value = given["value"]
        text = value if isinstance(value, str) else json.dumps(value)
        self._amazon.cloud.tell(
            "secretsmanager", "put_secret_value", SecretId=name, SecretString=text
        )

    def _edit_configuration(self, name: str, given: Mapping[str, Any]) -> None:
        self.make({"kind": "appconfig", "name": name, **given})

    def _delete(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        item_id = str(fields.get("id"))
        kind, _, name = item_id.partition("/")
        calls: Mapping[str, tuple[str, str, dict[str, Any]]] = {
            "autoscaling-group": (
                "autoscaling",
                "delete_auto_scaling_group",
                {"AutoScalingGroupName": name, "ForceDelete": True},
            ),
            "dynamodb-table": ("dynamodb", "delete_table", {"TableName": name}),
            "lambda-function": ("lambda", "delete_function", {"FunctionName": name}),
            "ssm-parameter": ("ssm", "delete_parameter", {"Name": name}),
        }
        if kind not in calls:
            raise BadAction(f"'id' begins with one of {', '.join(calls)}, not {item_id!r}")
        before = self._amazon.item(item_id)
        service, operation, params = calls[kind]
        self._amazon.cloud.tell(service, operation, **params)
        if kind == "lambda-function":
            self._amazon.functions.forget(name)
        return before or {"id": item_id}

    def _unhealthy(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Make so many machines of a group fail their health check."""
        name = str(fields.get("id")).partition("/")[2]
        found = list(machines(self._amazon.cloud.groups(name)))
        for machine in found[: int(fields.get("count", 1))]:
            self._amazon.cloud.tell(
                "autoscaling", "set_instance_health", InstanceId=machine, HealthStatus="Unhealthy"
            )
        return self._shown(str(fields.get("id")))

    def _event(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Put any event on the default bus, also in the name of AWS or a partner."""
        try:
            source, kind = str(fields["source"]), str(fields["detail-type"])
            detail = dict(fields["detail"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadAction("an event has 'source', 'detail-type' and 'detail'") from error
        self._amazon.cloud.outbox.put(source, kind, detail, fields.get("resources", ()))
        return {"id": "event"}

    def _settings(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        self._amazon.cloud.habits.change(fields)
        return {"id": "settings"}


def _refuse_unknown(kind: str, given: Mapping[str, Any], known: frozenset[str]) -> None:
    for key in given:
        if key not in known:
            raise BadAction(f"{kind} has no field {key!r}; it has: {' '.join(sorted(known))}")
