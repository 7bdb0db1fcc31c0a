"""Serving one simulator from a process of its own until it is told to stop."""

from __future__ import annotations

import asyncio
import json
import signal
import sys

from .kernel.service import Service, Setup


def serve(setup: Setup) -> None:
    """Print the ready line and serve until SIGTERM or Ctrl-C.

    Raises:
        ValueError: the set-up cannot be used.
        OSError: a file cannot be read, or the port is taken.
    """
    asyncio.run(_serve(Service(setup)))


async def _serve(service: Service) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await service.start()
    for refused in service.refused:
        print(f"refused {refused['file']}: {refused['reason']}", file=sys.stderr)  # noqa: T201
    print(json.dumps(service.ready()), flush=True)  # noqa: T201
    try:
        await stopped.wait()
    finally:
        await service.stop()
