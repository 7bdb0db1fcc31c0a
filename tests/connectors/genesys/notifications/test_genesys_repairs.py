"""What happens while no socket is open: read again over REST, and told as a gap."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from syncline_genesys.notifications.open_gap import UNKNOWABLE
from syncline_genesys.notifications.search_span import MARGIN

if TYPE_CHECKING:
    from .conftest import Ear, Listen, Organization, Remembered

KEPT = {
    "conversation.started",
    "conversation.ended",
    "participant.joined",
    "participant.left",
    "communication.connected",
    "communication.disconnected",
}
"""What every look-up says of a conversation, whatever else happened in it."""


def kept(lines: list[dict[str, Any]]) -> Counter[tuple[str, ...]]:
    members = ("conversation_id", "participant_id", "communication_id", "type")
    return Counter(
        tuple(str(line.get(name, "")) for name in members) for line in lines if line["type"] in KEPT
    )


def heard(*ears: Ear) -> Counter[tuple[str, ...]]:
    """What was heard, each event once, whoever heard it."""
    events = {event.id: event for ear in ears for event in ear.events}
    members = ("conversation_id", "participant_id", "communication_id", "event_type")
    return Counter(
        tuple(str(event.data.get(name, "")) for name in members)
        for event in events.values()
        if event.type in KEPT
    )


async def deaf(org: Organization, a: Ear, seconds: float) -> None:
    """Break all sockets, and let nobody in for a while."""
    before = len(a.told("channel.closed"))
    await org.act("notifications", refuse_for=seconds)
    await org.act("close-sockets", how="reset")
    await a.until(lambda: len(a.told("channel.closed")) > before)


async def test_a_conversation_that_ended_in_a_gap_is_told_with_its_real_times(
    org: Organization, ear: Listen
) -> None:
    a = ear()
    a.listen()
    await a.opened(1)
    call = await org.begun()
    await org.act("step", conversation=call, changes=4)
    await a.until(lambda: a.of("conversation.started"))
    await deaf(org, a, 1.0)
    await org.act("step", conversation=call, changes="all")
    await a.until(lambda: a.of("conversation.ended"))
    lines = await org.truth()
    await a.until(lambda: a.of("listener.gap"))
    assert heard(a) == kept(lines)
    (ended,) = a.of("conversation.ended")
    (real,) = [line for line in lines if line["type"] == "conversation.ended"]
    assert ended.data["occurred_at"] == real["occurred_at"]
    assert ended.data["repaired"] is True


async def test_a_conversation_that_nobody_heard_of_is_found_in_analytics(
    org: Organization, ear: Listen
) -> None:
    a = ear()
    await org.act("traffic", analytics_delay=0.5)
    a.listen()
    await a.opened(1)
    await deaf(org, a, 0.5)
    call = await org.begun()
    await org.act("step", conversation=call, changes="all")
    await a.until(lambda: a.of("listener.gap"))
    assert heard(a) == kept(await org.truth())
    assert all(event.data.get("repaired") for event in a.events if event.key == call)


async def test_a_call_that_left_its_flow_and_ended_in_a_gap_is_found(
    org: Organization, ear: Listen
) -> None:
    a = ear()
    a.listen()
    await a.opened(1)
    # No queue and no user have it yet: nobody is told of it.
    call = (await org.act("begin", script="call", by_hand=True))["id"]
    await asyncio.sleep(MARGIN.total_seconds() + 0.5)
    await deaf(org, a, 0.5)
    await org.act("step", conversation=call, changes="all")
    await a.until(lambda: a.of("listener.gap"))
    assert heard(a) == kept(await org.truth())


async def test_a_gap_is_told_with_its_interval_and_what_became_of_it(
    org: Organization, ear: Listen
) -> None:
    a = ear()
    a.listen()
    await a.opened(1)
    call = await org.begun()
    await a.until(lambda: a.events)
    await deaf(org, a, 1.0)
    lost = datetime.now(timezone.utc)
    await org.act("step", conversation=call, changes=3)
    await a.until(lambda: a.of("listener.gap"))
    (gap,) = a.of("listener.gap")
    since = datetime.fromisoformat(str(gap.data["gap_from"]))
    until = datetime.fromisoformat(str(gap.data["gap_to"]))
    assert since <= lost
    assert since < until <= datetime.now(timezone.utc)
    topics = a.told("channel.opened")[-1]["topics"]
    assert gap.data["topics"] == topics
    assert gap.data["repaired_conversations"] == 1
    assert "unrepaired" not in gap.data
    assert gap.data["unrepaired_reason"] == f"broken off: {UNKNOWABLE}"
    assert gap.key == "listener/a"


async def test_a_gap_begins_where_what_was_on_its_way_was_sent(
    org: Organization, ear: Listen
) -> None:
    a = ear()
    a.listen()
    await a.opened(1)
    # Heartbeats come on time: that something was heard just now does not mean that all was.
    await org.act("notifications", delay=1.5)
    call = await org.begun()
    await a.until(lambda: a.events)
    sent = datetime.now(timezone.utc)
    await org.act("step", conversation=call, changes=1)
    await asyncio.sleep(2 * a.heartbeat)
    await deaf(org, a, 0.5)
    await a.until(lambda: a.of("listener.gap"))
    since = [datetime.fromisoformat(str(gap.data["gap_from"])) for gap in a.of("listener.gap")]
    assert min(since) <= sent


async def test_a_conversation_that_was_purged_is_listed_as_not_repaired(
    org: Organization, ear: Listen
) -> None:
    a = ear()
    a.listen()
    await a.opened(1)
    call = await org.begun()
    await a.until(lambda: a.events)
    await deaf(org, a, 1.0)
    await org.act("step", conversation=call, changes="all")
    await org.act("purge", conversation=call)
    await a.until(lambda: a.of("listener.gap"))
    (gap,) = a.of("listener.gap")
    assert gap.data["unrepaired"] == [call]
    assert "1 are not known to the vendor any more" in str(gap.data["unrepaired_reason"])


async def test_many_open_conversations_are_read_by_the_hundred(
    org: Organization, ear: Listen
) -> None:
    a = ear(repairs_per_minute=60)
    a.listen()
    await a.opened(1)
    calls = [await org.begun() for _ in range(45)]
    await a.until(lambda: len(a.of("conversation.started")) == len(calls))
    org.simulator.clear_calls()
    await deaf(org, a, 0.5)
    for call in calls[:5]:
        await org.act("step", conversation=call, changes="all")
    await a.until(lambda: len(a.of("conversation.ended")) == 5)
    paths = [str(call["path"]) for call in org.simulator.calls()]
    assert any("/analytics/conversations/details" in path for path in paths)
    assert not [path for path in paths if "/api/v2/conversations/" in path]


async def test_what_goes_on_is_heard_while_a_gap_is_read_again(
    org: Organization, ear: Listen
) -> None:
    # One call in half a minute, and it takes several.
    a = ear(repairs_per_minute=2)
    a.listen()
    await a.opened(1)
    for _ in range(25):
        await org.begun()
    await a.until(lambda: len(a.of("conversation.started")) == 25)
    await deaf(org, a, 0.3)
    await a.opened(2)
    await org.begun()
    await a.until(lambda: len(a.of("conversation.started")) == 26)
    assert not a.of("listener.gap")


async def test_a_start_reads_again_what_happened_since_the_last_end(
    org: Organization, ear: Listen, remembered: Remembered
) -> None:
    first = ear()
    first.listen()
    await first.opened(1)
    call = await org.begun()
    await first.until(lambda: first.events)
    until = first.batches[-1].complete_until
    assert until is not None
    await first.stop()
    await org.act("step", conversation=call, changes="all")
    missed = await org.begun("chat")
    await org.act("step", conversation=missed, changes="all")
    second = ear(known=remembered([call], until))
    second.listen()
    await second.until(lambda: second.of("listener.gap"))
    assert heard(first, second) == kept(await org.truth())
    (gap,) = second.of("listener.gap")
    assert str(gap.data["unrepaired_reason"]).startswith("nobody listened")


async def test_nothing_is_counted_as_complete_while_a_gap_is_read_again(
    org: Organization, ear: Listen
) -> None:
    a = ear(repairs_per_minute=60)
    a.listen()
    await a.opened(1)
    for _ in range(12):
        await org.begun()
    await a.until(lambda: len(a.of("conversation.started")) == 12)
    await deaf(org, a, 0.5)
    lost = datetime.now(timezone.utc)
    await a.opened(2)
    await org.begun()
    await a.until(lambda: len(a.of("conversation.started")) == 13)
    await a.until(lambda: a.of("listener.gap"))
    whole = [any(one.type == "listener.gap" for one in batch.events) for batch in a.batches]
    before = [batch.complete_until for batch in a.batches[: whole.index(True)]]
    assert max(until for until in before if until is not None) <= lost
    await org.begun()
    await a.until(lambda: len(a.of("conversation.started")) == 14)
    last = a.batches[-1].complete_until
    assert last is not None
    assert last > lost


async def test_sockets_that_are_closed_all_the_time_lose_nothing(
    org: Organization, ear: Listen
) -> None:
    a = ear()
    a.listen()
    await a.opened(1)
    await org.act("notifications", close_every=0.7)
    await org.act("traffic", conversations_per_second=30, pace=300, users=20, queues=3, changes=900)
    await org.over()
    await org.act("notifications", close_every=0)
    wanted = kept(await org.truth())
    await a.until(lambda: heard(a) == wanted)
    assert len(a.told("channel.closed")) >= 3
    ids = [event.id for event in a.events if event.type in KEPT]
    assert len(ids) == len(set(ids))


# -- what looks alike to two listeners


async def test_two_listeners_with_gaps_of_their_own_tell_the_same_ids(
    org: Organization, ear: Listen
) -> None:
    a = ear(listener="a", clients=[("rich-0", "rich-secret", 18)])
    b = ear(listener="b", clients=[("rich-1", "rich-secret", 18)])
    for one in (a, b):
        one.listen()
        await one.opened(1)
    await org.act("traffic", conversations_per_second=30, pace=300, users=20, queues=3, changes=600)
    for client in ("rich-0", "rich-1"):
        await asyncio.sleep(0.5)
        await org.act("evict", client=client)
    await org.over()
    wanted = kept(await org.truth())
    await a.until(lambda: heard(a) == wanted)
    await b.until(lambda: heard(b) == wanted)
    assert heard(a, b) == wanted, "one of them made other ids"
