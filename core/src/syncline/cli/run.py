"""`syncline run`: the service."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Iterable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Protocol, TextIO

from attrs import define, evolve

from .. import logs, tracing
from ..config import Config, read
from ..config.faults import faults_of
from ..config.scalars import written
from ..errors import ConfigError
from ..runner import JobWorker, Runner, web
from ..runner.config_watcher import ConfigWatcher
from ..runner.systemd import Notifier
from .exit_codes import DONE, INTERRUPTED
from .output import say

logger = logging.getLogger(__name__)


def run(args: argparse.Namespace) -> int:
    """Work the jobs until SIGTERM or Ctrl-C; the items at hand are finished first."""
    config = _configuration(args)
    logs.configure(config.service.log, logging.DEBUG if args.verbose > 1 else logging.INFO)
    say(config.warnings, sys.stderr)
    stop_tracing = tracing.start()
    try:
        asyncio.run(_serve(config, args))
    except asyncio.CancelledError:  # asked to end before it had begun
        raise KeyboardInterrupt from None
    finally:
        stop_tracing()
    return DONE


def _configuration(args: argparse.Namespace) -> Config:
    """Read the file, with what the command line says about addresses."""
    config = read(Path(args.config))
    service = config.service
    for name in ("pages", "webhooks"):
        if (value := getattr(args, name)) is not None:
            try:
                service = evolve(service, **{name: value})
            except ValueError as error:
                lines = [f"--{name}: {fault.message}" for fault in faults_of(error)]
                raise ConfigError(lines) from None
    if config.stream_jobs:
        from .streams import listening_as, require_listeners

        config = listening_as(config, args.listener)
        require_listeners(config, args.jobs)
    return evolve(config, service=service)


async def _serve(config: Config, args: argparse.Namespace) -> None:
    tell = partial(_tell, json=config.service.log == "json", out=_aside(config))
    notifier = Notifier.of(os.environ)
    runner = Runner(config, jobs=args.jobs or None)
    ending = _Ending(runner, notifier, tell, asyncio.current_task())
    ending.listen()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(runner)
        await _open_doors(runner, stack, tell)
        follower = ConfigWatcher(
            runner=runner, path=Path(args.config), read=partial(_configuration, args), tell=tell,
            before=notifier.reloading, after=notifier.ready,
        )  # fmt: skip
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, follower.ask)
        async with asyncio.TaskGroup() as group:
            beside = [
                group.create_task(part)
                for part in (follower.follow(), notifier.live(), _announce(runner, notifier, tell))
            ]
            ending.begun = True
            try:
                await runner.run()
            finally:
                for task in beside:
                    task.cancel()
    tell(["ended; nothing is under way any more"])


async def _open_doors(runner: Runner, stack: AsyncExitStack, tell: Tell) -> None:
    """Serve webhooks and pages, where that part is installed."""
    service = runner.config.service
    if not (service.pages or service.webhooks):
        return
    if not web.installed():
        tell(["no webhooks and no pages: `pip install syncline-web`"])
        return
    # An address may let its reader in: it is for the terminal, and for no log.
    shown = partial(_tell, json=False, out=_aside(runner.config))
    opened = web.load().serve(runner, lambda what, url: shown([f"{what}: {url}"]))
    await stack.enter_async_context(opened)


async def _announce(runner: Runner, notifier: Notifier, tell: Tell) -> None:
    """Say where every job stands, once that is known."""
    await runner.begun.wait()
    tell(job_line(worker) for worker in runner.jobs.values())
    if runner.streams:
        from .streams import stream_line

        tell(
            stream_line(runner.config, stream.name, stream.role, stream.instance)
            for stream in runner.streams.values()
        )
    roles = [job.role for job in runner.jobs.values()]
    roles += [stream.role for stream in runner.streams.values()]
    notifier.ready(f"{roles.count('active')} of {len(roles)} jobs are worked here")


def job_line(worker: JobWorker) -> str:
    """Return who works a job, and what comes next."""
    settings = worker.settings
    sides = f"{worker.name} ({', '.join(settings.connections)})"
    if worker.role == "standby":
        return f"{sides}: another runner works it; this one stands by"
    due = worker.doing == "full" or worker.session.full_pass_due
    next_ = f"{worker.next_full:%Y-%m-%d %H:%M} UTC" if worker.next_full else "never"
    full = f"full passes at '{settings.schedule}', {'one now' if due else f'the next {next_}'}"
    return f"{sides}: active; {full}; {_polls(worker)}"


def _polls(worker: JobWorker) -> str:
    if worker.polls:
        return f"polls every {written(worker.settings.poll)}"
    return "no polls" + (": neither side tells what changed" if worker.settings.poll else "")


def _tell(lines: Iterable[str], *, json: bool, out: TextIO) -> None:
    if json:
        for line in lines:
            logger.info(line)
    else:
        say(lines, out)
        out.flush()


def _aside(config: Config) -> TextIO:
    """Return where people are told: standard output, unless events go there."""
    if config.stream_jobs:
        from .streams import writes_to_stdout

        return sys.stderr if writes_to_stdout(config) else sys.stdout
    return sys.stdout


class Tell(Protocol):
    """Shows lines to people."""

    def __call__(self, lines: Iterable[str]) -> None: ...


@define
class _Ending:
    """What SIGTERM and Ctrl-C do: once, to finish the items at hand; twice, to end at once."""

    runner: Runner
    notifier: Notifier
    tell: Tell
    opening: asyncio.Task[None] | None
    begun: bool = False
    """True once there may be items at hand."""
    asked: int = 0

    def listen(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ask)
        # Until there is something to read again, SIGHUP is not to end the process.
        loop.add_signal_handler(signal.SIGHUP, lambda: None)

    def _ask(self) -> None:
        self.asked += 1
        if self.asked > 1:
            # Nothing is lost: what was sent is journalled and looked for at the next start.
            os._exit(INTERRUPTED)
        self.notifier.stopping()
        if self.begun:
            self.tell(["ending: the items at hand are finished; once more ends at once"])
            self.runner.end()
        elif self.opening is not None:
            self.opening.cancel()


__all__ = ["job_line", "run"]
