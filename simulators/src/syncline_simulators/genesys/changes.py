"""What differs between two states of an object, as the audit trail tells it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

Differences: TypeAlias = "dict[str, tuple[Sequence[str], Sequence[str]]]"


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Differences:
    """Old and new texts of each property that changed, by its dotted path."""
    before, after = dict(_leaves(old, "")), dict(_leaves(new, ""))
    paths = [*before, *(path for path in after if path not in before)]
    return {
        path: (_texts(before, path), _texts(after, path))
        for path in paths
        if before.get(path) != after.get(path)
    }


def _leaves(value: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for name, found in value.items():
        where = f"{path}.{name}" if path else name
        if isinstance(found, dict):
            yield from _leaves(found, where)
        else:
            yield where, found


def _texts(leaves: Mapping[str, Any], path: str) -> list[str]:
    if path not in leaves:
        return []
    found = leaves[path]
    values = found if isinstance(found, list) else [found]
    return [one if isinstance(one, str) else json.dumps(one) for one in values]
