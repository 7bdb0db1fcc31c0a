"""One clean story for each conversation, whoever told it, and an end for those that say nothing."""

from __future__ import annotations

from .agenda import Agenda
from .codec import decode, encode
from .conversation import Conversation, State
from .fact import Fact, digest, fact_of
from .janitor import Janitor, Keeper
from .memory import MemoryConversations
from .merging import Verdict, merge, weigh
from .micros import Micros, micros, moment, when
from .reading import KINDS, Place, Reading, another_id, reading_of
from .store import ConversationStore
from .zombies import Patience, answered, finalized

__all__ = [
    "KINDS",
    "Agenda",
    "Conversation",
    "ConversationStore",
    "Fact",
    "Janitor",
    "Keeper",
    "MemoryConversations",
    "Micros",
    "Patience",
    "Place",
    "Reading",
    "State",
    "Verdict",
    "another_id",
    "answered",
    "decode",
    "digest",
    "encode",
    "fact_of",
    "finalized",
    "merge",
    "micros",
    "moment",
    "reading_of",
    "weigh",
    "when",
]
