"""A vendor, brokers, two listeners and two merge processes, and what befalls them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import TypeAlias

from attrs import define, field

from syncline.config import read
from syncline.engine.mirroring.status import StreamStatus, stream_statuses
from syncline.errors import StateError
from syncline_simulators.kafka.broker import Broker
from syncline_simulators.kafka.options import BrokerOptions
from syncline_simulators.running import AdminError, Running

from .hosts import CLIENTS, Host, listener, merger, text
from .topics import Topics
from .vendor import simulated

Counts: TypeAlias = dict[str, int]
"""What a simulator says of its conversations."""
PARTITIONS = 6
HEARTBEAT = 3
"""Seconds: what a frozen socket costs shows within some of them."""
_BROKER = BrokerOptions(
    partitions=PARTITIONS, heap=512, properties={"log.segment.bytes": str(64 * 1024 * 1024)}
)
"""What was written last in each partition is read after `kill -9`: not gigabytes of it."""
_NEVER = datetime.min.replace(tzinfo=timezone.utc)
_START = 60.0
_ASKED = 5
"""Times that the vendor is asked where nothing comes back."""
_AWAY = 1.0
"""Seconds that a process is away that was killed."""


@define(kw_only=True)
class World:
    """All that takes part."""

    folder: Path
    vendor: Running
    broker: Broker
    topics: Topics
    hosts: dict[str, Host]
    outage: float
    """Seconds."""
    happened: list[str] = field(factory=list)
    _complete_until: datetime = field(default=_NEVER, init=False)

    # -- the vendor --------------------------------------------------------------------------

    def counts(self) -> Counts:
        """Return what there was so far: `made` changes, `facts`, `open` conversations, and so on.

        `finished` is 1 when all conversations have ended.
        """
        for _ in range(_ASKED):
            with suppress(OSError):  # it answers late where everything is
                return self._counts()
            time.sleep(_AWAY)
        return self._counts()

    def _counts(self) -> Counts:
        found: Counts = self.vendor.act({"do": "traffic"})["counts"]
        return found

    def listening(self) -> int:
        """Return how many sockets are open."""
        return int(self.vendor.act({"do": "notifications"})["open_sockets"])

    def call(self) -> None:
        """Let one conversation begin and end at once, unless the vendor answers too late."""
        with suppress(OSError):
            begun = self.vendor.act({"do": "begin", "script": "call", "by_hand": True})
            self.vendor.act({"do": "step", "conversation": begun["id"], "changes": "all"})

    def listeners(self) -> list[StreamStatus]:
        """Return where both listeners stand, by what they left on disk."""
        hosts = (self.hosts["listener-a"], self.hosts["listener-b"])
        return [
            standing
            for host in hosts
            for standing in stream_statuses(read(host.file), "mirror")
            if host.folder.name.endswith(f"-{standing.listener}")
        ]

    def complete_until(self) -> datetime:
        """Return up to when both listeners have told everything, what they missed included."""
        with suppress(StateError):  # it is being written just now
            self._complete_until = complete_until(self.listeners())
        return self._complete_until

    def await_listeners(self) -> None:
        """Wait until both listen.

        Raises:
            RuntimeError: one does not.
        """
        until = time.monotonic() + _START
        while self.listening() < 2:
            self.require_alive()
            if time.monotonic() > until:
                raise RuntimeError(f"nobody listens after {_START:g} s: {self.said()}")
            time.sleep(0.2)

    # -- accidents ---------------------------------------------------------------------------

    def befall(self, kind: str) -> None:
        """Let an accident happen, and wait until its cause is over."""
        self.happened.append(kind)
        match kind:
            case "kill-both":
                self._kill("listener-a", "listener-b")
            case "reconnect":
                self.vendor.act({"do": "close-sockets", "how": "reset"})
            case "freeze":
                self._silence("freeze-sockets")
            case "evict":
                self._silence("evict")
            case "restart-broker":
                self.broker.restart()
            case "outage":
                self.broker.kill()
                time.sleep(self.outage)
                self.broker.start()
            case _:
                self._kill(kind.removeprefix("kill-"))

    def _kill(self, *names: str) -> None:
        for name in names:
            self.hosts[name].kill()
        time.sleep(_AWAY)
        for name in names:
            self.hosts[name].start()

    def _silence(self, how: str) -> None:
        # Of one listener: the other one hears on.
        try:
            self.vendor.act({"do": how, "client": f"listener-{'ab'[len(self.happened) % 2]}"})
        except AdminError:  # it is just away
            self.happened[-1] += " (nobody)"

    # -- what is left ------------------------------------------------------------------------

    def require_alive(self) -> None:
        """Look whether all processes run.

        Raises:
            RuntimeError: one has ended by itself.
        """
        for name, host in self.hosts.items():
            if not host.alive:
                raise RuntimeError(f"{name} has ended: {self.said(name)}")
            host.note()

    def said(self, *names: str) -> str:
        """Return the end of what hosts said."""
        logs = [self.hosts[name].log for name in names or self.hosts]
        return "\n".join(log.read_text(encoding="utf-8")[-1500:] for log in logs)


def complete_until(listeners: Iterable[StreamStatus]) -> datetime:
    """Return up to when all of them have told everything; very long ago where that is not known."""
    return min((one.complete_until or _NEVER for one in listeners), default=_NEVER)


@contextmanager
def started(folder: Path, *, truth: Path, outage: float, seed: int) -> Iterator[World]:
    """Start everything, and end it with the block.

    Raises:
        RuntimeError: something does not start.
    """
    secret = secrets.token_urlsafe(24)
    with ExitStack() as stack:
        broker = stack.enter_context(Broker(_BROKER))
        vendor = stack.enter_context(
            simulated(folder, clients=CLIENTS, secret=secret, truth=truth, seed=seed)
        )
        vendor.act({"do": "notifications", "heartbeat": HEARTBEAT})
        hosts = {f"listener-{name}": listener(folder, name, secret) for name in "ab"}
        hosts |= {f"merge-{name}": merger(folder, name, secret) for name in ("one", "two")}
        configured = text(vendor.url, broker.bootstrap, partitions=PARTITIONS, heartbeat=HEARTBEAT)
        for host in hosts.values():
            host.configure(configured)
        hosts["merge-one"].run("check", "--online", "--create")
        for host in hosts.values():
            stack.callback(host.kill)
            host.start()
        topics = Topics(broker.bootstrap, PARTITIONS)
        world = World(
            folder=folder, vendor=vendor, broker=broker, topics=topics, hosts=hosts, outage=outage
        )
        world.await_listeners()
        yield world


__all__ = ["HEARTBEAT", "PARTITIONS", "Counts", "World", "complete_until", "started"]
