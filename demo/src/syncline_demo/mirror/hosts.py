"""Two listeners and two merge processes, each on what stands for a host of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from syncline.testing.host import Host

from .brokers import PARTITIONS, TOPIC

CLIENTS = ("janitor", "listener-a", "listener-b")
"""OAuth clients: each listener has one of its own."""
SECRET = "SYNCLINE_DEMO_GENESYS"  # noqa: S105  the variable's name
HEARTBEAT = 3
"""Seconds, instead of the vendor's 30: the demonstration is short."""

_TEXT = """# Host: syncline {arguments}
state = "state.db"

[connections.cx]
connector = "genesys"
region = "{url}"
client_id = "janitor"
client_secret = {{ env = "{secret}" }}
heartbeat = "{heartbeat}s"
analytics_lag = "2s"
requests_per_minute = 6000
repairs_per_minute = 6000
[[connections.cx.listeners.a.clients]]
client_id = "listener-a"
client_secret = {{ env = "{secret}" }}
requests_per_minute = 6000
[[connections.cx.listeners.b.clients]]
client_id = "listener-b"
client_secret = {{ env = "{secret}" }}
requests_per_minute = 6000

[connections.bus]
connector = "kafka"
bootstrap_servers = ["{bootstrap}"]
topic = "{topic}"
partitions = {partitions}
replication = 1

[jobs.mirror]
kind = "events"
source = "cx"
sink = "bus"
dedupe = "{dedupe}"
topics = ["v2.users.*.conversations", "v2.routing.queues.*.conversations"]
[jobs.mirror.privacy]
attributes = ["*"]
attribute_values = "keep"
"""
_MERGING = """
[jobs.clean]
kind = "merge"
of = "mirror"
"""
_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "listener a": ("run", "mirror", "--listener", "a"),
    "listener b": ("run", "mirror", "--listener", "b"),
    "merge one": ("run", "clean"),
    "merge two": ("run", "clean"),
}


def hosts(folder: Path, url: str, bootstrap: str, secret: str, *, merges: bool) -> dict[str, Host]:
    """Return the hosts by their names, each with its configuration; none is started.

    Args:
        merges: whether a merge job drops repeats; else whoever reads the topic does.
    """
    names = [name for name in _ARGUMENTS if merges or name.startswith("listener")]
    found = {name: _host(folder, name, secret) for name in names}
    for host in found.values():
        text = (_TEXT + (_MERGING if merges else "")).format(
            arguments=" ".join(host.arguments), url=url, secret=SECRET, heartbeat=HEARTBEAT,
            bootstrap=bootstrap, topic=TOPIC, partitions=PARTITIONS,
            dedupe="merge" if merges else "consumer",
        )  # fmt: skip
        host.configure(text)
    return found


def _host(folder: Path, name: str, secret: str) -> Host:
    return Host(
        folder=folder / name.replace(" ", "-"),
        arguments=(*_ARGUMENTS[name], "--pages", "127.0.0.1:0", "--webhooks", ""),
        environment={SECRET: secret, "SYNCLINE_INSTANCE": name.replace(" ", "-")},
    )


__all__ = ["CLIENTS", "HEARTBEAT", "SECRET", "hosts"]
