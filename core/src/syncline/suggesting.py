"""What a word that nothing knows was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable

MOST = 20
"""How many names a message lists."""


def nearest(word: str, known: Iterable[str], noun: str) -> str:
    """Return the hint behind an unknown word: the nearest one, or what there is of them."""
    # Only a fault pays for this import: see the budget of `syncline check`.
    import difflib

    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    if not known:
        return f"there are no {noun}"
    more = len(known) - MOST
    told = [*known[:MOST], f"and {more} more"] if more > 0 else known
    return f"{noun}: {', '.join(told)}"


__all__ = ["nearest"]
