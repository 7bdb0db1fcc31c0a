"""Things with a name that is unique in their knowledge base: categories and labels."""

from __future__ import annotations

from attrs import define, field

from .collection import Collection, T
from .errors import duplicate_name


@define
class Register(Collection[T]):
    """Things by id and by name. Two names that differ in case only are the same name."""

    changes: int = 0
    """Grows with every write."""
    _names: dict[str, str] = field(factory=dict, init=False)

    def named(self, name: str) -> T | None:
        """The one with this name."""
        found = self._names.get(_spelt(name))
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
            del self._names[_spelt(old.name)]
        self.changes += 1
        self._things[thing.id] = thing
        self._names[_spelt(thing.name)] = thing.id
        return thing

    def remove(self, thing_id: str) -> T:
        """Take one out.

        Raises:
            Refusal: 404.
        """
        gone = super().remove(thing_id)
        self.changes += 1
        del self._names[_spelt(gone.name)]
        return gone


def _spelt(name: str) -> str:
    return name.strip().casefold()
