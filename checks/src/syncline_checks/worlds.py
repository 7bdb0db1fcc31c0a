"""Both simulators and a session between them, over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import attrs

from syncline import plugins
from syncline.clock import SystemClock
from syncline.connector import Context
from syncline.engine import Session
from syncline.mapping import Mapping as Lens
from syncline.ports import Clock, Secret, Store
from syncline.state import SqliteState
from syncline.testing import MemoryCache
from syncline_simulators.running import Running, running

FAST = {"requests_per_second": 2000.0}

Observe = Callable[[str, Mapping[str, Any]], None]


def settings_of(running_: Running, **more: Any) -> Any:
    """Return the typed settings of the connection table that a simulator printed."""
    table = dict(running_.connection)
    connector = plugins.load(table.pop("connector"))
    values = {k: _value(v, running_.env) for k, v in table.items()}
    return connector.settings(**{**values, **more})


def _value(value: Any, env: Mapping[str, str]) -> Any:
    match value:
        case dict():
            return Secret(env[value["env"]])
        case list():
            return frozenset(value)
        case _:
            return value


def open_store(
    name: str,
    running_: Running,
    *,
    clock: Clock | None = None,
    observe: Observe = lambda event, fields: None,
    **more: Any,
) -> Store:
    """Open the connector of a simulator under the connection `name`."""
    connector = plugins.load(running_.system)
    if connector.documents is None:
        raise ValueError(f"{running_.system} has no documents")
    context = Context(
        connection=name, clock=clock or SystemClock(), cache=MemoryCache(), observe=observe
    )
    return connector.documents(settings_of(running_, **more), context)


@attrs.define(kw_only=True)
class World:
    """Two systems and the session that keeps them in agreement."""

    wiki: Running
    kb: Running
    session: Session
    first: Any = None
    """The report of the first sync, where a test made it."""

    async def sync(self, approve: str | None = None) -> Any:
        """Make a full pass."""
        return await self.session.sync(approve)

    def articles(self) -> dict[str, Any]:
        """Return the published articles by title."""
        return {a["title"]: a for a in self.kb.items() if a["state"] == "Published"}

    def pages(self) -> dict[str, Any]:
        """Return the current pages by title."""
        return {p["title"]: p for p in self.wiki.items() if p["state"] == "current"}

    def mutations(self) -> list[dict[str, Any]]:
        """Return the calls that changed something in either system."""
        calls = [*self.wiki.calls(), *self.kb.calls()]
        return [c for c in calls if _changes(c)]

    def forget_calls(self) -> None:
        """Let `mutations` begin anew."""
        self.wiki.clear_calls()
        self.kb.clear_calls()


READS = ("/oauth/token", "/documents/query", "/responseassets/search", "/permission/check")
"""POSTs that only ask."""


def _changes(call: Mapping[str, Any]) -> bool:
    return call["method"] not in ("GET", "HEAD") and not call["path"].endswith(READS)


@contextmanager
def two_systems(load: Path | None = None, **more: Any) -> Iterator[tuple[Running, Running]]:
    """Start both simulators."""
    with ExitStack() as stack:
        wiki = stack.enter_context(running("confluence", load=load, rate_limit="5000/s", **more))
        kb = stack.enter_context(running("genesys", rate_limit="5000/s", **more))
        yield wiki, kb


@asynccontextmanager
async def a_world(
    wiki: Running,
    kb: Running,
    *,
    state: SqliteState | None = None,
    clock: Clock | None = None,
    observe: Observe = lambda event, fields: None,
    wiki_settings: Mapping[str, Any] | None = None,
    kb_settings: Mapping[str, Any] | None = None,
    **session: Any,
) -> AsyncIterator[World]:
    """Open a session between two running simulators; the clock is that of our side alone."""
    shared: dict[str, Any] = {"clock": clock, "observe": observe}
    left = open_store("wiki", wiki, **shared, **{**FAST, **(wiki_settings or {})})
    right = open_store(
        "kb", kb, **shared, **{"requests_per_minute": 120_000, **(kb_settings or {})}
    )
    opened = Session(
        job="knowledge",
        left=left,
        right=right,
        left_name="wiki",
        right_name="kb",
        state=state or SqliteState.memory(),
        clock=clock or SystemClock(),
        mapping=session.pop("mapping", Lens()),
        **session,
    )
    try:
        yield World(wiki=wiki, kb=kb, session=opened)
    finally:
        await left.aclose()
        await right.aclose()
