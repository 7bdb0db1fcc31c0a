"""For authors of connectors and tests: stores in memory, and the contract of every store."""

from .accidents import Effect
from .memory import EVERYTHING, SYNCLINE, MemoryCache, MemoryStore, Mutation
from .vendor import PERSON, Article, Saved, Vendor

__all__ = [
    "EVERYTHING",
    "PERSON",
    "SYNCLINE",
    "Article",
    "Effect",
    "MemoryCache",
    "MemoryStore",
    "Mutation",
    "Saved",
    "Vendor",
]
