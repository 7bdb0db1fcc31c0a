"""What people say about proposed pairs: one article, or two."""

from __future__ import annotations

from collections.abc import Iterable

from ...errors import ConfigError
from ...model import Ref, Side
from ...state.records import SavePairing
from ..context import Job


def answer(job: Job, pairs: Iterable[tuple[Ref, Ref]], *, same: bool) -> None:
    """Remember whether these are one article each, or two; the next pass acts on it.

    Raises:
        ConfigError: some are swapped, or paired with another item already; none was taken.
    """
    pairs = list(pairs)
    if problems := [why for left, right in pairs if (why := _why_not(job, left, right))]:
        raise ConfigError(problems)
    job.state.commit([SavePairing(job.name, left, right, same) for left, right in pairs], None)


def _why_not(job: Job, left: Ref, right: Ref) -> str:
    names = job.left_name, job.right_name
    if (left.connection, right.connection) != names:
        return f"{left} {right}: a pair of this job is {names[0]}:ID {names[1]}:ID"
    for ref, other in ((left, right), (right, left)):
        link = job.state.link(job.name, ref)
        theirs = link and link.half(job.side_of(other) or Side.RIGHT).ref
        if theirs and theirs != other:
            return f"{ref} is paired with {theirs} already; `syncline explain {ref}`"
    return ""
