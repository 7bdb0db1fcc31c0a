"""Jobs of kind `merge`: one clean stream of what several listeners wrote."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from attrs import frozen, validators

from ...connector import setting
from ...events.stage import Zombies
from ...shown import Shown
from ...side import Side
from ..faults import Fault, Faults
from ..scalars import shown
from .events import check_listener

_DEFAULTS = Zombies()
_SHORTEST = timedelta(minutes=1)


@frozen(kw_only=True, repr=False)
class ZombieSettings(Shown):
    """When a conversation that says nothing any more is asked for."""

    connection: str | None = setting(
        "Who asks, with a budget of its own; the source of the job unless said.", default=None
    )
    after: Mapping[str, timedelta] = setting(
        "How long each medium may say nothing; others as the longest of them.", factory=dict
    )
    per_minute: int = setting(
        "Calls a minute at most.",
        default=_DEFAULTS.per_minute,
        validator=[validators.ge(1), validators.le(300)],
    )

    def __attrs_post_init__(self) -> None:
        short = [medium for medium, after in self.after.items() if after < _SHORTEST]
        if short:
            raise Faults(
                Fault(path=("after", medium), message="a conversation may be silent for a minute")
                for medium in short
            )

    @property
    def thresholds(self) -> Mapping[str, timedelta]:
        """How long each medium may say nothing: what is said here, over the defaults."""
        return {**_DEFAULTS.after, **self.after}


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


__all__ = ["MergeJob", "ZombieSettings"]
