"""Who looks at a page, as whoever authenticates them says."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

Role: TypeAlias = Literal["viewer", "editor", "operator"]
"""A viewer looks; an editor also settles conflicts, pairs and failures; an operator also plans,
approves, undoes, and sees what is withdrawn."""

ROLES: tuple[Role, ...] = ("viewer", "editor", "operator")
"""Each may what the ones before it may."""


class Person(Protocol):
    """A person who has been authenticated."""

    @property
    def name(self) -> str: ...

    @property
    def role(self) -> str: ...

    def may(self, role: Role, /) -> bool:
        """Tell whether this person has `role`, or one that includes it."""
        ...


__all__ = ["ROLES", "Person", "Role"]
