"""Two listeners of one mirror: what each host of them is configured with."""

from __future__ import annotations

CLIENTS = ("janitor", "listener-a", "listener-b")
"""OAuth clients: each listener has one of its own."""

_TEXT = """
[connections.cx]
connector = "genesys"
region = "{url}"
client_id = "janitor"
client_secret = {{ env = "{secret}" }}
heartbeat = "{heartbeat}s"
analytics_lag = "{lag}s"
repairs_per_minute = 6000
requests_per_minute = {rate}
[[connections.cx.listeners.a.clients]]
client_id = "listener-a"
client_secret = {{ env = "{secret}" }}
requests_per_minute = {rate}
[[connections.cx.listeners.b.clients]]
client_id = "listener-b"
client_secret = {{ env = "{secret}" }}
requests_per_minute = {rate}

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


def configuration(
    url: str,
    bootstrap: str,
    *,
    secret: str,
    heartbeat: float,
    partitions: int,
    topic: str = "interactions",
    lag: float = 1,
    rate: int = 100_000,
    merges: bool = True,
) -> str:
    """Return the configuration of every host: job `mirror`, and job `clean` that drops repeats.

    Args:
        url: where the simulated organisation is; `bootstrap`, where the brokers are.
        secret: the environment variable with the secret of all clients.
        heartbeat: seconds between two heartbeats of a channel.
        lag: seconds that analytics are behind.
        rate: requests a minute that each client may make.
        merges: whether there is job `clean`; else whoever reads the topic drops repeats.
    """
    return (_TEXT + (_MERGING if merges else "")).format(
        url=url, bootstrap=bootstrap, secret=secret, heartbeat=heartbeat, lag=lag, rate=rate,
        partitions=partitions, topic=topic, dedupe="merge" if merges else "consumer",
    )  # fmt: skip


__all__ = ["CLIENTS", "configuration"]
