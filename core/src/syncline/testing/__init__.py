"""For authors of connectors and tests: stores in memory, and the contract of every store."""

from .abilities import BulkMemoryStore, HistoryMemoryStore
from .accidents import Effect
from .attempt import Attempt, Crash
from .clock import FakeClock
from .config_memory import CONFIG_EVERYTHING, ConfigWrite, MemoryConfigStore
from .memory import EVERYTHING, SYNCLINE, MemoryStore, Mutation
from .memory_cache import MemoryCache
from .vendor import PERSON, Article, Saved, Vendor

__all__ = [
    "CONFIG_EVERYTHING",
    "EVERYTHING",
    "PERSON",
    "SYNCLINE",
    "Article",
    "Attempt",
    "BulkMemoryStore",
    "ConfigWrite",
    "Crash",
    "Effect",
    "FakeClock",
    "HistoryMemoryStore",
    "MemoryCache",
    "MemoryConfigStore",
    "MemoryStore",
    "Mutation",
    "Saved",
    "Vendor",
]
