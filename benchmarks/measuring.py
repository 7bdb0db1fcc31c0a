"""What every benchmark measures with: interleaved pairs, CPU time, whole processes, verdicts."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).resolve().parent.parent
ALLOWANCE = 1.2
"""A figure beyond its goal by no more than this may be the noise of the machine."""


@frozen(kw_only=True)
class Options:
    """How thorough a run is."""

    quick: bool = False
    rounds: int = 5
    """Interleaved pairs of a ratio."""


@frozen(kw_only=True)
class Outcome:
    """What was measured for one goal."""

    goal: str
    what: str
    samples: tuple[float, ...]
    """One figure a round, in `unit`."""
    limit: float
    beside: str = ""
    """The floor or peer of the same run, and absolute figures, for people."""
    control: tuple[float, ...] = ()
    """The floor against itself, round by round: what noise alone does to a ratio."""
    at_least: bool = False
    exact: bool = False
    """True for counts, which no noise excuses."""
    unit: str = "x"

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def verdict(self) -> str:
        """`met`; `missed` where noise may explain it; `alarm` beyond that."""
        excess = _excess(self.median, self.limit, at_least=self.at_least)
        if excess <= 1:
            return "met"
        return "missed" if excess <= ALLOWANCE and not self.exact else "alarm"


def _excess(value: float, limit: float, *, at_least: bool) -> float:
    over, under = (limit, value) if at_least else (value, limit)
    if over <= under:
        return 1.0
    return over / under if under else float("inf")


@frozen(kw_only=True)
class Skipped:
    """A goal that could not be judged here, and why."""

    goal: str
    what: str
    reason: str


Result = Outcome | Skipped


@frozen(kw_only=True)
class Pairs:
    """Interleaved runs of a floor, of ours, and of the floor again."""

    floors: tuple[float, ...]
    ours: tuple[float, ...]
    again: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """Ours by the mean of the two floors around it."""
        rounds = zip(self.floors, self.ours, self.again, strict=True)
        return tuple(2 * ours / (floor + again) for floor, ours, again in rounds)

    @property
    def control(self) -> tuple[float, ...]:
        return tuple(a / f for f, a in zip(self.floors, self.again, strict=True))

    def medians(self, scale: float, unit: str, floor: str = "floor") -> str:
        """Return the absolute medians, as text."""
        low = statistics.median((*self.floors, *self.again)) * scale
        return f"{floor} {low:,.4g} {unit}, ours {statistics.median(self.ours) * scale:,.4g} {unit}"


def pairs(floor: Callable[[], float], ours: Callable[[], float], rounds: int) -> Pairs:
    """Run both in turn; each returns its own figure, so that preparing it is not counted."""
    found = [(floor(), ours(), floor()) for _ in range(rounds)]
    floors, news, again = zip(*found, strict=True)
    return Pairs(floors=floors, ours=news, again=again)


def cpu(work: Callable[[], object], repeat: int = 1) -> float:
    """Return the CPU seconds of this process for one run of `work`."""
    gc.collect()
    start = time.process_time()
    for _ in range(repeat):
        work()
    return (time.process_time() - start) / repeat


@frozen(kw_only=True)
class Usage:
    """What one whole process took."""

    cpu: float
    """Seconds, its own children included."""
    wall: float
    output: str


def as_installed() -> dict[str, str]:
    """Return an environment in which our modules are compiled once, as an installation does it.

    The peers' are: pip compiles what it installs, but not what it installs editable.
    """
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(ROOT / ".venv-peers" / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def process(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Usage:
    """Run a program to its end.

    Raises:
        RuntimeError: it failed; the message ends with what it said.
    """
    start = time.perf_counter()
    with subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as child:
        assert child.stdout is not None
        output = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if child.returncode:
        raise RuntimeError(f"{command[:3]} ended with {child.returncode}: {output[-2000:]}")
    return Usage(cpu=used.ru_utime + used.ru_stime, wall=wall, output=output)


def script(module: str, *arguments: object) -> Usage:
    """Run a module of the benchmarks in a process of its own."""
    command = [sys.executable, "-m", module, *(str(a) for a in arguments)]
    return process(command, cwd=ROOT, environment=as_installed())


def forget_peak() -> None:
    """Let `peak_mb` begin at what this process has now.

    What went before, such as reading a large file, would hide all that is less.
    """
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_mb() -> float:
    """Return the most memory this process has had, in MB.

    `ru_maxrss` of a child starts at its parent's size; the kernel's own mark does not.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
