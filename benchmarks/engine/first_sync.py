"""P3 and P1 with the real connectors: a first sync at a limit, then a pass without changes.

The share is what the busier of the two systems answered of what its limit allows, from the first
request of the pass to its end. Bulk jobs are off for it, and reported beside it.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from attrs import frozen

from syncline.config import Config
from syncline.engine.opening.session import open_session
from syncline.engine.runs.report import Report

from ..measuring import Options, Outcome, Result
from .systems import JOB, System, both, write_pages

_OFF = 1_000_000
_RESTRICTION = re.compile(r"/restriction/byOperation/read$")
_READS = ("/oauth/token", "/documents/query", "/responseassets/search", "/permission/check")


@frozen(kw_only=True)
class First:
    """What one first sync took."""

    seconds: float
    cpu: float
    shares: dict[str, float]
    refused: float
    """429s for each answer."""
    calls: int


def run(options: Options) -> Iterator[Result]:
    """Judge the share of the limit at 20/s and 100/s, and what a pass without changes costs."""
    count = 200 if options.quick else 2000
    for rate in (20, 100):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_pages(folder / "pages", count)
            with both(folder, f"{rate}/s", bulk_threshold=_OFF) as (wiki, kb, config):
                single = _first(config, (wiki, kb), rate, count)
                if rate == 100:
                    again = _unchanged(config, (wiki, kb))
        bulk = _bulk(rate, count)
        yield from _judged(rate, count, single, bulk)
    yield from again


def _bulk(rate: int, count: int) -> First:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_pages(folder / "pages", count)
        with both(folder, f"{rate}/s") as (wiki, kb, config):
            return _first(config, (wiki, kb), rate, count)


def _judged(rate: int, count: int, single: First, bulk: First) -> Iterator[Result]:
    busy, share = max(single.shares.items(), key=lambda pair: pair[1])
    both_shares = ", ".join(f"{name} {part:.2f}" for name, part in single.shares.items())
    yield Outcome(
        goal="P3",
        what=f"first sync of {count:,} at {rate}/s, bulk off: share of the limit at the busier",
        samples=(share,),
        limit=0.95,
        at_least=True,
        unit="of the limit",
        beside=(
            f"{busy} is the busier ({both_shares}); {single.calls:,} calls, {single.seconds:.0f} s,"
            f" {single.cpu:.0f} s CPU; with bulk {bulk.calls:,} calls, {bulk.seconds:.0f} s"
        ),
    )
    yield Outcome(
        goal="P3",
        what=f"429s for each answer at {rate}/s",
        samples=(single.refused,),
        limit=0.01,
        unit="each",
        beside=f"with bulk {bulk.refused:.4f}",
    )


async def _sync(config: Config) -> Report:
    async with open_session(config, JOB) as session:
        return await session.sync()


def _first(config: Config, systems: Sequence[System], rate: int, count: int) -> First:
    for system in systems:
        system.forget_calls()
    began, cpu = time.monotonic(), time.process_time()
    report = asyncio.run(_sync(config))
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    # The space has a home page, too.
    if report.counts["created"] < count or report.failed:
        raise RuntimeError(
            f"{report.counts['created']} of {count} were created, {report.failed} failed"
        )
    logs = {name: s.calls() for name, s in zip(("confluence", "genesys"), systems, strict=True)}
    answers = [call["status"] for log in logs.values() for call in log]
    return First(
        seconds=seconds,
        cpu=cpu,
        shares={name: _share(log, rate) for name, log in logs.items()},
        refused=answers.count(429) / len(answers),
        calls=len(answers),
    )


def _share(log: Sequence[dict[str, Any]], rate: int) -> float:
    """Return how much of the limit was used while this system was spoken to."""
    times = [datetime.fromisoformat(call["at"]) for call in log]
    served = sum(call["status"] != 429 for call in log)
    elapsed = (max(times) - min(times)).total_seconds()
    return served / (elapsed * rate) if elapsed else 0.0


def _unchanged(config: Config, systems: Sequence[System]) -> list[Result]:
    """Judge a pass over what was just synced."""
    for system in systems:
        system.forget_calls()
    report = asyncio.run(_sync(config))
    kinds: Counter[str] = Counter()
    for system in systems:
        kinds.update(_kind(call) for call in system.calls())
    if report.written:
        raise RuntimeError(f"a pass without changes wrote {report.written} items")
    lists = f"{kinds['list']} list calls, {kinds['restriction']} restriction reads"
    common = {"goal": "P1", "limit": 0.0, "exact": True, "unit": "requests"}
    return [
        Outcome(
            what="no-change pass, real connectors: body reads and calls that change something",
            samples=(float(kinds["body"] + kinds["change"]),),
            beside=lists,
            **common,  # type: ignore[arg-type]  # the same four for both
        ),
        Outcome(
            what="no-change pass, real connectors: calls beyond lists and restriction reads",
            samples=(float(kinds["token"] + kinds["other"]),),
            beside=lists,
            **{**common, "limit": 2.0},  # type: ignore[arg-type]  # the same four for both
        ),
    ]


def _kind(call: dict[str, Any]) -> str:
    path, method = call["path"].partition("?")[0], call["method"]
    if method not in ("GET", "HEAD") and not path.endswith(_READS):
        return "change"
    if _RESTRICTION.search(path):
        return "restriction"
    if path.endswith("/oauth/token"):
        return "token"
    if re.search(r"/api/v2/pages/\d+$", path) or "/variations" in path:
        return "body"
    if re.search(r"/(pages|folders|documents|categories|labels|attachments|search|query)$", path):
        return "list"
    return "other"
