"""Two listeners and two merge processes, each on what stands for a host of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from syncline.testing.host import Host
from syncline.testing.listening import CLIENTS, configuration

from .brokers import PARTITIONS, TOPIC

SECRET = "SYNCLINE_DEMO_GENESYS"  # noqa: S105  the variable's name
HEARTBEAT = 3
"""Seconds, instead of the vendor's 30: the demonstration is short."""

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
        text = configuration(
            url, bootstrap, secret=SECRET, heartbeat=HEARTBEAT, lag=2, rate=6000,
            topic=TOPIC, partitions=PARTITIONS, merges=merges,
        )  # fmt: skip
        host.configure(f'# Host: syncline {" ".join(host.arguments)}\nstate = "state.db"\n{text}')
    return found


def _host(folder: Path, name: str, secret: str) -> Host:
    return Host(
        folder=folder / name.replace(" ", "-"),
        arguments=(*_ARGUMENTS[name], "--pages", "127.0.0.1:0", "--webhooks", ""),
        environment={SECRET: secret, "SYNCLINE_INSTANCE": name.replace(" ", "-")},
    )


__all__ = ["CLIENTS", "HEARTBEAT", "SECRET", "hosts"]
