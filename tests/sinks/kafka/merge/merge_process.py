"""A merge stage in a process of its own, for tests that kill it."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Mapping
from typing import Any

from syncline.clock import SystemClock
from syncline.connector import Context
from syncline.events import MergeJob
from syncline.testing import MemoryCache
from syncline_kafka import Settings
from syncline_kafka.merge.stage import KafkaMerge


async def main(given: Mapping[str, Any]) -> None:
    """Merge until told to stop."""
    settings = Settings(
        bootstrap_servers=(given["bootstrap"],), topic=given["topic"],
        librdkafka=given["librdkafka"],
    )  # fmt: skip
    context = Context(connection="bus", clock=SystemClock(), cache=MemoryCache())
    stage = KafkaMerge(settings, context, MergeJob(job="clean", instance=given["instance"]))
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(stage.run())
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        await stage.aclose()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(main(json.loads(sys.argv[1])))
