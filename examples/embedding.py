"""The runner inside a program that does other things: `python embedding.py syncline.toml`.

The program is a little service of its own: it listens on a port for lines of text. Syncline works
in the same event loop, with the program's logging, signals and life cycle.

    hint wiki 98312      something has changed there: look at once
    sync knowledge       make a full pass now, and say what it did
    status               where every job stands
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from syncline import Ref, Runner, SynclineError, read_config
from syncline.model import Change

logger = logging.getLogger("my_application")


def on_event(event: str, fields: Mapping[str, object]) -> None:
    """Do something of your own with what the runner tells: here, a line in the log."""
    if event in ("pass.ended", "role", "job.failed"):
        logger.info("%s %s", event, dict(fields))


async def answer(runner: Runner, line: str) -> str:
    """Carry out one line."""
    match line.split():
        case ["hint", connection, id]:
            # Durable when it returns: the work happens in the background.
            rows = runner.hint(connection, [Change(ref=Ref(connection, id))])
            return f"{rows} noted"
        case ["sync", job]:
            report = await runner.sync(job)
            return f"{report.written} writes, {report.failed} failed"
        case ["status"]:
            return "; ".join(standing(runner))
        case _:
            return "say hint CONNECTION ID, sync JOB, or status"


def standing(runner: Runner) -> Iterator[str]:
    """Yield where each job stands."""
    for name, working in runner.jobs.items():
        status = working.session.status()
        yield f"{name}: {working.role}, {status.pairs} pairs, {status.conflicts} conflicts"


async def main(path: Path) -> None:
    """Serve lines, and keep systems in agreement, until SIGTERM or Ctrl-C."""
    logging.basicConfig(level=logging.INFO)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)

    async with Runner(read_config(path)) as runner:
        runner.subscribe(on_event)

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while line := (await reader.readline()).decode():
                try:
                    said = await answer(runner, line)
                except SynclineError as error:  # one bad line ends neither service
                    said = f"no: {error}"
                writer.write(f"{said}\n".encode())
                await writer.drain()
            writer.close()

        async with (
            asyncio.TaskGroup() as tasks,
            await asyncio.start_server(talk, "127.0.0.1", 0) as server,
        ):
            print("listening on", server.sockets[0].getsockname()[1], flush=True)
            tasks.create_task(runner.run())
            await ended.wait()
            await runner.stop()  # the items at hand are finished before `run` returns


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
