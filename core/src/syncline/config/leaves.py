"""The leaves of a settings value: what stands in its fields, lists and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from ..secret import Secret

Part = str | int
Path = tuple[Part, ...]
"""Keys and indices from the root of a file, or from the settings at hand."""


def leaves(settings: object, *path: str | int) -> Iterator[tuple[Path, object]]:
    """Yield every value that is no container, with its path."""
    children = _children(settings)
    if children is None:
        yield path, settings
        return
    for part, child in children:
        yield from leaves(child, *path, part)


def rewritten(settings: Any, leaf: Callable[[Any], Any]) -> Any:
    """Return the settings with `leaf` applied to every value that is no container."""
    children = _children(settings)
    if children is None:
        return leaf(settings)
    changed = {part: rewritten(child, leaf) for part, child in children}
    match settings:
        case dict():
            return changed
        case list() | tuple() | frozenset():
            return type(settings)(changed.values())
        case _:
            return attrs.evolve(settings, **_arguments(settings, changed))


def _arguments(settings: Any, changed: dict[str | int, Any]) -> dict[str, Any]:
    fields = attrs.fields(type(settings))
    return {
        field.alias: changed[field.name]
        for field in fields
        # What is the same object need not pass the class's converters again.
        if field.init and changed[field.name] is not getattr(settings, field.name)
    }


def _children(settings: object) -> list[tuple[str | int, Any]] | None:
    match settings:
        case Secret():
            return None
        case dict():
            return list(settings.items())
        case list() | tuple() | frozenset():
            return list(enumerate(settings))
        case _ if attrs.has(kind := type(settings)):
            return [(field.name, getattr(settings, field.name)) for field in attrs.fields(kind)]
        case _:
            return None


__all__ = ["Part", "Path", "leaves", "rewritten"]
