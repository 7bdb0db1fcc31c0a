"""What happened against what a consumer of the clean topic saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from attrs import frozen

from syncline.testing.mirrored import Judgement, done_of, judge

from .audience import Heard, share

SLACK = timedelta(seconds=1)
"""How long a frame may take."""
PROMISES: Mapping[str, str] = {
    "missing": "missing, and in nobody's gap",
    "invented": "told, and never happened",
    "repeated": "event ids that came twice",
    "disordered": "out of order, and not marked late",
    "unended": "conversations whose end nobody told",
    "finalised_twice": "conversations finalised twice",
}
_MERGED = frozenset({"disordered", "repeated"})
"""What only a merge job promises: an order, and ids that are given once. What is told twice to
whoever drops repeats themselves has happened once less often than it was told."""
_EXAMPLES = 3


@frozen(kw_only=True)
class Proof:
    """The judgement, with what was counted beside it."""

    judgement: Judgement
    conversations: int
    raw: int
    """Events that the listeners told."""
    heard: Heard
    merged: bool = True
    """Whether a merge job made one stream of two."""

    @property
    def promises(self) -> Mapping[str, str]:
        """The promises that there are, with how a breach is called."""
        return {k: v for k, v in PROMISES.items() if self.merged or k not in _MERGED}

    @property
    def holds(self) -> bool:
        """Whether every promise was kept, of something that happened."""
        broken = self.judgement.faults.keys() & self.promises.keys()
        return not broken and self.judgement.done > 0 and self.judgement.heard > 0


def proved(
    truth: Iterable[Mapping[str, Any]], heard: Heard, raw: int, *, merged: bool = True
) -> Proof:
    """Compare what happened with what was heard."""
    done = [done_of(line) for line in truth]
    return Proof(
        judgement=judge(done, heard.lines, listeners=2, slack=SLACK),
        conversations=len({one.conversation for one in done}),
        raw=raw,
        heard=heard,
        merged=merged,
    )


def lines(proof: Proof) -> Iterator[str]:
    """Yield it for people."""
    found, heard = proof.judgement, proof.heard
    yield (
        f"The vendor did {found.done:,} things in {proof.conversations:,} conversations;"
        f" a consumer of the clean topic saw {found.heard:,} events."
    )
    yield (
        f"Two listeners told {proof.raw:,}: {proof.raw - found.heard:,} repeats were dropped."
        f" {heard.repaired:,} came from look-ups after silences, {found.late:,} are marked late."
    )
    yield (
        f"Half were read within {share(heard.all_lags, 0.5):.2f} s of when they happened,"
        f" 99 of 100 within {share(heard.all_lags, 0.99):.2f} s, accidents included."
    )
    yield f"Gaps told: {found.gaps}. {_excused(found)}"
    for name, words in proof.promises.items():
        count = len(getattr(found, name))
        yield f"  {count:>6}  {words}"
        yield from (f"          {one}" for one in getattr(found, name)[:_EXAMPLES])
    yield "Every promise was kept." if proof.holds else "A PROMISE WAS BROKEN."


def _excused(found: Judgement) -> str:
    if not found.excused:
        return "Nothing is missing."
    kinds = Counter(change[3] for change in found.excused)
    said = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
    return f"{len(found.excused)} things were told to nobody, or lie in gaps: {said}."


__all__ = ["PROMISES", "SLACK", "Proof", "lines", "proved"]
