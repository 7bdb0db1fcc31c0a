"""Labels, content properties, spaces, users."""

from __future__ import annotations

from typing import Any

import pytest


def test_labels_are_lower_cased_and_change_no_version(wiki: Any) -> None:
    page = wiki.made("Refunds")
    path = f"/wiki/rest/api/content/{page}/label"
    answer = wiki.http.post(path, json=[{"prefix": "global", "name": "KB"}]).json()
    assert [(label["name"], label["prefix"]) for label in answer["results"]] == [("kb", "global")]
    assert wiki.http.post(path, json={"prefix": "global", "name": "a/b"}).json()["size"] == 2
    [first, second] = wiki.listed(f"/wiki/api/v2/pages/{page}/labels")
    assert (first["name"], second["name"]) == ("a/b", "kb")
    assert isinstance(first["id"], str)
    assert wiki.page(page)["version"]["number"] == 1


def test_labels_are_taken_off_by_path_or_by_name(wiki: Any) -> None:
    page = wiki.made("Refunds")
    wiki.sim.act({"do": "label", "id": page, "labels": ["a/b", "kb", "x"]})
    path = f"/wiki/rest/api/content/{page}/label"
    assert wiki.http.delete(path, params={"name": "a/b"}).status_code == 204
    assert wiki.http.delete(f"{path}/KB").status_code == 204
    assert wiki.sim.item(page)["labels"] == ["x"]
    assert wiki.http.delete(path).status_code == 400


@pytest.mark.parametrize(
    "payload",
    [[{"prefix": "global"}], [{"name": "two words"}], [{"name": ""}], [7], [{"nam": "x"}]],
)
def test_labels_that_cannot_be_are_400_in_the_v1_form(wiki: Any, payload: Any) -> None:
    page = wiki.made("Refunds")
    answer = wiki.http.post(f"/wiki/rest/api/content/{page}/label", json=payload)
    body = answer.json()
    assert (answer.status_code, body["statusCode"], body["data"]["valid"]) == (400, 400, False)
    assert body["data"]["errors"][0]["message"]["translation"]
    assert wiki.sim.item(page)["labels"] == []


def test_pages_are_found_by_label(wiki: Any) -> None:
    for title in ("A", "B", "C"):
        page = wiki.made(title)
        wiki.sim.act({"do": "label", "id": page, "labels": ["kb"]})
    wiki.sim.act({"do": "delete", "id": page})
    label = wiki.listed(f"/wiki/api/v2/pages/{page}/labels")[0]["id"]
    rows = wiki.listed(f"/wiki/api/v2/labels/{label}/pages", limit=1)
    assert [row["title"] for row in rows] == ["A", "B"]
    assert [row["name"] for row in wiki.listed("/wiki/api/v2/labels")] == ["kb"]
    assert wiki.http.get("/wiki/api/v2/labels/1/pages").status_code == 404


def test_a_property_is_created_once_and_updated_by_version(wiki: Any) -> None:
    page = wiki.made("Refunds")
    path = f"/wiki/api/v2/pages/{page}/properties"
    value = {"target": "kb", "list": [1, None, "é"], "deep": {"a": True}}
    made = wiki.http.post(path, json={"key": "syncline", "value": value}).json()
    assert (made["value"], made["version"]["number"]) == (value, 1)
    again = wiki.http.post(path, json={"key": "syncline", "value": 1})
    assert again.status_code == 409
    assert again.json()["errors"][0]["title"] == "Property with key [syncline] already exists"
    one = f"{path}/{made['id']}"

    def put(number: int, key: str = "syncline") -> Any:
        body = {"key": key, "value": {"v": number}, "version": {"number": number, "message": ""}}
        return wiki.http.put(one, json=body)

    assert put(2).json()["version"]["number"] == 2
    assert put(2).status_code == 409
    assert put(3, key="other").status_code == 400
    assert wiki.http.get(one).json()["value"] == {"v": 2}
    assert wiki.page(page)["version"]["number"] == 1


def test_a_property_that_comes_back_has_another_id(wiki: Any) -> None:
    page = wiki.made("Refunds")
    path = f"/wiki/api/v2/pages/{page}/properties"
    first = wiki.http.post(path, json={"key": "syncline", "value": 1}).json()["id"]
    assert wiki.http.delete(f"{path}/{first}").status_code == 204
    assert wiki.http.get(f"{path}/{first}").status_code == 404
    second = wiki.http.post(path, json={"key": "syncline", "value": 1}).json()["id"]
    assert first != second
    assert [row["id"] for row in wiki.listed(path, key="syncline")] == [second]
    assert wiki.listed(path, key="other") == []


def test_a_property_belongs_to_its_page_and_has_a_ceiling(wiki: Any) -> None:
    page, other = wiki.made("A"), wiki.made("B")
    path = f"/wiki/api/v2/pages/{page}/properties"
    made = wiki.http.post(path, json={"key": "k", "value": "x" * 8400}).json()["id"]
    elsewhere = wiki.http.get(f"/wiki/api/v2/pages/{other}/properties/{made}")
    assert elsewhere.status_code == 404
    large = wiki.http.post(path, json={"key": "large", "value": "x" * 33_000})
    assert large.status_code == 400
    assert wiki.http.post(path, json={"key": "k2", "value": 1, "x": 2}).status_code == 400


def test_spaces_are_found_by_key_and_type(wiki: Any) -> None:
    wiki.sim.act({"do": "create", "title": "Elsewhere", "space": "HR"})
    rows = wiki.listed("/wiki/api/v2/spaces", limit=1)
    assert [row["key"] for row in rows] == ["KB", "HR"]
    [space] = wiki.listed("/wiki/api/v2/spaces", keys="KB", type="knowledge_base")
    assert (space["id"], space["name"]) == (wiki.space, "Knowledge Base")
    assert wiki.listed("/wiki/api/v2/spaces", keys="KB", type="global") == []
    assert wiki.listed("/wiki/api/v2/spaces", keys="NO") == []
    assert wiki.http.get("/wiki/api/v2/spaces/1").status_code == 404


def test_who_may_read_a_space_is_listed(wiki: Any) -> None:
    rows = wiki.listed(f"/wiki/api/v2/spaces/{wiki.space}/permissions")
    kinds = {(row["principal"]["type"], row["operation"]["key"]) for row in rows}
    assert ("group", "read") in kinds


def test_the_caller_is_told_who_it_is(wiki: Any) -> None:
    me = wiki.http.get("/wiki/rest/api/user/current").json()
    assert (me["email"], me["displayName"]) == ("sync@example.com", "Syncline")
    bulk = {"accountIds": [me["accountId"], "nobody"]}
    rows = wiki.http.post("/wiki/api/v2/users-bulk", json=bulk).json()["results"]
    assert [row["displayName"] for row in rows] == ["Syncline"]
    assert wiki.http.get("/wiki/api/v2/user/by-me").status_code == 400


def test_there_are_no_classification_levels(wiki: Any) -> None:
    page = wiki.made("Refunds")
    assert wiki.http.get("/wiki/api/v2/classification-levels").json() == []
    assert wiki.http.get(f"/wiki/api/v2/pages/{page}/classification-level").status_code == 404
