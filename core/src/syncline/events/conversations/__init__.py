"""One clean story for each conversation, whoever told it, and an end for those that say nothing."""

from __future__ import annotations

from .agenda import Agenda
from .codec import decode, encode
from .conversation import Conversation, Micros, State, micros, when
from .fact import Fact, digest, fact_of, moment
from .janitor import Janitor, Keeper
from .memory import MemoryConversations
from .merging import Verdict, merge, weigh
from .store import ConversationStore
from .zombies import Patience, answered, finalized

__all__ = [
    "Agenda",
    "Conversation",
    "ConversationStore",
    "Fact",
    "Janitor",
    "Keeper",
    "MemoryConversations",
    "Micros",
    "Patience",
    "State",
    "Verdict",
    "answered",
    "decode",
    "digest",
    "encode",
    "fact_of",
    "finalized",
    "merge",
    "micros",
    "moment",
    "weigh",
    "when",
]
