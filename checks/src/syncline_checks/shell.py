"""The command line in a folder of its own, between two running simulators."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from syncline_simulators.running import Running


class Shell:
    """Runs `syncline` in a folder and keeps everything that it writes there."""

    def __init__(
        self, folder: Path, wiki: Running, kb: Running, secrets: Mapping[str, str]
    ) -> None:
        self.folder = folder
        self._env = {**os.environ, **wiki.env, **kb.env, **secrets}
        self._runs = 0
        tables = {"wiki": dict(wiki.connection), "kb": dict(kb.connection)}
        tables["wiki"]["requests_per_second"] = 500
        tables["kb"]["requests_per_minute"] = 30_000
        lines = ['state = "state.db"']
        for name, table in tables.items():
            lines.append(f"[connections.{name}]")
            lines += [f"{key} = {toml(value)}" for key, value in table.items()]
        lines += ["[jobs.knowledge]", 'kind = "documents"', 'left = "wiki"', 'right = "kb"']
        (folder / "syncline.toml").write_text("\n".join(lines), encoding="utf-8")

    def __call__(self, *words: str, seconds: float = 12.0) -> int | None:
        """Run `syncline` and return how it ended; it is killed after so many seconds (`None`)."""
        process = self.start(*words)
        try:
            return process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            process.kill()
            process.wait()

    def start(self, *words: str, **variables: str) -> subprocess.Popen[bytes]:
        """Start `syncline`, with further variables; whoever does so ends it."""
        self._runs += 1
        name = f"{self._runs:03}-{words[0]}"
        out, err = (self.folder / f"{name}.{stream}" for stream in ("stdout", "stderr"))
        with out.open("wb") as stdout, err.open("wb") as stderr:
            return subprocess.Popen(
                [sys.executable, "-m", "syncline", *words],
                cwd=self.folder,
                env={**self._env, **variables},
                stdout=stdout,
                stderr=stderr,
            )


def toml(value: Any) -> str:
    """Return a value as TOML writes it."""
    match value:
        case dict():
            return "{ " + ", ".join(f"{k} = {toml(v)}" for k, v in value.items()) + " }"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case _:
            return json.dumps(value)
