"""Processes of `syncline`, each with a folder that stands for a host of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from attrs import define, field

_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_PAGES = re.compile(r"^pages: (http://[^/\s]+)", re.MULTILINE)
_STOP = 30.0


@define(kw_only=True)
class Host:
    """One process that is killed and started again with what it left in its folder."""

    folder: Path
    arguments: tuple[str, ...]
    """Of `syncline`, such as `("run", "mirror", "--listener", "a")`."""
    environment: Mapping[str, str] = field(factory=dict)
    """What it has besides our own."""
    peak: int = 0
    """Most memory of any of its processes, in bytes."""
    starts: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _log_from: int = field(default=0, init=False)

    def configure(self, text: str) -> None:
        """Write its configuration."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file.write_text(text, encoding="utf-8")

    @property
    def file(self) -> Path:
        """Its configuration."""
        return self.folder / "syncline.toml"

    @property
    def log(self) -> Path:
        """What its processes said."""
        return self.folder / "log.txt"

    @property
    def pages(self) -> str | None:
        """Where its present process serves pages and metrics; None before it does."""
        if not self.alive:
            return None
        with self.log.open("rb") as log:
            log.seek(self._log_from)
            found = _PAGES.search(log.read(4096).decode(errors="replace"))
        return found[1] if found else None

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def run(self, *arguments: str) -> str:
        """Run a command to its end, and return what it printed.

        Raises:
            RuntimeError: it failed; with what it said.
        """
        done = subprocess.run(  # noqa: S603  the command is ours
            self._command(*arguments), env=self._environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"syncline {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self) -> None:
        """Start its process."""
        self.starts += 1
        with self.log.open("ab") as log:
            self._log_from = log.tell()
            self._process = subprocess.Popen(  # noqa: S603  the command is ours
                self._command(*self.arguments), env=self._environment, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def kill(self) -> None:
        """End it as a power cut ends it."""
        self._end(signal.SIGKILL)

    def stop(self) -> int | None:
        """End it in good order; return how it ended."""
        return self._end(signal.SIGTERM)

    def note(self) -> None:
        """Note how much memory it has used."""
        if self._process is None:
            return
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        except OSError:  # it has just ended, or there is no such folder on this system
            return
        if found := _PEAK.search(status):
            self.peak = max(self.peak, int(found[1]) * 1024)

    def _end(self, number: signal.Signals) -> int | None:
        process = self._process
        if process is None:
            return None
        self.note()
        process.send_signal(number)
        try:
            process.wait(_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._process = None
        return process.returncode

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "syncline", *arguments, "--config", str(self.file)]

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.environment}


__all__ = ["Host"]
