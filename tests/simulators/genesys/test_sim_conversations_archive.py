"""Conversations that REST knows: found in order, purged when they are many, and never piling up."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from syncline_simulators.genesys.conversations.archive import Archive
from syncline_simulators.genesys.conversations.conversation import Conversation
from syncline_simulators.genesys.conversations.querying import query
from syncline_simulators.genesys.conversations.traffic import BEHIND
from syncline_simulators.running import running

DAY = 1_772_409_600_000
"""Midnight of 2026-03-02 UTC, in milliseconds."""
MINUTE = 60_000
EVER = 2**53
PREDICATE = {"dimension": "conversationEnd", "operator": "exists"}
OVER = {"conversationFilters": [{"type": "and", "predicates": [PREDICATE]}]}
BY_END = {"orderBy": "conversationEnd"}


def one(number: int, now: int) -> Conversation:
    return Conversation(
        id=f"c{number:06}", number=number, medium="voice", direction="inbound", now=now, started=now
    )


def filled(seed: int, archive: Archive) -> dict[str, Conversation]:
    """Return conversations of three days, some of which have ended, and some of them wholly."""
    chance, made = random.Random(seed), {}
    for number in range(120):
        conversation = one(number, DAY + chance.randrange(3 * 24 * 60) * MINUTE)
        made[conversation.id] = conversation
        archive.begun(conversation)
        if chance.random() < 0.7:
            conversation.ended = conversation.now + chance.randrange(30) * MINUTE
            archive.changed(conversation)
            if chance.random() < 0.7:
                archive.ended(conversation)
    return made


def pages(archive: Archive, body: dict[str, Any], until: int) -> Iterator[str]:
    for number in range(1, 99):
        found, total = query(
            archive, {**body, "paging": {"pageSize": 7, "pageNumber": number}}, until
        )
        yield from (conversation["conversationId"] for conversation in found)
        if number * 7 >= total:
            return


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("over", [{}, OVER])
@pytest.mark.parametrize("by", [{}, BY_END])
@pytest.mark.parametrize("days", ["2026-03-01/2026-03-09", "2026-03-03/2026-03-04"])
def test_pages_have_all_that_is_asked_for_in_order(
    days: str, by: dict[str, Any], over: dict[str, Any], order: str
) -> None:
    archive = Archive()
    made = filled(7, archive)
    begin, end = (f"{day}T00:00:00.000Z" for day in days.split("/"))
    until = DAY + 2 * 24 * 60 * MINUTE
    found = [*pages(archive, {"interval": f"{begin}/{end}", "order": order, **by, **over}, until)]

    def wanted(conversation: Conversation) -> bool:
        in_days = (
            days.startswith("2026-03-01") or 1 <= (conversation.now - DAY) / (1440 * MINUTE) < 2
        )
        ended = conversation.ended is not None and conversation.ended <= until
        return in_days and conversation.now <= until and (ended or not over)

    assert sorted(found) == sorted(id for id, each in made.items() if wanted(each))
    times = [made[id].ended or EVER if by else made[id].now for id in found]
    assert times == sorted(times, reverse=order == "desc")


def test_the_oldest_that_have_ended_are_purged_and_what_is_open_stays() -> None:
    archive = Archive(most=128)
    alive = one(0, DAY)
    archive.begun(alive)
    for number in range(1, 1000):
        conversation = one(number, DAY + number)
        archive.begun(conversation)
        conversation.ended = DAY + number + 1
        archive.ended(conversation)
        assert len(archive) <= 130
    assert archive.holds(alive.id)
    assert archive.get("c000999") is not None
    assert archive.get("c000001") is None
    assert len([*archive.begun_between(DAY, EVER)]) == len(archive) + 1
    assert len([*archive.ended_between(DAY, EVER, EVER)]) == len(archive)
    assert archive.purge("c000999")
    assert not archive.purge("c000999")
    left = len(archive)
    assert archive.purge_all() == left > 100
    assert [id for _, id in archive.begun_between(DAY, EVER)] == [alive.id]


def test_a_generator_that_is_asked_for_more_than_it_can_begins_no_more_than_it_goes_on_with() -> (
    None
):
    with running("genesys", own={"users": 20, "queues": 2}) as sim:
        rate = 5000
        sim.act({"do": "traffic", "conversations_per_second": rate, "pace": 5000})
        most = 0
        for _ in range(8):
            time.sleep(0.5)
            most = max(most, sim.act({"do": "traffic"})["counts"]["open"])
        assert 0 < most <= 2 * rate * BEHIND
