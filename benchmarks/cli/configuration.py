"""P12: checking a file of 1,000 jobs, against tomllib and cattrs on the same text.

    python benchmarks/cli/configuration.py [--jobs 1000] [--rounds 15]

CPU time of this process, interleaved; the floor (tomllib, then cattrs into attrs classes of the
same fields, unknown keys forbidden) runs twice in each round (A and A'), whose ratio is the noise.
What comes on top is what `check` adds: durations, schedules, names, overlaps. The file of 1,000
jobs with a fault in each is reported beside it: positions are only looked for then. Exits 1 when
the median ratio is over 1.5 by more than a fifth.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import tomllib
from collections.abc import Callable
from typing import Any

import attrs
import cattrs

from syncline.config import load
from syncline.connector import Connector
from syncline.errors import ConfigError

GOAL = 1.5
ALLOWANCE = 1.2

HEAD = """\
state = "sqlite:///var/lib/syncline/state.db"
[connections.wiki]
connector = "shelf"
path = "wiki"
[connections.kb]
connector = "shelf"
path = "kb"
"""
JOB = """
[jobs.job-{number}]
kind = "documents"
left = "wiki"
right = "kb"
direction = "left-to-right"
on_conflict = "left-wins"
deletes = "propagate"
include = {{ containers = ["SPACE{number}"] }}
exclude = {{ labels = ["internal", "draft"] }}
poll = "5m"
schedule = "{minute} 2 * * *"
workers = 4
"""


@attrs.frozen(kw_only=True)
class Shelf:
    """The settings of the benchmark's connector."""

    path: str


@attrs.frozen(kw_only=True)
class PlainFilter:
    labels: list[str] = attrs.field(factory=list)
    containers: list[str] = attrs.field(factory=list)


@attrs.frozen(kw_only=True)
class PlainJob:
    kind: str
    left: str
    right: str
    direction: str
    on_conflict: str
    deletes: str
    include: PlainFilter
    exclude: PlainFilter
    poll: str
    schedule: str
    workers: int


@attrs.frozen(kw_only=True)
class PlainConfig:
    state: str
    connections: dict[str, dict[str, str]]
    jobs: dict[str, PlainJob]


def connector(name: str) -> Connector:
    """Return the benchmark's connector, whatever its name."""
    return Connector(name=name, summary="A shelf.", settings=Shelf, documents=_closed)


def _closed(settings: object, context: object) -> Any:
    raise AssertionError("a check opens nothing")


def floor(raw: bytes, converter: cattrs.Converter) -> None:
    """Do what nobody can do without."""
    converter.structure(tomllib.loads(raw.decode()), PlainConfig)


def ours(raw: bytes) -> None:
    """Check the file as `syncline check` does."""
    load(raw, connectors=connector)


def faulty(raw: bytes) -> int:
    """Check a file with faults and return how many lines it is answered with."""
    try:
        load(raw, connectors=connector)
    except ConfigError as error:
        return len(error.problems)
    return 0


def cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    jobs = (JOB.format(number=number, minute=number % 60) for number in range(args.jobs))
    raw = (HEAD + "".join(jobs)).encode()
    bad = raw.replace(b'poll = "5m"', b'poll = "soon"')
    converter = cattrs.Converter(forbid_extra_keys=True)
    floor(raw, converter)
    ours(raw)
    rows = [
        (
            cpu(lambda: floor(raw, converter)),
            cpu(lambda: ours(raw)),
            cpu(lambda: floor(raw, converter)),
            cpu(lambda: faulty(bad)),
        )
        for _ in range(args.rounds)
    ]
    ratio = statistics.median(row[1] / row[0] for row in rows)
    noise = statistics.median(row[2] / row[0] for row in rows)
    print(f"{args.jobs} jobs, {len(raw):,} bytes, median CPU of {args.rounds} rounds")
    for name, column in (("tomllib + cattrs", 0), ("check", 1), ("check, a fault in each", 3)):
        print(f"  {name:<24} {statistics.median(row[column] for row in rows):7.1f} ms")
    print(f"  P12 check / floor        {ratio:7.2f}   (goal {GOAL}, A/A' {noise:.2f})")
    return 0 if ratio <= GOAL * ALLOWANCE else 1


if __name__ == "__main__":
    sys.exit(main())
