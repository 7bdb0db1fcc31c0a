"""`examples/deploy/aws`: the template is sound, and its policies allow what the code does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.session import Session

from syncline.config import load
from syncline_aws.state.creating import create_table

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "examples" / "deploy" / "aws"
SOURCE = ROOT / "connectors" / "aws" / "src" / "syncline_aws"
SINGLE = {
    "TransactWriteItems": {"PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"},
    "TransactGetItems": {"GetItem"},
}
"""Operations that need the actions on single items (DynamoDB, IAM reference)."""
LINT = "from cfnlint.runner import main; main()"
INSTALLERS = {("dynamodb", "CreateTable"), ("dynamodb", "UpdateTimeToLive")}
"""What `create_table` does: the template makes the table instead."""
WITHOUT_OPERATION = {("dynamodb", "ConditionCheckItem")}
PREFIXES = {"appconfigdata": "appconfig", "resourcegroupstaggingapi": "tag"}
"""Services whose actions have another prefix than boto3's name."""


class _Loader(yaml.SafeLoader):
    """Reads the short forms of CloudFormation's functions as what they name."""


def _short(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {suffix: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short)


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load((FOLDER / "template.yaml").read_text(), _Loader)  # noqa: S506
    return found


def several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(template: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement that allows the functions something, with the name of its policy."""
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                yield name, statement


def actions(template: Mapping[str, Any], *policies: str) -> set[tuple[str, str]]:
    return {
        tuple(action.split(":"))
        for name, statement in statements(template)
        if not policies or name in policies
        for action in several(statement["Action"])
    }


def operations(folder: str) -> set[tuple[str, str]]:
    """What the modules of a folder of the connector call, as actions."""
    names = "|".join(sorted(Session().get_available_services(), key=len, reverse=True))
    found: set[tuple[str, str]] = set()
    for path in (SOURCE / folder).glob("*.py"):
        text = path.read_text()
        found |= set(re.findall(rf'"({names})",\s*"([a-z_]+)"', text))
        if folder == "state":
            found |= {("dynamodb", name) for name in re.findall(r"client\.([a-z_]+)\b", text)}
    found -= {("dynamodb", "get_waiter"), ("dynamodb", "close")}
    return {(PREFIXES.get(service, service), camel(name)) for service, name in found}


def camel(operation: str) -> str:
    return "".join(part.capitalize() for part in operation.split("_"))


def test_the_template_is_free_of_faults_and_warnings() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LINT, "--format", "parseable", str(FOLDER / "template.yaml")],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("", 0), done.stdout + done.stderr


def test_every_action_of_a_policy_exists(template: dict[str, Any]) -> None:
    session = Session()
    services = {prefix: service for service, prefix in PREFIXES.items()}
    for prefix, action in actions(template) - WITHOUT_OPERATION:
        service = services.get(prefix, prefix)
        assert action in session.get_service_model(service).operation_names, (service, action)


def test_actions_are_named_one_by_one_and_so_is_what_they_act_on(template: dict[str, Any]) -> None:
    for name, statement in statements(template):
        assert statement["Effect"] == "Allow"
        assert not any("*" in action for action in several(statement["Action"])), name
        if statement["Resource"] == "*":
            names = [action.partition(":")[2] for action in several(statement["Action"])]
            assert all(one.startswith(("Describe", "Get", "Lookup")) for one in names), name


def test_nothing_scans_or_drops_the_state(template: dict[str, Any]) -> None:
    allowed = {action for service, action in actions(template) if service == "dynamodb"}
    assert not allowed & {"Scan", "DeleteTable", "CreateTable"}


def test_the_state_may_do_what_it_does_and_no_more(template: dict[str, Any]) -> None:
    allowed = {action for _, action in actions(template, "KeepState")}
    used = {operation for _, operation in operations("state") - INSTALLERS}
    needed = {one for name in used for one in SINGLE.get(name, {name})} - {"DescribeTimeToLive"}
    assert needed - allowed == set()
    assert allowed - needed <= {"DescribeTable"}


def test_configuration_may_be_kept_by_the_policies_and_no_more(template: dict[str, Any]) -> None:
    allowed = actions(template, "KeepCapacity", "KeepParameters", "KnowAuthors")
    used = {(s, o) for s, o in operations("config") if s != "appconfig"}
    assert (used - allowed, allowed - used) == (set(), set())


def test_the_function_that_the_internet_reaches_can_change_nothing(
    template: dict[str, Any],
) -> None:
    role = template["Resources"]["IngressRole"]["Properties"]["ManagedPolicyArns"]
    allowed = {service for service, _ in actions(template, *(one["Ref"] for one in role))}
    assert allowed == {"logs", "ssm", "secretsmanager", "dynamodb", "sqs"}
    assert "TakeWork" not in {one["Ref"] for one in role}


def test_the_queue_is_invisible_for_six_times_the_worker(template: dict[str, Any]) -> None:
    resources = template["Resources"]
    timeout = resources["Worker"]["Properties"]["Timeout"]
    assert resources["Work"]["Properties"]["VisibilityTimeout"] >= 6 * timeout
    assert resources["Ingress"]["Properties"]["Timeout"] < 30


def test_events_are_those_that_are_sent(template: dict[str, Any]) -> None:
    pattern = template["Resources"]["Machines"]["Properties"]["EventPattern"]
    assert pattern["source"] == ["aws.autoscaling"]
    assert pattern["detail-type"] == [
        "EC2 Instance Launch Successful",
        "EC2 Instance Terminate Successful",
    ]


def test_no_secret_is_in_the_environment(template: dict[str, Any]) -> None:
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    assert set(variables) == {"SYNCLINE_CONFIG", "SYNCLINE_QUEUE"}
    assert "Environment" not in json.dumps(template["Resources"])


def test_the_table_is_the_one_that_the_command_would_make(template: dict[str, Any]) -> None:
    made: dict[str, Any] = {}

    class Client:
        def create_table(self, **given: Any) -> None:
            made.update(given)

        def get_waiter(self, name: str) -> Any:
            return type("Waiter", (), {"wait": staticmethod(lambda **_: None)})

        def describe_time_to_live(self, **_: Any) -> Any:
            return {"TimeToLiveDescription": {}}

        def update_time_to_live(self, **given: Any) -> None:
            made.update(given)

    create_table(Client(), "syncline")
    table = template["Resources"]["State"]["Properties"]
    for name in ("BillingMode", "AttributeDefinitions", "KeySchema", "TimeToLiveSpecification"):
        assert table[name] == made[name], name


def test_the_configuration_beside_it_is_accepted() -> None:
    text = (FOLDER / "syncline.toml").read_bytes()
    config = load(text, file="syncline.toml", folder=FOLDER)
    assert set(config.jobs) == {"articles", "capacity"}
    assert all(
        secret.provider != "env"
        for connection in config.connections.values()
        for _, secret in connection.all_secrets
    )
