"""What is in quarantine leaves it once nothing is wrong any more, whoever settled it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from syncline.errors import Unavailable
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
