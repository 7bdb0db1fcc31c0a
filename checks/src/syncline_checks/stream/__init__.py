"""`syncline-check stream`: a mirror through accidents, from the vendor's sockets to Kafka (R7).

A simulated organisation, a real Kafka, two listeners and two merge processes; while changes are
made, processes are killed, brokers restarted and taken away, sockets ended, frozen and replaced,
and some changes never published. What a reader of the clean topic saw is then held against what
happened: nothing missing that no gap tells of, nothing twice, nothing out of order, nothing
invented.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from .schedule import KINDS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `syncline-check stream`."""
    add = parser.add_argument
    add("--events", type=int, default=50_000, help="changes that are made (default: 50000)")
    add("--rate", type=float, default=1200.0, help="changes a second (default: 1200)")
    add("--faults", nargs="*", choices=KINDS, default=None, help="these alone (default: all)")
    add("--rounds", type=int, default=1, help="how often each happens (default: 1)")
    add("--outage", type=float, default=8.0, help="seconds without Kafka (default: 8)")
    add("--reconnect-every", type=float, default=30.0, help="seconds (default: 30; 0 for never)")
    add("--renewal", type=float, default=40.0, help="seconds that a channel lives (default: 40)")
    add("--drop", type=float, default=0.001, help="share of changes that are never published")
    add("--reorder", type=float, default=0.0, help="seconds within which topics overtake another")
    add("--zombies", type=float, default=0.0, help="share of ends that are; adds a minute")
    add("--rest", type=float, default=0.0, help="seconds between accidents (default: 0)")
    add("--patience", type=float, default=600.0, help="seconds without any progress (default: 600)")
    add("--seed", type=int, default=1, help="repeats the schedule and the conversations")
    add("--keep", type=Path, default=None, help="folder for logs and streams (default: none kept)")


def run(args: argparse.Namespace) -> int:
    """Print what was made, heard and lost; 1 when a promise was broken."""
    from .report import lines
    from .trial import Plan, tried

    plan = Plan(
        events=args.events, rate=args.rate, rounds=args.rounds, seed=args.seed, outage=args.outage,
        kinds=KINDS if args.faults is None else args.faults, drop=args.drop,
        reconnect_every=args.reconnect_every, renewal=args.renewal, zombies=args.zombies,
        reorder=args.reorder, rest=args.rest, patience=args.patience,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="syncline-stream-") as temporary:
        folder = args.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        outcome = tried(plan, folder)
    for line in lines(outcome):
        print(line)
    verdict = outcome.verdict
    broken = outcome.unfinished or verdict.faults or (plan.zombies and verdict.zombies)
    return 1 if broken or not verdict.heard else 0
