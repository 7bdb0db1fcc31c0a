"""One channel takes over from another: nothing is told twice, too early, or not at all."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.events import Event, Privacy
from syncline.ports import Clock
from syncline.testing import FakeClock
from syncline_genesys.interactions import Normaliser
from syncline_genesys.interactions.snapshot_order import SPAN
from syncline_genesys.interactions.testing import BEGIN, life
from syncline_genesys.notifications import handover as handovers
from syncline_genesys.notifications.channel import Channel
from syncline_genesys.notifications.frames import Frames, Heard
from syncline_genesys.notifications.handover import RUN, Handover

if TYPE_CHECKING:
    from syncline_genesys.notifications.calls import Opened
    from syncline_genesys.notifications.channel import Means
    from syncline_genesys.notifications.websocket import WebSocket

TOPICS = ("v2.users.u.conversations", "v2.routing.queues.q.conversations")
seeds = st.integers(min_value=0, max_value=2**32)


@attrs.frozen
class _Means:
    clock: Clock


def channel() -> Channel:
    means = cast("Means", _Means(FakeClock()))
    return Channel(means, cast("Opened", None), cast("WebSocket", None), 0.0)


def talk(seed: int, conversations: int = 6) -> list[bytes]:
    """Return what a channel brings of some conversations at once, in its order."""
    lives = [life(seed + number) for number in range(conversations)]
    told = sorted(
        (at, number, place)
        for number, lived in enumerate(lives)
        for place, at in enumerate(lived.times)
    )
    return [
        message(topic, lives[number].snapshots[place])
        for _, number, place in told
        for topic in TOPICS
    ]


def message(topic: str, body: bytes | str) -> bytes:
    text = body if isinstance(body, str) else body.decode()
    return f'{{"topicName": {json.dumps(topic)}, "version": "2", "eventBody": {text}}}'.encode()


class Listener:
    """Both channels, the handover between them, and what was told."""

    def __init__(self) -> None:
        privacy = Privacy(attributes=("*",), attribute_values="keep")
        self.frames = Frames(Normaliser("genesys/cx", "a", privacy), Heard())
        self.old, self.new = channel(), channel()
        self.handover = Handover(self.old)
        self.now = BEGIN
        self.events: list[Event] = []

    def bring(self, channel: Channel, *messages: bytes) -> None:
        self.now += timedelta(milliseconds=5)
        self.events += self.frames.read(channel, messages, self.now)

    def end(self) -> None:
        self.handover.end()
        self.bring(self.new, *self.handover.release())

    @property
    def told(self) -> dict[str, list[Any]]:
        """What was told of each conversation, in its order."""
        found: dict[str, list[Any]] = {}
        for event in self.events:
            data = event.data
            value = data.get("recording_state") or data.get("attributes") or data.get("state")
            found.setdefault(str(data["conversation_id"]), []).append(
                (event.type, data.get("participant_id"), data.get("communication_id"), value)
            )
        return found


async def alone(messages: list[bytes]) -> Listener:
    one = Listener()
    for each in messages:
        one.bring(one.old, each)
    return one


def turns(chance: random.Random, old: int, new: int) -> Iterator[tuple[str, int]]:
    """Yield whose messages come next and how many, until each has brought all of its own."""
    left = {"old": old, "new": new}
    bias = chance.random()
    while left["old"] or left["new"]:
        who = "old" if not left["new"] or (left["old"] and chance.random() < bias) else "new"
        some = min(left[who], chance.randint(1, 40))
        left[who] -= some
        yield who, some


@given(seed=seeds)
@settings(max_examples=25)
async def test_wherever_the_new_channel_begins_and_whoever_is_ahead_all_is_told_once(
    seed: int,
) -> None:
    chance = random.Random(seed)
    messages = talk(seed)
    before = chance.randrange(len(messages) // 2)
    first = chance.randrange(before, len(messages) * 2 // 3)
    one = Listener()
    one.bring(one.old, *messages[:before])
    one.handover.begin(one.new)
    at = {"old": before, "new": first}
    for who, some in turns(chance, len(messages) - before, len(messages) - first):
        one.bring(one.old if who == "old" else one.new, *messages[at[who] : at[who] + some])
        at[who] += some
    if len(messages) - first >= RUN:
        assert one.handover.met
    one.end()
    assert one.told == (await alone(messages)).told


async def test_a_value_that_came_back_does_not_pass_for_the_place_where_both_stand() -> None:
    """The new channel is ahead: what it brings first reads as what the old one told long ago."""
    one = Listener()
    states = ["active", "paused", "active", "paused", "active"]
    messages = [call(state) for state in states]
    one.handover.begin(one.new)
    one.bring(one.old, messages[0])
    one.bring(one.new, messages[2], messages[3])
    for each in messages[1:4]:
        one.bring(one.old, each)
    one.end()
    one.bring(one.new, messages[4])
    assert [event.data["recording_state"] for event in one.events if event.type == "recording"] == [
        "active", "paused", "active", "paused", "active",
    ]  # fmt: skip


def call(recording: str) -> bytes:
    at = (BEGIN - timedelta(seconds=5)).isoformat()
    what = {"id": "k", "state": "connected", "connectedTime": at, "recordingState": recording}
    agent = {"id": "p", "purpose": "agent", "connectedTime": at, "calls": [what]}
    return message(TOPICS[0], json.dumps({"id": "c", "participants": [agent]}))


async def test_where_both_never_meet_the_new_one_tells_all_that_it_has_brought() -> None:
    messages = talk(7, 12)
    one = Listener()
    one.bring(one.old, *messages[:40])
    one.handover.begin(one.new)
    one.bring(one.new, *messages[60:])
    assert not one.handover.met
    told = len(one.events)
    one.end()
    assert one.handover.waited
    assert not one.handover.met
    assert len(one.events) > told
    # From here on the old one is not listened to, however late it is.
    told = len(one.events)
    one.bring(one.old, *messages[40:60])
    assert len(one.events) == told


async def test_a_channel_that_brought_nothing_ends_nothing() -> None:
    messages = talk(7)
    one = Listener()
    one.handover.begin(one.new)
    one.bring(one.old, *messages[:40])
    one.end()
    one.bring(one.old, *messages[40:])
    assert one.told == (await alone(messages)).told


async def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = talk(7)
    monkeypatch.setattr(handovers, "LARGEST", sum(map(len, messages[:10])))
    one = Listener()
    one.handover.begin(one.new)
    one.bring(one.new, *messages[:10])
    assert not one.events
    one.bring(one.new, messages[10])
    assert one.events
    assert not one.handover.met


async def test_a_new_channel_that_takes_long_to_be_subscribed_meets_the_old_one_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handovers, "MOST", 2 * RUN)
    messages = talk(7, 12)
    one = Listener()
    one.handover.begin(one.new)
    late = len(messages) - RUN - 20
    one.bring(one.old, *messages[: late + RUN + 5])
    one.bring(one.new, *messages[late:])
    assert one.handover.met
    one.bring(one.old, *messages[late + RUN + 5 :])
    assert one.told == (await alone(messages)).told


async def test_a_successor_that_is_given_up_changes_nothing() -> None:
    messages = talk(7)
    one = Listener()
    one.handover.begin(one.new)
    one.bring(one.new, *messages[:3])
    one.handover.cancel()
    one.bring(one.old, *messages)
    assert one.told == (await alone(messages)).told


def test_what_waits_is_still_known_for_a_repeat() -> None:
    assert timedelta(seconds=handovers.PATIENCE) < SPAN
