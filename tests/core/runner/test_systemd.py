"""What systemd is told, over a real socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncline.runner.systemd import Notifier


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(path)
        server.settimeout(60)
        yield server, path


def test_systemd_is_told_how_a_service_fares(listening: tuple[socket.socket, str]) -> None:
    server, path = listening
    notifier = Notifier.of({"NOTIFY_SOCKET": path})
    notifier.ready("2 jobs")
    assert server.recv(1000) == b"READY=1\nSTATUS=2 jobs"
    notifier.reloading()
    lines = server.recv(1000).decode().splitlines()
    assert lines[0] == "RELOADING=1"
    assert int(lines[1].removeprefix("MONOTONIC_USEC=")) > 0
    notifier.stopping()
    assert server.recv(1000) == b"STOPPING=1"


def test_an_abstract_socket_works_too() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind("")  # the kernel chooses a name in the abstract namespace
        name = server.getsockname().decode().replace("\0", "@", 1)
        server.settimeout(60)
        Notifier.of({"NOTIFY_SOCKET": name}).stopping()
        assert server.recv(1000) == b"STOPPING=1"


async def test_the_watchdog_hears_from_the_loop(listening: tuple[socket.socket, str]) -> None:
    server, path = listening
    server.setblocking(False)
    notifier = Notifier.of({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "100000"})
    task = asyncio.create_task(notifier.live())
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(60):
        heard = [await loop.sock_recv(server, 1000) for _ in range(3)]
    task.cancel()
    assert heard == [b"WATCHDOG=1"] * 3


async def test_nothing_happens_where_nobody_listens(tmp_path: Path) -> None:
    silent = Notifier.of({})
    silent.ready("1 job")
    await silent.live()
    Notifier.of({"NOTIFY_SOCKET": str(tmp_path / "gone")}).stopping()
