"""Every benchmark by name: the goals that it judges, and where it is."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator

from .measuring import Options, Result

Benchmark = Callable[[Options], Iterator[Result]]

BENCHMARKS: dict[str, tuple[str, str]] = {
    "pacing": ("P3", "benchmarks.http.judged"),
    "start": ("P11", "benchmarks.cli.judged_start"),
    "configuration": ("P12", "benchmarks.cli.judged_check"),
    "http": ("P14", "benchmarks.http.judged_overhead"),
}


def load(name: str) -> Benchmark:
    """Return the `run` of a benchmark; its libraries are imported only now."""
    run: Benchmark = importlib.import_module(BENCHMARKS[name][1]).run
    return run
