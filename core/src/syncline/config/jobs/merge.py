"""Jobs of kind `merge`: one clean stream of what several listeners wrote."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from ...connector import setting
from ...reprs import Shown
from ...side import Side
from ..faults import Fault, Faults
from ..scalars import shown
from .events import check_listener
from .zombies import ZombieSettings


def _instance(_: object, __: object, value: str) -> None:
    if value:
        check_listener(_, __, value)


@frozen(kw_only=True, repr=False)
class MergeJob(Shown):
    """Drops repeats among what the listeners of an events job wrote, and ends what never ended."""

    kind: Literal["merge"] = setting("What the job does.", default="merge")
    of: str = setting("The events job whose listeners it merges, by its name.")
    zombies: ZombieSettings = setting(
        "When a conversation that says nothing is asked for.", default=ZombieSettings()
    )
    instance: str = setting(
        "Name of this process among those of the job; the machine's unless said.",
        default="",
        validator=_instance,
    )

    def __attrs_post_init__(self) -> None:
        if not self.of.strip():
            raise Faults([Fault(path=("of",), message=f"{shown(self.of)} is no job")])

    def side_of(self, connection: str) -> Side | None:
        """Return None: nothing is marked to be looked at again."""
        return None


__all__ = ["MergeJob"]
