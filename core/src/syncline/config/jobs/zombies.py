"""`zombies = { … }`: when a conversation that says nothing any more is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from attrs import frozen, validators

from ...connector import setting
from ...events.merge_stage import Zombies
from ...reprs import Shown
from ..faults import Fault, Faults

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


__all__ = ["ZombieSettings"]
