"""Objects of one kind, by id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from attrs import define, field

from .errors import not_found


class Named(Protocol):
    """What a collection holds."""

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
class Collection(Generic[T]):
    """Objects in the order in which they were made; who adds to it says which may be."""

    what: str
    """What one of them is called in a refusal."""
    _things: dict[str, T] = field(factory=dict, init=False)

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

    def remove(self, thing_id: str) -> T:
        """Take one out.

        Raises:
            Refusal: 404.
        """
        gone = self.get(thing_id)
        del self._things[thing_id]
        return gone
