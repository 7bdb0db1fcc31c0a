"""Work spread over some tasks at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def spread(items: Iterable[T], work: Callable[[T], Awaitable[None]], workers: int) -> None:
    """Work `items` with some tasks at a time; the iterable is read as they get free.

    There are no more tasks than items: most passes find little to do.
    """
    queue: asyncio.Queue[T | None] = asyncio.Queue(maxsize=workers)

    async def worker() -> None:
        while (item := await queue.get()) is not None:
            await work(item)

    working = 0
    async with asyncio.TaskGroup() as group:
        for item in items:
            if working < workers:
                group.create_task(worker())
                working += 1
            await queue.put(item)
        for _ in range(working):
            await queue.put(None)
