"""Conversations of Genesys Cloud as interaction events: pure, whatever they were heard by."""

from __future__ import annotations

from .normaliser import Counts, Normaliser
from .reading import envelope
from .shapes import Envelope

__all__ = ["Counts", "Envelope", "Normaliser", "envelope"]
