"""boto3's errors become Syncline's, and what a call does about them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore import exceptions as boto
from botocore.session import Session

from syncline import fencing
from syncline.errors import (
    ConfigError,
    Forbidden,
    Held,
    LeaseLost,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    SynclineError,
    Unavailable,
)
from syncline.model import Ref
from syncline.secret import Secret
from syncline_aws import Settings
from syncline_aws.calling import Calls
from syncline_aws.clients import Clients
from syncline_aws.failures import failure

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)
REF = Ref("cloud", "dynamodb-table/calls")


def _error(code: str, status: int = 400) -> boto.ClientError:
    told = {
        "Error": {"Code": code, "Message": "as AWS says"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "r-1"},
    }
    return boto.ClientError(told, "UpdateTable")


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ResourceNotFoundException", 400, NotFound),
        ("ParameterNotFound", 400, NotFound),
        ("AccessDeniedException", 400, Forbidden),
        ("UnrecognizedClientException", 400, Forbidden),
        ("ThrottlingException", 400, RateLimited),
        ("Throttling", 400, RateLimited),
        ("TooManyRequestsException", 429, RateLimited),
        ("LimitExceededException", 400, Held),
        ("ResourceInUseException", 400, Held),
        ("ResourceContention", 500, Held),
        ("ScalingActivityInProgress", 400, Held),
        ("ValidationException", 400, Rejected),
        ("ValidationError", 400, Rejected),
        ("InvalidParameterValueException", 400, Rejected),
        ("InternalServerError", 500, OutcomeUnknown),
        ("ServiceUnavailable", 503, OutcomeUnknown),
    ],
)
def test_a_code_of_aws_has_a_meaning_here(code: str, status: int, error: type[Exception]) -> None:
    found = failure(_error(code, status), tried="dynamodb x", ref=REF, write=True, now=NOW)
    assert type(found) is error
    assert str(found).startswith(f"{REF}: dynamodb x: {code}: as AWS says")
    assert getattr(found, "trace", "") == "r-1"
    assert not isinstance(found, Held) or found.until > NOW


@pytest.mark.parametrize(
    ("error", "write", "read"),
    [
        (boto.ReadTimeoutError(endpoint_url="x"), OutcomeUnknown, Unavailable),
        (boto.ConnectionClosedError(endpoint_url="x"), OutcomeUnknown, Unavailable),
        (boto.EndpointConnectionError(endpoint_url="x"), Unavailable, Unavailable),
        (boto.ConnectTimeoutError(endpoint_url="x"), Unavailable, Unavailable),
        (_error("", 502), OutcomeUnknown, Unavailable),
        (boto.NoCredentialsError(), Forbidden, Forbidden),
        (boto.NoRegionError(), ConfigError, ConfigError),
        (boto.ParamValidationError(report="x"), Rejected, Rejected),
    ],
)
def test_a_write_without_an_answer_may_have_happened(
    error: Exception, write: type[Exception], read: type[Exception]
) -> None:
    for written, wanted in ((True, write), (False, read)):
        found = failure(error, tried="dynamodb x", ref=REF, write=written, now=NOW)
        assert type(found) is wanted


def test_every_code_that_is_given_a_meaning_is_one_of_the_vendor() -> None:
    from syncline_aws.failures import BUSY

    session = Session()
    known: set[str] = set()
    for service in ("dynamodb", "autoscaling", "lambda", "ssm", "appconfig"):
        for shape in session.get_service_model(service).error_shapes:
            known |= {shape.name, str(shape.metadata.get("error", {}).get("code", shape.name))}
    assert known >= BUSY


@pytest.fixture
async def calls(cloud: Any) -> AsyncIterator[Calls]:
    """What the service modules call AWS with; nobody waits for real."""
    made = Calls(cloud.settings(), cloud.context(simulated=True))
    yield made
    await made.aclose()


async def test_a_write_is_repeated_only_where_nothing_was_done(cloud: Any, calls: Any) -> None:
    name = cloud.create("ssm-parameter", value="1")
    put = {"Name": name, "Value": "2", "Overwrite": True}
    cloud.sim.faults([{"kind": "rate-limited", "times": 2}])
    await calls.write("ssm", "put_parameter", **put)
    assert len(cloud.calls()) == 3
    for fault in (
        {"kind": "reset", "when": "after"},
        {"kind": "status", "status": 500},
    ):
        cloud.sim.clear_calls()
        cloud.sim.faults([fault])
        with pytest.raises(OutcomeUnknown):
            await calls.write("ssm", "put_parameter", **put)
        assert len(cloud.calls()) == 1


async def test_a_throttled_write_ends_after_its_attempts(cloud: Any, calls: Any) -> None:
    cloud.sim.faults([{"kind": "rate-limited", "times": "always"}])
    with pytest.raises(RateLimited):
        await calls.write("ssm", "delete_parameter", Name="x")
    assert len(cloud.calls()) == 4


async def test_a_read_is_repeated_by_boto3(cloud: Any, calls: Any) -> None:
    cloud.sim.faults([{"kind": "status", "status": 503, "times": 1}])
    await calls.read("dynamodb", "list_tables")
    assert len(cloud.calls()) == 2


BROKEN = (
    {"kind": "html", "status": 502},
    {"kind": "html", "status": 200},
    {"kind": "empty", "status": 200},
    {"kind": "cut-json"},
    {"kind": "short-body"},
    {"kind": "hang-up", "when": "after"},
    {"kind": "redirect"},
)


@pytest.mark.parametrize("service", ["ssm", "autoscaling", "lambda"])
@pytest.mark.parametrize("fault", BROKEN, ids=lambda fault: f"{fault['kind']}")
async def test_whatever_comes_back_only_our_errors_come_out(
    cloud: Any, calls: Any, fault: Any, service: str
) -> None:
    operations: dict[str, tuple[str, dict[str, Any]]] = {
        "ssm": ("describe_parameters", {}),
        "autoscaling": ("describe_auto_scaling_groups", {}),
        "lambda": ("get_account_settings", {}),
    }
    operation, params = operations[service]
    cloud.sim.faults([{**fault, "times": 20}])
    for call in (calls.read, calls.write):
        said = ""
        try:
            await call(service, operation, **params)
        except SynclineError as error:
            said = str(error)
        assert not said or said.startswith(f"{service} {operation}: ")


async def test_without_credentials_the_role_cannot_be_assumed(
    monkeypatch: pytest.MonkeyPatch, cloud: Any, tmp_path: Any
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    keys = {"access_key_id": None, "secret_access_key": None}
    for settings in (keys, {**keys, "role": "arn:aws:iam::123456789012:role/syncline"}):
        calls = Calls(cloud.settings(**settings), cloud.context())
        with pytest.raises(Forbidden, match="no AWS credentials could be had"):
            await calls.read("ssm", "describe_parameters")
        await calls.aclose()


async def test_a_region_that_is_none_is_a_fault_of_the_settings(cloud: Any) -> None:
    calls = Calls(cloud.settings(region="not a region"), cloud.context())
    for call in (calls.read, calls.write):
        with pytest.raises(ConfigError, match="check the settings"):
            await call("ssm", "describe_parameters")
    await calls.aclose()


async def test_nothing_is_written_once_another_process_has_taken_over(
    cloud: Any, calls: Any
) -> None:
    def lost() -> None:
        raise LeaseLost("another holder has it")

    with fencing.fenced(lost), pytest.raises(LeaseLost):
        await calls.write("ssm", "delete_parameter", Name="x")
    assert cloud.calls() == []


def test_each_service_has_one_client_for_reading_and_one_for_writing() -> None:
    clients = Clients(Settings(region="eu-central-1"))
    assert clients.client("ssm") is clients.client("ssm")
    assert clients.client("ssm", once=True) is not clients.client("ssm")
    assert clients.client("ssm").meta.config.retries["mode"] == "standard"
    assert clients.client("ssm").meta.config.retries["total_max_attempts"] == 4
    assert clients.client("ssm", once=True).meta.config.retries["total_max_attempts"] == 1
    clients.close()


def test_endpoints_can_be_given_for_all_services_and_for_single_ones() -> None:
    settings = Settings(
        region="eu-central-1",
        endpoint="http://127.0.0.1:1",
        endpoints={"ssm": "http://127.0.0.1:2"},
    )
    clients = Clients(settings)
    assert clients.client("ssm").meta.endpoint_url == "http://127.0.0.1:2"
    assert clients.client("lambda").meta.endpoint_url == "http://127.0.0.1:1"
    clients.close()


def test_a_role_is_assumed_with_the_keys_that_were_found(cloud: Any) -> None:
    role = "arn:aws:iam::123456789012:role/syncline"
    clients = Clients(cloud.settings(role=role))
    clients.client("ssm").describe_parameters()
    used = [call["credential"] for call in cloud.sim.calls() if "/ssm/" in call["path"]]
    clients.close()
    assert cloud.calls() == ["/sts/AssumeRole"]
    assert used
    assert used[0].startswith("ASIA")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"access_key_id": Secret("a")}, "go together"),
        ({"session_token": Secret("a")}, "goes with"),
        ({"endpoint": "localhost"}, "https://"),
        ({"endpoints": {"ssm": "x"}}, "endpoints.ssm"),
        ({"threads": 0}, "more than 0"),
        ({"settle": timedelta(0)}, "more than 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(given: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Settings(**given)
