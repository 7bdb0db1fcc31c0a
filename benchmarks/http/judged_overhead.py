"""P14: the layers around a request against bare httpx."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from ..adopting import adopt
from ..measuring import Options, Outcome, Result, pairs


def run(options: Options) -> Iterator[Result]:
    """Judge the CPU of a request through `syncline.http`."""
    api = adopt("http", "pacing").Api(0, 0)
    overhead = adopt("http", "overhead")
    requests = 200 if options.quick else 400
    try:
        found = pairs(
            lambda: float(asyncio.run(overhead.bare(api.url, requests))),
            lambda: float(asyncio.run(overhead.layered(api.url, requests))),
            options.rounds,
        )
    finally:
        api.close()
    yield Outcome(
        goal="P14",
        what="CPU of a request through the HTTP layer / bare httpx",
        samples=found.ratios,
        control=found.control,
        limit=1.25,
        beside=found.medians(1, "us", "httpx"),
    )
