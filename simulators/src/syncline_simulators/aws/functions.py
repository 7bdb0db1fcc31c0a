"""Lambda: the account's pool of concurrency, and provisioned concurrency, which moto lacks."""

from __future__ import annotations

from typing import Any

import attrs
from botocore.exceptions import ClientError
from starlette.responses import JSONResponse, Response

from .backend import ACCOUNT, REGION
from .call import Call
from .cloud import Cloud, Rule, answered, members, plain, with_members
from .refusals import refusal

UNRESERVED = 100
"""So much of the account's concurrency must stay free for functions that reserve none."""


@attrs.frozen(kw_only=True)
class Provisioned:
    """The provisioned concurrency of one version or alias."""

    requested: int
    ready_at: float
    modified: str


class Functions:
    """The rules of Lambda, with what they remember."""

    def __init__(self) -> None:
        self._provisioned: dict[tuple[str, str], Provisioned] = {}
        self.reserved: dict[str, int] = {}
        """What each function has reserved; one that reserves nothing is left out."""

    def rules(self) -> dict[str, Rule]:
        """By operation."""
        return {
            "GetFunction": self._function,
            "PutFunctionConcurrency": self._reserve,
            "DeleteFunctionConcurrency": self._release,
            "DeleteFunction": self._forget,
            "PutProvisioned": self._put,
            "GetProvisioned": self._get,
            "DeleteProvisioned": self._delete,
            "GetAccountSettings": self._account,
        }

    def provisioned(self, function: str) -> dict[str, int]:
        """What each qualifier of a function asked for."""
        return {
            qualifier: found.requested
            for (name, qualifier), found in self._provisioned.items()
            if name == function
        }

    async def _function(self, cloud: Cloud, call: Call) -> Response:
        """What is reserved is told also where it is 0, which stops the function."""
        passed = await cloud.forward(call)
        if passed.status != 200:
            return answered(passed)
        reserved = self.reserved.get(_name(call))
        concurrency = {"ReservedConcurrentExecutions": reserved}
        told = {} if reserved is None else {"Concurrency": concurrency}
        return with_members(passed, {**members(passed), **told})

    async def _reserve(self, cloud: Cloud, call: Call) -> Response:
        function = _name(call)
        await _known(cloud, call, function)
        asked = int(call.params.get("ReservedConcurrentExecutions", 0))
        if asked < 0:
            raise _invalid(call, "ReservedConcurrentExecutions has to be at least 0")
        others = self._all_reserved() - self.reserved.get(function, 0)
        if cloud.habits.concurrency - others - asked < UNRESERVED and asked:
            raise _invalid(call, _below_pool())
        provisioned = sum(self.provisioned(function).values())
        if asked < provisioned:
            raise _invalid(
                call,
                f"ReservedConcurrentExecutions {asked} should not be lower than function's total "
                f"provisioned concurrency [{provisioned}].",
            )
        passed = await cloud.forward(call)
        if passed.status == 200:
            self.reserved[function] = asked
        return answered(passed)

    def _all_reserved(self) -> int:
        return sum(self.reserved.values())

    async def _release(self, cloud: Cloud, call: Call) -> Response:
        self.reserved.pop(_name(call), None)
        return await plain(cloud, call)

    async def _forget(self, cloud: Cloud, call: Call) -> Response:
        self.forget(_name(call))
        return await plain(cloud, call)

    def forget(self, function: str) -> None:
        """The function is gone, and what it reserved is free."""
        self.reserved.pop(function, None)
        for name, qualifier in list(self._provisioned):
            if name == function:
                del self._provisioned[name, qualifier]

    async def _put(self, cloud: Cloud, call: Call) -> Response:
        function, qualifier = _name(call), str(call.params.get("Qualifier", ""))
        if qualifier in ("", "$LATEST"):
            raise _invalid(
                call,
                "Provisioned Concurrency Configs cannot be applied to unpublished function "
                "versions.",
            )
        await _known(cloud, call, function, qualifier)
        asked = int(call.params.get("ProvisionedConcurrentExecutions", 0))
        if asked < 1:
            raise _invalid(call, "ProvisionedConcurrentExecutions has to be at least 1")
        await self._refuse_too_many(cloud, call, function, qualifier, asked)
        found = Provisioned(
            requested=asked,
            ready_at=cloud.elapsed() + cloud.habits.provision_lasts,
            modified=cloud.now().isoformat(),
        )
        self._provisioned[function, qualifier] = found
        return JSONResponse(_shown(cloud, found), 202)

    async def _refuse_too_many(
        self, cloud: Cloud, call: Call, function: str, qualifier: str, asked: int
    ) -> None:
        others = sum(self.provisioned(function).values()) - self.provisioned(function).get(
            qualifier, 0
        )
        reserved = self.reserved.get(function)
        if reserved is not None and others + asked > reserved:
            raise _invalid(
                call,
                "Requested Provisioned Concurrency should not be greater than the "
                "reservedConcurrentExecution for function",
            )
        free = cloud.habits.concurrency - self._all_reserved()
        if reserved is None and free - asked < UNRESERVED:
            raise _invalid(call, _below_pool())

    async def _get(self, cloud: Cloud, call: Call) -> Response:
        function = _name(call)
        if call.params.get("List") == "ALL":
            return JSONResponse({"ProvisionedConcurrencyConfigs": self._all(cloud, function)})
        qualifier = str(call.params.get("Qualifier", ""))
        await _known(cloud, call, function, qualifier)
        found = self._provisioned.get((function, qualifier))
        if found is None:
            message = "No Provisioned Concurrency Config found for this function"
            raise refusal(call, "ProvisionedConcurrencyConfigNotFoundException", message, 404)
        return JSONResponse(_shown(cloud, found))

    def _all(self, cloud: Cloud, function: str) -> list[dict[str, Any]]:
        return [
            {"FunctionArn": f"{_arn(name)}:{qualifier}", **_shown(cloud, found)}
            for (name, qualifier), found in self._provisioned.items()
            if name == function
        ]

    async def _delete(self, cloud: Cloud, call: Call) -> Response:
        self._provisioned.pop((_name(call), str(call.params.get("Qualifier", ""))), None)
        return Response(status_code=204)

    async def _account(self, cloud: Cloud, call: Call) -> Response:
        reserved = self._all_reserved()
        limit = {
            "ConcurrentExecutions": cloud.habits.concurrency,
            "UnreservedConcurrentExecutions": cloud.habits.concurrency - reserved,
        }
        passed = await cloud.forward(call)
        if passed.status != 200:
            return JSONResponse({"AccountLimit": limit, "AccountUsage": {}})
        found = members(passed)
        found["AccountLimit"] = {**found.get("AccountLimit", {}), **limit}
        return with_members(passed, found) if passed.body else answered(passed)


def _shown(cloud: Cloud, found: Provisioned) -> dict[str, Any]:
    ready = cloud.elapsed() >= found.ready_at
    return {
        "RequestedProvisionedConcurrentExecutions": found.requested,
        "AvailableProvisionedConcurrentExecutions": found.requested if ready else 0,
        "AllocatedProvisionedConcurrentExecutions": found.requested if ready else 0,
        "Status": "READY" if ready else "IN_PROGRESS",
        "LastModified": found.modified,
    }


def _name(call: Call) -> str:
    """The name of the function, of which the call may have the ARN."""
    return str(call.params["FunctionName"]).rpartition(":function:")[2].partition(":")[0]


def _arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


async def _known(cloud: Cloud, call: Call, function: str, qualifier: str = "") -> None:
    wanted = {"Qualifier": qualifier} if qualifier else {}
    try:
        await cloud.ask("lambda", "get_function", FunctionName=function, **wanted)
    except ClientError:
        where = f"{_arn(function)}{':' + qualifier if qualifier else ''}"
        message = f"Function not found: {where}"
        raise refusal(call, "ResourceNotFoundException", message, 404) from None


def _below_pool() -> str:
    return (
        "Specified ReservedConcurrentExecutions for function decreases account's "
        f"UnreservedConcurrentExecution below its minimum value of [{UNRESERVED}]."
    )


def _invalid(call: Call, message: str) -> Exception:
    return refusal(call, "InvalidParameterValueException", message)
