"""Whose an object is, as its tags say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..calling import Calls

IGNORE, OWNER = "syncline:ignore", "syncline:owner"
ARNS_PER_CALL = 100
"""Resource Groups Tagging API, GetResources: up to 100 ARNs."""
_NO = frozenset({"", "false", "no", "0"})


def owner(tags: Mapping[str, str], own: str) -> str:
    """Return why these tags say that an object is somebody else's; empty when they do not."""
    if tags.get(IGNORE, "").lower() not in _NO:
        return f"it is tagged {IGNORE}"
    named = tags.get(OWNER, own)
    return "" if named == own else f"it is tagged {OWNER} = {named}"


def as_mapping(tags: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return a list of `Key` and `Value` as a mapping."""
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in tags}


async def tags_of(calls: Calls, arns: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the tags of many objects by ARN; untagged ones are left out.

    Raises:
        Forbidden: `tag:GetResources` is not allowed.
    """
    if not calls.settings.heed_tags:
        return {}
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(arns), ARNS_PER_CALL):
        answer = await calls.read(
            "resourcegroupstaggingapi",
            "get_resources",
            ResourceARNList=list(arns[start : start + ARNS_PER_CALL]),
        )
        for entry in answer["ResourceTagMappingList"]:
            found[entry["ResourceARN"]] = as_mapping(entry["Tags"])
    return found


__all__ = ["IGNORE", "OWNER", "as_mapping", "owner", "tags_of"]
