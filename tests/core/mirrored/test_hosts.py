"""Processes that stand for hosts, in tests and demonstrations."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncline.testing.host import Host

FILE = """state = "state.db"
[connections.here]
connector = "files"
path = "here"
[connections.there]
connector = "files"
path = "there"
[jobs.articles]
kind = "documents"
left = "here"
right = "there"
"""
PATIENCE = 60.0


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """A host that runs the service with nothing to do."""
    arguments = ("run", "--pages", "127.0.0.1:0", "--webhooks", "")
    one = Host(folder=tmp_path / "host", arguments=arguments)
    one.configure(FILE)
    for name in ("here", "there"):
        (one.folder / name).mkdir()
    yield one
    one.kill()


def served(host: Host) -> str:
    until = time.monotonic() + PATIENCE
    while (pages := host.pages) is None:
        assert host.alive, host.log.read_text(encoding="utf-8")
        assert time.monotonic() < until
        time.sleep(0.05)
    return pages


def test_a_host_that_is_killed_and_started_again_serves_at_another_address(host: Host) -> None:
    host.start()
    before = served(host)
    host.kill()
    assert (host.alive, host.pages) == (False, None)
    host.start()
    assert served(host) != before
    assert host.stop() == 0
    assert host.starts == 2


def test_a_command_that_fails_says_why(host: Host) -> None:
    with pytest.raises(RuntimeError, match="nosuch"):
        host.run("sync", "nosuch")
