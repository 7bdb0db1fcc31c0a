"""P3 on a bare server: the share of the limit that the pacer holds, and its 429s."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from ..adopting import adopt
from ..measuring import Options, Outcome, Result


def run(options: Options) -> Iterator[Result]:
    """Judge the pacer against a token bucket at 20/s and 100/s; the naive policies are beside."""
    pacing = adopt("http", "pacing")
    seconds = 5.0 if options.quick else 10.0
    rounds = 1 if options.quick else 3
    for rate in (20, 100):
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in pacing.POLICIES}
        for _ in range(rounds):
            for name, runs in found.items():
                runs.append(asyncio.run(pacing.measure(name, rate, "bucket", seconds)))
        ours, again = found["syncline A"], found["syncline A'"]
        naive = found["Retry-After"][0][0]
        yield Outcome(
            goal="P3",
            what=f"pacer, 20 workers, share of {rate}/s",
            samples=tuple(share for share, _ in ours),
            control=tuple(b[0] / a[0] for a, b in zip(ours, again, strict=True)),
            limit=0.95,
            at_least=True,
            unit="of the limit",
            beside=f"each worker obeying Retry-After alone {naive:.2f}",
        )
        yield Outcome(
            goal="P3",
            what=f"pacer, 20 workers, 429s for each success at {rate}/s",
            samples=tuple(refused for _, refused in (*ours, *again)),
            limit=0.01,
            unit="each",
        )
