"""Channels that are replaced in time: nothing is missed, nothing is told too early."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Ear, Listen, Organization

USERS = "v2.users.*.conversations"


async def test_a_channel_is_renewed_before_it_expires_and_nothing_is_missed(
    org: Organization, ear: Listen
) -> None:
    await org.act("notifications", expires=3)
    a = ear()
    a.listen()
    await a.opened(1)
    await org.talk(1500)
    await org.over()
    await a.until(lambda: len(a.told("channel.renewed")) >= 2)
    wanted = await org.types()
    await a.until(lambda: sum(a.types().values()) >= wanted.total())
    assert a.types() == wanted
    assert a.told("channel.closed") == [], "it expired"


def _more(ear: Ear, what: str, times: int) -> bool:
    return len(ear.told(what)) > times


async def test_a_channel_that_is_ahead_of_the_one_that_it_replaces_tells_nothing_too_early(
    org: Organization, ear: Listen
) -> None:
    await org.act("notifications", closing_notice=60, lag=0.15)
    a = ear()
    a.listen()
    await a.opened(1)
    await org.talk(1500)
    for _ in range(5):
        times = len(a.told("channel.renewed"))
        await org.act("close-sockets", how="closing")
        await a.until(partial(_more, a, "channel.renewed", times))
        await asyncio.sleep(0.6)
    await org.over()
    wanted = await org.types()
    ended = "conversation.ended"
    await a.until(lambda: a.types()[ended] >= wanted[ended])
    assert a.types() == wanted


async def test_what_a_channel_had_yet_to_tell_when_it_was_replaced_is_read_again(
    org: Organization, ear: Listen
) -> None:
    await org.act("notifications", closing_notice=60, lag=5)
    a = ear()
    a.listen()
    await a.opened(1)
    await org.talk(1000, pace=200)
    await org.act("close-sockets", how="closing")
    await a.until(lambda: a.told("gap"))
    await org.over()
    wanted = await org.types()
    await a.until(lambda: a.types()["conversation.ended"] >= wanted["conversation.ended"])
    ends = [event.key for event in a.events if event.type == "conversation.ended"]
    assert len(ends) == len(set(ends))


async def test_sockets_that_are_about_to_close_are_all_left_for_others_in_time(
    org: Organization, ear: Listen
) -> None:
    await org.act("traffic", users=4_500)
    await org.act("notifications", closing_notice=20)
    a = ear(USERS)
    a.listen()
    await a.opened(5)
    await org.act("close-sockets", how="closing")
    await a.until(lambda: len(a.told("channel.renewed")) == 5)
    await asyncio.sleep(2)
    assert a.told("channel.closed") == []
