"""Processes of `syncline run`, each on what stands for a host of its own."""

from __future__ import annotations

from pathlib import Path

from syncline.testing.host import Host
from syncline.testing.listening import CLIENTS, configuration

_SECRET = "STREAM_SECRET"  # noqa: S105  the variable's name
_ZOMBIES = """
[jobs.clean.zombies]
after = { voice = "1m", callback = "1m", message = "1m", email = "1m", chat = "1m" }
per_minute = 300
"""


def text(
    url: str, bootstrap: str, *, partitions: int, heartbeat: float, topic: str = "interactions"
) -> str:
    """Return the configuration of every host."""
    mirror = configuration(
        url, bootstrap, secret=_SECRET, heartbeat=heartbeat, partitions=partitions, topic=topic
    )
    return mirror + _ZOMBIES


def listener(folder: Path, name: str, secret: str) -> Host:
    """Return the host of a listener."""
    return Host(
        folder=folder / f"listener-{name}",
        arguments=("run", "mirror", "--listener", name, "--pages", "", "--webhooks", ""),
        environment={_SECRET: secret},
    )


def merger(folder: Path, name: str, secret: str) -> Host:
    """Return the host of a merge process."""
    return Host(
        folder=folder / f"merge-{name}",
        arguments=("run", "clean", "--pages", "", "--webhooks", ""),
        environment={_SECRET: secret, "SYNCLINE_INSTANCE": name},
    )


__all__ = ["CLIENTS", "Host", "listener", "merger", "text"]
