"""What a word that nothing knows was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], noun: str) -> str:
    """Return the hint behind an unknown word: the nearest one, or what there is."""
    # Only a fault pays for this import: see the budget of `syncline check`.
    import difflib

    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"{noun}: {', '.join(known)}" if known else f"there are no {noun}"


__all__ = ["nearest"]
