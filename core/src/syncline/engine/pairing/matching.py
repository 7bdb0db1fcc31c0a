"""The first meeting: which items of the two sides are one article.

By origin mark, then by a person's word; a title only proposes. A proposed item is neither created
nor removed until somebody has settled it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from attrs import define, field

from ...errors import StoreError
from ...model import Record, Ref, Side
from ...state.port import Staged
from ...state.records import Proposal, SaveProposals
from ..content import view
from ..passes.current import Pass
from ..passes.items import at_items, isolated, isolated_unpaired
from ..steps.observation import read_side
from ..steps.step import Step
from .first_steps import pairing_step
from .origins import origin_of
from .skips import left_out


@define(kw_only=True)
class Pairing:
    """What a pass knows about items that may belong together."""

    this: Pass
    held: dict[Ref, str] = field(factory=dict)
    """Items that wait for a person's answer, and why."""
    unmet: list[str] = field(factory=list)
    """Accepted pairs that could not be made, one sentence each."""

    async def prepare(self) -> None:
        """Make pairs of what is certain, and remember what is not."""
        job = self.this.job
        for left, right in job.state.pairings(job.name, same=True):
            await self._look((left, right), partial(self._accepted, left, right))
        if self.this.complete == frozenset(Side):
            await self._propose()

    async def _propose(self) -> None:
        job = self.this.job
        known = {(p.left, p.right): p for p in job.state.proposals(job.name)}
        proposals: list[Proposal] = []
        for ours, theirs in job.state.same_titles(job.name):
            if proposal := known.get((ours.ref, theirs.ref)):
                proposals.append(proposal)
            elif not (self._is_skipped(ours) and self._is_skipped(theirs)):
                meeting = partial(self._meet, ours, theirs, proposals)
                await self._look((ours.ref, theirs.ref), meeting)
        proposals = [p for p in proposals if self._is_open(p)]
        self._hold(proposals)
        if proposals or known:
            job.commit([SaveProposals(job.name, proposals)])

    async def _look(self, refs: tuple[Ref, Ref], meet: Callable[[], Awaitable[None]]) -> None:
        async def now() -> None:
            await isolated_unpaired(self.this, Side.LEFT, refs[0], meet())

        await at_items(self.this, refs, now)

    def _is_open(self, proposal: Proposal) -> bool:
        """True for a proposal that nobody has answered since, and that no run has overtaken."""
        job, refs = self.this.job, (proposal.left, proposal.right)
        answered = [*job.state.pairings(job.name, same=True)]
        answered += job.state.pairings(job.name, same=False)
        return refs not in answered and not self._any_paired(*refs)

    def _any_paired(self, *refs: Ref) -> bool:
        job = self.this.job
        return any(job.state.link(job.name, ref) is not None for ref in refs)

    def _is_skipped(self, staged: Staged) -> bool:
        """True for an item that was looked at as it is now, and takes no part."""
        job = self.this.job
        found = job.state.skipped(job.name, staged.ref)
        return found is not None and (found.stamp, found.epoch) == (
            staged.stamp,
            job.mapping.version,
        )

    async def _make(self, step: Step) -> None:
        await isolated(self.this, step.link, self.this.act(self.this.job, step, self.this.report))

    async def _accepted(self, left: Ref, right: Ref) -> None:
        if self._any_paired(left, right):
            return
        job = self.this.job
        records = [await read_side(job, ref) for ref in (left, right)]
        live = [r for r in records if isinstance(r, Record) and r.value is not None]
        if len(live) == len(records):
            # What a one-way job only reads is the original.
            origin = Side.LEFT if job.policy.direction.writes(Side.RIGHT) else Side.RIGHT
            await self._make(await pairing_step(job, live[0], live[1], origin=origin))
            return
        for ref, record in zip((left, right), records, strict=True):
            if not isinstance(record, Record) or record.value is None:
                why = f"{ref} is {record.status.value}" if isinstance(record, Record) else record
                self.unmet.append(
                    f"{left} and {right} were accepted as a pair and cannot be one: {why};"
                    " `syncline pair --reject` with both forgets it"
                )

    async def _meet(self, left: Staged, right: Staged, proposals: list[Proposal]) -> None:
        if self._any_paired(left.ref, right.ref):
            return  # a moment ago, with another one of that title
        job = self.this.job
        records = [await read_side(job, s.ref) for s in (left, right)]
        live = [r for r in records if isinstance(r, Record) and r.value is not None]
        if len(live) < len(records):
            return
        a, b = live
        if left_out(job, Side.LEFT, a) or left_out(job, Side.RIGHT, b):
            return
        of_a, of_b = await origin_of(job, Side.LEFT, a), await origin_of(job, Side.RIGHT, b)
        if of_a == b.ref or of_b == a.ref:
            origin = Side.RIGHT if of_a == b.ref else Side.LEFT
            await self._make(await pairing_step(job, a, b, origin=origin))
        elif not any((a.origin, b.origin, of_a, of_b)):
            proposals.append(self._proposal(a, b))

    def _proposal(self, left: Record, right: Record) -> Proposal:
        a, b = left.value, right.value
        if a is None or b is None:
            raise StoreError("a proposal needs two live items", ref=left.ref)
        equal = view.equal(self.this.job, a, b)
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
