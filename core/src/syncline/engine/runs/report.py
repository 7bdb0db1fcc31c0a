"""What a pass did, item by item and in sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from attrs import define, field, frozen

from ...model import Ref, Side

_DONE = (
    "created", "updated", "repaired", "merged", "adopted", "removed", "withdrawn", "undone",
    "resolved", "detached", "skipped", "conflict", "failed", "stale",
)  # fmt: skip
_LEFT = {
    "waiting": "not tried again yet",
    "held": "held back until both sides are listed",
    "moving": "edited during the pass",
    "unsure": "sent without an answer",
    "held_back": "held back",
    "blocked": "not possible as things are",
    "gathered": "waiting a moment for further changes",
    "busy": "worked on by another process",
}


@frozen(kw_only=True)
class ItemResult:
    """One item that a pass did something about."""

    ref: Ref | None
    title: str
    event: str
    """created, updated, merged, removed, withdrawn, adopted, detached, conflict, failed, …"""
    side: Side | None = None
    reason: str = ""
    detail: str = ""


@frozen(kw_only=True)
class Refusal:
    """Removals that the delete governor stopped."""

    removals: int
    limit: int
    pairs: int
    token: str
    """One-shot: `syncline approve JOB TOKEN` lets exactly these go in the next pass."""
    titles: tuple[str, ...] = ()
    why: str = ""

    def __str__(self) -> str:
        return (
            f"{self.removals} of {self.pairs} pairs would lose an item (limit {self.limit}"
            f"{'; ' + self.why if self.why else ''}): none did; check the list"
        )


@define(kw_only=True)
class Report:
    """The outcome of one pass; edits go through even when removals are refused."""

    run: str
    job: str
    counts: Counter[str] = field(factory=Counter)
    """How often each event happened: examined, created, updated, failed, skipped, …"""
    items: list[ItemResult] = field(factory=list)
    """Those that changed or failed; at most `MOST_ITEMS`, the counts are of all."""
    refused: Refusal | None = None
    incomplete: dict[Side, str] = field(factory=dict)
    """Sides whose listing broke off, and why: nothing was inferred from absence there."""
    alarms: list[str] = field(factory=list)
    kept: list[ItemResult] = field(factory=list)
    """After an undo: what a person has touched since, and was therefore left."""

    MOST_ITEMS = 10_000

    def add(self, item: ItemResult) -> None:
        """Count an item and remember it."""
        self.counts[item.event] += 1
        if len(self.items) < self.MOST_ITEMS:
            self.items.append(item)

    @property
    def written(self) -> int:
        """Return how many remote writes were confirmed."""
        return self.counts["writes"]

    @property
    def failed(self) -> int:
        return self.counts["failed"]

    @property
    def conflicts(self) -> int:
        return self.counts["conflict"]

    @property
    def removed(self) -> int:
        return self.counts["removed"]

    @property
    def withdrawn(self) -> int:
        return self.counts["withdrawn"]


def outcomes(
    counts: Mapping[str, int], hints: Mapping[str, str] = MappingProxyType({})
) -> list[str]:
    """Return what a pass did and what it left for the next one, in numbers and words for people.

    Args:
        counts: those of a report, or of a run as it is kept: with the listings that were cut short,
            and whether it broke off.
        hints: what to look at, for some of what is left.
    """
    found = [f"{count:,} {name}" for name in _DONE if (count := counts.get(name, 0))]
    for name, said in _LEFT.items():
        if count := counts.get(name, 0):
            found.append(f"{count:,} {said}" + (f" ({hints[name]})" if name in hints else ""))
    if count := counts.get("incomplete", 0):
        found.append(f"{count:,} {'listing' if count == 1 else 'listings'} cut short")
    if counts.get("broke_off", 0):
        found.append("broke off")
    return found
