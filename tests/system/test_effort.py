"""No call that is not needed: what a pass costs when nothing, or one thing, has changed."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

RESTRICTION = re.compile(r"/restriction/byOperation/read$")


def kinds(calls: list[dict[str, Any]]) -> Counter[str]:
    """Count calls by what they are for."""
    found: Counter[str] = Counter()
    for call in calls:
        path = call["path"]
        if RESTRICTION.search(path):
            found["restriction"] += 1
        elif path.endswith("/oauth/token"):
            found["token"] += 1
        elif re.search(r"/api/v2/pages/\d+$", path) or "/variations" in path:
            found["body"] += 1
        else:
            found["list"] += 1
    return found


async def test_a_pass_without_changes_makes_only_list_calls_and_one_look_at_each_audience(
    world: Any,
) -> None:
    parent = world.wiki.act({"do": "create", "title": "Parent", "body": "<p>top</p>"})
    for n in range(20):
        page = {"title": f"Page {n}", "body": f"<p>{n}</p>", "parent": parent["id"]}
        world.wiki.act({"do": "create", **page})
    await world.sync()
    world.forget_calls()
    report = await world.sync()
    assert report.written == 0
    assert world.mutations() == []
    wiki, kb = kinds(world.wiki.calls()), kinds(world.kb.calls())
    assert wiki["body"] == kb["body"] == 0
    pages = len(world.pages())
    assert wiki["restriction"] <= pages
    assert wiki["list"] + kb["list"] <= 8


async def test_a_dry_run_changes_nothing_anywhere(world: Any) -> None:
    world.wiki.act({"do": "create", "title": "Page", "body": "<p>x</p>"})
    world.forget_calls()
    plan = await world.session.plan()
    assert [i.title for i in plan.items if i.decision == "write"].count("Page") == 1
    assert world.mutations() == []
    assert list(world.session.state.links("knowledge")) == []


async def test_one_edit_costs_a_handful_of_calls(world: Any) -> None:
    pages = [
        world.wiki.act({"do": "create", "title": f"Page {n}", "body": f"<p>{n}</p>"})
        for n in range(10)
    ]
    await world.sync()
    world.wiki.act({"do": "edit", "id": pages[0]["id"], "body": "<p>changed</p>"})
    world.forget_calls()
    report = await world.sync()
    assert report.written == 1
    bodies = kinds(world.wiki.calls())["body"]
    assert bodies <= 3, "only the page that changed is read"
    assert len(world.mutations()) <= 3


async def test_many_articles_at_once_go_through_the_vendors_own_job(world: Any) -> None:
    for n in range(60):
        world.wiki.act({"do": "create", "title": f"Page {n:02}", "body": f"<p>number {n}</p>"})
    report = await world.sync()
    assert report.failed == 0
    jobs = [c for c in world.kb.calls() if c["path"].endswith("/synchronize/jobs")]
    assert jobs, "60 creates are over the threshold of 50"
    assert set(world.articles()) >= {f"Page {n:02}" for n in range(60)}
    assert (await world.sync()).written == 0


async def test_removing_the_review_label_is_recorded_as_approval(world: Any) -> None:
    world.kb.act({"do": "create", "title": "From an agent", "body": "<p>new</p>"})
    await world.sync()
    page = world.pages()["From an agent"]
    assert page["labels"] == ["syncline-review"]
    world.wiki.act({"do": "edit", "id": page["id"], "body": "<p>mended by an editor</p>"})
    await world.sync()
    assert "mended" in str(world.articles()["From an agent"]["body"])
    world.wiki.act({"do": "label", "id": page["id"], "labels": []})
    report = await world.sync()
    assert report.written == 0
    events = [entry.event for entry in world.session.history(run=report.run)]
    assert events == ["approved"]
