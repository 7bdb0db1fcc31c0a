"""Two states that are asked everything at once, and have to give one answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs

from ..errors import SynclineError
from ..state import SqliteState, StateStore
from ..state.records import Backlog, ClearDirty, Dirty, Effect, Entry, Lease

_WALKS = frozenset({"links", "all_skipped", "changed_pairs", "unlinked"})
_NUMBERED = {Entry: "id", Dirty: "generation", Backlog: "generation"}


class SideBySide:
    """A state file in memory and another state; what the first says is handed out.

    Each counts lines, hints and leases in its own way: such numbers are told apart by what the
    other state called them.
    """

    def __init__(
        self, first: SqliteState, second: StateStore, differences: list[str] | None = None
    ) -> None:
        self._first, self._second = first, second
        self.differences: list[str] = [] if differences is None else differences
        """What was asked and how it was answered, wherever the answers differ."""
        self._known: dict[Any, Any] = {}
        """Of the numbers and leases of the first state: what the second one calls them."""

    def for_job(self, job: str) -> SideBySide:
        twin = SideBySide(self._first.for_job(job), self._second.for_job(job), self.differences)
        twin._known = self._known
        return twin

    def close(self) -> None:
        """Close the second; the first lives as long as the test."""
        self._second.close()

    def commit(self, effects: Iterable[Effect], fence: Lease | None) -> None:
        first = [*effects]
        second = [self._translated(effect) for effect in first]
        self._both(
            "commit",
            lambda: self._first.commit(first, fence),
            lambda: self._second.commit(second, self._known.get(fence)),
        )

    def _translated(self, effect: Effect) -> Effect:
        if isinstance(effect, ClearDirty):
            known = self._known.get((Dirty, effect.generation), effect.generation)
            return attrs.evolve(effect, generation=known)
        return effect

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def ask(*args: Any, **kwargs: Any) -> Any:
            # A listing comes from a generator that can be read once.
            given = [[*a] if isinstance(a, Iterator) else a for a in args]
            others = [self._known.get(a, a) if isinstance(a, Lease) else a for a in given]
            answer = self._both(
                f"{name}{args}{kwargs}",
                lambda: _whole(getattr(self._first, name)(*given, **kwargs)),
                lambda: _whole(getattr(self._second, name)(*others, **kwargs)),
            )
            return iter(answer) if name in _WALKS else answer

        return ask

    def _both(self, asked: str, first: Callable[[], Any], second: Callable[[], Any]) -> Any:
        answer, other = _outcome(first), _outcome(second)
        self._learn(answer, other)
        if _plain(answer) != _plain(other):
            self.differences.append(f"{asked}\n  {answer}\n  {other}")
        if isinstance(answer, SynclineError):
            raise answer
        return answer

    def _learn(self, first: Any, second: Any) -> None:
        match first, second:
            case Lease(), Lease():
                self._known[first] = second
            case ((Entry() | Dirty() | Backlog()), _) if type(first) is type(second):
                name = _NUMBERED[type(first)]
                self._known[type(first), getattr(first, name)] = getattr(second, name)
            case [*some], [*others]:
                for one, other in zip(some, others, strict=False):
                    self._learn(one, other)
            case _:
                pass


def _whole(answer: Any) -> Any:
    return [*answer] if isinstance(answer, Iterator) else answer


def _outcome(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except SynclineError as error:
        return error


def _plain(answer: Any) -> Any:
    """Return an answer without what each state counts in its own way."""
    match answer:
        case SynclineError():
            return type(answer)
        case Lease(name=name, holder=holder):
            return name, holder
        case Entry():
            return attrs.evolve(answer, id=0)
        case Dirty() | Backlog():
            return attrs.evolve(answer, generation=0)
        case list() | tuple():
            return [_plain(one) for one in answer]
        case _:
            return answer
