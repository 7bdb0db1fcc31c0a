"""What a word that nothing knows was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
    return f"{noun}: {first_of(known)}"


def first_of(names: Sequence[str], most: int = MOST) -> str:
    """Return the names, or the first of them and how many more there are."""
    more = len(names) - most
    return ", ".join([*names[:most], f"and {more} more"] if more > 0 else names)


__all__ = ["first_of", "nearest"]
