"""EventBridge: who may send what."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from .call import Call
from .cloud import Cloud, Rule, answered, members, plain

_REFUSED = {
    "ErrorCode": "NotAuthorizedForSourceException",
    "ErrorMessage": "Not authorized for the source.",
}


def rules() -> dict[str, Rule]:
    """By operation."""
    return {"PutEvents": _put}


async def _put(cloud: Cloud, call: Call) -> Response:
    """Entries whose source begins with `aws.` are refused singly, with status 200."""
    entries: list[dict[str, Any]] = list(call.params.get("Entries") or ())
    mine = [entry for entry in entries if not _reserved(entry)]
    if len(mine) == len(entries):
        return await plain(cloud, call)
    results: list[dict[str, Any]] = []
    if mine:
        passed = await cloud.forward(call.with_params({**call.params, "Entries": mine}))
        if passed.status != 200:
            return answered(passed)
        results = members(passed)["Entries"]
    left = iter(results)
    told = [_REFUSED if _reserved(entry) else next(left) for entry in entries]
    failed = sum("ErrorCode" in entry for entry in told)
    return JSONResponse({"FailedEntryCount": failed, "Entries": told})


def _reserved(entry: dict[str, Any]) -> bool:
    source = str(entry.get("Source", ""))
    return source.startswith("aws.") and not source.startswith("aws.partner/")
