"""P12: checking a file of 1,000 jobs against tomllib and cattrs."""

from __future__ import annotations

from collections.abc import Iterator

import cattrs

from ..adopting import adopt
from ..measuring import Options, Outcome, Result, cpu, pairs


def run(options: Options) -> Iterator[Result]:
    """Judge the check of a large file."""
    check = adopt("cli", "configuration")
    jobs = (check.JOB.format(number=number, minute=number % 60) for number in range(1000))
    raw = (check.HEAD + "".join(jobs)).encode()
    converter = cattrs.Converter(forbid_extra_keys=True)
    check.floor(raw, converter)
    check.ours(raw)
    found = pairs(
        lambda: cpu(lambda: check.floor(raw, converter)),
        lambda: cpu(lambda: check.ours(raw)),
        options.rounds + 2,
    )
    yield Outcome(
        goal="P12",
        what="CPU of checking 1,000 jobs / tomllib + cattrs",
        samples=found.ratios,
        control=found.control,
        limit=check.GOAL,
        beside=found.medians(1000, "ms"),
    )
