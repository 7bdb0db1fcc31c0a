"""Webhook deliveries that come through API Gateway or a function URL."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import (
    APIGatewayProxyEvent,
    APIGatewayProxyEventV2,
    SQSEvent,
)

from syncline.clock import SystemClock
from syncline_aws.handler import requests, testing
from syncline_aws.handler.shapes import Web, recognised

SECRET = "a secret of more than sixteen characters"
Gateway = Callable[..., dict[str, Any]]
both = pytest.mark.parametrize("gateway", [testing.rest, testing.http], ids=["v1", "v2"])


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    found = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Signature": f"sha256={found}", "Content-Type": "application/json"}


def delivery(gateway: Gateway, name: str, connection: str = "wiki", **more: Any) -> dict[str, Any]:
    body = json.dumps({"id": name, "müll": "ö"}, ensure_ascii=False, indent=1).encode()
    return gateway(f"/webhooks/{connection}", body, headers=signed(body), **more)


def waiting(function: Any) -> int:
    """How many articles wait to be looked at; the state is asked, not the handler."""
    return int(function.state().backlog("articles").count)


@both
@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("stage", ["$default", "prod"])
def test_a_signed_delivery_is_stored_before_it_is_answered(
    function: Any, gateway: Gateway, binary: bool, stage: str
) -> None:
    answer = function(delivery(gateway, "hours.md", binary=binary, stage=stage))
    assert (answer["statusCode"], answer["body"], answer["isBase64Encoded"]) == (202, "", False)
    assert waiting(function) == 1


@both
def test_the_next_invocation_carries_it_out(function: Any, gateway: Gateway) -> None:
    function({"syncline": {"do": "sync"}})
    function.article("hours", "9 to 5")
    function(delivery(gateway, "hours.md"))
    assert function.copies() == 0
    told = function({"syncline": {"job": "articles", "do": "hints"}})
    assert told["jobs"]["articles"]["counts"]["created"] == 1
    assert (function.copies(), waiting(function)) == (1, 0)


@both
def test_a_delivery_that_is_not_signed_as_it_should_be_stores_nothing(
    function: Any, gateway: Gateway
) -> None:
    body = b'{"id": "hours.md"}'
    wrong = gateway("/webhooks/wiki", body, headers=signed(body, "another secret of good length"))
    changed = gateway("/webhooks/wiki", body + b" ", headers=signed(body))
    unsigned = gateway("/webhooks/wiki", body)
    answers = [function(event)["statusCode"] for event in (wrong, changed, unsigned)]
    assert (answers, waiting(function)) == ([401, 401, 401], 0)


@both
@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/webhooks/wiki", "GET", 405),
        ("/webhooks/nobody", "POST", 404),
        ("/webhooks/kb", "POST", 404),
        ("/webhooks/", "POST", 404),
        ("/elsewhere", "POST", 404),
        ("/healthz", "GET", 200),
    ],
)
def test_what_is_no_delivery_is_answered_like_the_service_does(
    function: Any, gateway: Gateway, path: str, method: str, status: int
) -> None:
    assert function(gateway(path, b"{}", method=method))["statusCode"] == status


@both
def test_what_is_genuine_and_makes_no_sense_is_refused(function: Any, gateway: Gateway) -> None:
    event = gateway("/webhooks/wiki", b"[]", headers=signed(b"[]"))
    assert function(event)["statusCode"] == 400


@both
def test_a_body_over_the_limit_is_refused(function: Any, gateway: Gateway) -> None:
    function.write(function.text + "[service.intake]\nbody = 1024\n")
    body = b'{"id": "' + b"x" * 2000 + b'"}'
    event = gateway("/webhooks/wiki", body, headers=signed(body))
    assert function(event)["statusCode"] == 413


@both
def test_a_body_that_is_no_base64_is_refused(function: Any, gateway: Gateway) -> None:
    event = {**delivery(gateway, "hours.md"), "body": "*", "isBase64Encoded": True}
    assert function(event)["statusCode"] == 400


@both
def test_a_state_that_cannot_be_used_is_never_answered_as_if_it_had_stored(
    function: Any, gateway: Gateway
) -> None:
    (function.folder / "state.db").mkdir()
    answer = function(delivery(gateway, "hours.md"))
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "5")


STANDARD = {"scheme": "standard", "secret": base64.b64encode(SECRET.encode()).decode()}


@both
def test_a_repeated_delivery_is_answered_like_the_first_and_stores_nothing(
    function: Any, gateway: Gateway
) -> None:
    function.write(function.text.replace('"hmac"', '"standard"'))
    (function.folder / "webhook.secret").write_text("whsec_" + STANDARD["secret"])
    at, body = str(round(SystemClock().now().timestamp())), b'{"id": "hours.md"}'
    mac = hmac.new(SECRET.encode(), b"msg_1." + at.encode() + b"." + body, hashlib.sha256)
    headers = {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": at,
        "Webhook-Signature": "v1," + base64.b64encode(mac.digest()).decode(),
    }
    event = gateway("/webhooks/wiki", body, headers=headers)
    assert function(event)["statusCode"] == 202
    generation = function.state().backlog("articles").generation
    function.begin()
    assert function(event)["statusCode"] == 202
    assert function.state().backlog("articles").generation == generation


# -- the shapes, beside those of AWS's own library ---------------------------------------------


def test_a_request_of_payload_1_is_what_the_library_of_aws_reads() -> None:
    event = testing.rest(
        "/webhooks/wiki", b"\x00\xff", query="a=1&a=2&b=x%20y", headers={"X-One": "1"}
    )
    theirs = APIGatewayProxyEvent(event)
    ours = requests.request(Web(event, 1), SystemClock().now())
    assert (ours.method, requests.place(Web(event, 1))) == (theirs.http_method, theirs.path)
    assert ours.body == base64.b64decode(theirs.body or "") == b"\x00\xff"
    assert ours.query == "a=1&a=2&b=x+y"
    assert theirs.resolved_query_string_parameters == {"a": ["1", "2"], "b": ["x y"]}
    assert ours.header("x-one") == theirs.headers["X-One"]
    assert ours.path == "/prod/webhooks/wiki"


def test_a_request_of_payload_2_is_what_the_library_of_aws_reads() -> None:
    event = testing.http(
        "/webhooks/wiki", b"\x00\xff", query="a=1&b=x%20y", headers={"X-One": "1"}, stage="prod"
    )
    event["cookies"] = ["c=1", "d=2"]
    theirs = APIGatewayProxyEventV2(event)
    ours = requests.request(Web(event, 2), SystemClock().now())
    assert (ours.method, ours.path) == (theirs.http_method, theirs.raw_path)
    assert requests.place(Web(event, 2)) == theirs.path == "/webhooks/wiki"
    assert (ours.body, ours.query) == (b"\x00\xff", theirs.raw_query_string)
    assert ours.header("x-one") == theirs.headers["X-One"]
    assert ours.header("cookie") == "c=1; d=2"


def test_a_batch_is_what_the_library_of_aws_reads() -> None:
    event = testing.sqs('{"a": 1}', "x", queue="work.fifo", groups=["g", "h"])
    theirs = list(SQSEvent(event).records)
    batch: Any = recognised(event)
    assert [one.id for one in batch.deliveries] == [one.message_id for one in theirs]
    assert [one.body.decode() for one in batch.deliveries] == [one.body for one in theirs]
    groups = [one.attributes.message_group_id for one in theirs]
    assert [one.group for one in batch.deliveries] == groups == ["g", "h"]


def test_headers_that_were_sent_twice_are_no_signature() -> None:
    event = testing.rest("/webhooks/wiki", b"{}", headers={"X-Signature": "a"})
    event["multiValueHeaders"]["X-Signature"] = ["a", "b"]
    assert requests.request(Web(event, 1), SystemClock().now()).header("x-signature") is None


def test_requests_without_anything_are_requests() -> None:
    event = {"httpMethod": "POST", "path": "/", "body": None, "headers": None,
             "queryStringParameters": None, "multiValueHeaders": None}  # fmt: skip
    found = requests.request(Web(event, 1), SystemClock().now())
    assert (found.body, found.query, found.headers) == (b"", "", ())


# -- what changes while an environment lives ------------------------------------------------------


def test_a_secret_that_was_rotated_is_looked_up_before_a_delivery_is_refused(
    function: Any,
) -> None:
    assert function(delivery(testing.http, "hours.md"))["statusCode"] == 202
    rotated = "another secret of more than sixteen characters"
    (function.folder / "webhook.secret").write_text(rotated)
    body = b'{"id": "prices.md"}'
    event = testing.http("/webhooks/wiki", body, headers=signed(body, rotated))
    assert function(event)["statusCode"] == 202
    assert function(delivery(testing.http, "hours.md"))["statusCode"] == 401
    assert waiting(function) == 2


def test_a_state_that_was_away_at_first_is_opened_by_the_next_invocation(function: Any) -> None:
    (function.folder / "state.db").mkdir()
    assert function(delivery(testing.http, "hours.md"))["statusCode"] == 503
    (function.folder / "state.db").rmdir()
    assert function(delivery(testing.http, "hours.md"))["statusCode"] == 202
