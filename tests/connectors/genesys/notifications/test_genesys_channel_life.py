"""Channels over real sockets: lost, renewed, driven out, refused, and what is heard meanwhile."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.client import connect

from syncline_genesys.notifications.calls import ChannelCalls
from syncline_genesys.notifications.channel import Channel
from syncline_genesys.notifications.plan import Slot

if TYPE_CHECKING:
    from .conftest import Ear, Listen, Organization

USERS = "v2.users.*.conversations"


async def test_what_happens_is_heard_once_although_several_topics_tell_it(
    org: Organization, ear: Listen
) -> None:
    a = ear()
    a.listen()
    await a.opened(1)
    await org.talk(800)
    await org.over()
    wanted = await org.types()
    await a.until(lambda: sum(a.types().values()) >= wanted.total())
    assert a.types() == wanted
    ids = [event.id for event in a.events]
    assert len(ids) == len(set(ids))
    await a.until(lambda: a.told("frames"))
    assert sum(fields["repeats"] for fields in a.told("frames")) > 100


async def test_a_connection_that_breaks_comes_back_to_its_channel(
    org: Organization, ear: Listen
) -> None:
    a = ear()
    a.listen()
    await a.opened(1)
    await org.act("close-sockets", how="reset")
    await a.opened(2)
    assert [fields["reason"] for fields in a.told("channel.closed")] == ["broken off"]
    assert org.calls("POST", "/channels") == 1
    assert org.calls("PUT", "/subscriptions") == 1, "subscriptions are kept with the channel"


async def test_a_channel_that_was_driven_out_silently_is_found_and_replaced(
    org: Organization, ear: Listen
) -> None:
    a = ear()
    a.listen()
    await a.opened(1)
    await org.act("evict")
    await a.opened(2)
    (lost,) = a.told("channel.closed")
    assert lost["reason"] == "silent"
    assert org.calls("POST", "/channels") == 2


async def test_a_channel_that_is_told_to_have_been_driven_out_is_replaced_at_once(
    org: Organization, ear: Listen
) -> None:
    a = ear()
    await org.act("notifications", announce_eviction=True)
    a.listen()
    await a.opened(1)
    await org.act("evict")
    await a.opened(2)
    (lost,) = a.told("channel.closed")
    assert lost["reason"] == "replaced"


async def test_a_channel_that_is_gone_although_its_socket_beats_is_noticed(
    org: Organization, ear: Listen
) -> None:
    a = ear()
    await org.act("notifications", heartbeat=0.1)
    a.listen()
    await a.opened(1)
    gone = [{"kind": "status", "status": 404, "times": 1, "match": {"method": "HEAD"}}]
    await asyncio.to_thread(org.simulator.faults, gone)
    await a.opened(2)
    assert a.told("channel.closed")[0]["reason"] == "driven out, or expired"


async def test_strangers_with_twenty_channels_on_the_client_cannot_silence_it(
    org: Organization, ear: Listen
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
    await org.talk(50)
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


async def test_a_dead_socket_is_noticed_and_replaced(org: Organization, ear: Listen) -> None:
    a = ear()
    a.listen()
    await a.opened(1)
    await org.act("notifications", heartbeats=False)
    await a.until(lambda: a.told("channel.closed"))
    assert a.told("channel.closed")[0]["reason"] == "silent"
    await org.act("notifications", heartbeats=True)
    await a.opened(2)


async def test_a_second_connection_to_the_channel_does_not_keep_it(
    org: Organization, ear: Listen
) -> None:
    a = ear()
    a.listen()
    await a.opened(1)
    channel = _channel(a)
    async with connect(channel.opened.uri, compression=None):
        await a.opened(2)
    assert "another_channel_subscribed" in a.told("channel.closed")[0]["reason"]
    await org.talk(50)
    await a.until(lambda: len(a.events) > 50)


async def test_a_token_that_is_revoked_is_asked_for_again(org: Organization, ear: Listen) -> None:
    a = ear()
    a.listen()
    await a.opened(1)
    org.simulator.clear_calls()
    await org.act("revoke")
    await a.opened(2)
    assert org.calls("POST", "/oauth/token") >= 1
    assert org.calls("POST", "/channels") >= 1


async def test_upgrades_that_are_refused_for_a_while_are_tried_again(
    org: Organization, ear: Listen
) -> None:
    a = ear()
    await org.act("notifications", refuse_for=1.5)
    a.listen()
    await a.opened(1)
    assert a.told("channel.refused")


async def test_all_sockets_that_end_at_once_come_back_within_a_few_calls_each(
    org: Organization, ear: Listen
) -> None:
    await org.act("traffic", users=2_500)
    a = ear(USERS)
    a.listen()
    await a.opened(3)
    org.simulator.clear_calls()
    await org.act("close-sockets", how="reset")
    await a.opened(6)
    made = [call for call in org.simulator.calls() if "/channels" in str(call["path"])]
    assert len(made) <= 2 * 3, made


# -- back-pressure, and what is logged


async def test_a_slow_consumer_pushes_back_and_gets_everything_in_the_end(
    org: Organization, ear: Listen
) -> None:
    # Whoever gets no processor for a second has not lost its socket, nor is it dropped as too slow.
    await org.act("notifications", heartbeat=30, buffer=2**28)
    a = ear(heartbeat=timedelta(seconds=30))
    taking = a.source.batches()
    first = asyncio.ensure_future(anext(taking))
    await a.opened(1)
    await org.talk(3_500, conversations_per_second=300)
    await org.over()
    a.batches.append(await first)
    assert ("paused", {}) in a.noted
    wanted = await org.types()

    async def rest() -> None:
        async for batch in taking:
            a.batches.append(batch)

    task = asyncio.create_task(rest())
    await a.until(lambda: sum(a.types().values()) >= wanted.total(), 150)
    assert a.types() == wanted
    task.cancel()
    await asyncio.wait([task])


async def test_channels_and_their_addresses_are_never_logged(
    org: Organization, ear: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    a = ear()
    a.listen()
    await a.opened(1)
    channel = _channel(a)
    await org.act("close-sockets")
    await a.opened(2)
    ours = [record for record in caplog.records if record.name.startswith("syncline_genesys")]
    shown = " ".join(str(vars(record)) for record in ours)
    assert ours
    assert channel.opened.id not in shown
    assert channel.opened.id not in repr(channel)
