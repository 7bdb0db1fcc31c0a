"""Channels, their subscriptions, and the sockets on which events arrive."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

ROOT = "/api/v2/notifications"
USER = "3f2b1f0a-6f57-4c0e-9d7e-2b6b8f5b7a11"
TOPIC = f"v2.users.{USER}.conversations"


def channel(cloud: Any, *topics: str) -> Any:
    """A new channel with these topics."""
    made = cloud.post(f"{ROOT}/channels", None)
    if topics:
        cloud.call("PUT", subscriptions(made), json=[{"id": one} for one in topics])
    return made


def subscriptions(made: Any) -> str:
    return f"{ROOT}/channels/{made['id']}/subscriptions"


async def heard(socket: ClientConnection, seconds: float = 60) -> Any:
    return json.loads(await asyncio.wait_for(socket.recv(), seconds))


async def silence(socket: ClientConnection, seconds: float = 0.3) -> None:
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(socket.recv(), seconds)


async def ended(socket: ClientConnection) -> None:
    try:
        while True:
            await heard(socket)
    except ConnectionClosed:
        return


def test_a_channel_is_made_found_and_subscribed(cloud: Any) -> None:
    made = channel(cloud)
    assert made["connectUri"].startswith("ws://127.0.0.1:")
    assert cloud.get(f"{ROOT}/channels")["entities"][0]["id"] == made["id"]
    cloud.call("HEAD", f"{ROOT}/channels/{made['id']}")
    cloud.call("HEAD", f"{ROOT}/channels/streaming-0-nothing", status=404)
    added = cloud.post(subscriptions(made), [{"id": TOPIC}])["entities"]
    assert [(one["id"], one["state"]) for one in added] == [(TOPIC, "Permitted")]
    combined = f"v2.users.{USER}?presence&conversations"
    cloud.post(subscriptions(made), [{"id": combined}])
    assert [one["id"] for one in cloud.get(subscriptions(made))["entities"]] == [TOPIC, combined]
    cloud.call("PUT", subscriptions(made), json=[{"id": TOPIC}])
    assert [one["id"] for one in cloud.get(subscriptions(made))["entities"]] == [TOPIC]
    cloud.call("DELETE", subscriptions(made))
    assert cloud.get(subscriptions(made))["entities"] == []


@pytest.mark.parametrize("name", ["v2.users.conversations", "v3.x", f"{TOPIC}?presence", "", "a b"])
def test_a_name_that_is_no_topic_is_refused(cloud: Any, name: str) -> None:
    made = channel(cloud)
    answer = cloud.call("POST", subscriptions(made), json=[{"id": name}], status=400)
    assert answer.json()["code"] == "notification.invalid.topic"


def test_a_channel_takes_a_thousand_topics_and_combined_ones_count_once(cloud: Any) -> None:
    made = channel(cloud)
    names = [{"id": f"v2.users.{n:036d}?conversations&presence"} for n in range(1001)]
    answer = cloud.call("PUT", subscriptions(made), json=names, status=400)
    assert answer.json()["code"] == "notification.subscription.too.many.subscriptions"
    cloud.call("PUT", subscriptions(made), json=names[:1000])
    cloud.call("POST", subscriptions(made), json=names[1000:], status=400)
    assert len(cloud.get(subscriptions(made))["entities"]) == 1000


def test_topics_without_permission_refuse_all_unless_errors_are_ignored(
    opened: Any, tmp_path: Any
) -> None:
    file = tmp_path / "clients.json"
    one = {"id": "poor", "secret": "poor", "permissions": []}
    file.write_text(json.dumps({"organization": {"clients": [one]}}))
    cloud = opened(load=file)
    cloud.http.headers["Authorization"] = f"Bearer {cloud.token('poor', 'poor')}"
    made = channel(cloud)
    names = [{"id": TOPIC}, {"id": f"v2.users.{USER}.presence"}]
    assert cloud.call("POST", subscriptions(made), json=names, status=403).json()["code"]
    assert cloud.get(subscriptions(made))["entities"] == []
    found = cloud.post(f"{subscriptions(made)}?ignoreErrors=true", names)["entities"]
    assert [one["state"] for one in found] == ["Rejected", "Permitted"]
    assert found[0]["missingPermissions"] == ["conversation:communication:view"]


def test_the_topics_that_there_are_can_be_listed(cloud: Any) -> None:
    found = cloud.get(f"{ROOT}/availabletopics?expand=transports,requiresPermissions")["entities"]
    known = {one["id"]: one for one in found}
    assert known["v2.users.{id}.conversations"]["transports"] == ["Websocket"]
    assert "EventBridge" in known["v2.detail.events.conversation.{id}.acd.end"]["transports"]


async def test_the_twenty_first_channel_evicts_the_least_recent_that_has_no_socket(
    cloud: Any,
) -> None:
    made = [channel(cloud) for _ in range(20)]
    async with connect(made[0]["connectUri"]):
        channel(cloud)
        cloud.call("HEAD", f"{ROOT}/channels/{made[0]['id']}")
        cloud.call("HEAD", f"{ROOT}/channels/{made[1]['id']}", status=404)
        assert len(cloud.get(f"{ROOT}/channels")["entities"]) == 20


async def test_an_evicted_socket_stays_open_and_says_nothing(cloud: Any) -> None:
    made = channel(cloud)
    async with connect(made["connectUri"], close_timeout=0.1) as socket:
        cloud.sim.act({"do": "evict"})
        await socket.send('{"message":"ping"}')
        await silence(socket)
    cloud.call("HEAD", f"{ROOT}/channels/{made['id']}", status=404)


async def test_a_frozen_socket_is_silent_and_its_channel_lives_on(cloud: Any) -> None:
    made = channel(cloud, TOPIC)
    async with connect(made["connectUri"], close_timeout=0.1) as socket:
        assert cloud.sim.act({"do": "freeze-sockets"}) == {"frozen": 1}
        await socket.send('{"message":"ping"}')
        await silence(socket)
        cloud.call("HEAD", f"{ROOT}/channels/{made['id']}")
        async with connect(made["connectUri"]) as second:
            await second.send('{"message":"ping"}')
            assert (await heard(second))["eventBody"] == {"message": "pong"}


async def test_an_eviction_can_be_announced(cloud: Any) -> None:
    cloud.sim.act({"do": "notifications", "announce_eviction": True})
    made = channel(cloud)
    async with connect(made["connectUri"], close_timeout=0.1) as socket:
        cloud.sim.act({"do": "evict", "channel": made["id"]})
        told = await heard(socket)
        assert told["topicName"] == f"v2.system.no_longer_subscribed.{made['id']}"


async def test_a_ping_is_answered_and_heartbeats_come(cloud: Any) -> None:
    cloud.sim.act({"do": "notifications", "heartbeat": "200ms"})
    made = channel(cloud)
    async with connect(made["connectUri"]) as socket:
        await socket.send('{"message":"ping"}')
        assert (await heard(socket))["eventBody"] == {"message": "pong"}
        for _ in range(2):
            assert (await heard(socket))["eventBody"] == {"message": "WebSocket Heartbeat"}
        cloud.sim.act({"do": "notifications", "heartbeats": False})
        await silence(socket, 0.5)


async def test_a_socket_can_subscribe(cloud: Any) -> None:
    made = channel(cloud)
    async with connect(made["connectUri"]) as socket:
        ask = {"message": "subscribe", "topics": [TOPIC], "correlationId": "7"}
        await socket.send(json.dumps(ask))
        told = await heard(socket)
        assert (told["result"], told["correlationId"]) == ("200", "7")
        await socket.send(json.dumps({**ask, "topics": ["nonsense"]}))
        assert (await heard(socket))["result"] == "400"
        for text in ("no JSON", "[]", '{"message":"dance"}'):
            await socket.send(text)
            assert (await heard(socket))["status"] == "error"
    assert [one["id"] for one in cloud.get(subscriptions(made))["entities"]] == [TOPIC]


async def test_audits_observations_and_statuses_are_heard_by_who_is_subscribed(cloud: Any) -> None:
    def do(what: str, kind: str, **fields: Any) -> str:
        made: str = cloud.sim.act({"do": what, "kind": kind, **fields})["id"]
        return made.removeprefix(f"{kind}/")

    queue, user = do("create", "queue", name="Support"), do("create", "user", name="Robin")
    topics = (
        f"v2.audits.entitytype.Queue.entityid.{queue}",
        f"v2.analytics.queues.{queue}.observations",
        f"v2.users.{user}.routingStatus",
    )
    made = channel(cloud, *topics)
    async with connect(made["connectUri"], proxy=None) as socket:
        do("edit", "queue", name="Support", set={"description": "theirs"})
        voice = {"mediaType": "voice", "set": {"oWaiting": 3}}
        do("edit", "queue-observation", name="Support", **voice)
        do("edit", "user", name="Robin", set={"routingStatus": "IDLE"})
        told: dict[str, Any] = {}
        while not told.keys() >= {*topics}:
            frame = await heard(socket)
            told[frame["topicName"]] = frame.get("eventBody")
    assert told[topics[0]]["entity"]["id"] == queue
    [seen] = told[topics[1]]["data"]
    assert seen["metrics"] == [{"metric": "oWaiting", "stats": {"count": 3}}]
    assert told[topics[2]]["routingStatus"]["status"] == "IDLE"


async def test_a_second_connection_kicks_the_first_out(cloud: Any) -> None:
    made = channel(cloud)
    async with connect(made["connectUri"]) as first, connect(made["connectUri"]) as second:
        told = await heard(first)
        assert told["eventBody"]["reason"] == "another_channel_subscribed"
        with pytest.raises(ConnectionClosed):
            await first.recv()
        await second.send('{"message":"ping"}')
        assert (await heard(second))["eventBody"] == {"message": "pong"}


async def test_an_upgrade_needs_a_channel_that_lives(cloud: Any) -> None:
    made = channel(cloud)
    with pytest.raises(InvalidStatus, match="404"):
        await connect(made["connectUri"] + "x")
    cloud.sim.act({"do": "notifications", "refuse": 403})
    with pytest.raises(InvalidStatus, match="403"):
        await connect(made["connectUri"])
    cloud.sim.act({"do": "notifications", "refuse": 0, "refuse_for": "10m"})
    with pytest.raises(InvalidStatus, match="503"):
        await connect(made["connectUri"])
    cloud.sim.clock(advance="10m")
    async with connect(made["connectUri"]):
        pass


async def test_a_channel_ends_a_day_after_its_last_subscription(cloud: Any) -> None:
    made = channel(cloud, TOPIC)
    async with connect(made["connectUri"]) as socket:
        cloud.sim.clock(advance="23h")
        cloud.http.headers["Authorization"] = "Bearer " + cloud.token(*secret(cloud))
        cloud.call("PUT", subscriptions(made), json=[{"id": TOPIC}])
        cloud.sim.clock(advance="2h")
        cloud.call("HEAD", f"{ROOT}/channels/{made['id']}")
        cloud.sim.clock(advance="22h")
        await ended(socket)
    cloud.http.headers["Authorization"] = "Bearer " + cloud.token(*secret(cloud))
    cloud.call("HEAD", f"{ROOT}/channels/{made['id']}", status=404)


def secret(cloud: Any) -> tuple[str, str]:
    return cloud.sim.connection["client_id"], cloud.sim.env["GENESYS_CLIENT_SECRET"]


async def test_a_revoked_token_ends_its_channels(cloud: Any) -> None:
    made = channel(cloud)
    async with connect(made["connectUri"]) as socket:
        assert cloud.sim.act({"do": "revoke"}) == {"revoked": 1}
        told = await heard(socket)
        assert told["eventBody"]["reason"] == "user_tokens_revoked"
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    cloud.call("GET", f"{ROOT}/channels", status=401)


async def test_the_end_of_its_own_token_ends_a_channel(cloud: Any) -> None:
    made = channel(cloud)
    async with connect(made["connectUri"]) as socket:
        cloud.call("DELETE", "/api/v2/tokens/me")
        told = await heard(socket)
        assert told["topicName"] == f"v2.system.token_revoked.{made['id']}"


@pytest.mark.parametrize("how", ["reset", "close", "closing"])
async def test_all_sockets_can_be_closed(cloud: Any, how: str) -> None:
    cloud.sim.act({"do": "notifications", "closing_notice": "100ms"})
    made = channel(cloud, TOPIC)
    async with connect(made["connectUri"]) as socket:
        assert cloud.sim.act({"do": "close-sockets", "how": how}) == {"closed": 1}
        if how == "closing":
            assert (await heard(socket))["topicName"] == "v2.system.socket_closing"
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    # The channel and its subscriptions are still there.
    async with connect(made["connectUri"]):
        assert len(cloud.get(subscriptions(made))["entities"]) == 1


async def test_sockets_can_be_closed_every_so_often(cloud: Any) -> None:
    cloud.sim.act({"do": "notifications", "close_every": "200ms"})
    made = channel(cloud)
    for _ in range(2):
        async with connect(made["connectUri"]) as socket:
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(socket.recv(), 60)


def test_settings_that_make_no_sense_are_refused(cloud: Any) -> None:
    for given in ({"drop": 2}, {"nothing": 1}, {"heartbeat": "soon"}, {"close_how": "gently"}):
        with pytest.raises(Exception, match=next(iter(given))):
            cloud.sim.act({"do": "notifications", **given})
    cloud.get(f"{ROOT}/channels")


def test_channels_of_others_are_not_shown(opened: Any, tmp_path: Any) -> None:
    file = tmp_path / "clients.json"
    file.write_text(json.dumps({"organization": {"clients": [{"id": "b", "secret": "b"}]}}))
    cloud = opened(load=file)
    made = channel(cloud)
    cloud.http.headers["Authorization"] = f"Bearer {cloud.token(*secret(cloud))}"
    assert cloud.get(f"{ROOT}/channels")["entities"] == []
    shown = cloud.get(f"{ROOT}/channels?includechannels=oauthclient")["entities"]
    assert [set(one) for one in shown] == [{"expires"}]
    cloud.http.headers["Authorization"] = f"Bearer {cloud.token('b', 'b')}"
    cloud.call("GET", subscriptions(made), status=404)


@pytest.mark.parametrize(
    "sent",
    [b"garbage\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"A" * 100_000],
    ids=["garbage", "no-upgrade", "endless"],
)
async def test_what_is_no_upgrade_is_closed(cloud: Any, sent: bytes) -> None:
    made = channel(cloud)
    host, port = made["connectUri"].removeprefix("ws://").split("/")[0].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)
    answer = await asyncio.wait_for(reader.read(), 60)
    assert b"101" not in answer[:16]
    writer.close()
    cloud.call("HEAD", f"{ROOT}/channels/{made['id']}")


async def test_a_frame_that_breaks_the_protocol_ends_its_socket_only(cloud: Any) -> None:
    broken, sound = channel(cloud), channel(cloud)
    async with connect(sound["connectUri"]) as well, connect(broken["connectUri"]) as ill:
        ill.transport.write(b"\xff\xff\xff\xff")
        await ended(ill)
        await well.send('{"message":"ping"}')
        assert (await heard(well))["eventBody"] == {"message": "pong"}
