"""P11: whole processes of the command line against the bare interpreter."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..adopting import adopt
from ..measuring import Options, Outcome, Result


def run(options: Options) -> Iterator[Result]:
    """Judge `--version`, `--help` and `check`."""
    start = adopt("cli", "cold_start")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "syncline.toml").write_text(start.CONFIG, encoding="utf-8")
        (folder / "syncline.toml").chmod(0o600)
        for arguments in start.CASES.values():
            start.measured(arguments, folder)
        rounds = [
            {case: start.measured(a, folder) for case, a in start.CASES.items()}
            for _ in range(options.rounds + 2)
        ]
    bare = [r["bare interpreter"][0] for r in rounds]
    control = tuple(r["bare interpreter again"][0] / r["bare interpreter"][0] for r in rounds)
    for case in start.JUDGED:
        cpu, wall = (statistics.median(r[case][kind] for r in rounds) for kind in (0, 1))
        yield Outcome(
            goal="P11",
            what=f"CPU of `syncline {case}` / bare interpreter",
            samples=tuple(r[case][0] / floor for r, floor in zip(rounds, bare, strict=True)),
            control=control,
            limit=start.GOAL,
            beside=f"bare {statistics.median(bare):.0f} ms, ours {cpu:.0f} ms ({wall:.0f} wall)",
        )
