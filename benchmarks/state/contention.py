"""P8: four processes that write into one state file, against one process."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from syncline.errors import StateError
from syncline.state import SqliteState
from syncline.state.records import SaveLink

from ..measuring import ROOT, Options, Outcome, Result
from .links import link

_WRITERS = 4


def run(options: Options) -> Iterator[Result]:
    """Judge how often a writer is refused, and what all get done together."""
    seconds = 3.0 if options.quick else 10.0
    rounds = 1 if options.quick else 3
    alone, together, again = [], [], []
    refused = []
    for _ in range(rounds):
        alone.append(_written(1, seconds)[0])
        written, failed = _written(_WRITERS, seconds)
        together.append(written)
        refused.append(float(failed))
        again.append(_written(1, seconds)[0])
    yield Outcome(
        goal="P8",
        what=f"{_WRITERS} processes on one state file for {seconds:.0f} s: commits refused",
        samples=tuple(refused),
        limit=0,
        exact=True,
        unit="",
    )
    singles = [(a + b) / 2 for a, b in zip(alone, again, strict=True)]
    yield Outcome(
        goal="P8",
        what=f"commits of {_WRITERS} processes together / of one",
        samples=tuple(t / a for t, a in zip(together, singles, strict=True)),
        control=tuple(b / a for a, b in zip(alone, again, strict=True)),
        limit=0.8,
        at_least=True,
        beside=f"one {singles[0] / seconds:,.0f}/s, all {together[0] / seconds:,.0f}/s",
    )


def _written(writers: int, seconds: float) -> tuple[int, int]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        SqliteState.open(path).close()
        command = [sys.executable, "-m", __name__, str(path), str(seconds)]
        children = [
            subprocess.Popen([*command, str(n)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
            for n in range(writers)
        ]
        answers = [json.loads(child.communicate()[0]) for child in children]
    return sum(a["written"] for a in answers), sum(a["refused"] for a in answers)


def main() -> None:
    """Commit one link after the other, until the time is over."""
    path, seconds, writer = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    state = SqliteState.open(path)
    written = refused = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            state.commit([SaveLink(link(writer * 1_000_000 + written % 1000, written))], None)
            written += 1
        except StateError:
            refused += 1
    print(json.dumps({"written": written, "refused": refused}))


if __name__ == "__main__":
    main()
