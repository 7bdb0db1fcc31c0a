"""CQL search, and its index that lags behind."""

from __future__ import annotations

from typing import Any

import pytest


def _found(wiki: Any, cql: str, **query: Any) -> list[str]:
    path = "/wiki/rest/api/content/search"
    answer = wiki.http.get(path, params={"cql": cql, **query})
    assert answer.status_code == 200, answer.text
    return [row["title"] for row in answer.json()["results"]]


@pytest.fixture
def found(wiki: Any) -> Any:
    """Pages Alpha, Beta (child of Alpha) and Gamma, all known to the index."""
    alpha = wiki.made("Alpha page", "<p>refunds take <em>two</em> weeks</p>")
    wiki.made("Beta page", "<p>nothing</p>", parentId=alpha)
    gamma = wiki.made('Gamma "quoted"', "<p>refund</p>")
    wiki.sim.act({"do": "label", "id": alpha, "labels": ["kb", "public"]})
    wiki.sim.act({"do": "label", "id": gamma, "labels": ["kb"]})
    wiki.sim.act({"do": "create", "title": "A folder", "type": "folder"})
    wiki.sim.clock(advance="30s")
    return wiki


def test_the_index_learns_of_changes_late(wiki: Any) -> None:
    page = wiki.made("Fresh")
    assert _found(wiki, 'title = "Fresh"') == []
    wiki.sim.clock(advance="21s")
    assert _found(wiki, 'title = "Fresh"') == ["Fresh"]
    wiki.http.delete(f"/wiki/api/v2/pages/{page}")
    assert _found(wiki, 'title = "Fresh"') == ["Fresh"]
    wiki.sim.clock(advance="21s")
    assert _found(wiki, 'title = "Fresh"') == []


def test_a_purged_page_lingers(wiki: Any) -> None:
    page = wiki.made("Fresh")
    wiki.sim.clock(advance="21s")
    wiki.http.delete(f"/wiki/api/v2/pages/{page}")
    wiki.http.delete(f"/wiki/api/v2/pages/{page}?purge=true")
    assert _found(wiki, 'title = "Fresh"') == ["Fresh"]
    wiki.sim.clock(advance="21s")
    assert _found(wiki, 'title = "Fresh"') == []


def test_the_lag_can_be_set(wiki: Any) -> None:
    wiki.sim.act({"do": "settings", "search_lag": "0s"})
    wiki.made("Fresh")
    assert _found(wiki, 'title = "Fresh"') == ["Fresh"]


@pytest.mark.parametrize(
    ("cql", "titles"),
    [
        ('space = "KB" and type = page and label = "kb"', ["Alpha page", 'Gamma "quoted"']),
        ("space=KB and type=page and label in (public, other)", ["Alpha page"]),
        ("type = page and label not in (kb) order by title desc", ["Knowledge Base", "Beta page"]),
        ("type = page and label != kb and title ~ beta", ["Beta page"]),
        ("type = folder", ["A folder"]),
        (r'title = "Gamma \"quoted\""', ['Gamma "quoted"']),
        ("text ~ refund", ['Gamma "quoted"']),
        ('text ~ "refund*"', ["Alpha page", 'Gamma "quoted"']),
        ('text ~ "two weeks"', ["Alpha page"]),
        ("(title ~ alpha or title ~ gamma) and not label = public", ['Gamma "quoted"']),
        ("type = page and not (label = kb) and title !~ knowledge", ["Beta page"]),
        ('space = "NO"', []),
        (
            "TYPE = page ORDER BY created ASC, title",
            ["Knowledge Base", "Alpha page", "Beta page", 'Gamma "quoted"'],
        ),
    ],
)
def test_queries_find_what_they_say(found: Any, cql: str, titles: list[str]) -> None:
    assert _found(found, cql) == titles


def test_ancestors_and_parents_can_be_asked_for(found: Any) -> None:
    alpha = next(item["id"] for item in found.sim.items() if item["title"] == "Alpha page")
    assert _found(found, f"ancestor = {alpha}") == ["Beta page"]
    assert _found(found, f"parent = {alpha}") == ["Beta page"]
    assert _found(found, f"id in ({alpha})") == ["Alpha page"]


def test_dates_are_minutes_in_the_time_zone_of_the_caller(wiki: Any) -> None:
    wiki.sim.clock(set="2026-11-20T23:30:30Z")
    wiki.made("Late")
    wiki.sim.clock(set="2026-11-21T00:10:00Z")
    since = 'title = "Late" and lastmodified >= "{}"'
    assert _found(wiki, since.format("2026/11/20 23:30")) == ["Late"]
    assert _found(wiki, since.format("2026-11-20 23:31")) == []
    assert _found(wiki, 'title = "Late" and lastmodified = "2026/11/20 23:30"') == ["Late"]
    assert _found(wiki, 'title = "Late" and created < "2026-11-21"') == ["Late"]
    assert _found(wiki, 'title = "Late" and created > now("-1h")') == ["Late"]
    assert _found(wiki, 'title = "Late" and created > now("-30m")') == []
    wiki.sim.act({"do": "settings", "time_zone": "Asia/Tokyo"})
    assert _found(wiki, since.format("2026/11/21 08:30")) == ["Late"]
    assert _found(wiki, since.format("2026/11/21 08:31")) == []


@pytest.mark.parametrize(
    "cql",
    [
        "",
        "title",
        "title =",
        "size = 5",
        "title = a b",
        "(title = a",
        "not title = a",
        "title = a order by size",
        "lastmodified > soon",
        'title = "open',
        "title > 5",
        "(" * 200 + "title = a" + ")" * 200,
    ],
)
def test_a_query_that_cannot_be_parsed_is_400(wiki: Any, cql: str) -> None:
    answer = wiki.http.get("/wiki/rest/api/content/search", params={"cql": cql})
    assert (answer.status_code, answer.json()["statusCode"]) == (400, 400)


def test_bodies_cut_the_limit_without_a_word(found: Any) -> None:
    for number in range(60):
        found.made(f"P{number}")
    found.sim.clock(advance="1m")
    path = "/wiki/rest/api/content/search"
    for expand, limit in (("", 200), ("body.storage", 50), ("body.export_view,version", 25)):
        query = {"cql": "type = page", "limit": 200, **({"expand": expand} if expand else {})}
        answer = found.http.get(path, params=query).json()
        assert answer["limit"] == limit
        assert answer["size"] == min(limit, 64)


def test_expansions_give_what_was_asked_for(found: Any) -> None:
    parts = "version,space,ancestors,body.storage,metadata.labels,history,restrictions.read"
    query = {"cql": 'title = "Beta page"', "expand": parts}
    [row] = found.http.get("/wiki/rest/api/content/search", params=query).json()["results"]
    assert row["version"]["number"] == 1
    assert row["space"]["id"] == int(found.space)
    assert [one["title"] for one in row["ancestors"]] == ["Knowledge Base", "Alpha page"]
    assert "nothing" in row["body"]["storage"]["value"]
    assert row["metadata"]["labels"]["results"] == []
    assert row["restrictions"]["read"]["restrictions"]["group"]["results"] == []
    assert "version" not in row["_expandable"]


def test_expanding_restrictions_of_ancestors_fails_for_the_whole_batch(found: Any) -> None:
    """CONFCLOUD-77618: one ancestor out of sight is enough."""
    by_title = {item["title"]: item["id"] for item in found.sim.items()}
    query = {"cql": "type = page", "expand": "ancestors.restrictions.read.restrictions.group"}
    path = "/wiki/rest/api/content/search"
    found.sim.act({"do": "restrict", "id": by_title["Alpha page"]})
    answer = found.http.get(path, params=query)
    beta = next(row for row in answer.json()["results"] if row["title"] == "Beta page")
    groups = beta["ancestors"][-1]["restrictions"]["read"]["restrictions"]["group"]["results"]
    assert [one["name"] for one in groups] == ["editors"]
    found.sim.act({"do": "create", "title": "Bin", "parent": by_title["Beta page"]})
    found.sim.clock(advance="1m")
    found.sim.act({"do": "delete", "id": by_title["Beta page"], "children": True})
    assert found.http.get(path, params=query).status_code == 404


def test_search_shows_nothing_that_the_caller_may_not_see(found: Any) -> None:
    page = next(item["id"] for item in found.sim.items() if item["title"] == "Alpha page")
    found.sim.act({"do": "restrict", "id": page, "to": ["legal"]})
    assert _found(found, "label = kb") == ['Gamma "quoted"']
    assert _found(found, 'title = "Beta page"') == []


def test_the_general_search_gives_results_with_content(found: Any) -> None:
    query = {"cql": "type = page and label = kb", "limit": 1}
    answer = found.http.get("/wiki/rest/api/search", params=query).json()
    assert (answer["totalSize"], answer["size"]) == (2, 1)
    [row] = answer["results"]
    assert row["content"]["title"] == row["title"] == "Alpha page"
    assert answer["_links"]["next"].startswith("/rest/api/search?")
