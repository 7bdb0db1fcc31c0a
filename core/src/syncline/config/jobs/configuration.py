"""Jobs of kind `config`: fields of configuration objects that follow other fields."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from attrs import frozen, validators

from ...connector import setting
from ...policy import Limits
from ...reprs import Shown
from ...rules.rule import Drift, Wins
from ...side import Side
from ..faults import Fault, Faults
from ..scalars import Cron
from .rules import RuleSettings

_LIMITS = Limits()


@frozen(kw_only=True, repr=False)
class ConfigJob(Shown):
    """Keeps fields of configuration objects as its rules say."""

    kind: Literal["config"] = setting("What the job keeps in agreement.", default="config")
    rules: tuple[RuleSettings, ...] = setting("Which field follows what.")
    drift: Drift = setting(
        "What happens to a target that somebody else changed.", default=Drift.REPAIR
    )
    on_conflict: Wins = setting(
        "Who wins when both ends of a two-way rule were changed.", default=Wins.MANUAL
    )
    debounce: timedelta = setting(
        "How long hints are gathered before anything is looked at.", default=timedelta(seconds=2)
    )
    cooldown: timedelta = setting(
        "At least this long between two changes of a target.", default=timedelta(0)
    )
    schedule: Cron = setting(
        "Full passes of the service, as cron in UTC.", default=Cron("*/15 * * * *")
    )
    jitter: timedelta = setting(
        "How much later, by chance, a scheduled full pass begins at most.",
        default=timedelta(seconds=30),
        validator=validators.le(timedelta(days=1)),
    )
    poll: timedelta = setting(
        "How often the service reads what changed; 0s for never.", default=timedelta(minutes=1)
    )
    max_writes_per_hour: int = setting(
        "Writes to one field before it is frozen as a ping-pong.",
        default=60,
        validator=validators.ge(1),
    )
    workers: int = setting(
        "Objects worked at the same time.",
        default=_LIMITS.workers,
        validator=[validators.ge(1), validators.le(64)],
    )
    retention: timedelta = setting(
        "How long the history is kept.",
        default=timedelta(days=90),
        validator=validators.ge(timedelta(days=1)),
    )

    def __attrs_post_init__(self) -> None:
        if faults := [*self._name_faults()]:
            raise Faults(faults)

    def _name_faults(self) -> Iterator[Fault]:
        if not self.rules:
            yield Fault(path=("rules",), message="there are no rules; write one as [[….rules]]")
        seen: dict[str, int] = {}
        for index, rule in enumerate(self.rules):
            # A name that was made says which field: two of them are reported as an overlap.
            if rule.name and (earlier := seen.setdefault(rule.name, index)) != index:
                message = f"rule {earlier + 1} has the name {rule.name!r} already"
                yield Fault(path=("rules", index, "name"), message=message)

    @property
    def connections(self) -> tuple[str, ...]:
        """The connections that its rules name, in the order of the file."""
        refs = (ref for rule in self.rules for ref in rule.refs)
        return tuple(dict.fromkeys(ref.connection for ref in refs))

    def side_of(self, connection: str) -> Side | None:
        """Return where news of a connection is marked: its rules may read and write one object."""
        return Side.LEFT if connection in self.connections else None

    def limits(self) -> Limits:
        """Return how far one pass may go by itself."""
        return Limits(writes_per_hour=self.max_writes_per_hour, workers=self.workers)


__all__ = ["ConfigJob"]
