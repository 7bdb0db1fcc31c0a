"""Retention between the passes: what is old goes, failed items have another try."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

from ..errors import StateError
from ..ports import Clock
from ..state.port import StateStore
from ..state.records import DropDeliveries
from .workers.job import JobWorker

logger = logging.getLogger(__name__)

RETRY_SECONDS = 30.0
SWEEP_SECONDS = 3600.0
QUIET_RUNS = timedelta(days=2)
"""How long the runs are listed that did nothing."""


async def housekeeping(
    state: StateStore, clock: Clock, workers: Callable[[], Iterable[JobWorker]]
) -> None:
    """Keep the state small and failed items moving, until cancelled."""
    rounds = 0
    while True:
        await asyncio.sleep(RETRY_SECONDS)
        rounds += 1
        for worker in workers():
            worker.retry()
        if rounds % round(SWEEP_SECONDS / RETRY_SECONDS) == 0:
            await sweep(state, clock, workers())


async def sweep(state: StateStore, clock: Clock, workers: Iterable[JobWorker]) -> None:
    """Drop what is older than its job keeps it, job by job; others have their turn in between."""
    try:
        state.commit([DropDeliveries(clock.now())], None)
        for worker in workers:
            if worker.role == "active":
                before = clock.now() - worker.session.retention
                state.sweep(worker.name, before=before, quiet=clock.now() - QUIET_RUNS)
                await asyncio.sleep(0)
        state.tidy()
    except StateError as error:
        logger.warning("the state could not be tidied", extra={"error": str(error)})


__all__ = ["housekeeping", "sweep"]
