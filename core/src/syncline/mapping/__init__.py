"""Mapping between the two sides' vocabularies: categories, labels, titles, filters."""

from __future__ import annotations

from .filters import Excluded, Filter
from .inputs import compiled
from .lens import Mapping
from .rules import InSpace, Labelled, Rule, Source, ToCategory, ToLabel, Under, faults
from .titles import Titles

__all__ = [
    "Excluded",
    "Filter",
    "InSpace",
    "Labelled",
    "Mapping",
    "Rule",
    "Source",
    "Titles",
    "ToCategory",
    "ToLabel",
    "Under",
    "compiled",
    "faults",
]
