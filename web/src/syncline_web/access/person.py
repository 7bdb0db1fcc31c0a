"""Who looks at a page."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from syncline.config.service import Role

Way = Literal["token", "proxy", "address"]


@frozen(kw_only=True)
class Person:
    """A person, or a script, who has been authenticated."""

    name: str
    standing: Role
    way: Way
    """How they came in."""

    @property
    def role(self) -> str:
        """The role, as pages and files write it."""
        return self.standing.value

    def may(self, role: str) -> bool:
        """Tell whether this person has `role`, or one that includes it."""
        return self.standing.may(Role(role))


__all__ = ["Person", "Way"]
