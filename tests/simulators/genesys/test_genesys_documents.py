"""Documents, their drafts and versions in the Genesys Cloud simulator."""

from __future__ import annotations

from typing import Any

import pytest


def texts(body: dict[str, Any]) -> list[str]:
    return [run["text"]["text"] for block in body["blocks"] for run in block["paragraph"]["blocks"]]


def published(cloud: Any, document: str) -> list[str]:
    found = cloud.get(f"/documents/{document}?expand=variations")
    return texts(found["variations"][0]["body"])


def test_an_article_goes_live_in_three_steps(cloud: Any) -> None:
    document = cloud.post("/documents", {"title": "Refunds", "externalId": "confluence:1"})
    assert (document["state"], document["visible"]) == ("Draft", True)
    where = f"/documents/{document['id']}"
    cloud.call("GET", where, status=404)
    variation = cloud.post(f"{where}/variations", cloud.variation("In 14 days."))
    assert "documentVersion" not in variation
    version = cloud.post(f"{where}/versions", {})
    assert (version["versionNumber"], version["document"]["state"]) == (1, "Published")
    found = cloud.get(f"{where}?expand=variations,category,labels")
    assert (found["state"], found["lastPublishedVersionNumber"]) == ("Published", 1)
    assert found["documentVersion"]["id"] == version["id"]
    assert found["variations"][0]["documentVersion"]["id"] == version["id"]
    assert found["variations"][0]["id"] == variation["id"]
    assert texts(found["variations"][0]["body"]) == ["In 14 days."]


def test_changes_stay_in_the_draft_until_they_are_published(cloud: Any) -> None:
    document = cloud.article("Refunds", "In 14 days.")
    where = f"/documents/{document}"
    before = cloud.get(where)
    variation = cloud.get(f"{where}/variations?documentState=Draft")["entities"][0]
    cloud.patch(where, {"title": "Money back"})
    cloud.patch(f"{where}/variations/{variation['id']}", cloud.variation("In 30 days."))
    assert cloud.get(where) == before
    assert published(cloud, document) == ["In 14 days."]
    draft = cloud.get(f"{where}?state=Draft&expand=variations")
    assert (draft["title"], draft["state"]) == ("Money back", "Draft")
    assert draft["lastPublishedVersionNumber"] == 1
    assert draft["dateModified"] > before["dateModified"]
    cloud.post(f"{where}/versions", {})
    after = cloud.get(where)
    assert (after["title"], after["lastPublishedVersionNumber"]) == ("Money back", 2)
    assert published(cloud, document) == ["In 30 days."]


def test_a_document_cannot_be_published_without_a_variation(cloud: Any) -> None:
    document = cloud.post("/documents", {"title": "Empty"})["id"]
    answer = cloud.call("POST", f"/documents/{document}/versions", json={}, status=400).json()
    assert "variation" in answer["message"]


def test_publishing_without_a_change_is_a_conflict(cloud: Any) -> None:
    document = cloud.article()
    cloud.call("POST", f"/documents/{document}/versions", json={}, status=409)


def test_a_variation_taken_from_the_draft_stays_published_until_the_next_publish(
    cloud: Any,
) -> None:
    document = cloud.article(text="first")
    where = f"/documents/{document}/variations"
    second = cloud.post(where, cloud.variation("second", name="Chat", priority=2))
    cloud.post(f"/documents/{document}/versions", {})
    assert second["priority"] == 2
    cloud.call("DELETE", f"{where}/{second['id']}", status=204)
    assert len(cloud.get(where)["entities"]) == 2
    assert len(cloud.get(f"{where}?documentState=Draft")["entities"]) == 1
    cloud.post(f"/documents/{document}/versions", {})
    assert len(cloud.get(where)["entities"]) == 1


def test_an_earlier_version_can_be_read_and_restored(cloud: Any) -> None:
    document = cloud.article(text="first")
    where = f"/documents/{document}"
    variation = cloud.get(f"{where}/variations")["entities"][0]["id"]
    cloud.patch(f"{where}/variations/{variation}", cloud.variation("second"))
    cloud.post(f"{where}/versions", {})
    newest, oldest = cloud.get(f"{where}/versions")["entities"]
    assert (newest["versionNumber"], oldest["versionNumber"]) == (2, 1)
    assert oldest["document"]["state"] == "Archived"
    assert "dateExpires" in oldest
    assert "dateExpires" not in newest
    old = cloud.get(f"{where}/versions/{oldest['id']}/variations/{variation}")
    assert texts(old["body"]) == ["first"]
    assert cloud.get(f"{where}/versions/{oldest['id']}/variations")["entities"] == [old]
    assert cloud.get(f"{where}/versions/{oldest['id']}") == oldest
    cloud.post(f"{where}/versions", {"restoreFromVersionId": oldest["id"]})
    assert published(cloud, document) == ["first"]
    assert cloud.get(where)["lastPublishedVersionNumber"] == 3
    cloud.call("POST", f"{where}/versions", json={}, status=409)


def test_a_deleted_document_is_gone_with_its_versions(cloud: Any) -> None:
    document = cloud.article()
    cloud.call("DELETE", f"/documents/{document}", status=204)
    for path in ("", "/variations", "/versions"):
        cloud.call("GET", f"/documents/{document}{path}", status=404)
    assert list(cloud.all("/documents?includeDrafts=true")) == []


@pytest.mark.parametrize(
    "member", ["published", "variations", "rawHtml", "state", "category", "labels", "priority"]
)
def test_a_member_that_the_request_model_does_not_have_is_refused(cloud: Any, member: str) -> None:
    answer = cloud.call("POST", "/documents", json={"title": "A", member: True}, status=400)
    assert answer.json()["details"][0]["fieldName"] == member


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "required.field.missing"),
        ({"title": None}, "required.field.missing"),
        ({"title": "  "}, "invalid.value"),
        ({"title": 7}, "invalid.value"),
        ({"title": "word " * 501}, "invalid.value"),
        ({"title": "A", "alternatives": [{"phrase": "B"}]}, "required.field.missing"),
        ({"title": "A", "visible": "yes"}, "invalid.value"),
        ({"title": "A", "categoryId": "nonsense"}, "invalid.value"),
        (
            {"title": "A", "categoryId": "00000000-0000-0000-0000-000000000000"},
            "invalid.value",
        ),
        (
            {"title": "A", "labelIds": ["00000000-0000-0000-0000-000000000000"]},
            "invalid.value",
        ),
        ([], "invalid.value"),
    ],
)
def test_a_wrong_document_is_refused_with_its_reason(cloud: Any, body: Any, code: str) -> None:
    answer = cloud.call("POST", "/documents", json=body, status=400)
    found = answer.json()
    assert (found["status"], found["code"]) == (400, code)
    assert found["contextId"] == answer.headers["ININ-Correlation-Id"]


def test_a_title_of_500_words_is_accepted(cloud: Any) -> None:
    cloud.post("/documents", {"title": "word " * 500})


def test_a_null_takes_the_category_away_and_an_absent_member_leaves_it(cloud: Any) -> None:
    category = cloud.post("/categories", {"name": "Billing"})["id"]
    document = cloud.post("/documents", {"title": "A", "categoryId": category})["id"]
    path = f"/documents/{document}?state=Draft&expand=category"
    cloud.patch(f"/documents/{document}", {"title": "B"})
    assert cloud.get(path)["category"]["name"] == "Billing"
    cloud.patch(f"/documents/{document}", {"title": "B", "categoryId": None})
    assert "category" not in cloud.get(path)


def test_category_and_labels_come_only_when_they_are_expanded(cloud: Any) -> None:
    label = cloud.post("/labels", {"name": "public", "color": "#ff0000"})["id"]
    document = cloud.article("A", labelIds=[label])
    assert "labels" not in cloud.get(f"/documents/{document}")
    found = cloud.get(f"/documents/{document}?expand=labels,category")
    assert [one["name"] for one in found["labels"]] == ["public"]
    listed = cloud.get("/documents?expand=labels")["entities"][0]
    assert [one["name"] for one in listed["labels"]] == ["public"]
    cloud.call("GET", "/documents?expand=variations", status=400)


def test_only_twenty_variations_are_expanded(cloud: Any) -> None:
    document = cloud.article()
    for n in range(24):
        cloud.post(f"/documents/{document}/variations", cloud.variation("x", name=f"v{n}"))
    where = f"/documents/{document}"
    assert len(cloud.get(f"{where}?state=Draft&expand=variations")["variations"]) == 20
    listed = list(cloud.all(f"{where}/variations?documentState=Draft&pageSize=10"))
    assert len(listed) == 25


def test_a_variation_needs_its_contexts(cloud: Any) -> None:
    document = cloud.post("/documents", {"title": "A"})["id"]
    where = f"/documents/{document}/variations"
    cloud.call("POST", where, json={"body": {"blocks": []}}, status=400)
    cloud.call("POST", where, json={"contexts": [], "priority": "Primary"}, status=400)
    context = {"id": "00000000-0000-4000-8000-000000000001"}
    body = {"contexts": [{"context": context, "values": [context]}], "name": "Chat"}
    found = cloud.post(where, body)
    assert (found["contexts"], found["name"]) == (body["contexts"], "Chat")


def test_the_vendor_s_own_spelling_of_the_path_is_understood(cloud: Any) -> None:
    document = cloud.article()
    path = cloud.base.replace("knowledgebases", "knowledgeBases")
    assert cloud.get(f"{path}/documents/{document}")["id"] == document


def test_the_literal_null_counts_as_no_body(cloud: Any) -> None:
    document = cloud.post("/documents", {"title": "A"})["id"]
    cloud.post(f"/documents/{document}/variations", cloud.variation("x"))
    json_type = {"Content-Type": "application/json"}
    path = f"/documents/{document}/versions"
    assert cloud.call("POST", path, content=b"null", headers=json_type).status_code == 200


def test_bodies_that_are_not_json_are_refused(cloud: Any) -> None:
    json_type = {"Content-Type": "application/json"}
    for body in (b"{", b"\xff", b'{"title": NaN}', b"[" * 5000):
        answer = cloud.call("POST", "/documents", content=body, headers=json_type, status=400)
        assert answer.json()["code"] == "bad.request"
    cloud.call("POST", "/documents", content=b'{"title":"A"}', status=415)
    large = b'{"title":"' + b"a" * (11 * 1024 * 1024) + b'"}'
    cloud.call("POST", "/documents", content=large, headers=json_type, status=413)
