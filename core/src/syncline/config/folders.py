"""Connections whose documents are in folders of this machine: one may be inside another's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path as FilePath

from attrs import frozen

from ..policy import Direction
from ..side import Side
from .connections import Connection
from .faults import Fault
from .jobs import DocumentsJob

_SOURCES = {Direction.LEFT_TO_RIGHT: Side.LEFT, Direction.RIGHT_TO_LEFT: Side.RIGHT}
"""Of one-way jobs: the side whose items are originals."""


@frozen
class _Use:
    """One side of one job."""

    job: str
    side: Side
    target: bool
    relay: bool

    def clashes(self, other: _Use) -> bool:
        """Tell whether what one of them links is in the other's way."""
        if self.job == other.job:
            return True
        return not (self.relay or other.relay or (self.target and other.target))


def folder_faults(
    jobs: Mapping[str, DocumentsJob], connections: Mapping[str, Connection]
) -> Iterator[Fault]:
    """Yield the connections that stand inside the folder of another, and are in its way.

    Jobs that only write to their folders may nest them, and so may jobs of which one says
    `relay = true`. An outer connection may leave the inner folder out.
    """
    uses = _uses(jobs)
    folders = {name: connections[name].folder for name in uses if name in connections}
    owners: dict[FilePath, list[str]] = {}
    for name, folder in folders.items():
        if folder is not None:
            owners.setdefault(folder, []).append(name)
    for folder, names in owners.items():
        outer = [name for above in folder.parents for name in owners.get(above, ())]
        for name in names:
            yield from _inside(connections[name], folder, outer, uses, connections)


def _inside(
    inner: Connection,
    folder: FilePath,
    above: Sequence[str],
    uses: Mapping[str, Sequence[_Use]],
    connections: Mapping[str, Connection],
) -> Iterator[Fault]:
    for name in above:
        outer = connections[name]
        around = outer.folder
        if around is None or _leaves_out(outer, folder.relative_to(around).as_posix()):
            continue
        pairs = ((one, other) for one in uses[inner.name] for other in uses[name])
        clash = next((pair for pair in pairs if pair[0].clashes(pair[1])), None)
        if clash is not None:
            path = ("connections", inner.name, inner.connector.folder)
            yield Fault(path=path, message=_shared(folder, around, outer, *clash))
            return


def _leaves_out(outer: Connection, path: str) -> bool:
    leaves_out = outer.connector.leaves_out
    return leaves_out is not None and leaves_out(outer.settings, path)


def _shared(folder: FilePath, around: FilePath, outer: Connection, one: _Use, other: _Use) -> str:
    jobs = f"job {one.job!r}"
    if other.job != one.job:
        jobs = f"jobs {one.job!r} and {other.job!r}"
    return (
        f"{str(folder)!r} is inside {str(around)!r} of the connection {outer.name!r}, and {jobs} "
        "would take the same documents twice; choose folders that are apart, or have the outer "
        "one leave the inner one out"
    )


def _uses(jobs: Mapping[str, DocumentsJob]) -> Mapping[str, Sequence[_Use]]:
    found: dict[str, list[_Use]] = {}
    for name, job in jobs.items():
        for side, connection in ((Side.LEFT, job.left), (Side.RIGHT, job.right)):
            target = _SOURCES.get(job.direction, side) is not side
            found.setdefault(connection, []).append(_Use(name, side, target, job.relay))
    return found


__all__ = ["folder_faults"]
