"""One stream from its first change to its judgement."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from attrs import frozen

from . import shards
from .schedule import Accident, schedule
from .verdict import Verdict, judged
from .world import World, started

CHANGES_EACH = 7.0
"""Changes that a conversation has, more or less."""
_PACE = 30
"""Conversations go on so much faster than real ones: most end within some seconds."""
_LOOK = 0.5
_CALL = 1.0
_QUIET = 2.0
"""Seconds without anything new after which all is merged."""
_SILENCE = 75.0
"""The same where conversations are to be finalised, which is a minute after they fell silent."""
_PATIENCE = 900.0
"""Seconds for what was missed to be read again: thousands of conversations, a hundred at a time."""


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


def tried(plan: Plan, folder: Path) -> Outcome:
    """Let it happen, and judge it.

    Raises:
        RuntimeError: a process ended by itself, or nothing goes on.
    """
    truth = folder / "truth.jsonl"
    count = shards.parts(plan.events)
    with started(folder, truth=truth, outage=plan.outage, seed=plan.seed) as world:
        seconds = _made(world, plan)
        before = time.monotonic()
        told = _drained(world, wait=bool(plan.zombies))
        drained = time.monotonic() - before
        for host in world.hosts.values():
            host.stop()
        heard = shards.sharded(world.topics.clean(), folder / "heard", count)
        peaks = {name: host.peak for name, host in world.hosts.items()}
    happened = shards.sharded(shards.lines_of(truth), folder / "truth", count)
    return Outcome(
        verdict=judged(happened, heard, listeners=2), happened=world.happened, seconds=seconds,
        drained=drained, told=told, peaks=peaks,
    )  # fmt: skip


def _made(world: World, plan: Plan) -> float:
    """Let all changes be made, and the accidents happen; return how long it took."""
    began = time.monotonic()
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
    waiting = schedule(plan.kinds, rounds=plan.rounds, seed=plan.seed)
    while waiting or not world.finished():
        share = world.made() / plan.events
        if waiting and waiting[0].at <= share:
            world.befall(waiting.pop(0).kind)
        else:
            world.require_alive()
            time.sleep(_LOOK)
    seconds = time.monotonic() - began
    world.vendor.act({"do": "notifications", "close_every": 0})
    return seconds


def _drained(world: World, *, wait: bool) -> int:
    """Wait until all is repaired, told and merged; return how many records were told."""
    until = time.monotonic() + _PATIENCE
    ended = datetime.now(timezone.utc)
    while world.complete_until() <= ended and time.monotonic() < until:
        world.require_alive()
        # A listener says how far it is with what it tells: somebody calls once more.
        world.call()
        time.sleep(_CALL)
    last, since = -1, time.monotonic()
    quiet = _SILENCE if wait else _QUIET
    while time.monotonic() < until + quiet:
        world.require_alive()
        told, merged = world.topics.told(), world.topics.merged()
        if told is None or merged is None or told != last or told != merged:
            since = time.monotonic()
        elif time.monotonic() - since >= quiet:
            return told
        last = -1 if told is None else told
        time.sleep(_LOOK)
    raise RuntimeError(f"not merged after {_PATIENCE:g} s: {last} told; {world.said()}")


__all__ = ["Accident", "Outcome", "Plan", "tried"]
