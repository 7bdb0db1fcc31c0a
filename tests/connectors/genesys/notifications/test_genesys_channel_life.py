"""Channels over real sockets: lost, renewed, driven out, refused, and what is heard meanwhile."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.client import connect

from syncline.errors import ConfigError, Forbidden
from syncline.ports import Secret
from syncline.testing import MemoryCache
from syncline_genesys.notifications.calls import ChannelCalls
from syncline_genesys.notifications.channel import Channel
from syncline_genesys.notifications.clients import listening_clients
from syncline_genesys.notifications.plan import Slot
from syncline_genesys.settings import Listener, ListeningClient, Settings
from syncline_simulators.running import Running

if TYPE_CHECKING:
    from .conftest import Ear, Listen

Truth = Callable[[], list[dict[str, Any]]]

USERS = "v2.users.*.conversations"
QUEUES = "v2.routing.queues.*.conversations"
UNTOLD = {"attributes"}
"""Types whose values do not leave by default."""


def do(simulator: Running, what: str, **fields: Any) -> Any:
    return simulator.act({"do": what, **fields})


async def talk(simulator: Running, changes: int, **settings: Any) -> None:
    """Let conversations go on, until so many changes were made and all have ended."""
    wanted = {"conversations_per_second": 40, "pace": 400, "users": 20, "queues": 3, **settings}
    await asyncio.to_thread(do, simulator, "traffic", **wanted, changes=changes)


async def over(simulator: Running) -> None:
    """Wait until the conversations have ended."""

    def wait() -> None:
        while not do(simulator, "traffic")["counts"]["finished"]:
            time.sleep(0.05)

    await asyncio.to_thread(wait)


def told(truth: list[dict[str, Any]]) -> Counter[str]:
    return Counter(line["type"] for line in truth if line["type"] not in UNTOLD)


def heard(ear: Ear) -> Counter[str]:
    return Counter(
        event.type for event in ear.events if event.type not in {"listener.gap", *UNTOLD}
    )


def calls(simulator: Running, method: str, ending: str) -> int:
    return sum(
        call["method"] == method and str(call["path"]).endswith(ending)
        for call in simulator.calls()
    )


async def test_what_happens_is_heard_once_although_several_topics_tell_it(
    simulator: Running, ear: Listen, truth: Truth
) -> None:
    a = ear()
    a.listen()
    await a.opened(1)
    await talk(simulator, 800)
    await over(simulator)
    wanted = told(await asyncio.to_thread(truth))
    await a.until(lambda: sum(heard(a).values()) >= wanted.total())
    assert heard(a) == wanted
    ids = [event.id for event in a.events]
    assert len(ids) == len(set(ids))
    await a.until(lambda: a.told("frames"))
    assert sum(fields["repeats"] for fields in a.told("frames")) > 100


async def test_a_connection_that_breaks_comes_back_to_its_channel(
    simulator: Running, ear: Listen
) -> None:
    a = ear()
    a.listen()
    await a.opened(1)
    await asyncio.to_thread(do, simulator, "close-sockets", how="reset")
    await a.opened(2)
    assert [fields["reason"] for fields in a.told("channel.closed")] == ["broken off"]
    assert calls(simulator, "POST", "/channels") == 1
    assert calls(simulator, "PUT", "/subscriptions") == 1, "subscriptions are kept with the channel"


async def test_a_channel_that_was_driven_out_silently_is_found_and_replaced(
    simulator: Running, ear: Listen
) -> None:
    a = ear()
    a.listen()
    await a.opened(1)
    await asyncio.to_thread(do, simulator, "evict")
    await a.opened(2)
    (lost,) = a.told("channel.closed")
    assert lost["reason"] == "silent"
    assert calls(simulator, "POST", "/channels") == 2


async def test_a_channel_that_is_told_to_have_been_driven_out_is_replaced_at_once(
    simulator: Running, ear: Listen
) -> None:
    a = ear()
    await asyncio.to_thread(do, simulator, "notifications", announce_eviction=True)
    a.listen()
    await a.opened(1)
    await asyncio.to_thread(do, simulator, "evict")
    await a.opened(2)
    (lost,) = a.told("channel.closed")
    assert lost["reason"] == "replaced"


async def test_a_channel_that_is_gone_although_its_socket_beats_is_noticed(
    simulator: Running, ear: Listen
) -> None:
    a = ear()
    await asyncio.to_thread(do, simulator, "notifications", heartbeat=0.1)
    a.listen()
    await a.opened(1)
    gone = [{"kind": "status", "status": 404, "times": 1, "match": {"method": "HEAD"}}]
    await asyncio.to_thread(simulator.faults, gone)
    await a.opened(2)
    assert a.told("channel.closed")[0]["reason"] == "driven out, or expired"


async def test_strangers_with_twenty_channels_on_the_client_cannot_silence_it(
    simulator: Running, ear: Listen
) -> None:
    a, stranger = ear(), ear()
    a.listen()
    await a.opened(1)
    calls_ = _calls(stranger)
    sockets = []
    try:
        for _ in range(20):
            made = await calls_.create()
            sockets.append(await connect(made.uri, compression=None))
        await a.opened(2)
    finally:
        for socket in sockets:
            socket.transport.abort()
            await socket.wait_closed()
    await talk(simulator, 50)
    await a.until(lambda: len(a.events) > 50)


def _channel(ear: Ear) -> Channel:
    """The only channel of a source: nobody but the vendor is told its address."""
    running = ear.source._running
    assert running is not None
    assert running.lines is not None
    channel = running.lines._lines[Slot(0, 0)].channel
    assert channel is not None
    return channel


def _calls(ear: Ear) -> ChannelCalls:
    """The calls of a source's first client: what a stranger would make."""
    return ear.source._means[0].calls


async def test_a_dead_socket_is_noticed_and_replaced(simulator: Running, ear: Listen) -> None:
    a = ear()
    a.listen()
    await a.opened(1)
    await asyncio.to_thread(do, simulator, "notifications", heartbeats=False)
    began = asyncio.get_running_loop().time()
    await a.until(lambda: a.told("channel.closed"))
    waited = asyncio.get_running_loop().time() - began
    assert a.told("channel.closed")[0]["reason"] == "silent"
    assert a.heartbeat < waited < 4 * a.heartbeat + 1
    await asyncio.to_thread(do, simulator, "notifications", heartbeats=True)
    await a.opened(2)


async def test_a_second_connection_to_the_channel_does_not_keep_it(
    simulator: Running, ear: Listen
) -> None:
    a = ear()
    a.listen()
    await a.opened(1)
    channel = _channel(a)
    async with connect(channel.opened.uri, compression=None):
        await a.opened(2)
    assert "another_channel_subscribed" in a.told("channel.closed")[0]["reason"]
    await talk(simulator, 50)
    await a.until(lambda: len(a.events) > 50)


async def test_a_token_that_is_revoked_is_asked_for_again(simulator: Running, ear: Listen) -> None:
    a = ear()
    a.listen()
    await a.opened(1)
    simulator.clear_calls()
    await asyncio.to_thread(do, simulator, "revoke")
    await a.opened(2)
    assert calls(simulator, "POST", "/oauth/token") >= 1
    assert calls(simulator, "POST", "/channels") >= 1


async def test_a_channel_is_renewed_before_it_expires_and_nothing_is_missed(
    simulator: Running, ear: Listen, truth: Truth
) -> None:
    await asyncio.to_thread(do, simulator, "notifications", expires=3)
    a = ear()
    a.listen()
    await a.opened(1)
    await talk(simulator, 1500)
    await over(simulator)
    await a.until(lambda: len(a.told("channel.renewed")) >= 2)
    wanted = told(await asyncio.to_thread(truth))
    await a.until(lambda: sum(heard(a).values()) >= wanted.total())
    assert heard(a) == wanted
    assert a.told("channel.closed") == [], "it expired"


def _more(ear: Ear, what: str, times: int) -> bool:
    return len(ear.told(what)) > times


async def test_a_channel_that_is_ahead_of_the_one_that_it_replaces_tells_nothing_too_early(
    simulator: Running, ear: Listen, truth: Truth
) -> None:
    await asyncio.to_thread(do, simulator, "notifications", closing_notice=60, lag=0.15)
    a = ear()
    a.listen()
    await a.opened(1)
    await talk(simulator, 1500)
    for _ in range(5):
        times = len(a.told("channel.renewed"))
        await asyncio.to_thread(do, simulator, "close-sockets", how="closing")
        await a.until(partial(_more, a, "channel.renewed", times))
        await asyncio.sleep(0.6)
    await over(simulator)
    wanted = told(await asyncio.to_thread(truth))
    ended = "conversation.ended"
    await a.until(lambda: heard(a)[ended] >= wanted[ended])
    assert heard(a) == wanted


async def test_what_a_channel_had_yet_to_tell_when_it_was_replaced_is_read_again(
    simulator: Running, ear: Listen, truth: Truth
) -> None:
    await asyncio.to_thread(do, simulator, "notifications", closing_notice=60, lag=5)
    a = ear()
    a.listen()
    await a.opened(1)
    await talk(simulator, 1000, pace=200)
    await asyncio.to_thread(do, simulator, "close-sockets", how="closing")
    await a.until(lambda: a.told("gap"))
    await over(simulator)
    wanted = told(await asyncio.to_thread(truth))
    await a.until(lambda: heard(a)["conversation.ended"] >= wanted["conversation.ended"])
    ends = [event.key for event in a.events if event.type == "conversation.ended"]
    assert len(ends) == len(set(ends))


async def test_sockets_that_are_about_to_close_are_all_left_for_others_in_time(
    simulator: Running, ear: Listen
) -> None:
    await asyncio.to_thread(do, simulator, "traffic", users=4_500)
    await asyncio.to_thread(do, simulator, "notifications", closing_notice=5)
    a = ear(USERS)
    a.listen()
    await a.opened(5)
    await asyncio.to_thread(do, simulator, "close-sockets", how="closing")
    await a.until(lambda: len(a.told("channel.renewed")) == 5)
    await asyncio.sleep(2)
    assert a.told("channel.closed") == []


async def test_upgrades_that_are_refused_for_a_while_are_tried_again(
    simulator: Running, ear: Listen
) -> None:
    a = ear()
    await asyncio.to_thread(do, simulator, "notifications", refuse_for=1.5)
    a.listen()
    await a.opened(1)
    assert a.told("channel.refused")


async def test_all_sockets_that_end_at_once_come_back_within_a_few_calls_each(
    simulator: Running, ear: Listen
) -> None:
    await asyncio.to_thread(do, simulator, "traffic", users=2_500)
    a = ear(USERS)
    a.listen()
    await a.opened(3)
    simulator.clear_calls()
    await asyncio.to_thread(do, simulator, "close-sockets", how="reset")
    await a.opened(6)
    made = [call for call in simulator.calls() if "/channels" in str(call["path"])]
    assert len(made) <= 2 * 3, made


# -- topics


async def test_users_who_come_and_go_are_followed(simulator: Running, ear: Listen) -> None:
    a = ear(USERS, topics_every=timedelta(seconds=0.3))
    a.listen()
    await a.opened(1)
    before = await _topics(a)
    await asyncio.to_thread(do, simulator, "traffic", users=25)
    await a.until(lambda: a.told("channels")[-1]["topics"] > before)
    assert calls(simulator, "POST", "/subscriptions") == 1, "what is new is added by itself"
    leaver = next(one for one in simulator.items() if one.get("kind") == "user")
    gone = str(leaver["id"]).removeprefix("user/")
    await asyncio.to_thread(simulator.act, {"do": "delete", "kind": "user", "id": gone})
    after = a.told("channels")[-1]["topics"]
    await a.until(lambda: a.told("channels")[-1]["topics"] == after - 1)
    assert len(a.told("channel.opened")) == 1


async def _topics(a: Ear) -> int:
    await a.until(lambda: a.told("channels") and a.told("channels")[-1].get("topics"))
    return int(a.told("channels")[-1]["topics"])


async def test_the_topics_of_the_last_time_are_listened_to_before_users_are_listed(
    simulator: Running, ear: Listen
) -> None:
    cache = MemoryCache()
    first = ear(USERS, cache=cache)
    first.listen()
    await first.opened(1)
    await first.stop()
    simulator.clear_calls()
    second = ear(USERS, cache=cache)
    second.listen()
    await second.opened(1)
    paths = [str(call["path"]) for call in simulator.calls()]
    await second.until(lambda: calls(simulator, "GET", "/users"))
    assert any(path.endswith("/channels") for path in paths)


async def test_topics_that_are_refused_are_told_once_with_what_is_missing(
    simulator: Running, ear: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    a = ear(USERS, QUEUES, clients=[("poor", "poor-secret", 18)])
    a.listen()
    await a.opened(1)
    (refused,) = a.told("topics.rejected")
    assert refused["permissions"]
    assert refused["topics"] > 0
    assert sum("topics are refused" in record.message for record in caplog.records) == 1


# -- what is refused for good


async def test_a_client_that_is_refused_ends_the_listening(simulator: Running, ear: Listen) -> None:
    a = ear(client_secret=Secret("not-the-secret-of-anybody"))
    a.listen()
    with pytest.raises(Forbidden):
        await a.until(lambda: False)


def test_a_listener_that_nobody_configured_is_refused() -> None:
    secret = Secret("s")
    clients = (ListeningClient(client_id="x", client_secret=secret),)
    settings = Settings(
        region="mypurecloud.ie",
        client_id="c",
        client_secret=secret,
        listeners={"a": Listener(clients=clients)},
    )
    assert listening_clients(settings, "a") == clients
    with pytest.raises(ConfigError, match="there is no listener 'b', there are: a"):
        listening_clients(settings, "b")


async def test_too_few_clients_are_refused_with_the_arithmetic(
    simulator: Running, ear: Listen
) -> None:
    await asyncio.to_thread(do, simulator, "traffic", users=1_100)
    (secret,) = simulator.env.values()
    a = ear(USERS, clients=[(simulator.connection["client_id"], secret, 1)])
    a.listen()
    with pytest.raises(ConfigError, match=r"need 2 channels of 1,000, and 1 OAuth client has 1"):
        await a.until(lambda: False)


async def test_the_plan_can_be_shown_without_listening(simulator: Running, ear: Listen) -> None:
    await asyncio.to_thread(do, simulator, "traffic", users=1_200)
    a = ear(USERS)
    lines = await a.source.describe()
    assert lines[0].endswith("topics on 2 channels")
    assert lines[1].startswith("OAuth client 1: 2 of 18 channels")
    assert calls(simulator, "POST", "/channels") == 0


# -- back-pressure, and what is logged


async def test_a_slow_consumer_pushes_back_and_gets_everything_in_the_end(
    simulator: Running, ear: Listen, truth: Truth
) -> None:
    # Whoever gets no processor for a second has not lost its socket, nor is it dropped as too slow.
    await asyncio.to_thread(do, simulator, "notifications", heartbeat=30, buffer=2**28)
    a = ear(heartbeat=timedelta(seconds=30))
    taking = a.source.batches()
    first = asyncio.ensure_future(anext(taking))
    await a.opened(1)
    await talk(simulator, 3_500, conversations_per_second=300)
    await over(simulator)
    a.batches.append(await first)
    assert ("paused", {}) in a.noted
    wanted = told(await asyncio.to_thread(truth))

    async def rest() -> None:
        async for batch in taking:
            a.batches.append(batch)

    task = asyncio.create_task(rest())
    await a.until(lambda: sum(heard(a).values()) >= wanted.total(), 150)
    assert heard(a) == wanted
    task.cancel()
    await asyncio.wait([task])


async def test_channels_and_their_addresses_are_never_logged(
    simulator: Running, ear: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    a = ear()
    a.listen()
    await a.opened(1)
    channel = _channel(a)
    await asyncio.to_thread(do, simulator, "close-sockets")
    await a.opened(2)
    ours = [record for record in caplog.records if record.name.startswith("syncline_genesys")]
    shown = " ".join(str(vars(record)) for record in ours)
    assert ours
    assert channel.opened.id not in shown
    assert channel.opened.id not in repr(channel)
