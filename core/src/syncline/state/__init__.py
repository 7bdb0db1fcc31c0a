"""What the engine remembers, and where: links, values, intents, conflicts, history, leases."""

from .listing import fold, stamp
from .port import FactStore, LeaseStore, PairWork, Staged, StateStore
from .sqlite import SqliteState
from .values import key_of

__all__ = [
    "FactStore",
    "LeaseStore",
    "PairWork",
    "SqliteState",
    "Staged",
    "StateStore",
    "fold",
    "key_of",
    "stamp",
]
