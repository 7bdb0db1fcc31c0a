"""Mirroring: what a source tells live, carried to a sink, each event once or more and in order."""

from __future__ import annotations

from .metrics import StreamMetrics
from .mirror import Mirror
from .open_conversations import OpenConversations

__all__ = ["Mirror", "OpenConversations", "StreamMetrics"]
