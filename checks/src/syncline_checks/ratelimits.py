"""`syncline-check ratelimits`: what is sent to a server that says "not now" (R12).

Two promises. While a `Retry-After` lasts, nothing is sent to the host that asked for it. And in a
storm, when every answer is a 429 for ten minutes, at most four requests a minute reach each host,
whoever keeps asking for passes; when it is over, every edit arrives.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import attrs

from syncline.clock import SystemClock
from syncline.errors import SynclineError
from syncline_simulators.running import Running

from .flaky import PATIENT, created, disagreements, edit_both, settle
from .hurry import HurriedClock
from .worlds import World, a_world, two_systems

MOST_A_MINUTE = 4
UNDER_WAY = 0.5
"""Seconds after a 429 in which requests may arrive that left before it was read: many on a machine
with other work, and still a quarter of the pause."""
PAUSE = 2.0
"""Seconds that the servers ask for."""
FORMS = ("seconds", "date")
_ROUNDING = {"seconds": 0.0, "date": 1.0}
"""How much less a form may say than what was meant: a date has whole seconds."""
HURRY = 60.0
"""How fast the clock runs on which the storm lasts."""
AFTERWARDS = 700.0
"""Seconds for all to come to rest: twice the longest pause that a client makes, five minutes."""


@attrs.frozen(kw_only=True)
class Obeyed:
    """What one run between servers that ask for pauses showed."""

    pauses: int
    early: tuple[str, ...]
    violations: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Storm:
    """What a storm showed."""

    minutes: float
    requests: dict[str, int]
    violations: tuple[str, ...]

    @property
    def a_minute(self) -> float:
        """The requests a minute at the host that got more of them."""
        return max(self.requests.values()) / self.minutes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `syncline-check ratelimits`."""
    parser.add_argument("--seeds", type=int, default=3, help="runs with each form of Retry-After")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long the storm lasts")


def run(args: argparse.Namespace) -> int:
    """Print what was sent, and when; 1 when a promise was broken."""
    started = time.monotonic()
    runs = [asyncio.run(obeyed(form, seed)) for seed in range(args.seeds) for form in FORMS]
    storm = asyncio.run(stormed(args.minutes))
    broken = [v for one in runs for v in (*one.early, *one.violations)] + list(_excess(storm))
    for violation in broken:
        print(violation)
    told = ", ".join(f"{name} {count}" for name, count in storm.requests.items())
    print(
        f"{sum(one.pauses for one in runs)} pauses asked for,"
        f" {sum(len(one.early) for one in runs)} requests came early;"
        f" storm of {storm.minutes:g} min: {storm.a_minute:.1f} requests a minute ({told});"
        f" {len(broken)} violations, {time.monotonic() - started:.0f} s"
    )
    return 1 if broken else 0


def _excess(storm: Storm) -> Iterator[str]:
    yield from storm.violations
    for name, count in storm.requests.items():
        if count > MOST_A_MINUTE * storm.minutes:
            yield f"{name}: {count} requests in a storm of {storm.minutes:g} minutes"


async def obeyed(form: str, seed: int, *, pauses: int = 3) -> Obeyed:
    """Sync between servers that ask for a pause now and then, and look at when requests came."""
    fault = {
        "kind": "rate-limited",
        "probability": 0.15,
        "times": pauses,
        "retry_after": PAUSE,
        "form": form,
        "seed": seed,
    }
    with two_systems(seed=seed) as (wiki, kb):
        async with a_world(wiki, kb, limits=PATIENT, clock=SystemClock()) as world:
            pages = [created(world, n) for n in range(4)]
            await world.sync()
            edit_both(world, pages)
            for system in (wiki, kb):
                system.clear_calls()
                system.faults([fault])
            await _tried(world)
            logs = {system.system: system.calls() for system in (wiki, kb)}
            for system in (wiki, kb):
                system.clear_faults()
            violations = [*await settle(world), *disagreements(world)]
    return Obeyed(
        pauses=sum(call["fault"] == "rate-limited" for log in logs.values() for call in log),
        early=tuple(e for name, log in logs.items() for e in too_early(name, log, form)),
        violations=tuple(f"{form}, seed {seed}: {violation}" for violation in violations),
    )


def too_early(name: str, log: Sequence[dict[str, Any]], form: str) -> Iterator[str]:
    """Yield the requests of a log that came while a pause lasted."""
    calls = sorted((datetime.fromisoformat(call["at"]), call) for call in _comparable(log))
    for (asked, first), (came, second) in pairwise(calls):
        if first["status"] != 429:
            continue
        waited = (came - asked).total_seconds()
        if UNDER_WAY < waited < PAUSE - _ROUNDING[form]:
            what = f"{second['method']} {second['path']}"
            yield f"{name}: {what} came {waited:.2f} s after a pause of {PAUSE:g} s was asked for"


def _comparable(log: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    # A login is another host at these vendors, with a pace of its own.
    yield from (call for call in log if not call["path"].endswith("/oauth/token"))


async def stormed(minutes: float, hurry: float = HURRY) -> Storm:
    """Let every answer be a 429 for some minutes of a hurried clock, while passes are asked for."""
    clock = HurriedClock(hurry)
    with two_systems() as (wiki, kb):
        async with a_world(wiki, kb, limits=PATIENT, clock=clock) as world:
            pages = [created(world, n) for n in range(4)]
            await world.sync()
            edit_both(world, pages)
            for system in (wiki, kb):
                system.clear_calls()
                system.faults([{"kind": "rate-limited", "retry_after": 1, "probability": 1.0}])
            end = clock.monotonic() + minutes * 60
            while clock.monotonic() < end:
                await _tried(world)
                await clock.sleep(1.0)
            requests = {system.system: len(system.calls()) for system in (wiki, kb)}
            violations = await _after(world, (wiki, kb))
    return Storm(minutes=minutes, requests=requests, violations=tuple(violations))


async def _after(world: World, systems: Sequence[Running]) -> list[str]:
    for system in systems:
        system.clear_faults()
    found = [*await settle(world, AFTERWARDS), *disagreements(world)]
    return [f"after the storm: {violation}" for violation in found]


async def _tried(world: World) -> None:
    """Make a pass, which may end in a clear error."""
    try:
        await world.sync()
    except SynclineError as error:
        if not str(error):
            raise
