"""`syncline-check intake`: a service that is killed while it takes webhooks at a rate (R6).

A real `syncline run`, whose systems do not answer, is sent signed deliveries at a steady rate by
senders that never repeat one, with slow connections at the side; it is killed with SIGKILL again
and again. Whatever it had accepted must be in its state afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from .dripping import dripping
from .senders import Load, Sent, percentile
from .victim import Victim

P99, MOST = 1.0, 3.0
"""Seconds within which a delivery is answered: nearly always, and always."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `syncline-check intake`."""
    parser.add_argument("--rate", type=float, default=500.0, help="deliveries a second")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long they are sent")
    parser.add_argument("--kills", type=int, default=3, help="how often the service is killed")
    parser.add_argument("--slow", type=int, default=1000, help="connections that drip their bodies")


def run(args: argparse.Namespace) -> int:
    """Print how deliveries were answered and what was lost; 1 when the promise was broken."""
    with tempfile.TemporaryDirectory() as folder:
        sent, lost = asyncio.run(
            measured(
                Path(folder),
                rate=args.rate,
                seconds=args.seconds,
                kills=args.kills,
                slow=args.slow,
            )
        )
    times = sorted(one.seconds for one in sent if one.status == 202)
    others: dict[int, int] = {}
    for one in sent:
        if one.status != 202:
            others[one.status] = others.get(one.status, 0) + 1
    p99, most = percentile(times, 0.99), times[-1] if times else 0.0
    print(
        f"{len(sent)} deliveries at {args.rate:g}/s, {args.kills} kills, {args.slow} slow"
        f" connections: {len(times)} accepted, {others.pop(0, 0)} met no service,"
        f" other answers {others or 'none'}"
    )
    p50 = percentile(times, 0.5)
    print(f"p50 {p50 * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms, max {most * 1e3:.1f} ms")
    print(f"accepted and lost: {len(lost)} {sorted(lost)[:5] if lost else ''}")
    return 1 if lost or not times or p99 >= P99 or most >= MOST or others else 0


async def measured(
    folder: Path, *, rate: float, seconds: float, kills: int, slow: int
) -> tuple[list[Sent], set[str]]:
    """Return every delivery with its answer, and the accepted ones that the state does not hold."""
    victim = Victim(folder)
    load = Load(port=victim.port, secret=victim.secret, rate=rate, seconds=seconds)
    await victim.start()
    try:
        with dripping(victim.port, slow):
            sending = asyncio.create_task(load.send())
            for _ in range(kills):
                await asyncio.sleep(seconds / (kills + 1))
                victim.kill()
                await victim.start()
            sent = await sending
    finally:
        # Once more: what the last answers promised must not need a graceful end either.
        victim.kill()
    accepted = {one.id for one in sent if one.status == 202}
    return sent, {id_ for id_ in accepted if not victim.holds(id_)}
