"""A program that runs a runner and prints its events as lines of JSON: one of two on one state.

one_of_two.py CONFIG TTL
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from syncline.config import read
from syncline.runner import Runner

TOLD = ("role", "pass.started", "pass.ended", "job.failed")


def tell(event: str, fields: Mapping[str, object]) -> None:
    if event in TOLD:
        print(json.dumps([event, fields]), flush=True)  # noqa: T201 -- what it is for


async def main() -> None:
    runner = Runner(read(Path(sys.argv[1])), ttl=float(sys.argv[2]))
    runner.subscribe(tell)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, runner.end)
    async with runner:
        await runner.run()
    print(json.dumps(["done", {}]), flush=True)  # noqa: T201 -- what it is for


if __name__ == "__main__":
    asyncio.run(main())
