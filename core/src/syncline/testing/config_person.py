"""The person at the far end of a store of configuration objects, whom a test plays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import NoReturn

import pytest

from ..model import JSON, Ref


class ConfigPerson:
    """Acts on the vendor's side without the adapter, and sees what is really there.

    The tests are about objects of one kind and one writable field of them. Give those, and override
    what people can do there: tests that need an act which is not overridden are skipped and say so.
    """

    path = ""
    """The dotted path of the writable field."""
    values: Sequence[JSON] = ()
    """At least three values that the field takes, none of which a new object has."""
    other: tuple[str, JSON] | None = None
    """Another field of the same object that a person can change, and what to: it is not ours."""
    beyond: JSON = None
    """A value out of the field's range; None where it has no range."""
    read_only: tuple[str, JSON] | None = None
    """A field that cannot be written, and a value of its type."""
    batch = 1
    """How many objects one call reads."""

    def now(self) -> datetime:
        """Return the time of the vendor's clock."""
        return datetime.now(timezone.utc)

    async def make(self, number: int) -> Ref:
        """Make the object number `number`, or find it made; the field holds something."""
        _cannot("make an object")

    def unknown(self) -> Ref:
        """Return the ref of an object of that kind which does not exist."""
        _cannot("name an object that does not exist")

    async def edit(self, ref: Ref, path: str, value: JSON) -> None:
        """Change a field of an object."""
        _cannot("change a field")

    async def whole(self, ref: Ref) -> JSON:
        """Return everything that the vendor holds of an object, but for its own bookkeeping.

        That is its version, and when and by whom it was changed.
        """
        _cannot("see a whole object")

    async def remove(self, ref: Ref) -> None:
        """Remove an object."""
        _cannot("remove an object")

    async def claim(self, ref: Ref) -> None:
        """Mark an object as somebody else's."""
        _cannot("mark an object as somebody else's")

    async def hold(self, ref: Ref) -> None:
        """Bring an object to where the vendor takes a change only later."""
        _cannot("make an object wait")

    async def spoil(self, ref: Ref) -> None:
        """Let reading this object fail, and only this one: 403, a broken answer."""
        _cannot("spoil an object")

    def reads(self) -> int:
        """Return how many reading calls the vendor has got so far."""
        _cannot("count calls")

    def mutations(self) -> int:
        """Return how many changing calls the vendor has got so far."""
        _cannot("count changing calls")


def _cannot(act: str) -> NoReturn:
    pytest.skip(f"the person of this test cannot {act}")


__all__ = ["ConfigPerson"]
