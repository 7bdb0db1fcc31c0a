"""The version of the normal form."""

from __future__ import annotations

NORMALISER = 1
"""Raised when the same input can normalise to another text: digests are then made anew."""
