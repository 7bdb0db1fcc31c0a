"""The first meeting: which items of the two sides are one article.

By origin mark, then by a person's word; a title only proposes. A proposed item is neither created
nor removed until somebody has settled it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence

from attrs import define, field

from ..errors import StoreError
from ..model import Record, Ref, Side
from ..state.port import Staged
from ..state.records import Proposal, SaveProposals
from . import view
from .context import Job
from .newcomers import left_out
from .observing import read_side
from .steps import Step, pairing


@define(kw_only=True)
class Pairing:
    """What a pass knows about items that may belong together."""

    job: Job
    held: dict[Ref, str] = field(factory=dict)
    """Items that wait for a person's answer, and why."""
    unmet: list[str] = field(factory=list)
    """Accepted pairs that could not be made, one sentence each."""

    async def prepare(self, sides: frozenset[Side]) -> AsyncIterator[Step]:
        """Yield the steps that make pairs of what is certain, and remember what is not."""
        job = self.job
        for left, right in job.state.pairings(job.name, same=True):
            if job.state.link(job.name, left) or job.state.link(job.name, right):
                continue
            async for step in self._pair(left, right, Side.LEFT):
                yield step
        if sides != frozenset(Side):
            return
        known = {(p.left, p.right): p for p in job.state.proposals(job.name)}
        proposals: list[Proposal] = []
        for ours, theirs in job.state.same_titles(job.name):
            if proposal := known.get((ours.ref, theirs.ref)):
                proposals.append(proposal)
                continue
            if self._is_skipped(ours) and self._is_skipped(theirs):
                continue
            if any(job.state.link(job.name, staged.ref) for staged in (ours, theirs)):
                continue  # paired a moment ago, with another one of that title
            async for found in self._meet(ours, theirs):
                if isinstance(found, Proposal):
                    proposals.append(found)
                else:
                    yield found
        self._hold(proposals)
        if proposals or known:
            job.commit([SaveProposals(job.name, proposals)])

    def _is_skipped(self, staged: Staged) -> bool:
        """True for an item that was looked at as it is now, and takes no part."""
        job = self.job
        found = job.state.skipped(job.name, staged.ref)
        return found is not None and (found.stamp, found.epoch) == (
            staged.stamp,
            job.mapping.version,
        )

    async def _pair(self, left: Ref, right: Ref, origin: Side) -> AsyncIterator[Step]:
        records = [await read_side(self.job, ref) for ref in (left, right)]
        live = [r for r in records if isinstance(r, Record) and r.value is not None]
        if len(live) == len(records):
            yield await pairing(self.job, live[0], live[1], origin=origin)
            return
        for ref, record in zip((left, right), records, strict=True):
            if not isinstance(record, Record) or record.value is None:
                why = f"{ref} is {record.status.value}" if isinstance(record, Record) else record
                self.unmet.append(
                    f"{left} and {right} were accepted as a pair and cannot be one: {why};"
                    " `syncline pair --reject` with both forgets it"
                )

    async def _meet(self, left: Staged, right: Staged) -> AsyncIterator[Step | Proposal]:
        records = [await read_side(self.job, s.ref) for s in (left, right)]
        live = [r for r in records if isinstance(r, Record) and r.value is not None]
        if len(live) < len(records):
            return
        a, b = live
        if left_out(self.job, Side.LEFT, a) or left_out(self.job, Side.RIGHT, b):
            return
        if a.origin == b.ref or b.origin == a.ref:
            origin = Side.RIGHT if a.origin == b.ref else Side.LEFT
            yield await pairing(self.job, a, b, origin=origin)
        elif a.origin is None and b.origin is None:
            yield self._proposal(a, b)

    def _proposal(self, left: Record, right: Record) -> Proposal:
        a, b = left.value, right.value
        if a is None or b is None:
            raise StoreError("a proposal needs two live items", ref=left.ref)
        equal = view.equal(self.job, a, b)
        score = 1.0 if equal else likeness(view.words(a), view.words(b))
        return Proposal(
            left=left.ref,
            right=right.ref,
            left_title=a.title,
            right_title=b.title,
            score=round(score, 3),
            why="same title and same content" if equal else "same title",
        )

    def _hold(self, proposals: Sequence[Proposal]) -> None:
        for proposal in proposals:
            for ref, twin in (
                (proposal.left, proposal.right),
                (proposal.right, proposal.left),
            ):
                asked = "`syncline pair` asks whether they are one article"
                self.held[ref] = f"it has the title of {twin}; {asked}"


def likeness(left: Sequence[str], right: Sequence[str]) -> float:
    """Return how much of two texts is the same words, between 0 and 1."""
    a, b = Counter(left), Counter(right)
    total = sum(a.values()) + sum(b.values())
    return 2 * sum((a & b).values()) / total if total else 1.0
