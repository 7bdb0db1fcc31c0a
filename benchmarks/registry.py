"""Every benchmark by name: the goals that it judges, and where it is."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator

from .measuring import Options, Result

Benchmark = Callable[[Options], Iterator[Result]]

BENCHMARKS: dict[str, tuple[str, str]] = {
    "no-change": ("P1", "benchmarks.engine.no_change"),
    "planning": ("P2", "benchmarks.engine.planning"),
    "first-sync": ("P1 P3", "benchmarks.engine.first_sync"),
    "pacing": ("P3", "benchmarks.http.judged"),
    "conversion": ("P4 P5 P6", "benchmarks.confluence.judged"),
    "state": ("P7", "benchmarks.state.links"),
    "contention": ("P8", "benchmarks.state.contention"),
    "folders": ("P9", "benchmarks.folders.vdirsyncer"),
    "extract": ("P10", "benchmarks.engine.extract"),
    "start": ("P11", "benchmarks.cli.judged_start"),
    "configuration": ("P12", "benchmarks.cli.judged_check"),
    "merging": ("P13", "benchmarks.body.merging"),
    "propagation": ("S1", "benchmarks.service.propagation"),
    "http": ("P14", "benchmarks.http.judged_overhead"),
    "rules": ("P15", "benchmarks.rules.steady"),
    "intake": ("R6", "benchmarks.web.receiving"),
    "mirror": ("E1 E2 E3 E4", "benchmarks.mirror.judged"),
    "carrying": ("E6", "benchmarks.mirror.carrying"),
}


def load(name: str) -> Benchmark:
    """Return the `run` of a benchmark; its libraries are imported only now."""
    run: Benchmark = importlib.import_module(BENCHMARKS[name][1]).run
    return run
