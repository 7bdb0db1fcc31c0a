"""The simulator of Genesys Cloud in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from syncline_simulators.running import Running

_STOP = 30.0


@contextmanager
def simulated(
    folder: Path, *, clients: Sequence[str], secret: str, truth: Path, seed: int
) -> Iterator[Running]:
    """Serve an organisation with these OAuth clients while the block runs.

    The truth is whole once the block has ended.
    """
    given = {"organization": {"clients": [{"id": name, "secret": secret} for name in clients]}}
    loaded = folder / "organization.json"
    loaded.write_text(json.dumps(given), encoding="utf-8")
    with (folder / "simulator.log").open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "syncline", "simulate", "genesys", "--load", str(loaded),
                "--users", "50", "--queues", "5", "--seed", str(seed), "--truth", str(truth),
                "--rate-limit", "100000/min",
            ],
            stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip
        try:
            yield _ready(process, folder / "simulator.log")
        finally:
            process.terminate()
            try:
                process.wait(_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _ready(process: subprocess.Popen[bytes], log: Path) -> Running:
    line = process.stdout.readline() if process.stdout is not None else b""
    if not line:
        raise RuntimeError(f"the simulator did not start: {log.read_text(encoding='utf-8')}")
    return Running(**json.loads(line))


__all__ = ["simulated"]
