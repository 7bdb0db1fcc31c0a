"""Calls of AWS without blocking the event loop: boto3 in threads of its own."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from typing import Any

from syncline import fencing
from syncline.connector import Context
from syncline.errors import SynclineError
from syncline.model import Ref

from .clients import Clients
from .failures import failure, nothing_done
from .settings import Settings

_FIRST, _LONGEST = 0.5, 20.0
"""Seconds before a write is repeated, doubled each time, with jitter."""


class Calls:
    """What every service module calls AWS with."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self.settings = settings
        self.clock = context.clock
        self._observe = context.observe
        self._clients = Clients(settings)
        self._threads = ThreadPoolExecutor(settings.threads, thread_name_prefix="syncline-aws")
        # Whoever waits does so here, where the right to write is checked after the wait.
        self._turns = asyncio.Semaphore(settings.threads)
        self._random = Random()  # noqa: S311 - only spreads repetitions

    async def read(
        self, service: str, operation: str, *, ref: Ref | None = None, **params: Any
    ) -> dict[str, Any]:
        """Return the answer of a call that changes nothing; boto3 repeats it where that helps.

        Raises:
            StoreError: as `failures.failure` says.
        """
        return await self._answer(service, operation, ref, params, write=False)

    async def write(
        self, service: str, operation: str, *, ref: Ref | None = None, **params: Any
    ) -> dict[str, Any]:
        """Return the answer of a call that changes something.

        It is repeated only after answers that say that nothing was done, and never once another
        process has taken over.

        Raises:
            OutcomeUnknown: no clear answer came.
            StoreError: as `failures.failure` says.
        """
        return await self._answer(service, operation, ref, params, write=True)

    async def _answer(
        self, service: str, operation: str, ref: Ref | None, params: dict[str, Any], *, write: bool
    ) -> dict[str, Any]:
        for attempt in range(1, self.settings.attempts + 1):
            try:
                return await self._once(service, operation, params, write)
            except SynclineError:
                raise
            except Exception as error:
                if not (write and nothing_done(error)) or attempt == self.settings.attempts:
                    tried = f"{service} {operation}"
                    now = self.clock.now()
                    raise failure(error, tried=tried, ref=ref, write=write, now=now) from error
            await self.clock.sleep(self._delay(attempt))
        raise AssertionError("the last attempt returns or raises")

    async def _once(
        self, service: str, operation: str, params: dict[str, Any], write: bool
    ) -> dict[str, Any]:
        async with self._turns:
            if write:
                fencing.check()
            self._observe("aws.call", {"service": service, "operation": operation})
            called = partial(self._called, service, operation, params, write)
            return await asyncio.get_running_loop().run_in_executor(self._threads, called)

    def _called(
        self, service: str, operation: str, params: dict[str, Any], write: bool
    ) -> dict[str, Any]:
        """Make the call, and the client before the first one, in a thread."""
        client = self._clients.client(service, once=write)
        found: dict[str, Any] = getattr(client, operation)(**params)
        return found

    def _delay(self, attempt: int) -> float:
        most = min(_LONGEST, _FIRST * 2.0 ** (attempt - 1))
        return self._random.uniform(most / 2, most)

    async def aclose(self) -> None:
        """Close all connections; calls under way end first."""
        await asyncio.to_thread(self._threads.shutdown)
        self._clients.close()


__all__ = ["Calls"]
