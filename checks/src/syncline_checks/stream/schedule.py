"""Which accidents happen when: the same ones again from the same seed. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence

from attrs import frozen

KINDS = (
    "kill-listener-a",
    "kill-merge-one",
    "reconnect",
    "restart-broker",
    "kill-listener-b",
    "freeze",
    "outage",
    "kill-merge-two",
    "evict",
    "kill-both",
)
"""What can be asked for by `--faults`; each happens once in a round, an outage once in all."""
_FIRST, _LAST = 0.06, 0.88
"""Shares of the changes between which they happen: what follows shows what they left."""


@frozen(order=True)
class Accident:
    """One accident."""

    at: float
    """When so much of all changes was made, from 0 to 1."""
    kind: str


def schedule(kinds: Sequence[str], *, rounds: int, seed: int) -> list[Accident]:
    """Return when what happens: each kind once in each round, an outage once in all."""
    chance = random.Random(seed)
    drawn: list[str] = []
    for number in range(rounds):
        once = [kind for kind in kinds if kind != "outage" or number == rounds // 2]
        drawn += chance.sample(once, len(once))
    step = (_LAST - _FIRST) / max(1, len(drawn))
    return [
        Accident(_FIRST + (number + chance.random() * 0.5) * step, kind)
        for number, kind in enumerate(drawn)
    ]


__all__ = ["KINDS", "Accident", "schedule"]
