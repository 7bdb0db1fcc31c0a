"""One stream from its first change to its judgement."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from attrs import frozen

from . import shards
from .patience import Patience
from .progress import Phase, Progress, Standing
from .rest import Rest
from .schedule import Accident, schedule
from .verdict import Verdict, judged
from .world import World, complete_until, started

CHANGES_EACH = 7.0
"""Changes that a conversation has, more or less."""
_PACE = 30
"""Conversations go on so much faster than real ones: most end within some seconds."""
_LOOK = 0.5
_CALL = 1.0
_EACH_CALL = 200
"""Records that listeners write of one call, at most."""
_QUIET = 2.0
"""Seconds without anything new after which all is merged."""
_SILENCE = 75.0
"""The same where conversations are to be finalised, which is a minute after they fell silent."""


@frozen(kw_only=True)
class Plan:
    """What is asked for."""

    events: int
    rate: float
    """Changes in a second."""
    kinds: Sequence[str]
    rounds: int
    seed: int
    outage: float
    reconnect_every: float
    renewal: float
    """Seconds that a channel lives."""
    zombies: float
    """Share of conversations of whose end the vendor tells nobody."""
    drop: float
    """Share of changes that the vendor tells nobody of."""
    reorder: float
    """Seconds within which topics overtake each other."""
    rest: float = 0.0
    """Seconds between two accidents at least; thrice as many until what was missed is repaired."""
    patience: float = 600.0
    """Seconds after which it is given up if nothing gets on: no change, no conversation that is
    read again, no event that is merged."""


@frozen(kw_only=True)
class Outcome:
    """What came of it."""

    verdict: Verdict
    happened: Sequence[str]
    seconds: float
    """While changes were made."""
    drained: float
    """Seconds until all was merged afterwards."""
    told: int
    """Records that the listeners wrote."""
    peaks: dict[str, int]
    """Most memory of each process, in bytes."""
    unfinished: str = ""
    """What was given up before all was judged; empty where nothing was."""


def tried(plan: Plan, folder: Path) -> Outcome:
    """Let it happen, and judge it.

    A line every few seconds on standard error, and in `progress.log`, says how far it is.

    Raises:
        RuntimeError: a process ended by itself.
    """
    truth = folder / "truth.jsonl"
    count = shards.parts(plan.events)
    with started(folder, truth=truth, outage=plan.outage, seed=plan.seed) as world:
        phase = Phase("changes are made")
        look = partial(_standing, world, plan, phase)
        say = partial(_say, folder / "progress.log")
        with Progress(look, say=say).told():
            seconds = _made(world, plan, phase)
            before = time.monotonic()
            told, unfinished = _drained(world, plan, phase)
            drained = time.monotonic() - before
            phase.name, phase.patience = "what was merged is read", None
            for host in world.hosts.values():
                host.stop()
            heard = shards.sharded(world.topics.clean(), folder / "heard", count)
        peaks = {name: host.peak for name, host in world.hosts.items()}
    say(f"{heard.lines:,} events were read; what happened is read now, and judged")
    happened = shards.sharded(shards.lines_of(truth), folder / "truth", count)
    return Outcome(
        verdict=judged(happened, heard, listeners=2), happened=world.happened, seconds=seconds,
        drained=drained, told=told, peaks=peaks, unfinished=unfinished,
    )  # fmt: skip


def _say(file: Path, line: str) -> None:
    print(line, file=sys.stderr, flush=True)
    with file.open("a", encoding="utf-8") as log:
        log.write(f"{line}\n")


def _standing(world: World, plan: Plan, phase: Phase) -> Standing:
    # Kafka is not asked here: a client of librdkafka that is made, and ended, just while the
    # brokers are killed has ended the whole process before (a segmentation fault).
    counts, listeners = world.counts(), world.listeners()
    return Standing(
        phase=phase.name, seconds=phase.seconds, changes=counts["made"], wanted=plan.events,
        facts=counts["facts"], open=counts["open"], looked_up=counts["looked_up"],
        waiting=sum(one.waiting_bytes for one in listeners), told=phase.told, merged=phase.merged,
        complete_until=complete_until(listeners), patience=phase.left,
    )  # fmt: skip


def _made(world: World, plan: Plan, phase: Phase) -> float:
    """Let all changes be made, and the accidents happen; return how long it took.

    Raises:
        RuntimeError: no change is made any more.
    """
    _begin(world, plan)
    waiting = schedule(plan.kinds, rounds=plan.rounds, seed=plan.seed)
    patience, rest = Patience(plan.patience), Rest(plan.rest, world.complete_until)
    while True:
        world.require_alive()
        counts = world.counts()
        patience.note((counts["made"], counts["open"], len(waiting)))
        if patience.over:
            raise RuntimeError(f"no change is made for {plan.patience:g} s: {world.said()}")
        if not waiting and counts["finished"]:
            break
        due = bool(waiting) and waiting[0].at <= counts["made"] / plan.events
        if due and rest.over:
            world.befall(waiting.pop(0).kind)
            rest.begin()
        else:
            time.sleep(_LOOK)
    world.vendor.act({"do": "notifications", "close_every": 0})
    return phase.seconds


def _begin(world: World, plan: Plan) -> None:
    world.vendor.act(
        {
            "do": "notifications", "expires": plan.renewal, "close_every": plan.reconnect_every,
            "drop": plan.drop, "duplicate": 0.01, "reorder": plan.reorder,
        }
    )  # fmt: skip
    world.vendor.act(
        {
            "do": "traffic", "changes": plan.events, "pace": _PACE, "zombies": plan.zombies,
            "conversations_per_second": plan.rate / CHANGES_EACH,
        }
    )  # fmt: skip


def _drained(world: World, plan: Plan, phase: Phase) -> tuple[int, str]:
    """Wait until all is repaired, told and merged.

    Returns how many records were told, and what was given up: also then there is a verdict.
    """
    ended = datetime.now(timezone.utc)
    patience = phase.begin("what was missed is repaired", Patience(plan.patience))
    calls = most = 0
    while (until := world.complete_until()) <= ended and not patience.over:
        world.require_alive()
        # What the calls below make is no sign that anything gets on.
        phase.told = world.topics.told()
        most = max(most, (phase.told or 0) - _EACH_CALL * calls)
        calls += 1
        patience.note((until, world.counts()["looked_up"], most // _EACH_CALL))
        # A listener says how far it is with what it tells: somebody calls once more.
        world.call()
        time.sleep(_CALL)
    unfinished = "" if until > ended else f"what was missed since {until} was not read again"
    told, merged = _merged(world, plan, phase)
    return told, "; ".join(filter(None, [unfinished, merged]))


def _merged(world: World, plan: Plan, phase: Phase) -> tuple[int, str]:
    patience = phase.begin("what was told is merged", Patience(plan.patience))
    last, since = -1, time.monotonic()
    quiet = _SILENCE if plan.zombies else _QUIET
    while not patience.over:
        world.require_alive()
        phase.told, phase.merged = told, merged = world.topics.told(), world.topics.merged()
        if told is None or merged is None or told != last or told != merged:
            since = time.monotonic()
        elif time.monotonic() - since >= quiet:
            return told, ""
        patience.note((merged, told == merged))
        last = -1 if told is None else told
        time.sleep(_LOOK)
    return last, f"{last:,} told, and not all of them merged"


__all__ = ["Accident", "Outcome", "Plan", "tried"]
