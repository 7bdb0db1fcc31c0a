"""Objects of the configuration by id and name: queues, schedules, tables, users and so on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import define, evolve, frozen

from .collection import Collection
from .errors import bad_request


@frozen(kw_only=True)
class Thing:
    """One object: what its owner wrote, and what the server keeps about it."""

    id: str
    value: dict[str, Any]
    """The members that a client writes; never changed in place."""
    created: datetime
    modified: datetime
    created_by: str = ""
    modified_by: str = ""
    version: int = 1
    before: Thing | None = None
    """What listings still show while the last change settles."""

    @property
    def name(self) -> str:
        """What people call it."""
        return str(self.value.get("name", ""))

    def changed(self, value: dict[str, Any], now: datetime, who: str) -> Thing:
        """The same object with another value."""
        return evolve(
            self,
            value=value,
            modified=now,
            modified_by=who,
            version=self.version + 1,
            before=evolve(self, before=None),
        )


@define
class Shelf(Collection[Thing]):
    """All objects of one kind."""

    unique: bool = False
    """Whether two objects may not have the same name, spelt with any case."""

    def named(self, name: str) -> list[Thing]:
        """Those with this name, or the one with this id."""
        if name in self._things:
            return [self._things[name]]
        wanted = name.casefold()
        return [one for one in self if one.name.casefold() == wanted]

    def put(self, thing: Thing) -> Thing:
        """Keep a new one, or a new state of one.

        Raises:
            Refusal: 400 `duplicate.name`.
        """
        if self.unique and any(one.id != thing.id for one in self.named(thing.name)):
            message = f"A {self.what} with the name {thing.name!r} already exists."
            raise bad_request(message, code="duplicate.name", field_name="name")
        self._things[thing.id] = thing
        return thing

    def newest(self) -> str | None:
        """The id of the one that was changed last."""
        return max(self, key=lambda one: one.modified).id if self._things else None


def called(thing: Thing, pattern: str | None) -> bool:
    """Whether the `name` filter of a listing lets it through; `*` stands at either end."""
    if not pattern:
        return True
    name, wanted = thing.name.casefold(), pattern.strip("*").casefold()
    match pattern.startswith("*"), pattern.endswith("*"):
        case True, True:
            return wanted in name
        case True, False:
            return name.endswith(wanted)
        case False, True:
            return name.startswith(wanted)
        case _:
            return name == wanted
