"""P11: how long `--help`, `--version` and `check` take to start, against the bare interpreter.

    python benchmarks/cli/cold_start.py [--rounds 15]

Whole processes, interleaved, CPU and wall; the bare interpreter runs twice in each round (A and
A'). The libraries that a check cannot do without (attrs, cattrs, pluggy, argparse, tomllib) are
measured beside it: what is above them is ours. Bytecode is cached in a folder of its own, as
after an installation. Exits 1 when a ratio is over 6 by more than a fifth; on a busy machine the
libraries alone can be.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GOAL = 6.0
ALLOWANCE = 1.2
CONFIG = """\
[connections.here]
connector = "files"
path = "left"
[connections.there]
connector = "files"
path = "right"
[jobs.articles]
kind = "documents"
left = "here"
right = "there"
"""
CASES = {
    "bare interpreter": ("-c", "pass"),
    "bare interpreter again": ("-c", "pass"),
    "libraries alone": ("-c", "import argparse, attrs, cattrs, pluggy, tomllib"),
    "--version": ("-m", "syncline", "--version"),
    "--help": ("-m", "syncline", "--help"),
    "check": ("-m", "syncline", "check"),
    "connectors": ("-m", "syncline", "connectors"),
}
JUDGED = ("--version", "--help", "check")


def measured(arguments: tuple[str, ...], folder: Path) -> tuple[float, float]:
    """Return the CPU and the wall milliseconds of one process."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu * 1000, wall * 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "syncline.toml").write_text(CONFIG)
        (folder / "syncline.toml").chmod(0o600)
        for arguments in CASES.values():
            measured(arguments, folder)
        rounds = [
            {case: measured(arguments, folder) for case, arguments in CASES.items()}
            for _ in range(args.rounds)
        ]
    ratios = {}
    print(
        f"median of {args.rounds} rounds; ratios of CPU to the bare interpreter of the same round"
    )
    for case in CASES:
        cpu, wall = (statistics.median(r[case][kind] for r in rounds) for kind in (0, 1))
        ratios[case] = statistics.median(r[case][0] / r["bare interpreter"][0] for r in rounds)
        print(f"  {case:<24} {cpu:6.1f} ms CPU {wall:6.1f} ms wall  {ratios[case]:5.2f}x")
    print(f"  P11 goal {GOAL}x for {', '.join(JUDGED)}")
    return 0 if all(ratios[case] <= GOAL * ALLOWANCE for case in JUDGED) else 1


if __name__ == "__main__":
    sys.exit(main())
