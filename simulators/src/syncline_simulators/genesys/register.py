"""Things with a name that is unique in their knowledge base: categories and labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from attrs import define, field

from .errors import duplicate_name, not_found


class Named(Protocol):
    """What a register holds."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def name(self) -> str:
        """Its name."""
        ...


T = TypeVar("T", bound=Named)


@define
class Register(Generic[T]):
    """Things by id and by name. Two names that differ in case only are the same name."""

    what: str
    changes: int = 0
    """Grows with every write."""
    _things: dict[str, T] = field(factory=dict)
    _names: dict[str, str] = field(factory=dict)

    def __iter__(self) -> Iterator[T]:
        return iter(self._things.values())

    def __len__(self) -> int:
        return len(self._things)

    def holds(self, thing_id: str) -> bool:
        """Whether there is one with this id."""
        return thing_id in self._things

    def get(self, thing_id: str) -> T:
        """The one with this id.

        Raises:
            Refusal: 404.
        """
        found = self._things.get(thing_id)
        if found is None:
            raise not_found(self.what, thing_id)
        return found

    def named(self, name: str) -> T | None:
        """The one with this name."""
        found = self._names.get(name.strip().casefold())
        return self._things[found] if found else None

    def put(self, thing: T) -> T:
        """Keep a new one, or a new state of one.

        Raises:
            Refusal: 400 `duplicate.name`.
        """
        other = self.named(thing.name)
        if other is not None and other.id != thing.id:
            raise duplicate_name(self.what, thing.name)
        old = self._things.get(thing.id)
        if old is not None:
            del self._names[old.name.strip().casefold()]
        self.changes += 1
        self._things[thing.id] = thing
        self._names[thing.name.strip().casefold()] = thing.id
        return thing

    def remove(self, thing_id: str) -> T:
        """Take one out.

        Raises:
            Refusal: 404.
        """
        gone = self.get(thing_id)
        self.changes += 1
        del self._things[thing_id]
        del self._names[gone.name.strip().casefold()]
        return gone
