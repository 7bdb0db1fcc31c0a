"""Conversations by other ways: detail events, and recordings that are replayed."""

from __future__ import annotations

import asyncio
import http.server
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from syncline_simulators.genesys.contract import contract
from syncline_simulators.running import AdminError

CHANNELS = "/api/v2/notifications/channels"
SCRIPTS = ("call", "outbound", "chat", "message", "email", "callback")
MODELS = {
    "acd.start": "AcdStartDetailEventTopicAcdStartEvent",
    "acd.end": "AcdEndDetailEventTopicAcdEndEvent",
    "customer.start": "CustomerStartDetailEventTopicCustomerStartEvent",
    "customer.end": "CustomerEndDetailEventTopicCustomerEndEvent",
    "flow.start": "FlowStartDetailEventTopicFlowStartEvent",
    "flow.end": "FlowEndDetailEventTopicFlowEndEvent",
    "user.start": "UserStartDetailEventTopicUserStartEvent",
    "user.end": "UserEndDetailEventTopicUserEndEvent",
    "acw": "AcwDetailEventTopicAfterCallWorkEvent",
    "wrapup": "WrapupDetailEventTopicWrapupEvent",
    "attributes": "AttributeDetailEventTopicAttributeUpdateEvent",
}


@pytest.fixture
def cloud(opened: Any) -> Any:
    """An organisation with users and queues."""
    return opened(own={"users": 8, "queues": 2})


def live(cloud: Any, *scripts: str) -> list[str]:
    """The ids of conversations that were, from beginning to end."""
    ids = []
    for script in scripts:
        made = cloud.sim.act({"do": "begin", "script": script, "by_hand": True})
        cloud.sim.act({"do": "step", "conversation": made["id"], "changes": "all"})
        ids.append(made["id"])
    return ids


@pytest.fixture
def bridge() -> Iterator[tuple[str, list[Any]]]:
    """An address that takes partner events, and what it took."""
    taken: list[Any] = []

    class Taking(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", taken
    server.shutdown()
    thread.join()
    server.server_close()


def test_partners_are_told_of_details_that_fit_the_vendor_s_models(
    cloud: Any, bridge: tuple[str, list[Any]], shared: Path
) -> None:
    url, taken = bridge
    cloud.sim.act({"do": "subscribe", "url": url})
    ids = live(cloud, *SCRIPTS, "call", "call")
    truth = list(cloud.sim.truth())
    wanted = [one for one in truth if one["type"] == "communication.disconnected"]
    deadline = time.monotonic() + 60
    while len(ends(taken)) < len(wanted) and time.monotonic() < deadline:
        time.sleep(0.05)
    rules = contract(shared / "specs" / "genesys.json")
    names = set()
    for one in taken:
        template = "v2.detail.events.conversation.{id}."
        assert one["detail-type"].startswith(template)
        name = one["detail-type"].removeprefix(template)
        names.add(name)
        body = one["detail"]["eventBody"]
        assert body["conversationId"] in ids
        assert one["detail"]["topicName"] == f"{template}{name}".replace(
            "{id}", body["conversationId"]
        )
        assert rules.differs(MODELS[name], body) == []
    assert names == set(MODELS)
    told = {body["sessionId"]: body["eventTime"] for body in ends(taken)}
    assert set(told) == {one["communication_id"] for one in wanted}
    cloud.get("/api/v2/users")


def ends(taken: list[Any]) -> list[Any]:
    return [one["detail"]["eventBody"] for one in taken if one["detail-type"].endswith(".end")]


async def heard(cloud: Any, topics: list[str], act: Any, quiet: float = 0.5) -> list[Any]:
    """What a channel with these topics hears."""
    made = await asyncio.to_thread(cloud.post, CHANNELS, None)
    path = f"{CHANNELS}/{made['id']}/subscriptions"
    body = [{"id": name} for name in topics]
    await asyncio.to_thread(lambda: cloud.call("PUT", path, json=body))
    async with connect(made["connectUri"]) as socket:
        await asyncio.to_thread(act)
        found: list[Any] = await cloud.heard(socket, quiet)
    return found


async def test_details_of_one_conversation_come_over_a_socket(cloud: Any) -> None:
    begin = {"do": "begin", "script": "chat", "by_hand": True}
    made = await asyncio.to_thread(cloud.sim.act, begin)
    topic = f"v2.detail.events.conversation.{made['id']}.customer.end"
    step = {"do": "step", "conversation": made["id"], "changes": "all"}
    (told,) = await heard(cloud, [topic], lambda: cloud.sim.act(step))
    assert told["topicName"] == topic
    assert told["eventBody"]["disconnectType"] in ("ENDPOINT", "PEER")


def recording(folder: Path) -> tuple[Path, list[str]]:
    """A file with frames of two topics, with and without the time when they came."""
    topics = [f"v2.users.{n:08d}-0000-4000-8000-000000000000.conversations" for n in range(2)]
    lines = []
    for number in range(20):
        frame = {"topicName": topics[number % 2], "version": "2", "eventBody": {"id": str(number)}}
        at = f"2026-03-02T09:15:{number // 10:02d}.{number % 10}00Z"
        lines.append({"at": at, "frame": frame} if number < 18 else frame)
    text = [json.dumps(one, separators=(",", ":")) for one in lines]
    path = folder / "recorded.jsonl"
    path.write_text("\n".join([*text[:5], "no JSON", "", '{"at":1}', *text[5:]]) + "\n")
    return path, topics


async def test_a_recording_is_replayed_to_who_is_subscribed(cloud: Any, tmp_path: Path) -> None:
    path, topics = recording(tmp_path)
    order = {"do": "replay", "path": str(path), "pace": 0}
    found = await heard(cloud, topics[:1], lambda: cloud.sim.act(order))
    assert [one["eventBody"]["id"] for one in found] == [str(n) for n in range(0, 20, 2)]
    counts = cloud.sim.act({"do": "replay"})
    assert counts == {"lines": 20, "sent": 10, "skipped": 2, "running": False}


async def test_a_recording_is_replayed_to_everybody_where_that_is_asked_for(
    cloud: Any, tmp_path: Path
) -> None:
    path, topics = recording(tmp_path)
    order = {"do": "replay", "path": str(path), "pace": 0, "everywhere": True}
    found = await heard(cloud, topics[:1], lambda: cloud.sim.act(order))
    assert len(found) == 20


@pytest.mark.parametrize(("pace", "seconds"), [({"pace": 4}, 0.4), ({"per_second": 40}, 0.45)])
async def test_a_recording_has_its_own_pace_or_a_given_one(
    cloud: Any, tmp_path: Path, pace: Any, seconds: float
) -> None:
    path, topics = recording(tmp_path)
    began = time.monotonic()
    order = {"do": "replay", "path": str(path), **pace}
    found = await heard(cloud, topics, lambda: cloud.sim.act(order), quiet=1.0)
    lasted = time.monotonic() - began - 1.0
    assert len(found) == 20
    assert lasted >= seconds


def test_a_recording_that_is_not_there_is_refused(cloud: Any) -> None:
    cloud.get("/api/v2/users")
    for given in ({"path": "/nowhere"}, {"path": "/nowhere", "speed": 1}):
        with pytest.raises(AdminError):
            cloud.sim.act({"do": "replay", **given})
    with pytest.raises(AdminError, match="nothing"):
        cloud.sim.act({"do": "replay"})
