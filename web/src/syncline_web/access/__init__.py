"""Who may come in, and how: tokens, a proxy's word, or the one-time address on loopback."""

from __future__ import annotations

from .door import Door, TooMany, Visitor, Wrong
from .person import Person

__all__ = ["Door", "Person", "TooMany", "Visitor", "Wrong"]
