"""Jobs of kind `documents`: two connections whose documents agree."""

from __future__ import annotations

from collections.abc import Mapping as Table
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from attrs import frozen, validators

from ...connector import setting
from ...policy import Deletes, Direction, Limits, OnConflict, Otherwise, Policy
from ...reprs import Shown
from ...side import Side
from ..faults import Faults
from ..mappings import FilterSettings, MappingSettings, refuse_clashes
from ..scalars import Cron

if TYPE_CHECKING:
    from ...mapping import Mapping

_LIMITS = Limits()

FieldName = Literal["title", "body", "category", "labels", "alternatives"]
"""The names of `model.FIELDS`."""


def _percent(value: float) -> list[object]:
    return [validators.ge(0), validators.le(value)]


@frozen(kw_only=True, repr=False)
class MaxDeletes(Shown):
    """How many deletions go through by themselves, in one run and in one day.

    The larger of `percent` and `count` holds; more than that waits for an approval.
    """

    percent: float = setting(
        "Share of the pairs, in percent.",
        default=_LIMITS.delete_share * 100,
        validator=_percent(100),
    )
    count: int = setting("Deletions.", default=_LIMITS.delete_count, validator=validators.ge(0))
    ceiling: float = setting(
        "Never more than this share, in percent, whatever the others say.",
        default=_LIMITS.delete_ceiling * 100,
        validator=_percent(50),
    )


@frozen(kw_only=True, repr=False)
class DocumentsJob(Shown):
    """Keeps the documents of two connections in agreement."""

    kind: Literal["documents"] = setting("What the job keeps in agreement.", default="documents")
    left: str = setting("The connection on the left, by its name.")
    right: str = setting("The connection on the right, by its name.")
    direction: Direction = setting("Which sides are written.", default=Direction.TWO_WAY)
    on_conflict: OnConflict = setting(
        "Who wins when both sides were edited.", default=OnConflict.MERGE
    )
    otherwise: Otherwise = setting(
        "What happens when a merge does not come out clean.", default=Otherwise.QUEUE
    )
    fields: Table[FieldName, OnConflict] = setting(
        "Who wins in single fields, such as title = 'left-wins'.", factory=dict
    )
    deletes: Deletes = setting(
        "What happens to the copy of a deleted original.", default=Deletes.PROPAGATE
    )
    max_deletes: MaxDeletes = setting(
        "How many deletions go through by themselves.", default=MaxDeletes()
    )
    withdraw_after: timedelta = setting(
        "How long a copy stays whose original's visibility is unknown.",
        default=_LIMITS.withdraw_after,
    )
    max_writes_per_hour: int = setting(
        "Writes to one pair before it is frozen as a ping-pong.",
        default=_LIMITS.writes_per_hour,
        validator=validators.ge(1),
    )
    include: FilterSettings = setting(
        "Only these documents of the left take part.", default=FilterSettings()
    )
    exclude: FilterSettings = setting(
        "These documents of the left take no part.", default=FilterSettings()
    )
    mapping: MappingSettings = setting(
        "What differs between the two vocabularies.", default=MappingSettings()
    )
    pairs: Path | None = setting(
        "CSV file of pairs that belong together: left id, right id.", default=None
    )
    relay: bool = setting("Items that another job made count as originals here.", default=False)
    review_label: str = setting(
        "Label of pages that Syncline created and nobody reviewed.", default="syncline-review"
    )
    schedule: Cron = setting(
        "Full passes of the service, as cron in UTC.", default=Cron("0 2 * * *")
    )
    jitter: timedelta = setting(
        "How much later, by chance, a scheduled full pass begins at most.",
        default=timedelta(minutes=10),
        validator=validators.le(timedelta(days=1)),
    )
    poll: timedelta = setting(
        "How often the service reads what changed; 0s for never.", default=timedelta(minutes=5)
    )
    workers: int = setting(
        "Items worked at the same time.",
        default=_LIMITS.workers,
        validator=[validators.ge(1), validators.le(64)],
    )
    retention: timedelta = setting(
        "How long the history, and texts that only it needs, are kept.",
        default=timedelta(days=90),
        validator=validators.ge(timedelta(days=1)),
    )

    def __attrs_post_init__(self) -> None:
        try:
            refuse_clashes(self.mapping.rules, self.reserved)
        except Faults as error:
            raise Faults(fault.below("mapping", "rules") for fault in error.faults) from None

    @property
    def reserved(self) -> frozenset[str]:
        """Labels that Syncline sets itself."""
        return frozenset({self.review_label} - {""})

    @property
    def connections(self) -> tuple[str, ...]:
        """The connections that it needs: left, right."""
        return self.left, self.right

    def side_of(self, connection: str) -> Side | None:
        """Return the side that a connection is; None when the job has it not."""
        return {self.right: Side.RIGHT, self.left: Side.LEFT}.get(connection)

    def policy(self) -> Policy:
        """Return what the job may do."""
        return Policy(
            direction=self.direction,
            on_conflict=self.on_conflict,
            otherwise=self.otherwise,
            deletes=self.deletes,
            fields={str(name): wins for name, wins in self.fields.items()},
            relay=self.relay,
        )

    def limits(self) -> Limits:
        """Return how far one pass may go by itself."""
        return Limits(
            delete_share=self.max_deletes.percent / 100,
            delete_count=self.max_deletes.count,
            delete_ceiling=self.max_deletes.ceiling / 100,
            withdraw_after=self.withdraw_after,
            writes_per_hour=self.max_writes_per_hour,
            workers=self.workers,
        )

    def lens(self) -> Mapping:
        """Return the mapping between the two sides, compiled."""
        return self.mapping.mapping(self.include.filter(), self.exclude.filter(), self.reserved)


__all__ = ["DocumentsJob", "FieldName", "MaxDeletes"]
