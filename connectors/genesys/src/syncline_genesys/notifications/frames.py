"""What comes over sockets, turned into events as it comes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from attrs import define
from msgspec import Raw

from syncline.errors import Rejected
from syncline.events import Event
from syncline.redaction import redact

from ..interactions import envelope
from .channel import Channel
from .system import Alive, system_message
from .websocket import Messages

logger = logging.getLogger(__name__)

_TOPICS = ("v2.users.", "v2.routing.queues.", "v2.detail.events.conversation.")
"""How the topics begin that can be about conversations; others are the vendor's own."""
_TOLD = 20
"""Frames that make no sense and are logged one by one; the rest is counted."""


class FrameReader(Protocol):
    """Makes events of what notifications say."""

    def frame(
        self,
        topic: str,
        body: Raw,
        observed_at: datetime,
        via: object = None,
        since: datetime | None = None,
    ) -> Sequence[Event]: ...

    def sent(self, events: Sequence[Event]) -> datetime | None: ...

    def judged(self, time: datetime) -> datetime | None: ...

    def at_most(self, time: datetime) -> datetime: ...


@define
class Heard:
    """How much came since it was asked last."""

    frames: int = 0
    events: int = 0
    repeats: int = 0
    """Frames that said nothing that was not known."""
    rejected: int = 0
    """Frames that make no sense."""

    def forget(self) -> None:
        """Count from nothing again."""
        self.frames = self.events = self.repeats = self.rejected = 0


@define(eq=False)
class Frames:
    """Reads messages, and hands what they say about a channel to the channel."""

    hearing: FrameReader
    heard: Heard
    _told: int = 0

    def read(self, channel: Channel, messages: Messages, now: datetime) -> list[Event]:
        """Return what messages say, in their order; what makes no sense is counted."""
        found: list[Event] = []
        heard, handover = self.heard, channel.handover
        for raw in messages:
            try:
                one = envelope(raw)
                topic = one.topic
                if not topic.startswith(_TOPICS):
                    self._other(channel, raw)
                    continue
                if handover is not None and handover.keeps(channel, raw, one):
                    continue
                since = channel.through or self.hearing.judged(channel.opened_at)
                events = self.hearing.frame(topic, one.body, now, channel.sequence, since)
            except Rejected as error:
                self._refused(channel, raw, error)
                continue
            heard.frames += 1
            if events:
                found += events
                if (sent := self.hearing.sent(events)) is not None:
                    channel.heard(sent, self.hearing.at_most(now))
            else:
                heard.repeats += 1
        heard.events += len(found)
        if handover is not None and handover.new is not None and (held := handover.release()):
            found += self.read(handover.new, held, now)
        return found

    def _refused(self, channel: Channel, raw: bytes, error: Rejected) -> None:
        # An answer of the vendor's has no topic.
        if system_message(raw) is not None:
            self._other(channel, raw)
            return
        self.heard.rejected += 1
        self._told += 1
        if self._told <= _TOLD:
            logger.warning("a frame makes no sense", extra={"error": redact(str(error))[:300]})

    def _other(self, channel: Channel, raw: bytes) -> None:
        match system_message(raw):
            case None | Alive():
                return
            case what:
                channel.hear(what)


__all__ = ["FrameReader", "Frames", "Heard"]
