"""Two stores in memory, a state, and a session between them."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest

from syncline.decision import Limits, Policy
from syncline.engine import Report, Session
from syncline.mapping import Mapping
from syncline.model import Ref
from syncline.state import SqliteState
from syncline.testing import FakeClock, MemoryStore


@attrs.define(kw_only=True)
class Pair:
    """Two systems and the job between them, as a test drives them."""

    clock: FakeClock
    left: MemoryStore
    right: MemoryStore
    state: SqliteState
    session: Session

    async def sync(self, approve: str | None = None) -> Report:
        return await self.session.sync(approve)

    async def quiet(self) -> None:
        """Assert that a pass from here writes nothing and reads no body."""
        before = (len(self.left.mutations), len(self.right.mutations))
        reads = (self.left.calls["fetch"], self.right.calls["fetch"])
        await self.session.sync()
        assert (len(self.left.mutations), len(self.right.mutations)) == before
        assert (self.left.calls["fetch"], self.right.calls["fetch"]) == reads

    async def paired(self, title: str, body: str) -> Ref:
        """Write an article on the left, and let it be copied."""
        ref = self.left.write(title, body)
        await self.sync()
        return ref

    async def clashing(self) -> Ref:
        """Write an article of one paragraph, which both sides edit once it is paired."""
        ref = await self.paired("Hours", "<p>nine to five</p>")
        self.left.edit(ref, body="<p>nine to six</p>")
        self.right.edit(self.twin(ref), body="<p>nine to seven</p>")
        return ref

    def titles(self, store: MemoryStore) -> dict[str, str]:
        """Return title -> body of what is live."""
        return {value.title: value.body for value in store.live().values()}

    def twin(self, ref: Ref) -> Ref:
        """Return the counterpart of an item."""
        link = self.state.link("job", ref)
        assert link is not None
        other = link.right.ref if link.left.ref == ref else link.left.ref
        assert other is not None
        return other


@pytest.fixture
def make_pair() -> Callable[..., Pair]:
    def make(
        *,
        policy: Policy | None = None,
        limits: Limits | None = None,
        mapping: Mapping | None = None,
        left: dict[str, object] | None = None,
        right: dict[str, object] | None = None,
    ) -> Pair:
        clock = FakeClock()
        stores = (
            MemoryStore("wiki", clock, **(left or {})),  # type: ignore[arg-type]  # a test's words
            MemoryStore("kb", clock, **(right or {})),  # type: ignore[arg-type]  # a test's words
        )
        state = SqliteState.memory()
        session = Session(
            job="job",
            left=stores[0],
            right=stores[1],
            left_name="wiki",
            right_name="kb",
            state=state,
            clock=clock,
            mapping=mapping or Mapping(),
            policy=policy or Policy(),
            limits=limits or Limits(),
        )
        return Pair(clock=clock, left=stores[0], right=stores[1], state=state, session=session)

    return make


@pytest.fixture
def pair(make_pair: Callable[..., Pair]) -> Pair:
    return make_pair()
