"""SSM Parameter Store: how big a value may be."""

from __future__ import annotations

from starlette.responses import Response

from .call import Call
from .cloud import Cloud, Rule, plain
from .refusals import refusal

STANDARD, ADVANCED = 4096, 8192
"""Characters of a value, by tier."""


def rules() -> dict[str, Rule]:
    """By operation."""
    return {"PutParameter": _put}


async def _put(cloud: Cloud, call: Call) -> Response:
    tier = call.params.get("Tier", "Standard")
    limit = STANDARD if tier == "Standard" else ADVANCED
    if len(str(call.params.get("Value", "")).encode()) > limit:
        message = (
            f"{tier} tier parameters support a maximum parameter value of {limit} characters."
            + (" Use the advanced-parameter tier for a larger one." if limit == STANDARD else "")
        )
        raise refusal(call, "ValidationException", message)
    return await plain(cloud, call)
