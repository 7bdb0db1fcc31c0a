"""Whose turn it is: how the runs of one process work side by side and never at one item at once.

A nightly pass goes on for an hour; a hint, or a person's choice, does not wait for it. Three rules
make that safe, and everything that works an item keeps them through `in_turn`:

* *one at a time*: whoever looks at an item in order to act takes its turn first, for both refs of
  a pair together. A run that has a turn never waits for another one: it gives back what it has
  (`Again`), waits for all it needs, and begins anew. So nobody waits in a circle.
* *look again*: what was known before the turn came counts for nothing. The pair is read from the
  state under the turn, and is let go when it has ended or changed its items meanwhile.
* *a listing is old news*: a pass notices (`Turns.watch`) which items other runs have had since its
  listing began. Of those it believes no listing; it reads them directly.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from ...model import Ref, Side
from ...state.records import Link

T = TypeVar("T")
Refs = frozenset[Ref]


class Again(Exception):
    """Begin anew: these items take part as well, or what was known of them is no longer true."""

    def __init__(self, *refs: Ref) -> None:
        self.refs = frozenset(refs)
        super().__init__(", ".join(sorted(map(str, refs))) or "it has moved on")


class Turns:
    """Who is at which item, among the tasks of one process."""

    def __init__(self) -> None:
        self._held: dict[Ref, asyncio.Task[object]] = {}
        self._by: dict[asyncio.Task[object], set[Ref]] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._watches: list[tuple[str, set[Ref]]] = []
        self.closed = False
        """True while nobody's turn comes; those who are at an item finish it."""

    @asynccontextmanager
    async def of(self, refs: Iterable[Ref], *, run: str) -> AsyncIterator[None]:
        """Wait until nobody is at any of these items, and be at all of them at once."""
        wanted, task = frozenset(refs), _current()
        if task in self._by:
            raise RuntimeError("a task that is at an item waits for no other: raise Again")
        while self.closed or not self.free(wanted):
            await self._a_change()
        self._take(wanted, task, run)
        try:
            yield
        finally:
            self._give_back(task)

    def free(self, refs: Iterable[Ref]) -> bool:
        """Tell whether nobody is at any of these items."""
        return not any(ref in self._held for ref in refs)

    def count(self) -> int:
        """Return how many tasks are at items."""
        return len(self._by)

    def mine(self, ref: Ref) -> bool:
        """Tell whether the calling task is at this item."""
        return self._held.get(ref) is _current()

    def also(self, ref: Ref, *, run: str) -> None:
        """Be at one more item until the turn ends, without waiting.

        Raises:
            Again: somebody else is at it.
        """
        if self.mine(ref):
            return
        if not self.free([ref]):
            raise Again(ref)
        self._take(frozenset({ref}), _current(), run)

    @contextmanager
    def watch(self, run: str) -> Iterator[set[Ref]]:
        """Lend a set that fills with the items that other runs are at from now on."""
        entry = (run, set(self._held))
        self._watches.append(entry)
        try:
            yield entry[1]
        finally:
            self._watches = [known for known in self._watches if known is not entry]

    def _take(self, refs: Refs, task: asyncio.Task[object], run: str) -> None:
        self._held.update(dict.fromkeys(refs, task))
        self._by.setdefault(task, set()).update(refs)
        for of, seen in self._watches:
            if of != run:
                seen |= refs

    def _give_back(self, task: asyncio.Task[object]) -> None:
        for ref in self._by.pop(task):
            del self._held[ref]
        self._tell()

    def _tell(self) -> None:
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    def close(self, closed: bool = True) -> None:
        """Let nobody's turn come any more; or again, when `closed` is False."""
        self.closed = closed
        self._tell()

    async def _a_change(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        await waiter


def _current() -> asyncio.Task[object]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("items are worked by tasks")
    return task


async def in_turn(
    turns: Turns, refs: Callable[[], Refs], work: Callable[[], Awaitable[T]], *, run: str
) -> T:
    """Do `work` while nobody else is at the items.

    Args:
        refs: returns the items as of now; asked again once their turn has come.
        work: may raise `Again` before it has changed anything, and is then called once more.
    """
    more: Refs = frozenset()
    while True:
        wanted = refs() | more
        async with turns.of(wanted, run=run):
            if not refs() <= wanted:
                continue
            try:
                return await work()
            except Again as again:
                more |= again.refs


def refs_of(link: Link | None) -> Refs:
    """Return the items of a pair; none when there is no such pair.

    A pair whose first item is still being made is known by a name of its own.
    """
    if link is None:
        return frozenset()
    refs = frozenset(ref for side in Side if (ref := link.half(side).ref) is not None)
    return refs or frozenset({Ref("pair", link.pair)})
