"""Jobs that name one connection share one opened store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import attrs
import pytest

from syncline.clock import SystemClock
from syncline.config import Config, Connection, load
from syncline.engine import Session
from syncline.errors import Unavailable
from syncline.ports import Store
from syncline.runner import Runner
from syncline.runner.connections import Access, Connections
from syncline.state import SqliteState
from syncline.testing import MemoryStore

THREE = """\
[connections.a]
connector = "files"
path = "a"
[connections.b]
connector = "files"
path = "b"
[connections.c]
connector = "files"
path = "c"
[jobs.one]
kind = "documents"
left = "a"
right = "b"
relay = true
[jobs.two]
kind = "documents"
left = "a"
right = "c"
relay = true
"""


@attrs.define
class Opener:
    """Opens stores in memory, and counts."""

    opened: list[str] = attrs.field(factory=list)
    closed: list[str] = attrs.field(factory=list)
    fails: bool = False

    @asynccontextmanager
    async def __call__(self, connection: Connection) -> AsyncIterator[Store]:
        if self.fails:
            raise Unavailable("away")
        self.opened.append(connection.name)
        yield MemoryStore(connection.name, SystemClock())
        self.closed.append(connection.name)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    for name in "abc":
        (tmp_path / name).mkdir()
    return load(THREE.encode(), folder=tmp_path)


async def test_a_store_is_open_for_as_long_as_somebody_uses_it(config: Config) -> None:
    opener, connections = Opener(), Connections[Store]()
    access = Access(config.connections["a"], "")
    async with AsyncExitStack() as first:
        one = await first.enter_async_context(connections.use(access, opener))
        async with connections.use(access, opener) as two:
            assert one is two
        assert opener.closed == []
    assert (opener.opened, opener.closed) == (["a"], ["a"])
    async with connections.use(access, opener) as three:
        assert three is not one


async def test_other_settings_or_secrets_are_another_store(config: Config) -> None:
    opener, connections = Opener(), Connections[Store]()
    before, after = (Access(config.connections["a"], secret) for secret in ("old", "new"))
    async with connections.use(before, opener) as one, connections.use(after, opener) as two:
        assert one is not two
    assert opener.closed == ["a", "a"]


async def test_what_could_not_be_opened_is_tried_anew(config: Config) -> None:
    opener, connections = Opener(fails=True), Connections[Store]()
    access = Access(config.connections["a"], "")
    with pytest.raises(Unavailable):
        async with connections.use(access, opener):
            raise AssertionError
    opener.fails = False
    async with connections.use(access, opener):
        assert opener.opened == ["a"]


async def test_the_jobs_of_a_runner_share(config: Config) -> None:
    async with Runner(config, state=SqliteState.memory()) as runner:
        one, two = runner.session("one"), runner.session("two")
        assert isinstance(one, Session)
        assert isinstance(two, Session)
        assert one.left is two.left
        assert one.right is not two.right
