"""How old a signed delivery may be: outside this window it is refused, inside remembered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from attrs import frozen

from ..connector import Context
from ..errors import Forbidden


@frozen(kw_only=True)
class Window:
    """The time around now in which a delivery must have been signed."""

    age: timedelta = timedelta(minutes=5)
    ahead: timedelta = timedelta(minutes=1)
    """How far the sender's clock may be ahead of ours."""

    @classmethod
    def of(cls, context: Context) -> Self:
        """Return the window that the service is configured with."""
        return cls(age=context.age, ahead=context.ahead)

    def check(self, signed: datetime, now: datetime) -> datetime:
        """Return when a delivery that was signed at `signed` becomes too old.

        Raises:
            Forbidden: it is too old already, or lies in the future.
        """
        if signed < now - self.age:
            raise Forbidden(f"it was signed more than {self.age} ago")
        if signed > now + self.ahead:
            raise Forbidden("it was signed in the future; set the clocks of both machines")
        return signed + self.age


__all__ = ["Window"]
