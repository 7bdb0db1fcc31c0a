"""The delete governor: how many removals one pass, and one day, may make by themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from attrs import frozen

from ...decision import Limits
from ...model import Side
from ...state.records import Link
from ..context import Job
from ..runs.report import Refusal

MOST_TITLES = 50
"""Titles that a refusal shows; its token stands for all."""


@frozen(kw_only=True)
class Removal:
    """A removal that a pass has decided on and not yet carried out."""

    pair: str
    side: Side
    title: str


def limit_of(limits: Limits, pairs: int) -> int:
    """Return how many removals may go: a share or a count, whichever is more, under a ceiling.

    One removal always may: a base with a single pair can lose it.
    """
    allowed = max(limits.delete_count, int(pairs * limits.delete_share))
    return max(1, min(allowed, int(pairs * limits.delete_ceiling)))


def token_of(removals: Sequence[Removal]) -> str:
    """Return the token that stands for exactly these removals."""
    text = "\n".join(sorted(f"{r.pair} {r.side.value}" for r in removals))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def govern(
    job: Job, removals: Sequence[Removal], *, approved: str | None, unsettled: str = ""
) -> Refusal | None:
    """Return the refusal of these removals, or None when they may go.

    Args:
        approved: a token that a person gave for this list.
        unsettled: why no removal may happen in this pass at all (a first run, open proposals).
    """
    if not removals:
        return None
    pairs = sum(job.state.count_links(job.name).values())
    limit = limit_of(job.limits, pairs)
    today = job.state.count_events(job.name, ["removed"], job.now() - timedelta(days=1))
    # What another run has leave for counts as if it had gone.
    today += len(job.process.leaving - {removal.pair for removal in removals})
    token = token_of(removals)
    if not unsettled and (approved == token or len(removals) + today <= limit):
        return None
    why = unsettled or (f"{today} went in the last 24 hours" if today else "")
    return Refusal(
        removals=len(removals),
        limit=limit,
        pairs=pairs,
        token="" if unsettled else token,
        titles=tuple(sorted(r.title for r in removals)[:MOST_TITLES]),
        why=why,
    )


@contextmanager
def granted(
    job: Job, removals: Sequence[Removal], *, approved: str | None, unsettled: str = ""
) -> Iterator[Refusal | None]:
    """Lend the refusal of these removals; None: they may go, and count for everybody until done.

    Runs that go on side by side share one limit.
    """
    refusal = govern(job, removals, approved=approved, unsettled=unsettled)
    ours: set[str] = set()
    if refusal is None and not job.dry:
        ours = {removal.pair for removal in removals} - job.process.leaving
    job.process.leaving |= ours
    try:
        yield refusal
    finally:
        job.process.leaving -= ours


def removal_of(link: Link, side: Side) -> Removal:
    """Return the removal of `link`'s item on `side`."""
    return Removal(pair=link.pair, side=side, title=link.title)
