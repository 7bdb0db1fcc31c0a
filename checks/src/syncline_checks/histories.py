"""`syncline-check histories`: random histories with people, crashes and faults (R1).

The histories, their judge and the shrinking are `syncline.testing.histories`.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter

from syncline.testing.histories import check, generate, shrink


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `syncline-check histories`."""
    parser.add_argument("--n", type=int, default=1000, help="how many histories")
    parser.add_argument("--seed", type=int, default=1, help="of the first; the next ones follow")


def run(args: argparse.Namespace) -> int:
    """Print how many histories broke a promise; 1 when there was one."""
    # The engine's warnings about what the histories do to it are no finding.
    logging.disable(logging.CRITICAL)
    started, failed, steps = time.monotonic(), 0, Counter[str]()
    for seed in range(args.seed, args.seed + args.n):
        history = generate(seed)
        steps.update({name for name, _, _ in history.steps})
        failure = check(history)
        if failure is not None:
            failed += 1
            again = f"syncline-check histories --seed {seed} --n 1"
            print(f"{shrink(failure)}\n  again: {again}", file=sys.stderr)
    dying = steps["die_syncing"] + steps["die_polling"]
    print(
        f"{args.n} histories, seeds from {args.seed}, {dying} appearances of a crash:"
        f" {failed} violations, {time.monotonic() - started:.0f} s"
    )
    return 1 if failed else 0
