"""R6: the receiver of webhooks alone, on one core, against one that only reads the body."""

from __future__ import annotations

import asyncio
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from attrs import frozen

from syncline.state import SqliteState
from syncline_checks.senders import Connection, Load, percentile, signed

from ..measuring import ROOT, Options, Outcome, Result, pairs

Tail = tuple[float, float, float]
"""Median, p99 and most of some answers, in milliseconds."""
CONNECTIONS = 32
"""Senders that each wait for an answer before they send the next delivery."""
TEXT = """
state = "state.db"
[connections.wiki]
connector = "files"
path = "left"
[connections.wiki.webhook]
form = "generic"
secret = { env = "HOOK" }
[connections.kb]
connector = "files"
path = "right"
[jobs.one]
kind = "documents"
left = "wiki"
right = "kb"
[service.intake]
rate = 1000000
burst = 1000000
"""


@frozen(kw_only=True)
class Server:
    """A server in a process of its own, on one core."""

    port: int
    secret: str
    process: psutil.Process

    def cpu(self) -> float:
        """Return the CPU seconds that it has used."""
        used = self.process.cpu_times()
        return float(used.user + used.system)


@contextmanager
def _server(module: str, *arguments: object) -> Iterator[Server]:
    secret = secrets.token_urlsafe(32)
    command = [sys.executable, "-m", module, *map(str, arguments)]
    environment = {**os.environ, "HOOK": secret}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None
            port = int(child.stdout.readline())
            os.sched_setaffinity(child.pid, {min(os.sched_getaffinity(0))})
            yield Server(port=port, secret=secret, process=psutil.Process(child.pid))
        finally:
            child.kill()


def run(options: Options) -> Iterator[Result]:
    """Judge how many deliveries a second, how long an answer takes, and at what price."""
    count = 3_000 if options.quick else 12_000
    with tempfile.TemporaryDirectory() as name, _server("benchmarks.web.bare") as bare:
        folder = Path(name)
        (folder / "syncline.toml").write_text(TEXT, encoding="utf-8")
        with _server("syncline_checks.receiving", folder / "syncline.toml") as ours:
            sent = iter(range(10**9))
            rates = [_throughput(ours, sent, count) for _ in range(options.rounds)]
            found = pairs(
                lambda: _price(bare, sent, count),
                lambda: _price(ours, sent, count),
                options.rounds,
            )
            seconds = 2.0 if options.quick else 5.0
            tails = [(_tail(bare, seconds), _tail(ours, seconds)) for _ in range(options.rounds)]
        _judge_work(folder, count * options.rounds * 2)
    yield Outcome(
        goal="R6",
        what="signed deliveries, stored durably, for a second of one core",
        samples=tuple(1 / price for price in found.ours),
        limit=1_000,
        at_least=True,
        unit="/s",
        beside=f"by the clock, beside all else that ran: {statistics.median(rates):,.0f}/s",
    )
    yield Outcome(
        goal="R6",
        what="p99 of an answer at 1,000 deliveries a second",
        samples=tuple(p99 for _, (_, p99, _) in tails),
        limit=50,
        unit="ms",
        beside=_beside(tails),
    )
    yield Outcome(
        goal="R6",
        what="CPU of a delivery / of an application that only reads the body",
        samples=found.ratios,
        control=found.control,
        limit=4.0,
        beside=found.medians(1e6, "us", "bare"),
    )


def _throughput(server: Server, numbers: Iterator[int], count: int) -> float:
    start = time.perf_counter()
    asyncio.run(_exchanged(server, numbers, count))
    return count / (time.perf_counter() - start)


def _price(server: Server, numbers: Iterator[int], count: int) -> float:
    before = server.cpu()
    asyncio.run(_exchanged(server, numbers, count))
    return (server.cpu() - before) / count


async def _exchanged(server: Server, numbers: Iterator[int], count: int) -> None:
    todo = [signed(str(next(numbers)), server.secret) for _ in range(count)]
    answers: list[int] = []

    async def sender(share: Sequence[bytes]) -> None:
        connection = await Connection.open(server.port)
        answers.extend([await connection.exchange(raw) for raw in share])
        connection.close()

    await asyncio.gather(*(sender(todo[n::CONNECTIONS]) for n in range(CONNECTIONS)))
    assert answers == [202] * count, set(answers)


def _tail(server: Server, seconds: float) -> Tail:
    """Return median, p99 and most of the answers at 1,000 a second, in milliseconds."""
    load = Load(
        port=server.port,
        secret=server.secret,
        rate=1000,
        seconds=seconds,
        prefix=f"{secrets.token_hex(4)}-",
    )
    times = sorted(one.seconds * 1e3 for one in asyncio.run(load.send()))
    return percentile(times, 0.5), percentile(times, 0.99), times[-1]


def _beside(tails: Sequence[tuple[Tail, Tail]]) -> str:
    """Say the other figures, and what this machine does to an application that only reads."""
    bare, ours = zip(*tails, strict=True)
    median, _, most = (statistics.median(values) for values in zip(*ours, strict=True))
    floor = statistics.median(p99 for _, p99, _ in bare)
    return f"p50 {median:.1f} ms, max {most:.1f} ms; p99 of the bare application {floor:.1f} ms"


def _judge_work(folder: Path, least: int) -> None:
    """Fail unless the state holds an item for each delivery that was not a copy."""
    state = SqliteState.open(folder / "state.db")
    stored = len(state.dirty("one", limit=10**9))
    state.close()
    assert stored >= least, f"{stored} of at least {least} hints were stored"
