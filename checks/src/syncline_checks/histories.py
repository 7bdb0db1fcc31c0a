"""`syncline-check histories`: random histories with people, crashes and faults (R1).

The histories, their judge and the shrinking are `syncline.testing.histories`. They are run in as
many processes as there are processors: a history depends on nothing but its seed.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import attrs

from syncline.testing.histories import Failure, check, generate, shrink

CHUNK = 25
"""Histories that a process takes at a time."""
CRASHES = frozenset({"die_syncing", "die_polling", "die_in_the_midst"})


@attrs.frozen(kw_only=True)
class Tally:
    """What some histories showed."""

    histories: int = 0
    dying: int = 0
    """Histories in which a process dies at least once."""
    crashes: int = 0
    """Steps in which one may die."""
    failures: tuple[str, ...] = ()
    """Each broken promise, with what repeats it."""

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            histories=self.histories + other.histories,
            dying=self.dying + other.dying,
            crashes=self.crashes + other.crashes,
            failures=self.failures + other.failures,
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `syncline-check histories`."""
    parser.add_argument("--n", type=int, default=1000, help="how many histories")
    parser.add_argument("--seed", type=int, default=1, help="of the first; the next ones follow")
    parser.add_argument("--minutes", type=float, help="stop after so long, with what was run")
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="run in so many processes"
    )


def run(args: argparse.Namespace) -> int:
    """Print how many histories broke a promise; 1 when there was one."""
    started, total = time.monotonic(), Tally()
    end = started + args.minutes * 60 if args.minutes else float("inf")
    for tally in tallies(range(args.seed, args.seed + args.n), args.processes, end):
        total += tally
        for failure in tally.failures:
            print(failure, file=sys.stderr, flush=True)
    seconds = time.monotonic() - started
    print(
        f"{total.histories:,} histories, seeds from {args.seed}, {total.dying:,} with a crash"
        f" ({total.crashes:,} crashes): {len(total.failures)} violations, {seconds:.0f} s,"
        f" {total.histories / seconds:.1f} a second"
    )
    return 1 if total.failures else 0


def tallies(seeds: range, processes: int, end: float = float("inf")) -> Iterator[Tally]:
    """Yield what each chunk of seeds showed, in order; none is begun after the monotonic `end`."""
    chunks = [seeds[at : at + CHUNK] for at in range(0, len(seeds), CHUNK)]
    if processes == 1 or len(chunks) == 1:
        yield from (tallied(chunk, end) for chunk in chunks)
        return
    with ProcessPoolExecutor(min(processes, len(chunks))) as pool:
        yield from pool.map(tallied, chunks, [end] * len(chunks))


def tallied(seeds: range, end: float = float("inf")) -> Tally:
    """Run the histories of some seeds, until the monotonic `end` at most."""
    # The engine's warnings about what the histories do to it are no finding.
    logging.disable(logging.CRITICAL)
    total = Tally()
    for seed in seeds:
        if time.monotonic() >= end:
            break
        total += _one(seed)
    return total


def _one(seed: int) -> Tally:
    history = generate(seed)
    crashes = sum(name in CRASHES for name, _, _ in history.steps)
    failure = check(history)
    failures = (_told(failure),) if failure is not None else ()
    return Tally(histories=1, dying=int(crashes > 0), crashes=crashes, failures=failures)


def _told(failure: Failure) -> str:
    again = f"syncline-check histories --seed {failure.history.seed} --n 1"
    return f"{shrink(failure)}\n  again: {again}"
