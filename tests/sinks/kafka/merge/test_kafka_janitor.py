"""Conversations that say nothing are asked for by whoever merges them, and end once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from syncline.errors import Forbidden, Unavailable
from syncline.events import Found, Zombies
from syncline.events.interaction import CONNECTED, ENDED, FINALIZED, STARTED
from syncline.events.lookup import Standing

pytestmark = [pytest.mark.xdist_group("kafka-merge"), pytest.mark.long(120)]

ENDED_AT = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(minutes=5)


class Vendor:
    """Knows how conversations stand, and who asked for them."""

    at_once = 2

    def __init__(self) -> None:
        self.standing: dict[str, Standing] = {}
        self.asked: list[str] = []
        self.troubles: list[Exception] = []

    def says(self, standing: Standing, keys: Sequence[str]) -> None:
        """From now on these stand like this."""
        for key in keys:
            self.standing[key] = standing

    async def look_up(self, keys: Sequence[str]) -> Mapping[str, Found]:
        if self.troubles:
            raise self.troubles.pop()
        assert 0 < len(keys) <= self.at_once
        self.asked += keys
        known = {key: self.standing[key] for key in keys if key in self.standing}
        return {
            key: Found(standing=one, ended_at=ENDED_AT if one == "ended" else None)
            for key, one in known.items()
        }

    async def aclose(self) -> None:
        pass

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds."""
        for _ in range(1600):
            if holds():
                return
            await asyncio.sleep(0.05)
        raise TimeoutError("it did not come to hold")


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def zombies(vendor: Vendor) -> Zombies:
    """Silence of a second is too long."""
    after = {"voice": timedelta(seconds=1), "callback": timedelta(days=30)}
    return Zombies(after=after, lookup=lambda: vendor, per_minute=600)


def _finalized(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    many = [one for one in found if one["event_type"] == FINALIZED]
    by_key = {one["conversation_id"]: one for one in many}
    assert len(by_key) == len(many)
    return by_key


async def test_a_zombie_is_finalised_once_by_one_of_two_and_a_late_real_event_corrects_it(
    bus: Any, merging: Any, event: Any, vendor: Vendor, zombies: Zombies
) -> None:
    keys = [f"c{number}" for number in range(8)]
    vendor.says("ended", keys[:4])
    vendor.says("gone", keys[4:])
    async with merging("one", zombies), merging("two", zombies):
        bus.write(event(key, STARTED, 0) for key in keys)
        await bus.wait(16)
        bus.write([event("c0", ENDED, 300.5), event("c5", CONNECTED, 500)])
        vendor.standing["c5"] = "open"
        await bus.wait(18)
        await asyncio.sleep(0.5)
        found = bus.clean()
    by_key = _finalized(found)
    assert by_key.keys() == set(keys)
    assert {one["reason"] for one in by_key.values()} == {"ended", "gone"}
    assert by_key["c1"]["occurred_at"] == ENDED_AT.isoformat().replace("+00:00", ".000Z")
    assert by_key["c1"]["synthetic"] is True
    assert len(found) == 18
    known = bus.known()
    assert [known[key].state for key in keys] == [
        "ended", "finalized", "finalized", "finalized", "gone", "open", "gone", "gone",
    ]  # fmt: skip


async def test_what_is_open_or_unknown_to_the_vendor_stays_open(
    bus: Any, merging: Any, event: Any, vendor: Vendor, zombies: Zombies
) -> None:
    vendor.standing = {"c1": "open"}
    async with merging("one", zombies):
        bus.write([event("c1", STARTED, 0), event("c2", STARTED, 0)])
        bus.write([event("c3", STARTED, 0, media_type="callback")])
        await vendor.until(lambda: vendor.asked.count("c2") >= 2)
    assert "c3" not in vendor.asked
    assert _finalized(bus.clean()) == {}
    assert {key: one.state for key, one in bus.known().items()} == dict.fromkeys(
        ("c1", "c2", "c3"), "open"
    )
    known = bus.known()
    assert known["c1"].asks > known["c2"].asks == 0


async def test_merging_goes_on_while_the_vendor_refuses_or_is_away(
    bus: Any, merging: Any, event: Any, life: Any, vendor: Vendor, zombies: Zombies
) -> None:
    vendor.troubles = [Unavailable("away"), Forbidden("no right to analytics")]
    async with merging("one", zombies):
        bus.write([event("c1", STARTED, 0)])
        await vendor.until(lambda: len(vendor.troubles) < 2)
        bus.write(life("c2"))
        assert len(await bus.wait(8)) == 8


async def test_what_was_finalised_stays_so_after_a_restart(
    bus: Any, merging: Any, event: Any, vendor: Vendor, zombies: Zombies
) -> None:
    vendor.standing = {"c1": "gone"}
    bus.write([event("c1", STARTED, 0)])
    async with merging("one", zombies):
        await bus.wait(2)
    async with merging("one", zombies):
        bus.write([event("c1", STARTED, 0), event("c2", STARTED, 0)])
        await bus.wait(3)
        await vendor.until(lambda: "c2" in vendor.asked)
    assert vendor.asked.count("c1") == 1
    assert len(bus.clean()) == 3
