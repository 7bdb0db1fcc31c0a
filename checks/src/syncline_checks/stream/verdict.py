"""The judgement of a whole stream, part by part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from attrs import define, field

from syncline.events.interaction import GAP
from syncline.testing.mirrored import Gap, Judgement, done_of, gaps, judge

from .shards import Shards

SLACK = timedelta(seconds=1)
"""How long a frame may take."""
_KEPT = 8
"""Examples of each kind of fault."""
_FAULTS = ("missing", "invented", "repeated", "disordered", "unended", "finalised_twice")


@define
class Verdict:
    """What the judgements of all parts say together."""

    done: int = 0
    heard: int = 0
    late: int = 0
    repaired: int = 0
    finalised: int = 0
    zombies: int = 0
    gaps: list[Gap] = field(factory=list)
    excused: Counter[str] = field(factory=Counter)
    faults: Counter[str] = field(factory=Counter)
    types: Counter[tuple[str, str]] = field(factory=Counter)
    examples: dict[str, list[Any]] = field(factory=dict)

    def add(self, found: Judgement) -> None:
        """Add the judgement of a part."""
        self.done += found.done
        self.heard += found.heard
        self.late += found.late
        self.finalised += found.finalised
        self.zombies += len(found.zombies)
        self.excused.update(change[3] for change in found.excused)
        for name in _FAULTS:
            faults: list[Any] = getattr(found, name)
            if faults:
                self.faults[name] += len(faults)
                kept = self.examples.setdefault(name, [])
                kept += faults[: _KEPT - len(kept)]
        for name in ("missing", "invented"):
            self.types.update((name, change[3]) for change in getattr(found, name))
        if found.zombies:
            kept = self.examples.setdefault("zombies", [])
            kept += found.zombies[: _KEPT - len(kept)]


def judged(truth: Shards, heard: Shards, *, listeners: int) -> Verdict:
    """Judge a stream, one part after another."""
    verdict = Verdict()
    verdict.gaps = [gap for number in range(heard.count) for gap in _gaps(heard, number)]
    for number in range(truth.count):
        lines = heard.part(number)
        found = judge(
            map(done_of, truth.part(number)), lines,
            listeners=listeners, slack=SLACK, silences=verdict.gaps,
        )  # fmt: skip
        verdict.add(found)
        verdict.repaired += sum(1 for line in lines if line.get("repaired"))
    return verdict


def _gaps(heard: Shards, number: int) -> Iterable[Gap]:
    return gaps(heard.having(number, GAP.encode()))


__all__ = ["SLACK", "Verdict", "judged"]
