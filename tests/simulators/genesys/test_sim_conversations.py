"""Conversations: what is sent of them, and the truth about them."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from websockets.asyncio.client import connect

from syncline_simulators.genesys.contract import contract
from syncline_simulators.running import AdminError

CHANNELS = "/api/v2/notifications/channels"
SCRIPTS = ("call", "outbound", "chat", "message", "email", "callback")
OWN = {"users": 8, "queues": 2}


@attrs.define
class Listener:
    """Everything that a channel with all topics heard."""

    cloud: Any
    frames: list[Any] = attrs.field(factory=list)

    def channel(self, suffix: str = "") -> str:
        """The address of a channel with all topics of users and queues."""
        cloud = self.cloud
        users = cloud.get("/api/v2/users?pageSize=500")["entities"]
        queues = cloud.get("/api/v2/routing/queues?pageSize=500")["entities"]
        names = [f"v2.users.{one['id']}.conversations{suffix}" for one in users]
        names += [f"v2.routing.queues.{one['id']}.conversations{suffix}" for one in queues]
        made = cloud.post(CHANNELS, None)
        topics = [{"id": name} for name in names]
        cloud.call("PUT", f"{CHANNELS}/{made['id']}/subscriptions", json=topics)
        return str(made["connectUri"])

    def hear(self, *acts: Any, quiet: float = 0.4, suffix: str = "") -> list[Any]:
        """Do this, and listen until nothing comes any more; the events."""
        uri = self.channel(suffix)

        async def listen() -> None:
            async with connect(uri, compression=None, max_size=None) as socket:
                for act in acts:
                    act() if callable(act) else self.cloud.sim.act(act)
                self.frames += await self.cloud.heard(socket, quiet)

        asyncio.run(listen())
        return self.frames


def lives(cloud: Any, *scripts: str) -> Callable[[], None]:
    """Conversations of these scripts, from beginning to end."""

    def live() -> None:
        for script in scripts:
            made = cloud.sim.act({"do": "begin", "script": script, "by_hand": True})
            cloud.sim.act({"do": "step", "conversation": made["id"], "changes": "all"})

    return live


@pytest.fixture
def cloud(opened: Any) -> Any:
    """An organisation with users and queues."""
    return opened(own=OWN)


@pytest.mark.parametrize("script", SCRIPTS)
def test_snapshots_fit_the_vendor_s_models(cloud: Any, shared: Path, script: str) -> None:
    rules = contract(shared / "specs" / "genesys.json")
    frames = Listener(cloud).hear(lives(cloud, *[script] * 12))
    assert frames
    for one in frames:
        queue = one["topicName"].startswith("v2.routing")
        model = "QueueConversationEventTopic" if queue else "ConversationEventTopic"
        assert rules.differs(f"{model}Conversation", one["eventBody"]) == []
        assert one["version"] == "2"
        assert set(one["metadata"]) == {"CorrelationId"}


@pytest.mark.parametrize(
    ("script", "member", "model"),
    [
        ("call", "calls", "ConversationCallEventTopicCallConversation"),
        ("callback", "calls", "ConversationCallEventTopicCallConversation"),
        ("message", "messages", "QueueConversationMessageEventTopicMessageConversation"),
    ],
)
def test_topics_of_one_medium_have_their_own_shape(
    cloud: Any, shared: Path, script: str, member: str, model: str
) -> None:
    rules = contract(shared / "specs" / "genesys.json")
    frames = Listener(cloud).hear(lives(cloud, *[script] * 6, "chat"), suffix=f".{member}")
    assert frames
    for one in frames:
        assert one["topicName"].endswith(f".conversations.{member}")
        assert rules.differs(model, one["eventBody"]) == []
        for person in one["eventBody"]["participants"]:
            assert "state" in person
            assert member not in person or member == "messages"


def test_one_change_comes_on_every_topic_of_its_conversation(cloud: Any) -> None:
    frames = Listener(cloud).hear(lives(cloud, *["call"] * 10))
    by_publishing: dict[str, list[Any]] = {}
    for one in frames:
        by_publishing.setdefault(one["metadata"]["CorrelationId"], []).append(one)
    assert max(map(len, by_publishing.values())) >= 2
    for same in by_publishing.values():
        assert len({json.dumps(one["eventBody"]) for one in same}) == 1
        topics = {one["topicName"] for one in same}
        assert len(topics) == len(same)
        people = same[0]["eventBody"]["participants"]
        agents = {one["userId"] for one in people if "userId" in one}
        assert {f"v2.users.{agent}.conversations" for agent in agents} <= topics


def test_the_truth_tells_of_every_fact_with_the_snapshot_s_own_times(cloud: Any) -> None:
    frames = Listener(cloud).hear(lives(cloud, *SCRIPTS, *SCRIPTS, *SCRIPTS))
    last = {one["eventBody"]["id"]: one["eventBody"] for one in frames}
    truth = list(cloud.sim.truth())
    assert [one["seq"] for one in truth] == list(range(1, len(truth) + 1))
    told = {
        (one["type"], one.get("communication_id") or one.get("participant_id")): one["occurred_at"]
        for one in truth
        if one["conversation_id"] in last
    }
    for body in last.values():
        for person in body["participants"]:
            assert told["participant.joined", person["id"]] == person["connectedTime"]
            assert told["participant.left", person["id"]] == person["endTime"]
            for name in ("calls", "callbacks", "chats", "emails", "messages"):
                for one in person.get(name, ()):
                    ended = told["communication.disconnected", one["id"]]
                    assert ended == one["disconnectedTime"]
                    began = told.get(("communication.connected", one["id"]))
                    assert began == one.get("connectedTime")
    ends = Counter(one["conversation_id"] for one in truth if one["type"] == "conversation.ended")
    assert set(ends) >= set(last)
    assert set(ends.values()) == {1}


def test_facts_of_a_conversation_are_in_order(cloud: Any) -> None:
    lives(cloud, *SCRIPTS * 5)()
    times: dict[str, list[str]] = {}
    for one in cloud.sim.truth():
        times.setdefault(one["conversation_id"], []).append(one["occurred_at"])
    assert len(times) == 5 * len(SCRIPTS)
    for found in times.values():
        assert found == sorted(found)


def test_the_same_seed_makes_the_same_conversations(opened: Any) -> None:
    seen = []
    for _ in range(2):
        cloud = opened(own=OWN, seed=7)
        lives(cloud, *SCRIPTS)()
        cloud.get("/api/v2/users")
        kept = [{k: v for k, v in one.items() if k != "occurred_at"} for one in cloud.sim.truth()]
        seen.append(kept)
    assert seen[0] == seen[1]


def test_conversations_begin_at_a_rate_and_end_after_so_many_changes(cloud: Any) -> None:
    order = {"do": "traffic", "conversations_per_second": 40, "pace": 400, "changes": 150}
    frames = Listener(cloud).hear(order, quiet=1.0)
    counts = cloud.sim.act({"do": "traffic"})["counts"]
    assert counts["finished"]
    assert counts["open"] == 0
    assert counts["made"] >= 150
    assert len(frames) > 100


def test_what_the_vendor_drops_is_in_the_truth_as_dropped(cloud: Any) -> None:
    drop = {"do": "notifications", "drop_types": ["communication.held"]}
    frames = Listener(cloud).hear(drop, lives(cloud, *["call"] * 20))
    truth = list(cloud.sim.truth())
    dropped = {one["change"] for one in truth if one.get("dropped")}
    assert dropped == {one["change"] for one in truth if one["type"] == "communication.held"}
    assert dropped
    publishings = {one["metadata"]["CorrelationId"] for one in frames}
    heard = {one["change"] for one in truth if one["frames"]}
    assert not heard & dropped
    # A change without a fact (somebody is muted) has no line in the truth.
    assert len(publishings) >= len(heard)


def test_frames_may_be_lost_repeated_and_overtaken(cloud: Any) -> None:
    faults = {"drop_frames": 0.1, "duplicate": 0.2, "reorder": "50ms", "overtake": 0.2}
    order = {"do": "notifications", **faults}
    frames = Listener(cloud).hear(order, lives(cloud, *["call"] * 15))
    copies = Counter((one["metadata"]["CorrelationId"], one["topicName"]) for one in frames)
    assert set(copies.values()) == {1, 2}
    assert cloud.sim.act({"do": "notifications"})["lost_frames"] > 0
    sizes: dict[str, list[int]] = {}
    for one in frames:
        sizes.setdefault(one["topicName"] + one["eventBody"]["id"], []).append(
            len(one["eventBody"]["participants"])
        )
    assert any(found != sorted(found) for found in sizes.values())


def test_a_zombie_s_end_is_never_published_until_it_is_asked_for(cloud: Any) -> None:
    made = cloud.sim.act({"do": "begin", "script": "chat", "by_hand": True})
    listener = Listener(cloud)
    every = {"do": "step", "conversation": made["id"], "changes": "all"}
    frames = listener.hear({"do": "drop-end", "conversation": made["id"]}, every)
    assert frames
    assert any("endTime" not in one for one in frames[-1]["eventBody"]["participants"])
    late = listener.hear({"do": "tell", "conversation": made["id"]})
    assert all("endTime" in one for one in late[-1]["eventBody"]["participants"])
    truth = [one for one in cloud.sim.truth() if one["type"] == "conversation.ended"]
    assert [one["dropped"] for one in truth] == [True]


@pytest.mark.parametrize("kept", [False, True])
def test_the_time_of_a_hold_may_stay_after_it(cloud: Any, kept: bool) -> None:
    order = {"do": "traffic", "hold_times": kept}
    frames = Listener(cloud).hear(order, lives(cloud, *["call"] * 15))
    people = [one for frame in frames for one in frame["eventBody"]["participants"]]
    calls = [call for one in people for call in one.get("calls", ())]
    assert any(call["held"] and "startHoldTime" in call for call in calls)
    after = [call for call in calls if not call["held"] and "startHoldTime" in call]
    assert bool(after) == kept


def test_now_and_then_something_comes_that_no_model_has(cloud: Any) -> None:
    order = {"do": "traffic", "unknown": 1}
    frames = Listener(cloud).hear(order, lives(cloud, *["outbound"] * 12))
    text = json.dumps(frames)
    assert '"rerouting"' in text
    assert "aNewProperty" in text


def test_orders_that_make_no_sense_are_refused(opened: Any) -> None:
    cloud = opened()
    cloud.get("/api/v2/users")
    with pytest.raises(AdminError, match="users"):
        cloud.sim.act({"do": "traffic", "conversations_per_second": 1})
    for bad in ({"mix": {"dance": 1}}, {"pace": 0}, {"conversations_per_second": -1}, {"x": 1}):
        with pytest.raises(AdminError, match=next(iter(bad))):
            cloud.sim.act({"do": "traffic", **bad})
    with pytest.raises(AdminError, match="script"):
        cloud.sim.act({"do": "begin", "script": "dance"})
    with pytest.raises(AdminError, match="no open conversation"):
        cloud.sim.act({"do": "step", "conversation": "x"})


async def test_a_reader_that_does_not_read_is_dropped(opened: Any) -> None:
    cloud = opened(own=OWN)
    uri = await asyncio.to_thread(Listener(cloud).channel)
    cloud.sim.act({"do": "notifications", "buffer": 200_000})
    async with connect(uri, compression=None, max_queue=1, close_timeout=0.1):
        order = {"do": "traffic", "conversations_per_second": 400, "pace": 1000}
        await asyncio.to_thread(cloud.sim.act, order)
        for _ in range(600):
            found = await asyncio.to_thread(cloud.sim.act, {"do": "notifications"})
            if found["dropped_readers"]:
                break
            await asyncio.sleep(0.1)
        assert found["dropped_readers"] == 1
    cloud.sim.act({"do": "traffic", "conversations_per_second": 0})


def test_flat_out_readers_get_every_frame(cloud: Any) -> None:
    order = {"do": "traffic", "flat_out": True, "concurrent": 50, "changes": 1500}
    frames = Listener(cloud).hear(order, quiet=2.0)
    counts = cloud.sim.act({"do": "traffic"})["counts"]
    assert counts["finished"]
    assert len(frames) == counts["frames"]
    told = {one["change"] for one in cloud.sim.truth() if one["frames"]}
    assert len({one["metadata"]["CorrelationId"] for one in frames}) >= len(told)


def test_queues_and_users_that_come_later_take_part(cloud: Any) -> None:
    made = cloud.sim.act({"do": "create", "kind": "queue", "name": "New"})["body"]["id"]
    robin = cloud.sim.act({"do": "create", "kind": "user", "name": "Robin"})["body"]["id"]
    cloud.sim.act({"do": "edit", "kind": "queue", "id": made, "set": {"members": {"Robin": True}}})
    text = json.dumps(Listener(cloud).hear(lives(cloud, *["chat"] * 12)))
    assert f"v2.routing.queues.{made}.conversations" in text
    assert f"v2.users.{robin}.conversations" in text


def test_whoever_hurried_goes_on_at_its_pace(cloud: Any) -> None:
    traffic = {"do": "traffic", "mix": {"chat": 1}, "pace": 300}
    cloud.get("/api/v2/users")
    cloud.sim.act({**traffic, "flat_out": True, "concurrent": 20})
    made = 0
    while made < 3000:
        made = cloud.sim.act({"do": "traffic"})["counts"]["made"]
    before = cloud.sim.act({**traffic, "flat_out": False, "changes": 1})["counts"]
    assert before["open"] > 10
    for _ in range(600):
        counts = cloud.sim.act({"do": "traffic"})["counts"]
        if counts["finished"]:
            break
        time.sleep(0.1)
    assert counts["open"] == 0
