"""Identifiers that are the same in every run with the same seed."""

from __future__ import annotations

import random


class Ids:
    """A source of identifiers; two with the same seed yield the same ones in the same order."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._number = 65536

    def uuid(self) -> str:
        """A version 4 UUID, in lower case with hyphens."""
        digits = f"{self._random.getrandbits(128):032x}"
        variant = "89ab"[int(digits[16], 16) & 3]
        third, fourth = f"4{digits[13:16]}", f"{variant}{digits[17:20]}"
        return f"{digits[:8]}-{digits[8:12]}-{third}-{fourth}-{digits[20:]}"

    def number(self) -> str:
        """A decimal id, larger than every one before, with gaps as real systems have them."""
        self._number += self._random.randrange(1, 9)
        return str(self._number)

    def token(self, prefix: str = "") -> str:
        """An opaque token of 32 hexadecimal digits."""
        return f"{prefix}{self._random.getrandbits(128):032x}"
