"""The port of a stage that makes one clean stream of what several listeners wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Protocol

from attrs import field, frozen

from .lookup import Lookup

VOICE = timedelta(hours=4)
MESSAGE = timedelta(days=3)
CALLBACK = timedelta(days=30)


def _defaults() -> Mapping[str, timedelta]:
    return {"voice": VOICE, "callback": CALLBACK, "message": MESSAGE, "email": MESSAGE}


@frozen(kw_only=True)
class Zombies:
    """When a conversation that says nothing is asked for, and how often at most."""

    after: Mapping[str, timedelta] = field(factory=_defaults)
    """By media type; for a medium that is not named, the longest of them."""
    lookup: Callable[[], Lookup] | None = None
    """Opens what asks; None where nobody can be asked, and nothing is finalised."""
    per_minute: int = 60
    """Calls, so that the janitor leaves the listeners their budget."""


@frozen(kw_only=True)
class MergeJob:
    """What a merge stage is told."""

    job: str
    instance: str
    """Stable name of this process among those of the job: static membership goes by it."""
    zombies: Zombies = field(factory=Zombies)
    remember: timedelta = timedelta(hours=1)
    """How long one that ended is remembered: a listener may repeat it for so long."""


class MergeStage(Protocol):
    """Reads what listeners wrote, drops repeats, and writes the clean stream and its state."""

    async def run(self) -> None:
        """Work until cancelled or closed; what was begun is committed or undone as a whole.

        Raises:
            Forbidden, ConfigError: it cannot go on without somebody's help.
        """
        ...

    async def aclose(self) -> None: ...


__all__ = ["CALLBACK", "MESSAGE", "VOICE", "MergeJob", "MergeStage", "Zombies"]
