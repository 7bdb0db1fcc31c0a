"""One call of the AWS API, whichever of its protocols it came in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl, unquote

import attrs
from starlette.types import Scope


class Protocol(Enum):
    """How operations and errors are written."""

    JSON = "json"
    """`X-Amz-Target` names the operation, the body is a JSON object."""
    QUERY = "query"
    """The body is a form with `Action`; answers are XML."""
    REST = "rest"
    """Method and path name the operation."""


_SERVICE = re.compile(r"Credential=([^/,\s]+)/\d+/[^/]+/([^/]+)/aws4_request")

_FUNCTION = r"/functions/(?P<FunctionName>[^/]+)"
_ENVIRONMENT = r"/applications/(?P<ApplicationId>[^/]+)/environments"
_REST: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "lambda": (
        ("GET", rf"/2015-03-31{_FUNCTION}", "GetFunction"),
        ("DELETE", rf"/2015-03-31{_FUNCTION}", "DeleteFunction"),
        ("PUT", rf"/2017-10-31{_FUNCTION}/concurrency", "PutFunctionConcurrency"),
        ("DELETE", rf"/2017-10-31{_FUNCTION}/concurrency", "DeleteFunctionConcurrency"),
        ("GET", rf"/2019-09-30{_FUNCTION}/concurrency", "GetFunctionConcurrency"),
        ("PUT", rf"/2019-09-30{_FUNCTION}/provisioned-concurrency", "PutProvisioned"),
        ("GET", rf"/2019-09-30{_FUNCTION}/provisioned-concurrency", "GetProvisioned"),
        ("DELETE", rf"/2019-09-30{_FUNCTION}/provisioned-concurrency", "DeleteProvisioned"),
        ("GET", r"/2016-08-19/account-settings/?", "GetAccountSettings"),
    ),
    "appconfig": (
        ("POST", r"/applications", "CreateApplication"),
        ("GET", r"/applications", "ListApplications"),
        ("POST", _ENVIRONMENT, "CreateEnvironment"),
        ("GET", _ENVIRONMENT, "ListEnvironments"),
        ("POST", r"/deploymentstrategies", "CreateDeploymentStrategy"),
        ("GET", r"/deploymentstrategies", "ListDeploymentStrategies"),
        ("POST", rf"{_ENVIRONMENT}/(?P<EnvironmentId>[^/]+)/deployments", "StartDeployment"),
        ("GET", rf"{_ENVIRONMENT}/(?P<EnvironmentId>[^/]+)/deployments", "ListDeployments"),
        (
            "GET",
            rf"{_ENVIRONMENT}/(?P<EnvironmentId>[^/]+)/deployments/(?P<DeploymentNumber>\d+)",
            "GetDeployment",
        ),
        ("POST", r"/configurationsessions", "StartConfigurationSession"),
        ("GET", r"/configuration", "GetLatestConfiguration"),
    ),
}
"""The operations of REST services that rules are made for."""


@attrs.frozen(kw_only=True)
class Call:
    """One call as it arrived."""

    service: str
    """As the signature names it, such as `dynamodb`."""
    operation: str
    """As the vendor names it; of REST services without rules, the method and the path."""
    protocol: Protocol
    params: Mapping[str, Any]
    """Members of the input: nested for JSON, flat texts (`Names.member.1`) for the query one."""
    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    key: str | None = None
    """The access key id that signed it."""
    named: tuple[str, ...] = ()
    """What the path of a REST operation names."""

    @property
    def name(self) -> str:
        """`/dynamodb/UpdateTable`, or `/lambda/GetFunction/flow` where the path names an object."""
        return "/".join(("", self.service, self.operation.lstrip("/"), *self.named))

    def with_params(self, params: Mapping[str, Any]) -> Call:
        """The same JSON call with other members."""
        return attrs.evolve(self, params=params, body=json.dumps(params).encode())


def key_of(scope: Scope) -> str | None:
    """The access key id that signed the request: a name, not a secret."""
    found = _SERVICE.search(_header(scope, b"authorization"))
    return found[1] if found else None


def read(scope: Scope, body: bytes) -> Call:
    """The call that a request makes. Unsigned requests belong to the service `unsigned`."""
    signed = _SERVICE.search(_header(scope, b"authorization"))
    service = signed[2] if signed else "unsigned"
    operation, protocol, params, named = _read(scope, service, body)
    target = bytes(scope["raw_path"]) + (
        b"?" + scope["query_string"] if scope["query_string"] else b""
    )
    return Call(
        service=service,
        operation=operation,
        protocol=protocol,
        params=params,
        method=scope["method"],
        target=target,
        headers=tuple(scope["headers"]),
        body=body,
        key=signed[1] if signed else None,
        named=named,
    )


_Read = tuple[str, Protocol, Mapping[str, Any], tuple[str, ...]]


def _read(scope: Scope, service: str, body: bytes) -> _Read:
    target = _header(scope, b"x-amz-target")
    if target:
        return target.rpartition(".")[2], Protocol.JSON, _members(body), ()
    if b"form-urlencoded" in _raw(scope, b"content-type"):
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        return form.get("Action", ""), Protocol.QUERY, form, ()
    return _rest(scope, service, body)


def _rest(scope: Scope, service: str, body: bytes) -> _Read:
    path, method = str(scope["path"]), str(scope["method"])
    given = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    for verb, pattern, operation in _REST.get(service, ()):
        found = re.fullmatch(pattern, path)
        if verb == method and found:
            named = {key: unquote(value) for key, value in found.groupdict().items()}
            params = {**_members(body), **given, **named}
            return operation, Protocol.REST, params, tuple(named.values())
    return path, Protocol.REST, given, ()


def _members(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body) if body else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _raw(scope: Scope, name: bytes) -> bytes:
    return next((bytes(value) for key, value in scope["headers"] if key == name), b"")


def _header(scope: Scope, name: bytes) -> str:
    return _raw(scope, name).decode("latin-1")
