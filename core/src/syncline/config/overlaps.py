"""Which jobs may touch the same documents: told from the file alone, as far as it can be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from attrs import frozen

from ..policy import Direction
from ..side import Side
from .connections import Connection
from .faults import Fault
from .jobs import DocumentsJob

K = TypeVar("K")
Title = tuple[str, ...]


@frozen
class _Use:
    """One side of one job."""

    job: str
    side: Side
    target: bool
    """True when the job only writes there: what it finds is never an original."""
    containers: frozenset[str]
    paths: tuple[Title, ...]
    relay: bool


def overlaps(
    jobs: Mapping[str, DocumentsJob], connections: Mapping[str, Connection]
) -> Iterator[tuple[str, Side, str]]:
    """Yield (job, side, earlier job) where both would take the same documents as originals.

    Jobs that only write to a place may share it, jobs whose filters name different containers or
    paths may, and so may jobs of which one says `relay = true`. Linear in the jobs, but for the
    length of paths: each job is compared with what the earlier ones of its place claimed.
    """
    for uses in _by_place(jobs, connections).values():
        claims = _Claims()
        for use in uses:
            if (earlier := claims.taken_by(use)) is not None:
                yield use.job, use.side, earlier
            claims.add(use)


def _by_place(
    jobs: Mapping[str, DocumentsJob], connections: Mapping[str, Connection]
) -> Mapping[object, Sequence[_Use]]:
    first = places(connections)
    found: dict[object, list[_Use]] = {}
    for name, job in jobs.items():
        for side, connection in ((Side.LEFT, job.left), (Side.RIGHT, job.right)):
            place = first.get(connection, connection)
            found.setdefault(place, []).append(_use(name, side, job))
    return found


def places(connections: Mapping[str, Connection]) -> Mapping[str, str]:
    """Return, for each connection, the first one that leads to the same place."""
    first: dict[str, str] = {}
    seen: dict[object, list[Connection]] = {}
    for name, connection in connections.items():
        # Only equal reprs can be equal settings; they never show a secret.
        place = connection.folder or repr(connection.settings)
        alike = seen.setdefault((connection.connector.name, place), [])
        same = next((other for other in alike if connection.same_place(other)), connection)
        first[name] = same.name
        alike.append(connection)
    return first


_SOURCES = {Direction.LEFT_TO_RIGHT: Side.LEFT, Direction.RIGHT_TO_LEFT: Side.RIGHT}
"""Of one-way jobs: the side whose items are originals."""


def _use(name: str, side: Side, job: DocumentsJob) -> _Use:
    filtered = side is Side.LEFT
    return _Use(
        job=name,
        side=side,
        target=_SOURCES.get(job.direction, side) is not side,
        containers=job.include.containers if filtered else frozenset(),
        paths=tuple(job.include.paths) if filtered else (),
        relay=job.relay,
    )


class _Claims:
    """What the jobs seen so far take of one place."""

    def __init__(self) -> None:
        self._any: str | None = None
        self._by_container: dict[str, str] = {}
        self._by_path: dict[Title, str] = {}
        self._above: dict[Title, str] = {}
        self._mixed: dict[str, str] = {}
        self._targets: str | None = None

    def add(self, use: _Use) -> None:
        """Remember what `use` takes."""
        if use.relay:
            return
        if use.target:
            self._targets = self._targets or use.job
            return
        self._any = self._any or use.job
        form = "containers" if use.containers else "paths" if use.paths else "everything"
        self._mixed.setdefault(form, use.job)
        for container in use.containers:
            self._by_container.setdefault(container, use.job)
        for path in () if use.containers else use.paths:
            self._by_path.setdefault(path, use.job)
            for end in range(len(path)):
                self._above.setdefault(path[:end], use.job)

    def taken_by(self, use: _Use) -> str | None:
        """Return the earlier job that takes some of the same documents."""
        if use.relay:
            return None
        if use.target:
            return self._any
        if self._targets is not None:
            return self._targets
        if use.containers:
            return self._other_form("containers") or _first(self._by_container, use.containers)
        if use.paths:
            return self._other_form("paths") or self._crossed(use.paths)
        return self._any

    def _other_form(self, form: str) -> str | None:
        # A container and a path cannot be told apart without looking.
        return next((job for other, job in self._mixed.items() if other != form), None)

    def _crossed(self, paths: tuple[Title, ...]) -> str | None:
        for path in paths:
            roots = (path[:end] for end in range(1, len(path) + 1))
            if (job := self._above.get(path) or _first(self._by_path, roots)) is not None:
                return job
        return None


def _first(claims: Mapping[K, str], keys: Iterable[K]) -> str | None:
    return next((claims[key] for key in keys if key in claims), None)


def overlap_faults(
    jobs: Mapping[str, DocumentsJob], connections: Mapping[str, Connection]
) -> Iterator[Fault]:
    """Yield the jobs that would take documents which another job takes."""
    for name, side, earlier in overlaps(jobs, connections):
        # A job between two names of one place has been reported already.
        if earlier != name:
            message = _shared(getattr(jobs[name], side.value), earlier)
            yield Fault(path=("jobs", name, side.value), message=message)


def _shared(connection: str, earlier: str) -> str:
    return (
        f"job {earlier!r} takes documents of {connection!r} too: what one links is not new to the "
        "other; narrow include.paths or include.containers in both, or say relay = true"
    )


__all__ = ["overlap_faults", "overlaps", "places"]
