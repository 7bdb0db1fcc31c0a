"""What the references of a synchronisation file mean: by id, else by external id, else by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from .base import KnowledgeBase
from .collection import Named
from .errors import invalid_value
from .register import Register


class Referable(Named, Protocol):
    """What can be referred to."""

    @property
    def external_id(self) -> str | None:
        """The id that its author gave it."""
        ...


T = TypeVar("T", bound=Referable)


def referred(register: Register[T], reference: Mapping[str, Any]) -> T | None:
    """The category or label that is meant, or `None`."""
    if reference.get("id") and register.holds(reference["id"]):
        return register.get(reference["id"])
    external = reference.get("externalId")
    if external:
        for one in register:
            if one.external_id == external:
                return one
    return register.named(reference["name"]) if reference.get("name") else None


def needed(register: Register[T], reference: Mapping[str, Any]) -> str:
    """The id of what is meant.

    Raises:
        Refusal: 400; there is none.
    """
    found = referred(register, reference)
    if found is None:
        wanted = reference.get("name") or reference.get("externalId") or reference.get("id")
        raise invalid_value(register.what, f"there is no {register.what} {wanted!r}")
    return found.id


def parent_of(base: KnowledgeBase, body: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a category as its request has them, the parent by its id."""
    fields = {name: value for name, value in body.items() if name not in ("id", "parentCategory")}
    parent = body.get("parentCategory")
    return fields | ({"parentCategoryId": needed(base.categories, parent)} if parent else {})
