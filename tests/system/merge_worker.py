"""A merge job in a process of its own, by a clock that runs fast: nobody waits out a silence."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from syncline.config import read
from syncline.engine.mirroring.metrics import StreamMetrics
from syncline.engine.mirroring.opening import StreamContext, open_stream
from syncline.engine.opening.state import open_state


class FastClock:
    """A `Clock` by which a minute is over in five seconds: dates go on from the machine's."""

    FACTOR = 12.0

    def __init__(self) -> None:
        self._began, self._from = datetime.now(timezone.utc), time.monotonic()

    def now(self) -> datetime:
        """Return the time, which runs ahead of the machine's."""
        return self._began + timedelta(seconds=self.monotonic() - self._from * self.FACTOR)

    def monotonic(self) -> float:
        """Return seconds of this clock."""
        return time.monotonic() * self.FACTOR

    async def sleep(self, seconds: float) -> None:
        """Sleep for seconds of this clock."""
        await asyncio.sleep(max(0.0, seconds) / self.FACTOR)


async def main(file: Path, job: str, instance: str) -> None:
    """Merge until told to stop."""
    config, clock = read(file), FastClock()
    state = await open_state(config)
    context = StreamContext(
        config=config,
        state=state,
        clock=clock,
        metrics=StreamMetrics(),
        progress=lambda *_, **__: None,
    )
    try:
        async with open_stream(context, job, instance) as stream:
            task = asyncio.create_task(stream.run())
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
            await asyncio.wait({task})
            if not task.cancelled():
                task.result()
    finally:
        state.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], os.environ["SYNCLINE_INSTANCE"]))
