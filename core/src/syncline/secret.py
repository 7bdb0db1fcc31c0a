"""A secret value. A module of its own: a check of the configuration needs no other port."""

from __future__ import annotations

from attrs import field, frozen

from .shown import Shown


@frozen(repr=False)
class Secret(Shown):
    """A secret value; its repr and str never show it."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        return self._value

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a Secret is never serialised")


__all__ = ["Secret"]
