"""What is in quarantine leaves it once nothing is wrong any more, whoever settled it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from syncline.errors import Forbidden, Rejected, StoreError, Unavailable
from syncline.model import Ref, Side
from syncline.state.records import Quarantined, SaveQuarantine


def held(pair: Any, ref: Ref) -> SaveQuarantine:
    """Return the entry of an item whose last read failed."""
    now = pair.clock.now()
    entry = Quarantined(
        job="job",
        side=Side.LEFT,
        ref=ref,
        title="Page",
        reason="no connection",
        failures=1,
        first_at=now,
        next_at=now + timedelta(minutes=5),
        stamp="",
        skipped=False,
    )
    return SaveQuarantine(entry)


async def test_an_item_that_needs_nothing_any_more_leaves_the_quarantine_when_it_is_due(
    make_pair: Callable[..., Any],
) -> None:
    pair = make_pair()
    ref = await pair.paired("Page", "<p>x</p>")
    gone = Ref(connection="wiki", id="deleted-long-ago")
    pair.state.commit([held(pair, ref), held(pair, gone)], None)
    await pair.sync()
    assert len(pair.session.quarantine()) == 2
    pair.clock.advance(600)
    await pair.sync()
    assert pair.session.quarantine() == []
    await pair.quiet()


async def test_an_item_that_still_fails_stays(make_pair: Callable[..., Any]) -> None:
    pair = make_pair()
    ref = await pair.paired("Page", "<p>x</p>")
    pair.state.commit([held(pair, ref)], None)
    pair.clock.advance(600)
    pair.left.fail("fetch", Unavailable("no connection"), times=9)
    await pair.sync()
    (still,) = pair.session.quarantine()
    assert still.failures == 2


async def failing(pair: Any, ref: Ref, error: StoreError) -> timedelta:
    """Let an item fail for half a day; return how long it waits then."""
    pair.left.fail("fetch", error, times=999)
    for _ in range(12):
        await pair.sync()
        pair.clock.advance(3600)
    (entry,) = pair.session.quarantine()
    waits: timedelta = entry.next_at - pair.clock.now() + timedelta(hours=1)
    return waits


@pytest.mark.parametrize("status", [None, 401])
async def test_an_outage_of_half_a_day_holds_no_edit_for_longer_than_a_quarter_of_an_hour(
    make_pair: Callable[..., Any], status: int | None
) -> None:
    pair = make_pair()
    ref = await pair.paired("Page", "<p>x</p>")
    pair.left.edit(ref, body="<p>y</p>")
    error = Unavailable("no connection") if status is None else Forbidden("refused")
    error.status = status
    assert await failing(pair, ref, error) <= timedelta(minutes=15)


async def test_an_item_that_is_refused_itself_waits_longer_and_longer(
    make_pair: Callable[..., Any],
) -> None:
    pair = make_pair()
    ref = await pair.paired("Page", "<p>x</p>")
    pair.left.edit(ref, body="<p>y</p>")
    assert await failing(pair, ref, Rejected("not well-formed")) > timedelta(hours=1)
