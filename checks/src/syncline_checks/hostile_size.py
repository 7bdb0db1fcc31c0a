"""`syncline-check hostile-size`: what the largest and oddest inputs cost each parser (R9).

Every input of up to 5 MB is read in a process of its own: under 2 s of CPU and 200 MiB of memory
(above what the input itself takes), or refused for a reason that is named.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import attrs

from .outsized import INPUTS

SECONDS, MEBIBYTES = 2.0, 200.0
PATIENCE = 60.0
"""Seconds after which a reader is stopped; it has broken the promise long before."""


@attrs.frozen(kw_only=True)
class Cost:
    """What one parser made of one input."""

    parser: str
    input: str
    seconds: float
    mebibytes: float
    outcome: str
    """What came of it: a size, or the reason of a refusal."""
    error: bool = False
    """True when it ended in anything else."""

    @property
    def kept(self) -> bool:
        """Whether it was within the bounds."""
        return self.seconds < SECONDS and self.mebibytes < MEBIBYTES and not self.error


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `syncline-check hostile-size`."""
    parser.add_argument("--parser", choices=tuple(INPUTS), help="this one only")
    parser.add_argument("--at-once", type=int, default=1, help="more make the times worse")


def run(args: argparse.Namespace) -> int:
    """Print what each input cost; 1 when one was over the bounds."""
    parsers = [args.parser] if args.parser else list(INPUTS)
    pairs = [(parser, name) for parser in parsers for name in INPUTS[parser]]
    over = []
    slowest: dict[str, Cost] = {}
    largest: dict[str, Cost] = {}
    for cost in measured(pairs, args.at_once):
        mark = "" if cost.kept else "  OVER"
        print(
            f"{cost.parser:<11}{cost.input:<34}{cost.seconds:6.2f} s{cost.mebibytes:7.0f} MiB"
            f"  {cost.outcome[:90]}{mark}"
        )
        over += [] if cost.kept else [cost]
        slowest[cost.parser] = _more(slowest.get(cost.parser), cost, "seconds")
        largest[cost.parser] = _more(largest.get(cost.parser), cost, "mebibytes")
    for parser in parsers:
        print(
            f"{parser}: at most {slowest[parser].seconds:.2f} s ({slowest[parser].input}),"
            f" {largest[parser].mebibytes:.0f} MiB ({largest[parser].input})"
        )
    print(
        f"{len(pairs)} inputs, {len(over)} over the bounds of {SECONDS:.0f} s, {MEBIBYTES:.0f} MiB"
    )
    return 1 if over else 0


def _more(known: Cost | None, cost: Cost, by: str) -> Cost:
    return max((c for c in (known, cost) if c is not None), key=lambda c: float(getattr(c, by)))


def measured(pairs: Sequence[tuple[str, str]], at_once: int = 1) -> Iterator[Cost]:
    """Yield the cost of each (parser, input), every one in a process of its own."""
    with ThreadPoolExecutor(at_once) as pool:
        yield from pool.map(lambda pair: _alone(*pair), pairs)


def _alone(parser: str, name: str) -> Cost:
    command = [sys.executable, "-m", f"{__package__}.outsized", parser, name]
    nothing = Cost(parser=parser, input=name, seconds=0.0, mebibytes=0.0, outcome="", error=True)
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return attrs.evolve(nothing, seconds=PATIENCE, outcome=f"stopped after {PATIENCE:.0f} s")
    if done.returncode:
        told = " ".join(done.stderr.strip().splitlines()[-1:])
        return attrs.evolve(nothing, outcome=f"exit {done.returncode}: {told}")
    cost = json.loads(done.stdout)
    return attrs.evolve(nothing, error=False, **cost)
