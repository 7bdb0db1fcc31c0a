"""A secret value. A module of its own: a check of the configuration needs no other port."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from attrs import field, frozen

from .reprs import Shown


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


@frozen(repr=False)
class RotatingSecret(Secret):
    """A secret that its keeper exchanges from time to time, while programs that use it go on."""

    _next: Callable[[Secret], Awaitable[Secret | None]] = field(repr=False, eq=False)

    async def another(self) -> Secret | None:
        """Return another value to try after this one was refused; None when there is none.

        Raises:
            SynclineError: its keeper cannot be asked now.
        """
        return await self._next(self)


__all__ = ["RotatingSecret", "Secret"]
