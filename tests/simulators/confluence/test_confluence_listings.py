"""Listings: both forms of paging, filters, orders, and what can go wrong with them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest


@pytest.fixture
def seven(wiki: Any) -> Any:
    """The homepage and six pages, `P0` to `P5`."""
    for number in range(6):
        wiki.made(f"P{number}")
    return wiki


def _path(wiki: Any) -> str:
    return f"/wiki/api/v2/spaces/{wiki.space}/pages"


def test_a_listing_is_paged_by_cursor_until_there_is_no_next(seven: Any) -> None:
    first = seven.http.get(_path(seven), params={"limit": 3, "status": "current"})
    link = first.json()["_links"]["next"]
    assert link.startswith(_path(seven) + "?limit=3&status=current&cursor=")
    assert f'<{link}>; rel="next"' in first.headers["link"]
    assert first.json()["_links"]["base"] == seven.sim.url + "/wiki"
    assert len(seven.titles(limit=3)) == 7
    last = seven.http.get(_path(seven), params={"limit": 7, "status": "current"})
    assert "next" not in last.json()["_links"]
    assert "link" not in last.headers


@pytest.mark.parametrize(
    ("sort", "titles"),
    [
        ("id", ["Knowledge Base", "P0", "P1", "P2", "P3", "P4", "P5"]),
        ("-id", ["P5", "P4", "P3", "P2", "P1", "P0", "Knowledge Base"]),
        ("title", ["Knowledge Base", "P0", "P1", "P2", "P3", "P4", "P5"]),
        ("-title", ["P5", "P4", "P3", "P2", "P1", "P0", "Knowledge Base"]),
        ("-modified-date", ["P2", "P5", "P4", "P3", "P1", "P0", "Knowledge Base"]),
        ("created-date", ["Knowledge Base", "P0", "P1", "P2", "P3", "P4", "P5"]),
    ],
)
def test_every_order_is_kept_over_all_pages(seven: Any, sort: str, titles: list[str]) -> None:
    page = next(item["id"] for item in seven.sim.items() if item["title"] == "P2")
    seven.sim.clock(advance="1s")
    seven.update(page, 2)
    for limit in (1, 3, 50):
        assert seven.titles(sort=sort, limit=limit) == titles


def test_a_cursor_keeps_its_place_while_pages_come_and_go(seven: Any) -> None:
    first = seven.http.get(_path(seven), params={"limit": 3, "sort": "id", "status": "current"})
    gone = [row["id"] for row in first.json()["results"][1:]]
    for page in gone:
        seven.http.delete(f"/wiki/api/v2/pages/{page}")
    seven.made("P6")
    rest = seven.listed(first.json()["_links"]["next"])
    assert [row["title"] for row in rest] == ["P2", "P3", "P4", "P5", "P6"]


def test_current_and_archived_are_listed_unless_a_status_is_asked_for(seven: Any) -> None:
    by_title = {item["title"]: item["id"] for item in seven.sim.items()}
    seven.sim.act({"do": "archive", "id": by_title["P0"]})
    seven.sim.act({"do": "delete", "id": by_title["P1"]})
    assert len(seven.listed(_path(seven))) == 6
    assert "P0" not in seven.titles(status="current")
    assert seven.titles(status="archived") == ["P0"]
    assert seven.titles(status="trashed") == ["P1"]
    assert seven.titles(status="archived,trashed") == ["P0", "P1"]
    repeated = seven.http.get(_path(seven) + "?status=archived&status=trashed").json()
    assert [row["title"] for row in repeated["results"]] == ["P0", "P1"]


def test_pages_can_be_picked_by_id_space_and_title(seven: Any) -> None:
    by_title = {item["title"]: item["id"] for item in seven.sim.items()}

    def picked(**query: Any) -> list[str]:
        return [row["title"] for row in seven.listed("/wiki/api/v2/pages", **query)]

    ids = ",".join([by_title["P3"], by_title["P1"], "999"])
    assert picked(id=ids, sort="id", limit=1) == ["P1", "P3"]
    assert picked(title="p4", **{"space-id": seven.space}) == ["P4"]
    assert picked(title="P") == []
    assert len(picked(**{"space-id": f"{seven.space},1"})) == 7
    assert picked(subtype="live") == []
    live = seven.create("Live", subtype="live").json()
    assert live["subtype"] == "live"
    assert picked(subtype="live") == ["Live"]
    assert "Live" not in picked(subtype="page")


def test_repeated_filters_repeat_no_rows(seven: Any) -> None:
    path = f"/wiki/api/v2/pages?status=current&status=current&space-id={seven.space}"
    rows = seven.listed(f"{path}&space-id={seven.space}&limit=50")
    assert len(rows) == 7


def test_a_cursor_of_another_order_is_400(seven: Any) -> None:
    first = seven.http.get(_path(seven), params={"limit": 3, "sort": "title"}).json()
    link = first["_links"]["next"].replace("sort=title", "sort=id")
    assert seven.http.get(link).status_code == 400


def test_no_page_at_the_root_is_none_for_depth_root(wiki: Any) -> None:
    wiki.http.delete(f"/wiki/api/v2/pages/{wiki.sim.items()[0]['id']}")
    assert wiki.titles(depth="root") == []


def test_only_pages_at_the_root_are_listed_for_depth_root(seven: Any) -> None:
    assert seven.titles(depth="root") == ["Knowledge Base"]


def test_bodies_come_with_a_listing_when_asked_for(seven: Any) -> None:
    rows = seven.listed(_path(seven), **{"body-format": "storage", "status": "current"})
    assert all(row["body"]["storage"]["value"] for row in rows)
    refused = seven.http.get(_path(seven), params={"body-format": "view"})
    assert refused.status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 251},
        {"limit": "many"},
        {"cursor": "nonsense!"},
        {"cursor": "W10"},
        {"sort": "size"},
        {"status": "lost"},
    ],
)
def test_a_wrong_parameter_is_400(wiki: Any, query: dict[str, Any]) -> None:
    assert wiki.http.get(_path(wiki), params=query).status_code == 400


def test_too_many_ids_are_400(wiki: Any) -> None:
    many = ",".join(str(number) for number in range(1, 252))
    assert wiki.http.get("/wiki/api/v2/pages", params={"id": many}).status_code == 400
    assert wiki.http.get("/wiki/api/v2/pages", params={"space-id": many}).status_code == 400


def test_v1_links_start_without_wiki(seven: Any) -> None:
    seven.sim.clock(advance="1m")
    query = {"cql": 'space = "KB" and type = page', "limit": 4}
    first = seven.http.get("/wiki/rest/api/content/search", params=query).json()
    link = first["_links"]["next"]
    assert link.startswith("/rest/api/content/search?")
    assert (first["_links"]["context"], first["limit"], first["size"]) == ("/wiki", 4, 4)
    rest = seven.http.get(first["_links"]["base"] + link).json()
    assert len(rest["results"]) == 3
    assert "next" not in rest["_links"]


def test_an_empty_last_page_can_follow_the_last_one(seven: Any) -> None:
    seven.sim.faults([{"kind": "empty-last-page", "match": {"path": "/pages$"}}])
    first = seven.http.get(_path(seven), params={"limit": 50, "status": "current"}).json()
    assert len(first["results"]) == 7
    last = seven.http.get(first["_links"]["next"]).json()
    assert last["results"] == []
    assert "next" not in last["_links"]


def test_a_cursor_can_repeat_itself(seven: Any) -> None:
    seven.sim.faults([{"kind": "repeated-cursor", "times": "always", "match": {"path": "/pages$"}}])
    first = seven.http.get(_path(seven), params={"limit": 3}).json()
    second = seven.http.get(first["_links"]["next"]).json()
    third = seven.http.get(second["_links"]["next"]).json()
    assert first["results"] == second["results"] == third["results"]
    cursors = [parse_qs(urlsplit(one["_links"]["next"]).query)["cursor"] for one in (second, third)]
    assert cursors[0] == cursors[1]


def test_a_listing_can_end_too_early(seven: Any) -> None:
    seven.sim.faults([{"kind": "short-listing", "share": 0.5, "match": {"path": "/pages$"}}])
    short = seven.http.get(_path(seven), params={"limit": 4}).json()
    assert len(short["results"]) == 2
    assert "next" not in short["_links"]


def test_a_stale_listing_misses_an_item_for_a_while(seven: Any) -> None:
    page = next(item["id"] for item in seven.sim.items() if item["title"] == "P3")
    seven.sim.faults([{"kind": "stale-listing", "id": page, "seconds": 60}])
    assert len(seven.titles(limit=2)) == 6
    assert "P3" not in seven.titles()
    assert seven.page(page)["title"] == "P3"
    seven.sim.clock(advance="61s")
    assert "P3" in seven.titles()


def test_a_stale_listing_misses_the_newest_change_by_default(seven: Any) -> None:
    seven.sim.clock(advance="1s")
    page = next(item["id"] for item in seven.sim.items() if item["title"] == "P3")
    seven.update(page, 2)
    seven.sim.faults([{"kind": "stale-listing", "seconds": 60}])
    assert "P3" not in seven.titles(limit=2)


def test_thousands_of_pages_are_listed_quickly(start: Callable[..., Any], tmp_path: Path) -> None:
    """The cost of a page of the listing must not grow with the number of pages in the space."""
    index = tmp_path / "index.json"
    pages = [{"title": f"Page {number}", "body": "<p>x</p>"} for number in range(5_000)]
    index.write_text(json.dumps(pages), encoding="utf-8")
    with start(load=index) as wiki:
        path = _path(wiki)
        first = _cpu(lambda: wiki.http.get(path, params={"limit": 25, "sort": "-modified-date"}))
        listed, link = 0, f"{path}?limit=250&sort=id&status=current"
        started = time.process_time()
        while link:
            answer = _plain(wiki, link)
            listed += len(answer["results"])
            link = answer["_links"].get("next", "")
        assert listed == 5_001
        assert time.process_time() - started < 15
        assert first < 2


def _plain(wiki: Any, link: str) -> dict[str, Any]:
    """An exchange that is not judged: that would take longer than the exchange."""
    hooks, wiki.http.event_hooks = wiki.http.event_hooks, {}
    try:
        answer: dict[str, Any] = wiki.http.get(link).json()
    finally:
        wiki.http.event_hooks = hooks
    return answer


def _cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
