"""The flat object that an event carries, in the order of its fields. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import msgspec
from msgspec import Raw, Struct

from syncline.events import Event
from syncline.events import interaction as words
from syncline.events.conversations.reading import KINDS
from syncline.events.event import unchecked
from syncline.model import JSON

from .facts import SILENT, Fact
from .identity import event_id
from .new_facts import NewFact
from .privacy_filter import PrivacyFilter
from .shapes import NULL, UNREADABLE, Membership
from .times import text_of
from .words import lower

_divisions = msgspec.json.Decoder(list[Membership])


class EventContext(Struct, gc=False, kw_only=True):
    """Where and how a snapshot was heard: the same for all events that come of it."""

    conversation: str
    listener: str
    observed: str
    """The time, as text."""
    topic: str = ""
    divisions: tuple[str, ...] = ()
    label: str = ""
    repaired: bool = False
    shown: datetime | None = None
    """When the snapshot was sent, at the earliest, by the vendor's clock."""
    privacy: PrivacyFilter


def divisions_of(raw: Raw) -> tuple[str, ...]:
    """Return the ids of the divisions of a conversation; none where they cannot be read."""
    return () if raw is NULL else _divisions_of(bytes(raw))


@lru_cache(maxsize=4096)
def _divisions_of(text: bytes) -> tuple[str, ...]:
    # Few conversations have divisions, queues and users of their own.
    try:
        memberships = _divisions.decode(text)
    except UNREADABLE:
        return ()
    return tuple(one.division.id for one in memberships if one.division and one.division.id)


def events_of(
    source: str, news: Sequence[NewFact], context: EventContext, observed_at: datetime
) -> list[Event]:
    """Return the events that news are."""
    events = []
    key, last, occurred = context.conversation, None, ""
    for one in news:
        fact, at = one.fact, one.at
        if at != last:
            last, occurred = at, text_of(at)
        place = "" if fact.of_participant else fact.communication.id or ""
        id = event_id(fact.type, key, fact.participant.id or "", place, fact.mark)
        data = _data_of(one, context, id, occurred)
        events.append(unchecked(id, key, fact.type, source, at, observed_at, data))
    return events


def _data_of(news: NewFact, context: EventContext, id: str, occurred: str) -> dict[str, JSON]:
    fact = news.fact
    who, what = fact.participant, fact.communication
    data: dict[str, JSON] = {
        "event_id": id,
        "event_type": fact.type,
        "conversation_id": context.conversation,
    }
    if who.id:
        data["participant_id"] = who.id
    if what.id:
        data["communication_id"] = what.id
    if who.userId:
        data["agent_id"] = who.userId
    if who.queueId:
        data["queue_id"] = who.queueId
    if fact.media:
        data["media_type"] = fact.media
    if what.direction and (direction := lower(what.direction)):
        data["direction"] = direction
    if who.purpose:
        data["purpose"] = who.purpose
    if fact.state:
        data["state"] = fact.state
    if news.previous:
        data["previous_state"] = news.previous
    if fact.reason:
        data["reason"] = fact.reason
    data["occurred_at"] = occurred
    data["observed_at"] = context.observed
    if context.topic:
        data["topic"] = context.topic
    data["listener"] = context.listener
    data["synthetic"] = False
    if context.repaired:
        data["repaired"] = True
    if news.late:
        data["late"] = True
    _add_rest(data, fact, context)
    return data


def _add_rest(data: dict[str, JSON], fact: Fact, context: EventContext) -> None:
    who, what = fact.participant, fact.communication
    if what is not SILENT:
        if what.initialState:
            data["initial_state"] = what.initialState
        if what.provider:
            data["provider"] = what.provider
        if what.type:
            data["message_type"] = what.type
    if who.address or who.name or what.subject:
        _add_personal(data, fact, context.privacy)
    if who.externalContactId:
        data["external_contact_id"] = who.externalContactId
    if who.teamId:
        data["team_id"] = who.teamId
    if who.groupId:
        data["group_id"] = who.groupId
    if context.divisions:
        data["division_ids"] = list(context.divisions)
    if what is not SILENT:
        _add_condition(data, fact)
    if fact.type == words.WRAPUP:
        _add_wrapup(data, fact, context.privacy)
    if what.callbackScheduledTime is not None:
        data["scheduled_at"] = text_of(what.callbackScheduledTime)
    if context.label:
        data["utilization_label_id"] = context.label
    if fact.type in KINDS and context.shown is not None:
        data["shown_at"] = text_of(context.shown)
    if fact.attributes is not None:
        data["attributes"] = dict(fact.attributes)


def _add_personal(data: dict[str, JSON], fact: Fact, privacy: PrivacyFilter) -> None:
    who, what = fact.participant, fact.communication
    if privacy.lets_addresses and (address := privacy.address(who.address)):
        data["address"] = address
    if privacy.lets_names and (name := privacy.name(who.name)):
        data["name"] = name
    if privacy.lets_texts and (subject := privacy.text(what.subject)):
        data["subject"] = subject


def _add_condition(data: dict[str, JSON], fact: Fact) -> None:
    what = fact.communication
    if what.peerId:
        data["peer_id"] = what.peerId
    if what.muted:
        data["muted"] = True
    if fact.type == words.HELD or fact.type == words.RESUMED:
        data["held"] = fact.type == words.HELD
    elif what.held:
        data["held"] = True
    if what.recordingState and what.recordingState != "none":
        data["recording_state"] = lower(what.recordingState)


def _add_wrapup(data: dict[str, JSON], fact: Fact, privacy: PrivacyFilter) -> None:
    wrapup = fact.participant.wrapup or fact.communication.wrapup
    if wrapup is None:
        return
    if wrapup.code:
        data["wrapup_code"] = wrapup.code
    if wrapup.durationSeconds is not None:
        data["wrapup_seconds"] = wrapup.durationSeconds
    if notes := privacy.text(wrapup.notes):
        data["wrapup_notes"] = notes


__all__ = ["EventContext", "divisions_of", "events_of"]
