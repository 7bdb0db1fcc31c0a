"""Events: things that happened, each with an id that its content makes, for whoever listens."""

from __future__ import annotations

from .event import Event
from .lookup import Found, Lookup
from .merge_stage import MergeJob, MergeStage, Zombies
from .privacy import Privacy
from .sink import EventSink, EventsRejected
from .source import Batch, Envelopes, EventSource, OpenKeys, Subscription

__all__ = [
    "Batch",
    "Envelopes",
    "Event",
    "EventSink",
    "EventSource",
    "EventsRejected",
    "Found",
    "Lookup",
    "MergeJob",
    "MergeStage",
    "OpenKeys",
    "Privacy",
    "Subscription",
    "Zombies",
]
