"""Processes of `syncline run`, each on what stands for a host of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from attrs import define, field

TEXT = """
[connections.cx]
connector = "genesys"
region = "{url}"
client_id = "janitor"
client_secret = {{ env = "STREAM_SECRET" }}
heartbeat = "{heartbeat}s"
analytics_lag = "1s"
repairs_per_minute = 6000
requests_per_minute = 100000
[[connections.cx.listeners.a.clients]]
client_id = "listener-a"
client_secret = {{ env = "STREAM_SECRET" }}
requests_per_minute = 100000
[[connections.cx.listeners.b.clients]]
client_id = "listener-b"
client_secret = {{ env = "STREAM_SECRET" }}
requests_per_minute = 100000
[connections.bus]
connector = "kafka"
bootstrap_servers = ["{bootstrap}"]
topic = "interactions"
partitions = {partitions}
replication = 1
[jobs.mirror]
kind = "events"
source = "cx"
sink = "bus"
dedupe = "merge"
topics = ["v2.users.*.conversations", "v2.routing.queues.*.conversations"]
[jobs.mirror.privacy]
attributes = ["*"]
attribute_values = "keep"
[jobs.clean]
kind = "merge"
of = "mirror"
[jobs.clean.zombies]
after = {{ voice = "1m", callback = "1m", message = "1m", email = "1m", chat = "1m" }}
per_minute = 300
"""
CLIENTS = ("janitor", "listener-a", "listener-b")
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_STOP = 30.0


@define(kw_only=True)
class Host:
    """One process that is killed and started again with what it left in its folder."""

    folder: Path
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    peak: int = 0
    """Most memory of any of its processes, in bytes."""
    starts: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

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
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def run(self, *arguments: str) -> None:
        """Run a command to its end.

        Raises:
            RuntimeError: it failed; with what it said.
        """
        done = subprocess.run(
            self._command(*arguments), env=self._environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"syncline {' '.join(arguments)}: {done.stdout}{done.stderr}")

    def start(self) -> None:
        """Start its process."""
        self.starts += 1
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(*self.arguments), env=self._environment, stdout=log, stderr=log
            )

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


def listener(folder: Path, name: str, secret: str) -> Host:
    """Return the host of a listener."""
    return Host(
        folder=folder / f"listener-{name}",
        arguments=("run", "mirror", "--listener", name, "--pages", "", "--webhooks", ""),
        environment={"STREAM_SECRET": secret},
    )


def merger(folder: Path, name: str, secret: str) -> Host:
    """Return the host of a merge process."""
    return Host(
        folder=folder / f"merge-{name}",
        arguments=("run", "clean", "--pages", "", "--webhooks", ""),
        environment={"STREAM_SECRET": secret, "SYNCLINE_INSTANCE": name},
    )


__all__ = ["CLIENTS", "TEXT", "Host", "listener", "merger"]
