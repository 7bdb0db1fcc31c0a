"""Bases, categories, labels, bulk calls, queries, assets and audits of the simulator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

ASSETS = "/api/v2/responsemanagement/responseassets"
BASES = "/api/v2/knowledge/knowledgebases"
MISSING = "00000000-0000-4000-8000-000000000000"
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


def label(cloud: Any, name: str) -> str:
    return str(cloud.post("/labels", {"name": name, "color": "#00ff00"})["id"])


def test_bases_are_listed_by_whether_anything_is_published(cloud: Any) -> None:
    other = cloud.post(BASES, {"name": "Other", "coreLanguage": "en-UK"})["id"]
    cloud.article()
    first = cloud.sim.connection["knowledge_base"]
    assert [one["id"] for one in cloud.all(f"{BASES}?published=true")] == [first]
    assert [one["id"] for one in cloud.all(f"{BASES}?published=false")] == [other]
    assert len(list(cloud.all(f"{BASES}?pageSize=1"))) == 2
    assert cloud.patch(f"{BASES}/{other}", {"name": "Renamed"})["name"] == "Renamed"
    assert cloud.call("DELETE", f"{BASES}/{other}", status=200).json()["id"] == other
    cloud.call("GET", f"{BASES}/{other}", status=404)
    cloud.call("GET", f"{BASES}/{other}/documents", status=404)
    cloud.call("POST", BASES, json={"name": "X", "coreLanguage": "xx"}, status=400)


def test_a_base_tells_when_a_document_was_changed_last(cloud: Any) -> None:
    before = cloud.get("")
    cloud.sim.clock(advance="1h")
    document = cloud.article()
    after = cloud.get("")
    assert "dateDocumentLastModified" not in before
    assert (after["articleCount"], after["published"]) == (1, True)
    assert after["dateDocumentLastModified"] > before["dateModified"]
    cloud.sim.clock(advance="1h")
    cloud.call("DELETE", f"/documents/{document}")
    assert cloud.get("")["articleCount"] == 0


@pytest.mark.parametrize("kind", ["categories", "labels"])
def test_names_are_unique_without_regard_to_case(cloud: Any, kind: str) -> None:
    color = {"color": "#00ff00"} if kind == "labels" else {}
    one = cloud.post(f"/{kind}", {"name": "Billing", **color})["id"]
    answer = cloud.call("POST", f"/{kind}", json={"name": "BILLING", **color}, status=400)
    assert answer.json()["code"] == "duplicate.name"
    two = cloud.post(f"/{kind}", {"name": "Orders", **color})["id"]
    cloud.call("PATCH", f"/{kind}/{two}", json={"name": "billing"}, status=400)
    assert cloud.patch(f"/{kind}/{one}", {"name": "billing"})["name"] == "billing"
    assert cloud.call("DELETE", f"/{kind}/{one}", status=200).json()["name"] == "billing"
    assert cloud.patch(f"/{kind}/{two}", {"name": "Billing"})["name"] == "Billing"
    cloud.call("GET", f"/{kind}/{one}", status=404)


def test_categories_form_a_tree_without_circles(cloud: Any) -> None:
    top = cloud.post("/categories", {"name": "Orders"})["id"]
    child = cloud.post("/categories", {"name": "Billing", "parentCategoryId": top})["id"]
    leaf = cloud.post("/categories", {"name": "Fees", "parentCategoryId": child})["id"]
    cloud.call("PATCH", f"/categories/{top}", json={"parentCategoryId": leaf}, status=400)
    cloud.call("POST", "/categories", json={"name": "X", "parentCategoryId": MISSING}, status=404)
    cloud.call("DELETE", f"/categories/{child}", status=409)
    assert [one["name"] for one in cloud.all("/categories")] == ["Billing", "Fees", "Orders"]
    by_path = cloud.all("/categories?sortBy=Hierarchy")
    assert [one["name"] for one in by_path] == ["Orders", "Billing", "Fees"]
    assert [one["id"] for one in cloud.all(f"/categories?parentId={top}")] == [child]
    assert [one["id"] for one in cloud.all("/categories?isRoot=true")] == [top]
    found = cloud.get("/categories?name=FEE&expand=Ancestors")["entities"][0]
    assert found["parentCategory"]["parentCategory"]["name"] == "Orders"
    moved = cloud.patch(f"/categories/{leaf}", {"parentCategoryId": None})
    assert "parentCategory" not in moved


def test_a_deleted_category_or_label_leaves_its_documents(cloud: Any) -> None:
    category = cloud.post("/categories", {"name": "Billing"})["id"]
    one, two = label(cloud, "one"), label(cloud, "two")
    document = cloud.article("A", categoryId=category, labelIds=[one, two])
    before = cloud.get(f"/documents/{document}")
    cloud.call("DELETE", f"/categories/{category}")
    cloud.call("DELETE", f"/labels/{one}")
    after = cloud.get(f"/documents/{document}?expand=category,labels")
    assert "category" not in after
    assert [one["name"] for one in after["labels"]] == ["two"]
    assert after["dateModified"] == before["dateModified"]
    assert list(cloud.all(f"/documents?categoryId={category}")) == []
    counts = cloud.all("/labels?includeDocumentCount=true")
    assert [(x["name"], x["documentCount"]) for x in counts] == [("two", 1)]


def test_labels_are_found_by_a_part_of_their_name(cloud: Any) -> None:
    for name in ("Public", "Republic", "Internal"):
        label(cloud, name)
    assert [one["name"] for one in cloud.all("/labels?name=PUBL")] == ["Public", "Republic"]
    assert len(list(cloud.all("/labels?pageSize=2"))) == 3
    cloud.call("POST", "/labels", json={"name": "X", "color": "green"}, status=400)


def test_bulk_calls_change_publish_and_remove_what_they_can(cloud: Any) -> None:
    one, two = cloud.article("One"), cloud.article("Two")
    tag = label(cloud, "bulk")
    entities = [{"id": one, "labelIds": [tag]}, {"id": MISSING, "labelIds": [tag]}]
    answer = cloud.post("/documents/bulk/update", {"entities": entities})
    assert (answer["errorCount"], answer["errorIndexes"]) == (1, [1])
    assert answer["results"][1]["error"]["code"] == "not.found"
    assert list(cloud.all(f"/documents?labelIds={tag}")) == []
    entities = [{"id": one}, {"id": two}]
    answer = cloud.post("/documents/versions/bulk/add", {"entities": entities})
    assert answer["errorIndexes"] == [1]
    assert [d["id"] for d in cloud.all(f"/documents?labelIds={tag}")] == [one]
    back = cloud.post(
        "/documents/versions/bulk/add", {"entities": [{"id": one, "restorePrevious": True}]}
    )
    assert back["errorCount"] == 0
    assert list(cloud.all(f"/documents?labelIds={tag}")) == []
    answer = cloud.post("/documents/bulk/remove", {"entities": [{"id": one}, {"id": one}]})
    assert answer["errorIndexes"] == [1]
    assert [d["id"] for d in cloud.all("/documents")] == [two]
    many = [{"id": MISSING}] * 101
    cloud.call("POST", "/documents/bulk/remove", json={"entities": many}, status=400)


def clause(*predicates: Any, operator: str = "And") -> dict[str, Any]:
    return {"operator": operator, "predicates": list(predicates)}


def predicate(name: str, *values: str, kind: str = "Equals") -> dict[str, Any]:
    return {"fields": [name], "values": list(values), "type": kind}


def query(cloud: Any, *clauses: Any, operator: str = "And", **members: Any) -> Sequence[str]:
    body = {"filter": {"operator": operator, "clauses": list(clauses)}, **members}
    found = cloud.post("/documents/query", body)
    assert found["total"] >= len(found["results"])
    return [one["title"] for one in found["results"]]


def test_documents_are_queried_by_clauses_of_predicates(cloud: Any) -> None:
    tag = label(cloud, "public")
    cloud.article("Refunds", "In 14 days.", externalId="wiki:1", labelIds=[tag])
    cloud.article("Returns", "By parcel.", externalId="wiki:2", labelIds=[tag])
    cloud.article("Offices", "In Ulm.", externalId="wiki:3")
    cloud.post("/documents", {"title": "Draft"})
    every = ["Refunds", "Returns", "Offices"]
    assert query(cloud) == every
    assert query(cloud, includeDraftDocuments=True) == [*every, "Draft"]
    assert query(cloud, clause(predicate("labelIds", tag))) == every[:2]
    assert query(cloud, clause(predicate("title", "RE", kind="Contains"))) == every[:2]
    assert query(cloud, clause(predicate("content", "parcel", kind="Contains"))) == ["Returns"]
    assert query(cloud, clause(predicate("externalId", "wiki:1", kind="NotEquals"))) == every[1:]
    both = [clause(predicate("labelName", "public")), clause(predicate("title", "Returns"))]
    assert query(cloud, *both) == ["Returns"]
    either = [clause(predicate("title", "Offices")), clause(predicate("title", "Refunds"))]
    assert query(cloud, *either, operator="Or") == ["Refunds", "Offices"]
    assert query(cloud, sortBy="DateCreated", sortOrder="Desc") == every[::-1]
    assert query(cloud, pageSize=2, pageNumber=2) == ["Offices"]


def test_a_query_sees_every_change_at_once(cloud: Any) -> None:
    document = cloud.article("One")
    wanted = clause(predicate("title", "Two"))
    assert query(cloud, wanted) == []
    cloud.patch(f"/documents/{document}", {"title": "Two"})
    assert query(cloud, wanted) == []
    cloud.post(f"/documents/{document}/versions", {})
    assert query(cloud, wanted) == ["Two"]


def test_a_query_by_interval_and_with_content(cloud: Any) -> None:
    cloud.article("One")
    start = cloud.sim.clock(advance="1h")
    cloud.article("Two", "the content")
    body = {
        "filter": {"operator": "And", "clauses": []},
        "interval": {"field": "datePublished", "value": f"{start}/2999-01-01T00:00:00Z"},
    }
    found = cloud.post("/documents/query?expand=documentVariations", body)["results"]
    assert [one["title"] for one in found] == ["Two"]
    run = found[0]["variations"][0]["body"]["blocks"][0]["paragraph"]["blocks"][0]
    assert run["text"]["text"] == "the content"
    assert "variations" not in cloud.post("/documents/query", body)["results"][0]


def test_wrong_queries_are_refused(cloud: Any) -> None:
    eleven = [clause(*[predicate("title", "x")] * 6), clause(*[predicate("title", "x")] * 5)]
    for body in (
        {},
        {"filter": {"operator": "Xor", "clauses": []}},
        {"filter": {"operator": "And", "clauses": eleven}},
        {"filter": {"operator": "And", "clauses": [clause()] * 21}},
        {"filter": {"operator": "And", "clauses": [clause(predicate("colour", "x"))]}},
    ):
        cloud.call("POST", "/documents/query", json=body, status=400)


def test_a_search_finds_visible_published_documents_best_first(cloud: Any) -> None:
    cloud.article("Refunds", "money back in 14 days")
    cloud.article("Hours", "back at 9")
    cloud.article("Hidden", "money back", visible=False)
    found = cloud.post("/documents/search", {"query": "Money back"})
    assert [one["document"]["title"] for one in found["results"]] == ["Refunds", "Hours"]
    assert [one["confidence"] for one in found["results"]] == [1.0, 0.5]
    narrow = {"operator": "And", "clauses": [clause(predicate("title", "Hours"))]}
    found = cloud.post("/documents/search", {"query": "Money back", "filter": narrow})
    assert [one["document"]["title"] for one in found["results"]] == ["Hours"]


def upload(cloud: Any, name: str, content: bytes, **members: Any) -> str:
    place = cloud.post(f"{ASSETS}/uploads", {"name": name, **members})
    assert httpx.put(place["url"], content=content, headers=place["headers"]).status_code == 200
    return str(place["id"])


def search(cloud: Any, **member: Any) -> list[str]:
    body = {"query": [{"fields": ["name"], **member}], "pageSize": 100}
    return [one["name"] for one in cloud.post(f"{ASSETS}/search", body)["results"]]


def test_an_image_is_uploaded_found_by_its_name_and_served_to_everybody(cloud: Any) -> None:
    place = cloud.post(f"{ASSETS}/uploads", {"name": "abc.png"})
    status = f"{ASSETS}/status/{place['id']}"
    assert cloud.get(status)["status"] == "InProgress"
    cloud.call("GET", f"{ASSETS}/{place['id']}", status=404)
    httpx.put(place["url"], content=PNG, headers=place["headers"])
    cloud.sim.clock(advance="1s")
    assert cloud.get(status)["status"] == "Uploaded"
    asset = cloud.get(f"{ASSETS}/{place['id']}")
    assert (asset["contentType"], asset["contentLength"]) == ("image/png", len(PNG))
    served = httpx.get(asset["contentLocation"])
    assert (served.content, served.headers["Content-Type"]) == (PNG, "image/png")
    found = cloud.post(
        f"{ASSETS}/search",
        {"query": [{"type": "STARTS_WITH", "fields": ["name"], "value": "ab"}]},
    )
    assert found["results"] == [asset]
    upload(cloud, "abd.gif", b"GIF89a")
    upload(cloud, "xyz.png", PNG)
    cloud.sim.clock(advance="1s")
    assert search(cloud, type="STARTS_WITH", value="ab") == ["abc.png", "abd.gif"]
    assert search(cloud, type="TERM", value="xyz.png") == ["xyz.png"]
    assert search(cloud, type="TERMS", values=["abd.gif", "q"]) == ["abd.gif"]
    cloud.call("POST", f"{ASSETS}/search", json={}, status=400)
    wrong = {"query": [{"type": "RANGE", "fields": ["name"]}]}
    cloud.call("POST", f"{ASSETS}/search", json=wrong, status=400)


def test_the_upload_of_one_asset_too_many_fails_afterwards(opened: Any, tmp_path: Any) -> None:
    file = tmp_path / "organization.json"
    file.write_text(
        '{"organization": {"limits": {"response.management": {"response.assets.max": 1}}}}'
    )
    cloud = opened(load=file)
    upload(cloud, "a.png", PNG)
    second = upload(cloud, "b.png", PNG)
    failed = cloud.get(f"{ASSETS}/status/{second}")
    assert (failed["status"], failed["errorCode"]) == ("Failed", "ASSET_COUNT_LIMIT_REACHED")


def audits(cloud: Any, **filters: str) -> list[dict[str, Any]]:
    now = cloud.sim.clock()
    start = cloud.sim.clock(advance="1s")
    body = {
        "interval": f"{now[:10]}T00:00:00Z/{start}",
        "serviceName": "Knowledge",
        "filters": [{"property": name, "value": value} for name, value in filters.items()],
        "pageSize": 100,
    }
    found: list[dict[str, Any]] = cloud.post("/api/v2/audits/query/realtime", body)["entities"]
    return found


def test_the_audit_trail_tells_our_own_writes_from_those_of_people(cloud: Any) -> None:
    document = cloud.article("One")
    cloud.sim.act({"do": "edit", "id": document, "title": "Two"})
    ours = audits(cloud, ClientId=cloud.sim.connection["client_id"], EntityId=document)
    assert [one["action"] for one in ours] == ["Publish", "Create"]
    theirs = [one for one in audits(cloud, EntityId=document) if "client" not in one]
    assert [(one["action"], one["entity"]["name"]) for one in theirs] == [("Update", "Two")]
    assert theirs[0]["user"]["id"]
    everything = audits(cloud, EntityType="KnowledgeDocumentVariation")
    assert [one["action"] for one in everything] == ["Create"]
    old = {"interval": "2020-01-01T00:00:00Z/2020-01-02T00:00:00Z"}
    cloud.call("POST", "/api/v2/audits/query/realtime", json=old, status=400)
    mapping = cloud.get("/api/v2/audits/query/servicemapping")["services"][0]
    assert mapping["name"] == "Knowledge"


def test_there_are_no_sources(cloud: Any) -> None:
    assert cloud.get("/sources") == []
