"""Whatever the servers do, nothing is lost, nothing is doubled, and both agree once it is over."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from syncline.decision import Limits
from syncline.errors import SynclineError
from syncline_simulators.kernel import KINDS

SOAKING = bool(os.environ.get("SYNCLINE_SOAK"))
SEEDS = range(1, 21) if SOAKING else (1,)
PATIENT = Limits(
    recreate_after=timedelta(milliseconds=50),
    quarantine_first=timedelta(milliseconds=1),
    quarantine_most=timedelta(milliseconds=2),
    writes_per_hour=500,
)
SLOW = {"latency", "drip"}


def fault(kind: str, seed: int) -> list[dict[str, Any]]:
    """Return a plan of one kind of fault that strikes now and then."""
    return [{"kind": "random", "kinds": [kind], "probability": 0.12, "seed": seed}]


async def try_to_sync(world: Any, times: int) -> None:
    """Make passes while the servers misbehave; a pass may end in a clear error."""
    for _ in range(times):
        try:
            await world.sync()
        except SynclineError as error:
            assert str(error), "an error without a message"  # noqa: PT017 -- either way is right


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", [k for k in KINDS if k not in SLOW | {"gzip-bomb"}])
async def test_every_kind_of_fault_is_survived(
    systems: Callable[..., Any], worlds: Callable[..., Any], kind: str, seed: int
) -> None:
    with systems(seed=seed) as (wiki, kb):
        async with worlds(wiki, kb, limits=PATIENT) as world:
            pages = [
                wiki.act({"do": "create", "title": f"Page {n}", "body": f"<p>one {n}</p><p>x</p>"})
                for n in range(4)
            ]
            await world.sync()
            edit_both(world, pages)
            for system in (wiki, kb):
                system.faults(fault(kind, seed))
            await try_to_sync(world, 3)
            for system in (wiki, kb):
                system.clear_faults()
            await settle(world)
            assert_agreement(world)
            assert (await world.sync()).written == 0


async def settle(world: Any) -> None:
    """Make passes until nothing is left to do; a server that restarts needs a moment."""
    for _ in range(20):
        report = await world.sync()
        waits = world.session.quarantine() or world.session.state.intents("knowledge")
        if report.written == 0 and not waits:
            return
        await asyncio.sleep(0.1)


def edit_both(world: Any, pages: list[dict[str, Any]]) -> None:
    """Edit, create, rename and delete on both sides, as people do."""
    articles = world.articles()
    world.wiki.act({"do": "edit", "id": pages[0]["id"], "body": "<p>left edit</p><p>x</p>"})
    right = {"old": "one 1", "new": "right edit"}
    world.kb.act({"do": "edit", "id": articles["Page 1"]["id"], "replace": right})
    world.wiki.act({"do": "create", "title": "New left", "body": "<p>new on the left</p>"})
    world.kb.act({"do": "create", "title": "New right", "body": "<p>new on the right</p>"})
    world.wiki.act({"do": "delete", "id": pages[3]["id"]})


def assert_agreement(world: Any) -> None:
    pages, articles = world.pages(), world.articles()
    conflicts = [c.record for c in world.session.conflicts() if not c.record.review]
    assert not conflicts, conflicts
    assert not world.session.quarantine(), [q.reason for q in world.session.quarantine()]
    assert set(pages) == set(articles)
    expected = {"Page 0", "Page 1", "Page 2", "New left", "New right"}
    assert expected <= set(pages)
    assert "Page 3" not in pages
    titles = [i["title"] for i in world.wiki.items() if i["state"] == "current"]
    assert len(titles) == len(set(titles)), "a page was created twice"
    names = [i["title"] for i in world.kb.items() if i["state"] == "Published"]
    assert len(names) == len(set(names)), "an article was created twice"
    assert "left edit" in str(articles["Page 0"]["body"])
    assert "right edit" in pages["Page 1"]["body"]
    assert "new on the right" in pages["New right"]["body"]
