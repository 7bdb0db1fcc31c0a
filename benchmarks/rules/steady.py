"""P15: 10,000 rules of which none has anything to do.

What the rules cost is measured against the bare expression library that evaluates the same text for
the same inputs; the check of a file against tomllib; a whole plan, with the state that an earlier
process has left, in CPU seconds and memory.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import cel

from syncline.clock import SystemClock
from syncline.config import load
from syncline.engine.configuration import ConfigSession, Rulebook
from syncline.rules import Same, evaluate, inputs_of, steady
from syncline.state import SqliteState
from syncline.testing import MemoryConfigStore

from ..measuring import Options, Outcome, Result, cpu, forget_peak, pairs, peak_mb, script
from .samples import BOARD, KINDS, applied, machines, records, rules, text

COUNT = 10_000
FEWER = 4
"""By how much the smaller plan is smaller."""
MEMORY = Path("/dev/shm")  # noqa: S108 - a fresh folder in it
"""Where a first pass need not wait for a disk: only plans are measured."""
NOW = datetime(2026, 1, 5, 12, 0, tzinfo=timezone.utc)


def run(options: Options) -> Iterator[Result]:
    """Judge evaluation, check and plan."""
    yield _evaluation(options)
    yield _check(options)
    yield from _plan(options)


def _evaluation(options: Options) -> Outcome:
    made, held = rules(COUNT), records(COUNT)
    program = cel.compile(made[0].expression)
    bare = [{"asg": {"in_service": machines(n)}, "min": min, "max": max} for n in range(COUNT)]

    def floor() -> None:
        for number, inputs in enumerate(bare):
            if program.execute(inputs) != applied(number):
                raise RuntimeError(f"the library gives another value for {inputs}")

    def ours() -> None:
        for number, rule in enumerate(made):
            wanted = evaluate(rule, inputs_of(rule, held))
            if not isinstance(steady(rule, wanted, applied(number), NOW, NOW), Same):
                raise RuntimeError(f"{rule.name} has something to do")

    ours()
    found = pairs(lambda: cpu(floor), lambda: cpu(ours), options.rounds + 2)
    return Outcome(
        goal="P15",
        what=f"CPU of {COUNT:,} rules, evaluated and steadied / the bare library",
        samples=found.ratios,
        control=found.control,
        limit=4,
        beside=found.medians(1000, "ms"),
    )


def _check(options: Options) -> Outcome:
    raw = text(COUNT)

    def floor() -> None:
        tomllib.loads(raw.decode())

    def ours() -> None:
        if len(load(raw, connectors=lambda name: BOARD).rules["capacity"]) != COUNT:
            raise RuntimeError("rules are missing")

    ours()
    found = pairs(lambda: cpu(floor), lambda: cpu(ours), max(2, options.rounds // 2))
    return Outcome(
        goal="P15",
        what=f"CPU of checking a file of {COUNT:,} rules / tomllib",
        samples=found.ratios,
        control=found.control,
        limit=4,
        beside=found.medians(1000, "ms"),
    )


def _plan(options: Options) -> Iterator[Outcome]:
    rounds = max(2, options.rounds // 2)
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        few = _measured(Path(folder), COUNT // FEWER, rounds)
        many = _measured(Path(folder), COUNT, rounds)
    seconds = tuple(found["cpu"] for found in many)
    yield Outcome(
        goal="P15",
        what=f"planning {COUNT:,} rules with nothing to do: CPU",
        samples=seconds,
        limit=1.0,
        unit="s",
        beside=f"{many[0]['fetches']:.0f} fetches, {many[0]['updates']:.0f} updates",
    )
    base = tuple(found["cpu"] * FEWER for found in few)
    middle = sorted(base)[len(base) // 2]
    yield Outcome(
        goal="P15",
        what=f"CPU a rule at {COUNT:,} / at {COUNT // FEWER:,}",
        samples=tuple(found / middle for found in seconds),
        control=tuple(found / middle for found in base),
        limit=1.2,
    )
    yield Outcome(
        goal="P15",
        what=f"planning {COUNT:,} rules: memory that the plan takes",
        samples=tuple(found["peak"] - found["start"] for found in many),
        limit=20,
        unit="MB",
        beside=f"at {COUNT // FEWER:,}: {few[0]['peak'] - few[0]['start']:.0f} MB",
    )


def _measured(folder: Path, count: int, rounds: int) -> list[dict[str, float]]:
    path = folder / f"{count}.db"
    script(__name__, "seed", path, count)
    runs = [script(__name__, "plan", path, count) for _ in range(rounds)]
    return [json.loads(one.output.splitlines()[-1]) for one in runs]


def stores(count: int) -> dict[str, MemoryConfigStore]:
    """Return both ends, the targets as the rules want them."""
    clock = SystemClock()
    made = {name: MemoryConfigStore(name, clock, kinds=KINDS) for name in ("cloud", "cx")}
    for number in range(count):
        made["cloud"].put("group", f"g{number}", {"in_service": machines(number)})
        made["cx"].put("limits", f"l{number}", {"call.maximum": applied(number)})
    return made


def session(path: str, count: int) -> ConfigSession:
    """Return a session over stores in memory and the state in `path`."""
    return ConfigSession(
        job="capacity",
        book=Rulebook.of("capacity", rules(count)),
        stores=stores(count),
        state=SqliteState.open(path),
        clock=SystemClock(),
    )


async def seed(path: str, count: int) -> None:
    """Let an earlier process have looked at everything."""
    await session(path, count).sync()


async def plan(path: str, count: int) -> dict[str, float]:
    """Plan once in this process and return what it took."""
    job = session(path, count)
    forget_peak()
    start = peak_mb()
    began = time.process_time()
    made = await job.plan()
    used = time.process_time() - began
    if made.items:
        raise RuntimeError(f"{len(made.items)} of {count} rules have something to do")
    calls = [store.calls for store in job.stores.values() if isinstance(store, MemoryConfigStore)]
    return {
        "cpu": used,
        "start": start,
        "peak": peak_mb(),
        "fetches": float(sum(each["fetch"] for each in calls)),
        "updates": float(sum(each["update"] for each in calls)),
    }


def main() -> None:
    verb, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if verb == "seed":
        asyncio.run(seed(path, count))
    else:
        print(json.dumps(asyncio.run(plan(path, count))))


if __name__ == "__main__":
    main()
