"""`syncline-check faults`: every kind of fault, with every seed, of two simulators (R3, R4)."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

from syncline_simulators.kernel import KINDS

from .flaky import PROFILE, Outcome, endure


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `syncline-check faults`."""
    parser.add_argument(
        "--profile",
        default="all",
        choices=("all", *KINDS),
        metavar="KIND",
        help=f"all (but gzip-bomb), or one of: {', '.join(KINDS)}",
    )
    parser.add_argument("--seeds", type=seeds, default=range(1, 21), help="such as 1-20, or 7")
    parser.add_argument("--at-once", type=int, default=4, help="runs side by side")
    parser.add_argument("--hurry", type=float, default=10.0, help="how fast our clock runs")


def seeds(text: str) -> range:
    """Return the seeds that `7` or `1-20` names."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def run(args: argparse.Namespace) -> int:
    """Print the table; 1 when a promise was broken."""
    kinds = PROFILE if args.profile == "all" else (args.profile,)
    started = time.monotonic()
    outcomes = asyncio.run(endured(kinds, args.seeds, args.at_once, args.hurry))
    print(table(outcomes))
    broken = [outcome for outcome in outcomes if outcome.violations]
    struck = sum(outcome.struck for outcome in outcomes)
    print(
        f"{len(kinds)} kinds x {len(args.seeds)} seeds: {len(outcomes)} runs, {struck} faults,"
        f" {len(broken)} violations, {time.monotonic() - started:.0f} s"
    )
    return 1 if broken else 0


async def endured(
    kinds: Sequence[str], seeds: Sequence[int], at_once: int = 4, hurry: float = 10.0
) -> list[Outcome]:
    """Return the outcomes of all runs, some of them side by side."""
    turn = asyncio.Semaphore(at_once)

    async def one(kind: str, seed: int) -> Outcome:
        async with turn:
            outcome = await endure(kind, seed, hurry=hurry)
        for violation in outcome.violations:
            again = f"syncline-check faults --profile {kind} --seeds {seed}"
            print(f"{kind}, seed {seed}: {violation}\n  again: {again}", file=sys.stderr)
        return outcome

    return await asyncio.gather(*(one(kind, seed) for kind in kinds for seed in seeds))


def table(outcomes: Sequence[Outcome]) -> str:
    """Return a line for each kind: runs, faults that struck, violations, and seeds that failed."""
    lines = [f"{'kind':<16}{'runs':>6}{'faults':>8}{'violations':>12}  seeds that failed"]
    for kind in dict.fromkeys(outcome.kind for outcome in outcomes):
        own = [outcome for outcome in outcomes if outcome.kind == kind]
        failed = [str(outcome.seed) for outcome in own if outcome.violations]
        struck = sum(outcome.struck for outcome in own)
        lines.append(f"{kind:<16}{len(own):>6}{struck:>8}{len(failed):>12}  {', '.join(failed)}")
    return "\n".join(lines)
