"""`syncline-check fuzz`: mutated inputs for every parser of foreign content (R13).

Whatever comes in, a parser answers or refuses with the error that it documents; anything else is a
crasher, and is printed with the seed that makes it again.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from random import Random

import attrs

from .mutation import mutated
from .targets import TARGETS, Target

LONGEST = 5.0
"""Seconds of CPU that one input of some kilobytes may take before it counts as a crasher."""


@attrs.frozen(kw_only=True)
class Crasher:
    """An input that a parser did not answer as it documents."""

    target: str
    seed: int
    error: str
    input: str


@attrs.define
class Tally:
    """What a target was given and how it answered."""

    runs: int = 0
    refused: int = 0
    crashers: dict[str, Crasher] = attrs.field(factory=dict)
    """The first of each kind of error."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `syncline-check fuzz`."""
    parser.add_argument("--minutes", type=float, default=1.0, help="for each target")
    parser.add_argument("--target", default="all", choices=("all", *TARGETS))
    parser.add_argument("--seed", type=int, default=1, help="of the first input")
    parser.add_argument("--runs", type=int, help="this many instead of a time; 1 repeats a seed")


def run(args: argparse.Namespace) -> int:
    """Print how many inputs each target was given; 1 when there was a crasher."""
    names = list(TARGETS) if args.target == "all" else [args.target]
    crashed = 0
    for name in names:
        tally = fuzzed(name, args.seed, minutes=args.minutes, runs=args.runs)
        crashed += len(tally.crashers)
        print(
            f"{name:<12}{tally.runs:>9} inputs, {tally.refused:>9} refused,"
            f" {len(tally.crashers)} crashers, seeds from {args.seed}"
        )
        for crasher in tally.crashers.values():
            print(f"  seed {crasher.seed}: {crasher.error}\n  input: {crasher.input[:300]!r}")
            print(f"  again: syncline-check fuzz --target {name} --seed {crasher.seed} --runs 1")
    return 1 if crashed else 0


def fuzzed(name: str, seed: int, *, minutes: float = 1.0, runs: int | None = None) -> Tally:
    """Give a target inputs until the time or their number is used up; each seed is one input."""
    target, tally = TARGETS[name], Tally()
    for one in _seeds(seed, minutes, runs):
        tally.runs += 1
        _try(target, name, one, tally)
    return tally


def _seeds(seed: int, minutes: float, runs: int | None) -> Iterator[int]:
    end = time.monotonic() + minutes * 60
    number = 0
    while (time.monotonic() < end) if runs is None else (number < runs):
        yield seed + number
        number += 1


def _try(target: Target, name: str, seed: int, tally: Tally) -> None:
    text = mutated(target.examples, target.words, Random(seed))
    started = time.process_time()
    try:
        target.parse(text)
    except target.refusals as refusal:
        tally.refused += 1
        error = "" if str(refusal) else f"{type(refusal).__name__} without a message"
    except (Exception, RecursionError) as crash:
        error = f"{type(crash).__name__}: {crash}"
    else:
        error = ""
    if not error and (spent := time.process_time() - started) > LONGEST:
        error = f"slow: {spent:.1f} s for {len(text)} characters"
    if error:
        crasher = Crasher(target=name, seed=seed, error=error, input=text)
        tally.crashers.setdefault(error[:40], crasher)
