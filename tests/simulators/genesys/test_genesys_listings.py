"""Listings of the Genesys Cloud simulator: cursors, filters, intervals and their faults."""

from __future__ import annotations

from typing import Any

import pytest


def ids(entities: Any) -> list[str]:
    return [entity["id"] for entity in entities]


def test_a_listing_shows_published_documents_and_drafts_only_when_asked(cloud: Any) -> None:
    live = cloud.article("Live")
    draft = cloud.post("/documents", {"title": "Draft"})["id"]
    cloud.patch(f"/documents/{live}", {"title": "Live, edited"})
    assert [one["title"] for one in cloud.all("/documents")] == ["Live"]
    found = {one["id"]: one for one in cloud.all("/documents?includeDrafts=true")}
    assert set(found) == {live, draft}
    assert (found[live]["title"], found[live]["state"]) == ("Live, edited", "Draft")


def test_pages_follow_each_other_without_gaps_or_repetitions(cloud: Any) -> None:
    made = [cloud.post("/documents", {"title": f"A{n}"})["id"] for n in range(23)]
    path = "/documents?includeDrafts=true&pageSize=5"
    assert ids(cloud.all(path)) == made
    first = cloud.get(path)
    second = cloud.get(first["nextUri"])
    assert cloud.get(second["previousUri"])["entities"] == first["entities"]
    assert "previousUri" not in first


def test_a_document_made_between_two_pages_hides_none(cloud: Any) -> None:
    made = [cloud.post("/documents", {"title": f"A{n}"})["id"] for n in range(6)]
    page = cloud.get("/documents?includeDrafts=true&pageSize=3")
    new = cloud.post("/documents", {"title": "New"})["id"]
    cloud.call("DELETE", f"/documents/{made[0]}")
    rest = cloud.all(page["nextUri"])
    assert ids(page["entities"]) + ids(rest) == [*made, new]


def test_a_document_changed_between_two_pages_is_seen_again(cloud: Any) -> None:
    made = [cloud.post("/documents", {"title": f"A{n}"})["id"] for n in range(4)]
    page = cloud.get("/documents?includeDrafts=true&pageSize=2")
    cloud.patch(f"/documents/{made[0]}", {"title": "Changed"})
    assert ids(cloud.all(page["nextUri"])) == [made[2], made[3], made[0]]


@pytest.mark.parametrize("size", ["0", "201", "many"])
def test_a_page_has_between_1_and_200_documents(cloud: Any, size: str) -> None:
    cloud.call("GET", f"/documents?pageSize={size}", status=400)


@pytest.mark.parametrize("cursor", ["nonsense", "WzFd", "eyJhIjoxfQ", "WyJhIiwgImIiXQ"])
def test_a_cursor_that_the_server_did_not_make_is_refused(cloud: Any, cursor: str) -> None:
    cloud.article()
    cloud.call("GET", f"/documents?after={cursor}", status=400)


def test_external_ids_find_their_documents_drafts_included(cloud: Any) -> None:
    one = cloud.article("One", externalId="confluence:1")
    two = cloud.post("/documents", {"title": "Two", "externalId": "confluence:2"})["id"]
    path = "/documents?externalIds=confluence:1,confluence:2,confluence:3"
    assert ids(cloud.all(path)) == [one]
    assert ids(cloud.all(f"{path}&includeDrafts=true&pageSize=1")) == [one, two]
    cloud.patch(f"/documents/{two}", {"title": "Two", "externalId": "confluence:9"})
    assert ids(cloud.all("/documents?externalIds=confluence:2&includeDrafts=true")) == []


def test_two_documents_may_have_the_same_external_id(cloud: Any) -> None:
    found = {cloud.article(title, externalId="confluence:1") for title in ("One", "Two")}
    assert set(ids(cloud.all("/documents?externalIds=confluence:1"))) == found


def test_filters_are_combined(cloud: Any) -> None:
    parent = cloud.post("/categories", {"name": "Orders"})["id"]
    child = cloud.post("/categories", {"name": "Returns", "parentCategoryId": parent})["id"]
    label = cloud.post("/labels", {"name": "public", "color": "#00ff00"})["id"]
    one = cloud.article("One", categoryId=parent, labelIds=[label])
    two = cloud.article("Two", categoryId=child)
    cloud.article("Three", labelIds=[label])
    assert ids(cloud.all(f"/documents?categoryId={parent}")) == [one]
    below = f"/documents?categoryId={parent}&includeSubcategories=true"
    assert ids(cloud.all(below)) == [one, two]
    assert ids(cloud.all(f"{below}&labelIds={label}")) == [one]
    assert ids(cloud.all(f"{below}&documentId={two}")) == [two]


def test_an_interval_selects_by_the_date_of_the_last_change(cloud: Any) -> None:
    one = cloud.article("One")
    start = cloud.sim.clock(advance="1h")
    two = cloud.article("Two")
    end = cloud.sim.clock(advance="1h")
    cloud.article("Three")
    cloud.sim.clock(advance="1h")
    cloud.patch(f"/documents/{one}", {"title": "One, edited"})
    between = {"interval": f"{start}/{end}"}
    assert ids(cloud.get("/documents", params=between)["entities"]) == [two]
    late = {"interval": f"{end}/2999-01-01T00:00:00Z", "includeDrafts": "true"}
    assert one in ids(cloud.get("/documents", params=late)["entities"])
    assert one not in ids(
        cloud.get("/documents", params={"interval": late["interval"]})["entities"]
    )
    cursor = cloud.get("/documents?pageSize=1")["nextUri"].partition("after=")[2]
    cloud.call("GET", "/documents", params={**between, "after": cursor}, status=400)


@pytest.mark.parametrize("interval", ["today", "2026-01-01T00:00:00Z", "2026-02-01/2026-01-01"])
def test_an_interval_that_is_none_is_refused(cloud: Any, interval: str) -> None:
    cloud.call("GET", "/documents", params={"interval": interval}, status=400)


def test_a_stale_listing_leaves_out_what_was_changed_last(cloud: Any) -> None:
    one, two = cloud.article("One"), cloud.article("Two")
    cloud.sim.faults([{"kind": "stale-listing", "seconds": 60, "match": {"path": "documents$"}}])
    assert ids(cloud.all("/documents")) == [one]
    cloud.sim.clear_faults()
    assert ids(cloud.all("/documents")) == [one, two]


def test_a_short_listing_ends_early_and_says_nothing(cloud: Any) -> None:
    for n in range(6):
        cloud.article(f"A{n}")
    cloud.sim.faults([{"kind": "short-listing", "share": 0.5, "match": {"path": "documents$"}}])
    page = cloud.get("/documents?pageSize=4")
    assert (len(page["entities"]), "nextUri" in page) == (2, False)


def test_a_repeated_cursor_leads_to_the_same_page(cloud: Any) -> None:
    for n in range(4):
        cloud.article(f"A{n}")
    cloud.sim.faults([{"kind": "repeated-cursor", "match": {"path": "documents$"}}])
    page = cloud.get("/documents?pageSize=2")
    assert cloud.get(page["nextUri"])["entities"] == page["entities"]


def test_an_empty_last_page_has_no_entities(cloud: Any) -> None:
    cloud.article()
    cloud.sim.faults([{"kind": "empty-last-page", "match": {"path": "documents$"}}])
    page = cloud.get("/documents")
    assert cloud.get(page["nextUri"])["entities"] == []


def test_new_documents_stay_unseen_while_reads_settle(opened: Any, tmp_path: Any) -> None:
    file = tmp_path / "organization.json"
    file.write_text('{"organization": {"settleSeconds": 60}}')
    cloud = opened(load=file)
    document = cloud.article("New", externalId="confluence:1")
    for path in (f"/documents/{document}", f"/documents/{document}/variations"):
        cloud.call("GET", path, status=404)
    assert list(cloud.all("/documents?externalIds=confluence:1&includeDrafts=true")) == []
    cloud.sim.clock(advance="61s")
    assert cloud.get(f"/documents/{document}")["title"] == "New"
    cloud.patch(f"/documents/{document}", {"title": "Newer"})
    cloud.post(f"/documents/{document}/versions", {})
    stale = cloud.get(f"/documents/{document}")
    assert (stale["title"], stale["lastPublishedVersionNumber"]) == ("New", 1)
    assert cloud.get(f"/documents/{document}?state=Draft")["title"] == "Newer"
    cloud.sim.clock(advance="61s")
    assert cloud.get(f"/documents/{document}")["title"] == "Newer"
    assert ids(cloud.all("/documents")) == [document]
