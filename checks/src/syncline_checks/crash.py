"""`syncline-check crash`: a process that dies at every point of a pass, one after the other (R2).

Each history is run once for every boundary of its last pass (before and after each call to a store,
each commit), dies exactly there, and goes on; the judge is that of `syncline-check histories`.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time

from attrs import evolve

from syncline.model import Side
from syncline.testing.histories import check, generate, shrink


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `syncline-check crash`."""
    parser.add_argument("--histories", type=int, default=20, help="how many histories")
    parser.add_argument("--points", type=int, default=60, help="boundaries of a pass to die at")
    parser.add_argument("--seed", type=int, default=1, help="of the first; the next ones follow")


def run(args: argparse.Namespace) -> int:
    """Print how many crashes ended badly; 1 when there was one."""
    logging.disable(logging.CRITICAL)
    started, failed = time.monotonic(), 0
    for seed in range(args.seed, args.seed + args.histories):
        history = generate(seed, longest=8)
        for point in range(1, args.points + 1):
            dying = (*history.steps, ("die_syncing", Side.LEFT, point))
            failure = check(evolve(history, steps=dying))
            if failure is not None:
                failed += 1
                print(f"dies at point {point}\n{shrink(failure)}", file=sys.stderr)
    runs = args.histories * args.points
    seconds = time.monotonic() - started
    print(
        f"{args.histories} histories x {args.points} crash points, {runs} runs:"
        f" {failed} bad states, {seconds:.0f} s"
    )
    return 1 if failed else 0
