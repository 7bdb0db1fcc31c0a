"""Fields of an object that was read: what is new, what is sent, what counts as a version. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from syncline.config_items import FieldSpec, FieldType, Kind, at_path
from syncline.errors import Rejected
from syncline.model import JSON, Ref, Version


def news(values: Mapping[str, JSON], changes: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the changes that are not there already."""
    return {path: value for path, value in changes.items() if not holds(values, path, value)}


def holds(values: Mapping[str, JSON], path: str, value: JSON) -> bool:
    """Return whether a field has this value; true is not 1 here."""
    try:
        there = at_path(values, path)
    except KeyError:
        return False
    return there == value and isinstance(there, bool) == isinstance(value, bool)


def exchanged(values: Mapping[str, JSON], changes: Mapping[str, JSON]) -> dict[str, Any]:
    """Return a copy in which these paths have new values, and nothing else is touched."""
    found: dict[str, Any] = dict(values)
    for path, value in changes.items():
        name, _, rest = path.partition(".")
        inner = found.get(name)
        nested = inner if isinstance(inner, dict) else {}
        found[name] = exchanged(nested, {rest: value}) if rest else value
    return found


def digest(value: object) -> str:
    """Return a short digest of any JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def version_of(values: Mapping[str, Any], paths: Iterable[str], stamp: str = "") -> Version:
    """Return a version made of a vendor's time and a digest of the fields at `paths`."""
    found = {path: value for path in paths if (value := _there(values, path)) is not None}
    return Version(f"{stamp}#{digest(found)}")


def _there(values: Mapping[str, Any], path: str) -> JSON:
    try:
        return at_path(values, path)
    except KeyError:
        return None


def writable(kind: Kind) -> list[str]:
    """Return the paths of a kind that a rule may write."""
    return [path for path, spec in kind.fields.items() if spec.writable]


_TYPES: Mapping[FieldType, tuple[type, ...]] = {
    FieldType.INT: (int,),
    FieldType.DOUBLE: (int, float),
    FieldType.BOOL: (bool,),
    FieldType.STRING: (str,),
    FieldType.LIST: (list,),
    FieldType.MAP: (dict,),
}


def misfit(kind: Kind, path: str, value: JSON) -> str:
    """Return why a field cannot be given this value; empty when it can."""
    spec = kind.spec(path)
    if spec is None:
        return f"a {kind.name} has no field {path!r}"
    if not spec.writable:
        return f"{path} of a {kind.name} is read-only"
    return misvalue(spec, path, value)


def misvalue(spec: FieldSpec, path: str, value: JSON) -> str:
    """Return why a value does not fit its field; empty when it does."""
    types = _TYPES.get(spec.type, (object,))
    truth = isinstance(value, bool)
    number = int in types
    if value is None or not isinstance(value, types) or (truth and number):
        return f"{path} is of type {spec.type.value}, not {json.dumps(value)}"
    if isinstance(value, int | float) and not truth:
        if spec.minimum is not None and value < spec.minimum:
            return f"{path} is {spec.minimum:g} at least, not {value}"
        if spec.maximum is not None and value > spec.maximum:
            return f"{path} is {spec.maximum:g} at most, not {value}"
    return ""


def fitting(kind: Kind, ref: Ref, changes: Mapping[str, JSON]) -> None:
    """Refuse changes that the kind does not allow.

    Raises:
        Rejected: a field is unknown or read-only, or a value is of another type or out of range.
    """
    for path, value in changes.items():
        if why := misfit(kind, path, value):
            raise Rejected(f"{ref}: {why}", ref=ref)


__all__ = [
    "digest",
    "exchanged",
    "fitting",
    "holds",
    "misfit",
    "misvalue",
    "news",
    "version_of",
    "writable",
]
