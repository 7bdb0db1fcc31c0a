"""A pass while it runs: what its listings said so far, and what it leaves for later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from attrs import define, field

from ...model import Ref, Side
from ...state.port import Staged
from ...state.records import Link
from ..context import Job
from ..runs.report import Report
from ..runs.turns import refs_of
from ..steps.observation import Evidence
from ..steps.step import Step
from ..writing.execution import carry_out
from ..writing.governor import Removal

Act = Callable[[Job, Step, Report], Awaitable[None]]
"""What happens with a step: carried out, or written down in a plan."""


@define(kw_only=True)
class Pass:
    """One pass while it runs."""

    job: Job
    report: Report
    act: Act = carry_out
    complete: frozenset[Side] = frozenset()
    epochs: frozenset[Side] = frozenset()
    scopes: dict[Side, str] = field(factory=dict)
    systemic: bool = False
    first: bool = False
    """True when no complete pass has been made before: nothing is removed."""
    removals: list[Removal] = field(factory=list)
    met: set[Ref] = field(factory=set)
    """Items that other runs have had since the listing began: of those it is not believed."""
    left: set[tuple[Side, Ref]] = field(factory=set)
    """Newcomers that were left to another run, which may have left them to this one: looked at
    again when the pass has ended."""

    def evidence(self, link: Link, left: Staged | None, right: Staged | None) -> Evidence:
        """Return what the listings say about one pair."""
        if self.has_met(link):
            return Evidence(epochs=self.epochs, systemic=self.systemic)
        both = {Side.LEFT: left, Side.RIGHT: right}
        known = {s: head for s, head in both.items() if head is not None or s in self.complete}
        return Evidence(staged=known, epochs=self.epochs, systemic=self.systemic)

    def has_met(self, link: Link) -> bool:
        """Tell whether another run was at an item of this pair since the listing began."""
        return not self.met.isdisjoint(refs_of(link))
