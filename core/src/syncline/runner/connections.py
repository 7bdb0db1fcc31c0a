"""The opened connections of a runner: jobs that share one share its store, and its pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Generic, TypeAlias, TypeVar

from attrs import define, field, frozen

from ..config import Connection

T = TypeVar("T")
Opener: TypeAlias = Callable[[Connection], AbstractAsyncContextManager[T]]


@frozen
class Access:
    """What a store was opened with: another one is opened where either differs."""

    connection: Connection
    secrets: str
    """A digest of the values of its secrets; a rotated secret is noticed by it."""


@define(eq=False)
class _Opened(Generic[T]):
    access: Access
    context: AbstractAsyncContextManager[T]
    store: T
    users: int = 0


@define(eq=False)
class Connections(Generic[T]):
    """Stores of one kind, each open for as long as somebody uses it."""

    _opened: list[_Opened[T]] = field(factory=list)
    _turn: asyncio.Lock = field(factory=asyncio.Lock)

    @asynccontextmanager
    async def use(self, access: Access, opener: Opener[T]) -> AsyncIterator[T]:
        """Lend the store of a connection, opened with these secrets."""
        async with self._turn:
            opened = self._find(access) or await self._open(access, opener)
            opened.users += 1
        try:
            yield opened.store
        finally:
            async with self._turn:
                await self._give_back(opened)

    def _find(self, access: Access) -> _Opened[T] | None:
        return next((known for known in self._opened if known.access == access), None)

    async def _open(self, access: Access, opener: Opener[T]) -> _Opened[T]:
        context = opener(access.connection)
        opened = _Opened(access, context, await context.__aenter__())
        self._opened.append(opened)
        return opened

    async def _give_back(self, opened: _Opened[T]) -> None:
        opened.users -= 1
        if not opened.users:
            self._opened.remove(opened)
            await opened.context.__aexit__(None, None, None)


__all__ = ["Access", "Connections", "Opener"]
