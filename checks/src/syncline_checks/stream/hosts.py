"""Processes of `syncline run`, each on what stands for a host of its own."""

from __future__ import annotations

from pathlib import Path

from syncline.testing.host import Host

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
