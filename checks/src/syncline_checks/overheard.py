"""A mirror between the vendor and Kafka, and all that it leaves behind: no secret, no person.

The service listens to callers of whom everything is personal, writes to Kafka, loses Kafka, keeps
what it hears on disk, and delivers it later; its pages, metrics and traces are looked at meanwhile.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from attrs import frozen

from syncline.config import read
from syncline.engine.mirroring.status import stream_statuses
from syncline_simulators.kafka.broker import Broker
from syncline_simulators.kafka.options import SASL, BrokerOptions
from syncline_simulators.running import AdminError, Running

from . import visiting
from .callers import LET_OUT, Caller
from .shell import Shell
from .stream.topics import Topics
from .strings import canary

MIRROR = "a mirror, and Kafka away for a while"
PASSWORD = "a mirror with a wrong password of Kafka"  # noqa: S105  the name of a setting
ECHOING = "a mirror, and a vendor that repeats the credentials"
KINDS = (MIRROR, PASSWORD, ECHOING)
TOPICS = ("v2.users.*.conversations", "v2.routing.queues.*.conversations")
USER = "mirror"
PARTITIONS = 2
_SECONDS = 5.0
"""That each of two services works at least."""
_PATIENCE = 60.0
_HEARD = 3.0
"""Seconds in which what was said is heard, and told."""
_TEXT = """
[connections.bus]
connector = "kafka"
bootstrap_servers = ["{address}"]
topic = "interactions"
partitions = {partitions}
replication = 1
close_timeout = "2s"
[connections.bus.security]
protocol = "sasl_plaintext"
mechanism = "SCRAM-SHA-512"
username = "{user}"
password = {{ env = "BUS_PASSWORD" }}
[jobs.mirror]
kind = "events"
source = "kb"
sink = "bus"
dedupe = "merge"
topics = {topics}
[jobs.mirror.privacy]
attributes = ["{attribute}"]
key = {{ env = "PRIVACY_KEY" }}
[jobs.clean]
kind = "merge"
of = "mirror"
"""


@frozen(kw_only=True)
class Planted:
    """What is not to be found."""

    caller: Caller
    secrets: Mapping[str, str]

    @property
    def all(self) -> Mapping[str, str]:
        """Return all of it by its name."""
        return {**self.secrets, **self.caller.values}


def planted() -> Planted:
    """Return a caller, and the secrets of a mirror and of its service."""
    own = {"PRIVACY_KEY": canary(), "BUS_PASSWORD": "c4n-" + canary()[4:20]}
    return Planted(caller=Caller(), secrets={**visiting.secrets(), **own})


def overheard(folder: Path, wiki: Running, kb: Running, kind: str, told: Planted) -> list[int]:
    """Let a mirror work under one kind of trouble; return how its commands and services ended.

    Everything that it wrote is in the folder afterwards, and what Kafka has of it, too.
    """
    password = told.secrets["BUS_PASSWORD"]
    known = "another-password" if kind == PASSWORD else password
    with Broker(BrokerOptions(users={USER: known}, partitions=PARTITIONS)) as broker:
        shell = Shell(folder, wiki, kb, told.secrets)
        _configure(shell, broker)
        _trouble(kb, kind)
        kb.act({"do": "traffic", "users": 4, "queues": 2})
        ended = [shell("check", "--online", "--create", "-vv", seconds=40.0)]
        lost = broker if kind == MIRROR else None
        with _happening(kb, told.caller, lost, shell.folder) as over:
            ended.append(visiting.visit(shell, told.secrets, seconds=_SECONDS, until_done=over))
        # What was on disk then is delivered by now, and gone.
        shutil.copytree(folder / "state-mirror", folder / "kept", dirs_exist_ok=True)
        broker.start()
        delivered = partial(_delivered, folder / "syncline.toml", kind)
        ended.append(visiting.visit(shell, told.secrets, seconds=_SECONDS, until_done=delivered))
        ended.append(shell("status", "-vv"))
        _keep(folder / "topics.jsonl", broker)
    return [-1 if code is None else code for code in ended]


def _configure(shell: Shell, broker: Broker) -> None:
    file = shell.folder / "syncline.toml"
    ours = file.read_text(encoding="utf-8").partition("[jobs.")[0]
    more = _TEXT.format(
        address=broker.address(SASL), partitions=PARTITIONS, user=USER, attribute=LET_OUT,
        topics=json.dumps(TOPICS),
    )  # fmt: skip
    file.write_text(ours + more, encoding="utf-8")


def _trouble(kb: Running, kind: str) -> None:
    if kind == ECHOING:
        secrets = " ".join(kb.env.values())
        said = {"message": f"bad credentials {secrets}", "status": 400}
        kb.faults([
            {"kind": "status", "status": 400, "body": said, "probability": 0.2, "seed": 1}
        ])  # fmt: skip


@contextmanager
def _happening(
    kb: Running, caller: Caller, lost: Broker | None, folder: Path
) -> Iterator[Callable[[], None]]:
    """Let the caller call while the block runs; the second time after Kafka was lost.

    What it yields waits for the end of that.
    """
    beside = threading.Thread(target=_call, args=(kb, caller, lost, folder), daemon=True)
    beside.start()
    try:
        yield beside.join
    finally:
        beside.join()


def _delivered(file: Path, kind: str) -> None:
    """Wait until nothing waits on disk any more; where the password is wrong it waits for good."""
    until = time.monotonic() + (0.0 if kind == PASSWORD else _PATIENCE)
    while time.monotonic() < until and any(
        standing.waiting_bytes for standing in stream_statuses(read(file), "mirror")
    ):
        time.sleep(0.5)


def _call(kb: Running, caller: Caller, lost: Broker | None, folder: Path) -> None:
    recording = folder.with_name(f"{folder.name}-recording.jsonl")
    try:
        until = time.monotonic() + _PATIENCE
        while not kb.act({"do": "notifications"})["open_sockets"] and time.monotonic() < until:
            time.sleep(0.1)
        for again in (False, True):
            if again and lost is not None:
                lost.kill()
            recording.write_bytes(b"\n".join(caller.frames(["v2.users.u1.conversations"])))
            # Whoever listens to anybody hears of this caller.
            with suppress(AdminError):
                kb.act({"do": "replay", "path": str(recording), "pace": 0, "everywhere": True})
            time.sleep(_HEARD)
    finally:
        recording.unlink(missing_ok=True)


def _keep(file: Path, broker: Broker) -> None:
    """Keep what is in the topics, for the search."""
    topics = Topics(broker.bootstrap, PARTITIONS)
    with file.open("wb") as out:
        for record in topics.records():
            out.write(record + b"\n")


__all__ = ["ECHOING", "KINDS", "MIRROR", "PASSWORD", "Planted", "overheard", "planted"]
