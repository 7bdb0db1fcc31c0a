"""From what deliveries say to what is marked, and who is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import frozen

from ..config import Config
from ..model import Change, Side
from ..state.records import MarkDirty

Delivery = tuple[str, Sequence[Change]]
"""A connection, and the items of it that have changed."""


@frozen
class Marked:
    """One mark, and the connection that it came from."""

    connection: str
    mark: MarkDirty


def marks(
    config: Config, deliveries: Sequence[Delivery], at: datetime, *, kind: str | None = None
) -> list[Marked]:
    """Return the marks that deliveries make, in every job that has their connection.

    An object of the configuration concerns no job for documents.

    Args:
        kind: only in jobs of this kind.
    """
    return [
        Marked(connection, MarkDirty(job, side, change, priority=0, at=at))
        for connection, changes in deliveries
        for job, side in _places(config, connection)
        if kind in (None, config.jobs[job].kind)
        for change in changes
        if config.jobs[job].kind == "config" or not _is_object(config, change)
    ]


def _is_object(config: Config, change: Change) -> bool:
    """Return whether a hint names an object of a kind that its connection holds."""
    connection = config.connections.get(change.ref.connection)
    kinds = None if connection is None else connection.connector.kinds
    kind, slash, _ = change.ref.id.partition("/")
    return bool(slash) and kinds is not None and kind in kinds()


def _places(config: Config, connection: str) -> Iterator[tuple[str, Side]]:
    # Jobs of other runners on this state, too: the delivery came here, and nowhere else.
    for name, job in config.jobs.items():
        if (side := job.side_of(connection)) is not None:
            yield name, side


def counted(marked: Sequence[Marked]) -> Counter[tuple[str, str]]:
    """Return how many marks each job has from each connection."""
    return Counter((one.mark.job, one.connection) for one in marked)


__all__ = ["Delivery", "Marked", "counted", "marks"]
