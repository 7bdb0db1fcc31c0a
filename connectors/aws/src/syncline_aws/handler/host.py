"""The handler: one event loop and one house for as long as an environment lives."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import sys
from collections.abc import Mapping
from typing import Any

from attrs import asdict

from syncline import logs
from syncline.clock import SystemClock
from syncline.config import load
from syncline.config_store import Delivery
from syncline.errors import ConfigError, StateError, SynclineError
from syncline.ports import Clock
from syncline.redaction import redact
from syncline.runner.intakes import interpret
from syncline.scope import about

from ..clients import Clients
from ..settings import Settings
from . import batches, nudging, receiving
from .deadline import Deadline
from .house import House
from .shapes import Batch, Envelope, Order, Web, recognised
from .sources import AGAIN, Source, source
from .working import Outcome, failures, obey

logger = logging.getLogger(__name__)

QUEUE = "SYNCLINE_QUEUE"
"""Address of the queue that the function sends itself messages through; else a connection's."""
LEVEL = "SYNCLINE_LOG_LEVEL"
GATEWAY = 25.0
"""Seconds in which a request is answered whatever happens (HTTP APIs give up after 30, REST APIs
after 29)."""
_WITHOUT_CONTEXT = 60.0


class PassFailed(SynclineError):
    """An invocation failed, so that Lambda counts it, tries it again and may raise an alarm."""


class Host:
    """Handles the invocations of one environment, one after the other.

    Args:
        where: of the configuration; what `SYNCLINE_CONFIG` names unless told otherwise.
    """

    def __init__(
        self,
        *,
        where: Source | None = None,
        clock: Clock | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._clients = Clients(Settings())
        self._where = where or source(self._clients.client, environ)
        self._clock = clock or SystemClock()
        self._queue = environ.get(QUEUE, "")
        self._runner = asyncio.Runner()
        self._house: House | None = None
        self._wanted: bytes | None = None
        """A configuration that is not taken over yet."""
        self._again = -math.inf

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        """Handle one invocation; what is returned is what whoever invoked expects.

        Raises:
            Unknown: the event is none that makes sense here.
            ConfigError: the configuration cannot be used.
            PassFailed: a job failed, or an event could not be stored.
        """
        seconds = _remaining(context)
        request = getattr(context, "aws_request_id", "")
        with about("invocation", request=request):
            return self._runner.run(self._handle(event, seconds))

    async def _handle(self, event: Any, seconds: float) -> dict[str, Any]:
        found, deadline = recognised(event), Deadline.of(self._clock, seconds)
        match found:
            case Web():
                return await self._answered(found, min(GATEWAY, seconds * 0.9))
            case Batch():
                return await self._batch(found, deadline)
            case Envelope():
                return await self._event(found, deadline)
            case Order():
                return _told(await obey(await self.house(), found, deadline))

    # -- what comes ------------------------------------------------------------------------------

    async def _answered(self, web: Web, seconds: float) -> dict[str, Any]:
        try:
            async with asyncio.timeout(seconds):
                house = await self.house()
                answer, jobs = await receiving.answer(house, web)
                if jobs:
                    await nudging.nudge_hints(house, jobs)
                return answer.reply()
        except (SynclineError, TimeoutError) as error:
            logger.error(
                "a request was not answered in time, or at all",
                extra={"reason": f"{type(error).__name__}: {error}"},
            )
            return receiving.UNAVAILABLE.reply()

    async def _batch(self, batch: Batch, deadline: Deadline) -> dict[str, Any]:
        house = await self.house()
        taken = await batches.take(house, batch.deliveries)
        for order in batches.merged(taken.orders, taken.jobs):
            # What is stored is not asked for again: a job that fails is the schedule's.
            await obey(house, order, deadline)
        return batches.reply(taken.failed)

    async def _event(self, found: Envelope, deadline: Deadline) -> dict[str, Any]:
        house = await self.house()
        said = interpret([_as_delivery(found)], await house.readers())
        try:
            jobs = house.hint(said.news, kind="config")
        except StateError as error:
            raise PassFailed(f"an event was not stored: {error}") from error
        if not jobs:
            return {"jobs": {}}
        await obey(house, Order(do="hints", jobs=tuple(sorted(jobs))), deadline)
        return {"jobs": {job: {} for job in sorted(jobs)}}

    # -- what is kept ----------------------------------------------------------------------------

    async def house(self) -> House:
        """Return what is open, by the configuration as it is now.

        One that is faulty, or cannot be read, is said; the one before goes on.

        Raises:
            ConfigError, StateError: there is none before.
        """
        try:
            text = self._where.text(self._clock.monotonic())
            if text is not None:
                self._wanted, self._again = text, -math.inf
            if self._wanted is not None and self._clock.monotonic() >= self._again:
                await self._move(self._wanted)
                self._wanted = None
        except SynclineError as error:
            if self._house is None:
                raise
            # It may be the file, or a secret or a state that was not to be had at this moment.
            self._again = self._clock.monotonic() + AGAIN
            fields = {"reason": redact(str(error))}
            logger.error("the changed configuration was not taken over", extra=fields)
        if self._house is None:
            raise ConfigError([f"{self._where.name}: there is no configuration"])
        return self._house

    async def _move(self, text: bytes) -> None:
        config = load(text, file=self._where.name, folder=self._where.folder)
        opened = await House.open(config, self._clock, queue=self._queue)
        before, self._house = self._house, opened
        if before is not None:
            await before.aclose()

    def close(self) -> None:
        """Close everything; an environment of Lambda is never told that it ends."""
        house, self._house = self._house, None
        if house is not None:
            self._runner.run(house.aclose())
        self._runner.close()
        self._clients.close()


def _as_delivery(found: Envelope) -> Delivery:
    return Delivery(id=str(found.event.get("id", "")), body=json.dumps(found.event).encode())


def _remaining(context: Any) -> float:
    asked = getattr(context, "get_remaining_time_in_millis", None)
    return asked() / 1000 if asked is not None else _WITHOUT_CONTEXT


def _told(outcomes: dict[str, Outcome]) -> dict[str, Any]:
    if failed := failures(outcomes):
        raise PassFailed("; ".join(failed))
    return {"jobs": {name: asdict(outcome) for name, outcome in outcomes.items()}}


def _log() -> None:
    """Write JSON lines, and nothing twice: the runtime has a handler of its own."""
    root = logging.getLogger()
    for other in [h for h in root.handlers if type(h).__name__ == "LambdaLoggerHandler"]:
        root.removeHandler(other)
    logs.configure("json", os.environ.get(LEVEL, "INFO").upper(), sys.stdout)


_hosts: list[Host] = []


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Handle one invocation of the function that this process is an environment of."""
    if not _hosts:
        _log()
        _hosts.append(Host())
    return _hosts[0](event, context)


__all__ = ["Host", "PassFailed", "handler"]
