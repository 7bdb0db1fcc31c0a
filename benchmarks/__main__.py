"""`python -m benchmarks [name ...] [--quick] [--rounds N] [--json FILE] [--list]`

Runs the named benchmarks, or all, and prints one table. Exits 0 whatever the figures say: a busy
machine is no fault of a change. Exits 1 only when a benchmark itself breaks.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from pathlib import Path

from .measuring import Options, Result
from .registry import BENCHMARKS, load
from .table import as_json, table


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Run the benchmarks.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="smaller inputs and fewer rounds")
    parser.add_argument("--rounds", type=int, help="interleaved pairs of a ratio (5, quick 3)")
    parser.add_argument("--json", metavar="FILE", help="write every sample there; - is stdout")
    parser.add_argument("--list", action="store_true", help="list the benchmarks and stop")
    found = parser.parse_args()
    if unknown := set(found.names) - set(BENCHMARKS):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; see --list")
    return found


def run(name: str, options: Options) -> tuple[list[Result], bool]:
    """Return what a benchmark found, and whether it went through."""
    found: list[Result] = []
    start = time.perf_counter()
    print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
    try:
        found.extend(load(name)(options))
    except Exception:
        print("BROKEN", file=sys.stderr)
        traceback.print_exc()
        return found, False
    print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    return found, True


def main() -> int:
    wanted = arguments()
    if wanted.list:
        print("\n".join(f"{name:14} {goals}" for name, (goals, _) in BENCHMARKS.items()))
        return 0
    rounds = wanted.rounds or (3 if wanted.quick else 5)
    options = Options(quick=wanted.quick, rounds=rounds)
    results: list[Result] = []
    broken = []
    for name in wanted.names or BENCHMARKS:
        found, whole = run(name, options)
        results += found
        if not whole:
            broken.append(name)
    if wanted.json == "-":
        print(as_json(results))
    else:
        print(table(results))
    if wanted.json and wanted.json != "-":
        Path(wanted.json).write_text(as_json(results) + "\n", encoding="utf-8")
    if broken:
        print(f"broken: {', '.join(broken)}", file=sys.stderr)
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
