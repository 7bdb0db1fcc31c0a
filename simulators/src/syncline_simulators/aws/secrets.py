"""Secrets Manager: which version is meant when none is named."""

from __future__ import annotations

from starlette.responses import Response

from .call import Call
from .cloud import Cloud, Rule, plain


def rules() -> dict[str, Rule]:
    """By operation."""
    return {"GetSecretValue": _get}


async def _get(cloud: Cloud, call: Call) -> Response:
    """`AWSCURRENT`; moto 5.2.5 goes on answering the old version after the label has moved."""
    if not (call.params.get("VersionId") or call.params.get("VersionStage")):
        call = call.with_params({**call.params, "VersionStage": "AWSCURRENT"})
    return await plain(cloud, call)
