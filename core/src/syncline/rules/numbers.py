"""Exact numbers: what a rule computes never loses a digit on its way into a field."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import TypeGuard

Number = int | float

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
"""The whole numbers of the expression language."""


def is_number(value: object) -> TypeGuard[int | float]:
    """Tell whether a JSON value is a number that can be compared; NaN and infinities are not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value)


def exact(value: Number) -> Fraction:
    """Return the number that people see: 0.1 is a tenth."""
    return Fraction(value) if isinstance(value, int) else Fraction(Decimal(repr(value)))


def number(value: Fraction, like: Number) -> Number:
    """Return a fraction as a whole number where it is one and `like` is, else the nearest float."""
    if value.denominator == 1 and isinstance(like, int):
        return value.numerator
    return value.numerator / value.denominator


def in_text(value: Number) -> str:
    """Return a number as people write it: 500, not 500.0."""
    whole = isinstance(value, int) or (value.is_integer() and abs(value) < 2**53)
    return str(int(value)) if whole else repr(value)


__all__ = ["INT_MAX", "INT_MIN", "Number", "exact", "in_text", "is_number", "number"]
