"""SSM, Secrets Manager, AppConfig and Lambda, where moto leaves rules out."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest


@pytest.fixture
def name() -> str:
    """A name nobody else has."""
    return f"n{uuid4().hex[:8]}"


def test_a_standard_parameter_holds_four_kilobytes(aws: Any, name: str, refused: Any) -> None:
    put = aws("ssm").put_parameter
    put(Name=name, Value="x" * 4096, Type="String")
    code, text = refused(put, Name=f"{name}-2", Value="x" * 4097, Type="String")
    assert (code, "4096" in text) == ("ValidationException", True)
    put(Name=f"{name}-3", Value="x" * 8192, Type="String", Tier="Advanced")
    code, _ = refused(put, Name=f"{name}-4", Value="x" * 8193, Type="String", Tier="Advanced")
    assert code == "ValidationException"


def test_a_secret_without_a_stage_is_the_current_one(aws: Any, name: str) -> None:
    secrets = aws("secretsmanager")
    old = secrets.create_secret(Name=name, SecretString="old")["VersionId"]
    new = secrets.put_secret_value(SecretId=name, SecretString="new", VersionStages=["AWSPENDING"])[
        "VersionId"
    ]
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "old"
    secrets.update_secret_version_stage(
        SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=new, RemoveFromVersionId=old
    )
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "new"


def _configuration(aws: Any, name: str) -> dict[str, str]:
    place = {"application": name, "environment": "prod", "profile": "hours"}
    aws.sim.act(
        {
            "do": "create",
            "kind": "appconfig",
            "name": "/".join(place.values()),
            "content": {"open": True},
        }
    )
    return {f"{key.title()}Identifier": value for key, value in place.items()}


def _session(aws: Any, name: str) -> str:
    place = _configuration(aws, name)
    place["ConfigurationProfileIdentifier"] = place.pop("ProfileIdentifier")
    started = aws("appconfigdata").start_configuration_session(**place)
    return str(started["InitialConfigurationToken"])


def _latest(aws: Any, token: str) -> tuple[bytes, str]:
    answer = aws("appconfigdata").get_latest_configuration(ConfigurationToken=token)
    assert answer["NextPollIntervalInSeconds"] >= 15
    return answer["Configuration"].read(), answer["NextPollConfigurationToken"]


def test_an_unchanged_configuration_has_no_body(aws: Any, name: str, refused: Any) -> None:
    content, token = _latest(aws, _session(aws, name))
    assert json.loads(content) == {"open": True}
    early = {"ConfigurationToken": token}
    code, text = refused(aws("appconfigdata").get_latest_configuration, **early)
    assert (code, text) == ("BadRequestException", "Request too early")
    aws.sim.clock(advance="16s")
    content, token = _latest(aws, token)
    assert content == b""
    aws.sim.clock(advance="16s")
    aws.sim.act({"do": "edit", "id": f"appconfig/{name}/prod/hours", "content": {"open": False}})
    content, token = _latest(aws, token)
    assert json.loads(content) == {"open": False}
    aws.sim.clock(advance="16s")
    assert _latest(aws, token)[0] == b""


def test_a_token_counts_once(aws: Any, name: str, refused: Any) -> None:
    token = _session(aws, name)
    _latest(aws, token)
    code, _ = refused(aws("appconfigdata").get_latest_configuration, ConfigurationToken=token)
    assert code == "BadRequestException"


def test_a_configuration_is_deployed_through_the_api(aws: Any, name: str, refused: Any) -> None:
    configs, data = aws("appconfig"), aws("appconfigdata")
    application = configs.create_application(Name=name)["Id"]
    environment = configs.create_environment(ApplicationId=application, Name="prod")["Id"]
    profile = configs.create_configuration_profile(
        ApplicationId=application, Name="hours", LocationUri="hosted"
    )["Id"]
    place = {
        "ApplicationIdentifier": name,
        "EnvironmentIdentifier": "prod",
        "ConfigurationProfileIdentifier": "hours",
    }
    code, _ = refused(data.start_configuration_session, **place)
    assert code == "ResourceNotFoundException"
    version = configs.create_hosted_configuration_version(
        ApplicationId=application,
        ConfigurationProfileId=profile,
        Content=b"{}",
        ContentType="application/json",
    )["VersionNumber"]
    strategy = configs.create_deployment_strategy(
        Name=name, DeploymentDurationInMinutes=0, GrowthFactor=100.0, ReplicateTo="NONE"
    )["Id"]
    deployed = configs.start_deployment(
        ApplicationId=application,
        EnvironmentId=environment,
        DeploymentStrategyId=strategy,
        ConfigurationProfileId=profile,
        ConfigurationVersion=str(version),
    )
    assert deployed["State"] == "COMPLETE"
    token = data.start_configuration_session(**place)["InitialConfigurationToken"]
    assert _latest(aws, token)[0] == b"{}"


@pytest.fixture
def function(aws: Any, name: str) -> Any:
    """A function with an alias, gone afterwards: what it reserves is everybody's."""
    aws.sim.act({"do": "settings", "provision_lasts": "10s"})
    aws.sim.act({"do": "create", "kind": "lambda-function", "name": name, "aliases": ["live"]})
    yield name
    aws.sim.act({"do": "delete", "id": f"lambda-function/{name}"})


def test_a_hundred_executions_stay_unreserved(aws: Any, function: str, refused: Any) -> None:
    reserve = aws("lambda").put_function_concurrency
    reserve(FunctionName=function, ReservedConcurrentExecutions=900)
    code, text = refused(reserve, FunctionName=function, ReservedConcurrentExecutions=901)
    assert (code, "[100]" in text) == ("InvalidParameterValueException", True)
    reserve(FunctionName=function, ReservedConcurrentExecutions=0)


def test_provisioned_concurrency_takes_a_while(aws: Any, function: str, refused: Any) -> None:
    lambdas = aws("lambda")
    alias = {"FunctionName": function, "Qualifier": "live"}
    code, _ = refused(lambdas.get_provisioned_concurrency_config, **alias)
    assert code == "ProvisionedConcurrencyConfigNotFoundException"
    put = lambdas.put_provisioned_concurrency_config(**alias, ProvisionedConcurrentExecutions=5)
    assert put["Status"] == "IN_PROGRESS"
    assert put["AvailableProvisionedConcurrentExecutions"] == 0
    aws.sim.clock(advance="11s")
    found = lambdas.get_provisioned_concurrency_config(**alias)
    assert (found["Status"], found["AvailableProvisionedConcurrentExecutions"]) == ("READY", 5)
    listed = lambdas.list_provisioned_concurrency_configs(FunctionName=function)
    [config] = listed["ProvisionedConcurrencyConfigs"]
    assert config["FunctionArn"].endswith(f":{function}:live")
    lambdas.delete_provisioned_concurrency_config(**alias)
    code, _ = refused(lambdas.get_provisioned_concurrency_config, **alias)
    assert code == "ProvisionedConcurrencyConfigNotFoundException"


def test_what_is_unpublished_or_unknown_is_not_provisioned(
    aws: Any, function: str, refused: Any
) -> None:
    put = aws("lambda").put_provisioned_concurrency_config
    code, text = refused(
        put, FunctionName=function, Qualifier="$LATEST", ProvisionedConcurrentExecutions=5
    )
    assert (code, "unpublished" in text) == ("InvalidParameterValueException", True)
    code, _ = refused(
        put, FunctionName=function, Qualifier="none", ProvisionedConcurrentExecutions=5
    )
    assert code == "ResourceNotFoundException"


def test_provisioned_and_reserved_bound_each_other(aws: Any, function: str, refused: Any) -> None:
    lambdas = aws("lambda")
    lambdas.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=10)
    alias = {"FunctionName": function, "Qualifier": "live"}
    put = lambdas.put_provisioned_concurrency_config
    code, _ = refused(put, **alias, ProvisionedConcurrentExecutions=11)
    assert code == "InvalidParameterValueException"
    put(**alias, ProvisionedConcurrentExecutions=10)
    code, _ = refused(
        lambdas.put_function_concurrency, FunctionName=function, ReservedConcurrentExecutions=9
    )
    assert code == "InvalidParameterValueException"
