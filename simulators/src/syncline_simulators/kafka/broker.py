"""A real Apache Kafka: one node, on 127.0.0.1, that tests stop, kill and start again.

with Broker(BrokerOptions(partitions=12)) as broker:
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    broker.kill()
    broker.start()  # the same ports, and what was in it
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Self

from . import client
from .certificates import certify
from .distribution import fetched
from .options import PLAIN, BrokerOptions, properties
from .ports import free_ports, require_free
from .process import ChildFailed, JavaProcess, java

PATIENCE = 90.0
"""Seconds that it has to start: two on a quiet machine."""
_STOP = 30.0
_QUICK = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
"""Little memory and a quick start instead of the greatest throughput."""


class BrokerFailed(OSError):
    """Kafka did not start; the text has the end of its log."""


class Broker:
    """One Kafka node, started by `start` or a `with` block.

    All methods wait until it is done.

    Args:
        data: folder for its topics, kept; without it, one that ends with `close`.
    """

    def __init__(self, options: BrokerOptions | None = None, *, data: Path | None = None) -> None:
        self.options = options or BrokerOptions()
        self._keep = data is not None
        self._data = data or Path(tempfile.mkdtemp(prefix="syncline-kafka-"))
        self._ports: dict[str, int] = {}
        self._process: JavaProcess | None = None
        self.ca_file: Path | None = None
        """What clients trust the listeners with TLS by."""

    @property
    def bootstrap(self) -> str:
        """Address of the listener that asks for nothing."""
        return self.address(PLAIN)

    @property
    def pid(self) -> int | None:
        """Of the process, while it runs."""
        return self._process.pid if self._process is not None else None

    def address(self, protocol: str) -> str:
        """Return the address of a listener, by its security protocol such as `SASL_SSL`.

        Raises:
            KeyError: it has no such listener.
        """
        return f"127.0.0.1:{self._ports[protocol]}"

    def start(self) -> None:
        """Start it and wait until it answers; nothing where it runs.

        Raises:
            Unobtainable: Java or Maven is missing, or Maven failed.
            BrokerFailed: it does not start.
            OSError: a port is taken.
        """
        if self._process is not None and self._process.running:
            return
        jars = fetched()
        self._prepare()
        require_free(self._ports.values())
        self._format(jars)
        self._process = JavaProcess(self._command(jars, "kafka.Kafka"), log=self._log)
        try:
            self._wait()
            client.set_passwords(self.bootstrap, self.options.users)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """End it in good order; its topics stay."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power failure would (`kill -9`); its topics stay."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop and start it."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Let it stand still, connections open, until `resume`."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """Stop it, and remove its topics unless they are kept in a folder of the caller."""
        if self._keep:
            self.stop()
        else:
            self.kill()
            shutil.rmtree(self._data, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _log(self) -> Path:
        return self._data / "broker.log"

    @property
    def _file(self) -> Path:
        return self._data / "server.properties"

    def _prepare(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        if not self._ports:
            names = ["CONTROLLER", *self.options.listeners]
            self._ports = dict(zip(names, free_ports(len(names)), strict=True))
            self._ports[PLAIN] = self.options.port or self._ports[PLAIN]
        if self.options.tls:
            self.ca_file = certify(self._data)
        listeners = {name: self._ports[name] for name in self.options.listeners}
        text = properties(
            self.options, ports=listeners, controller=self._ports["CONTROLLER"], data=self._data
        )
        self._file.touch(mode=0o600)  # it has passwords
        self._file.write_text(text, encoding="utf-8")

    def _format(self, jars: Path) -> None:
        if (self._data / "log" / "meta.properties").exists():
            return
        # In one word: an id may begin with '-', and would be taken for an option.
        named = f"--cluster-id={self.options.cluster}"
        tool = self._command(jars, "kafka.tools.StorageTool", "format", named, "-c")
        try:
            java(tool)
        except ChildFailed as error:
            raise BrokerFailed(f"Kafka's storage was not formatted: {error}") from error

    def _command(self, jars: Path, main: str, *arguments: str) -> list[str]:
        heap = [f"-Xms{min(64, self.options.heap)}m", f"-Xmx{self.options.heap}m"]
        log = "-Dorg.apache.logging.log4j.level=WARN"
        path = ["-cp", str(jars / "*")]
        return ["java", *heap, *_QUICK, log, *path, main, *arguments, str(self._file)]

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not client.answers(self.bootstrap):
            if self._process is None or not self._process.running:
                raise BrokerFailed(f"Kafka ended while it started; its log:\n{self._tail()}")
            if time.monotonic() > deadline:
                raise BrokerFailed(f"Kafka did not start in {PATIENCE:.0f} s:\n{self._tail()}")

    def _tail(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-3000:]

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.end(number, _STOP)
            self._process = None

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            os.kill(self._process.pid, number)


__all__ = ["PATIENCE", "Broker", "BrokerFailed", "BrokerOptions"]
