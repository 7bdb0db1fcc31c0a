"""Pages: creating, reading, updating, titles, drafts, trash."""

from __future__ import annotations

from typing import Any

import pytest


def _error(answer: Any) -> tuple[int, str, str]:
    """Status, code and title of a v2 error, which has the captured form."""
    [error] = answer.json()["errors"]
    assert set(error) == {"status", "code", "title", "detail"}
    assert error["status"] == answer.status_code
    return error["status"], error["code"], error["title"]


def test_a_page_is_created_under_the_homepage_with_ids_as_strings(wiki: Any) -> None:
    made = wiki.create("Refunds").json()
    home = wiki.http.get(f"/wiki/api/v2/spaces/{wiki.space}").json()["homepageId"]
    assert (made["parentId"], made["parentType"]) == (home, "page")
    assert (made["version"]["number"], made["status"]) == (1, "current")
    assert all(isinstance(made[name], str) for name in ("id", "spaceId", "parentId"))
    assert made["_links"]["webui"] == f"/spaces/KB/pages/{made['id']}/Refunds"
    assert made["_links"]["base"] == wiki.sim.url + "/wiki"


def test_a_root_level_page_has_no_parent(wiki: Any) -> None:
    made = wiki.made("Top")
    payload = {"spaceId": wiki.space, "title": "Top 2", "parentId": made}
    refused = wiki.http.post("/wiki/api/v2/pages?root-level=true", json=payload)
    assert refused.status_code == 400
    del payload["parentId"]
    top = wiki.http.post("/wiki/api/v2/pages?root-level=true", json=payload).json()
    assert (top["parentId"], top["parentType"]) == (None, None)


def test_a_page_goes_to_the_top_when_the_homepage_is_gone(wiki: Any) -> None:
    home = wiki.http.get(f"/wiki/api/v2/spaces/{wiki.space}").json()["homepageId"]
    assert wiki.http.delete(f"/wiki/api/v2/pages/{home}").status_code == 204
    assert wiki.create("Refunds").json()["parentId"] is None


def test_every_answer_can_be_told_to_the_vendors_support(wiki: Any) -> None:
    answers = [wiki.http.get("/wiki/api/v2/pages"), wiki.http.get("/wiki/api/v2/pages/x")]
    assert len({answer.headers["atl-traceid"] for answer in answers}) == 2


def test_a_body_is_absent_unless_its_format_is_asked_for(wiki: Any) -> None:
    page = wiki.made("Refunds", "<p>one</p>")
    bare = wiki.http.get(f"/wiki/api/v2/pages/{page}").json()
    assert "body" not in bare
    assert "one" in wiki.body(page)
    for name in ("atlas_doc_format", "view", "export_view"):
        shown = wiki.page(page, **{"body-format": name})["body"]
        assert list(shown) == [name]
        assert "one" in shown[name]["value"]


def test_includes_come_inline_with_their_meta(wiki: Any) -> None:
    page = wiki.made("Refunds")
    wiki.http.post(
        f"/wiki/rest/api/content/{page}/label", json=[{"prefix": "global", "name": "kb"}]
    )
    for number in range(60):
        payload = {"key": f"k{number:02d}", "value": number}
        wiki.http.post(f"/wiki/api/v2/pages/{page}/properties", json=payload)
    flags = ("labels", "properties", "versions", "operations", "likes")
    shown = wiki.page(page, **{f"include-{name}": "true" for name in flags})
    assert [label["name"] for label in shown["labels"]["results"]] == ["kb"]
    assert len(shown["properties"]["results"]) == 50
    assert shown["properties"]["meta"]["hasMore"] is True
    assert shown["versions"]["meta"]["hasMore"] is False
    assert shown["likes"]["results"] == []
    assert {"operation": "update", "targetType": "page"} in shown["operations"]["results"]
    assert "version" not in wiki.page(page, **{"include-version": "false"})
    child = wiki.made("Child", parentId=page)
    shown = wiki.page(page, **{"include-direct-children": "true"})
    assert [one["id"] for one in shown["directChildren"]["results"]] == [child]


def test_an_update_takes_the_next_version_number_only(wiki: Any) -> None:
    page = wiki.made("Refunds")
    assert wiki.update(page, 2).json()["version"]["number"] == 2
    for wrong in (2, 1, 4):
        answer = wiki.update(page, wrong)
        assert _error(answer) == (
            409,
            "CONFLICT",
            "Version must be incremented when updating a page. "
            f"Current Version: [2]. Provided version: [{wrong}]",
        )
    assert wiki.update(page, 3).status_code == 200


@pytest.mark.parametrize("field", ["id", "status", "title", "body", "version"])
def test_an_update_needs_all_its_fields(wiki: Any, field: str) -> None:
    page = wiki.made("Refunds")
    answer = wiki.update(page, 2, **{field: None})
    assert _error(answer)[1:] == (
        "INVALID_REQUEST_PARAMETER",
        f"The body lacks the field '{field}'",
    )
    assert wiki.sim.item(page)["version"] == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"colour": "red"}, "unknown field 'colour'"),
        ({"spaceId": 7}, "'spaceId' of the body has a wrong type"),
        ({"body": {"representation": "storage", "value": "", "x": 1}}, "unknown field 'x'"),
        ({"body": {"representation": "wiki", "value": "h1. x"}}, "'wiki' is not supported"),
        ({"body": {"representation": "storage", "value": 5}}, "must be a string"),
        ({"status": "archived"}, "'current' or 'draft'"),
        ({"title": "x" * 256}, "255 characters"),
        ({"title": "  "}, "blank"),
    ],
)
def test_a_create_with_a_wrong_field_is_400(wiki: Any, more: dict[str, Any], said: str) -> None:
    answer = wiki.create(**({"title": "Refunds"} | more)) if "title" in more else None
    answer = answer or wiki.create("Refunds", **more)
    assert answer.status_code == 400
    assert said in _error(answer)[2]
    assert [item["title"] for item in wiki.sim.items()] == ["Knowledge Base"]


def test_an_unknown_query_parameter_is_400(wiki: Any) -> None:
    answer = wiki.http.get("/wiki/api/v2/pages", params={"spaceId": wiki.space})
    assert "no query parameter 'spaceId'" in _error(answer)[2]


def test_a_wrong_id_is_400_in_the_captured_words_and_an_unknown_one_404(wiki: Any) -> None:
    wrong = wiki.http.get("/wiki/api/v2/pages/abc")
    assert _error(wrong)[2] == (
        "Provided value {abc} for 'id' is not the correct type. Expected type is ContentId"
    )
    assert _error(wiki.http.get("/wiki/api/v2/pages/999"))[:2] == (404, "NOT_FOUND")


@pytest.mark.parametrize("content", ["{", "[]", "null", '"x"', "[" * 100_000])
def test_a_request_that_is_no_object_is_400(wiki: Any, content: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = wiki.http.post("/wiki/api/v2/pages", content=content, headers=headers)
    assert _error(answer)[1] == "INVALID_REQUEST_PARAMETER"


def test_json_must_say_that_it_is_json(wiki: Any) -> None:
    answer = wiki.http.post("/wiki/api/v2/pages", content="{}", headers={"Content-Type": "text/x"})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        "<p>open",
        "<p>x</b>",
        "<p>&unknown;</p>",
        "a & b",
        "<!DOCTYPE x><p/>",
        "<p>\u0001</p>",
        "<p>\ud800</p>",
        "</r><r>",
        "<p a=1>x</p>",
        '<p a="1" a="2">x</p>',
    ],
)
def test_storage_format_that_is_not_well_formed_is_400(wiki: Any, body: str) -> None:
    answer = wiki.create("Broken", body)
    assert "Error parsing xhtml" in _error(answer)[2]
    page = wiki.made("Fine", "<p>before</p>")
    changed = {"representation": "storage", "value": body}
    assert wiki.update(page, 2, body=changed).status_code == 400
    assert "before" in wiki.body(page)
    assert wiki.sim.item(page)["version"] == 1


def test_the_error_tells_row_and_column(wiki: Any) -> None:
    answer = wiki.create("Broken", "<p>one</p>\n<p>two</b>")
    assert "at [row,col {unknown-source}]: [2," in _error(answer)[2]


def test_a_body_over_5_mb_is_413(wiki: Any) -> None:
    just = "<p>" + "a" * (5 * 1024 * 1024 - 60) + "</p>"
    assert wiki.create("Large", just).status_code == 200
    answer = wiki.create("Too large", "<p>" + "a" * 5 * 1024 * 1024 + "</p>")
    assert answer.status_code == 413


def test_a_nested_body_is_taken_too(wiki: Any) -> None:
    nested = {"storage": {"representation": "storage", "value": "<p>nested</p>"}}
    assert "nested" in wiki.body(wiki.made("Nested", body=nested))


@pytest.mark.parametrize("holder", ["current", "archived", "draft"])
def test_a_title_is_held_by_live_archived_and_draft_pages(wiki: Any, holder: str) -> None:
    page = wiki.made("Refunds", status="draft" if holder == "draft" else "current")
    if holder == "archived":
        wiki.sim.act({"do": "archive", "id": page})
    answer = wiki.create("rEFUNDS ")
    assert answer.status_code == 400
    assert "A page with this title already exists" in _error(answer)[2]
    assert "same TITLE in this space" in _error(answer)[2]
    other = wiki.made("Other")
    assert wiki.update(other, 2, title="Refunds").status_code == 400
    rename = wiki.http.put(
        f"/wiki/api/v2/pages/{other}/title", json={"status": "current", "title": "Refunds"}
    )
    assert rename.status_code == 400


def test_a_title_in_the_trash_is_free_and_blocks_its_return(wiki: Any) -> None:
    page = wiki.made("Refunds")
    assert wiki.http.delete(f"/wiki/api/v2/pages/{page}").status_code == 204
    wiki.made("Refunds")
    assert wiki.update(page, 2, title="Refunds").status_code == 400
    assert wiki.page(page)["status"] == "trashed"


def test_renaming_raises_the_version_and_keeps_the_body(wiki: Any) -> None:
    page = wiki.made("Refunds", "<p>text</p>")
    before = wiki.body(page)
    path = f"/wiki/api/v2/pages/{page}/title"
    renamed = wiki.http.put(path, json={"status": "current", "title": "Returns"}).json()
    assert (renamed["title"], renamed["version"]["number"]) == ("Returns", 2)
    assert wiki.body(page) == before


def test_a_deleted_page_is_in_the_trash_until_it_is_purged(wiki: Any) -> None:
    page = wiki.made("Refunds")
    path = f"/wiki/api/v2/pages/{page}"
    assert wiki.http.delete(path, params={"purge": "true"}).status_code == 400
    assert wiki.http.delete(path).status_code == 204
    assert wiki.page(page)["status"] == "trashed"
    assert "Refunds" not in wiki.titles()
    assert "Refunds" in wiki.titles(status="trashed")
    assert wiki.http.delete(path).status_code == 404
    assert wiki.http.delete(path, params={"purge": "true"}).status_code == 204
    assert wiki.http.get(path).status_code == 404
    assert "Refunds" not in wiki.titles(status="trashed")


def test_a_put_brings_a_page_back_from_the_trash_without_changing_its_content(wiki: Any) -> None:
    page = wiki.made("Refunds", "<p>old</p>")
    wiki.http.delete(f"/wiki/api/v2/pages/{page}")
    back = wiki.update(page, 2, title="Refunds")
    assert (back.status_code, back.json()["status"]) == (200, "current")
    assert back.json()["version"]["number"] == 1
    assert "old" in wiki.body(page)
    assert "Refunds" in wiki.titles()


def test_an_archived_page_is_read_but_not_edited(wiki: Any) -> None:
    page = wiki.made("Refunds")
    wiki.sim.act({"do": "archive", "id": page})
    assert wiki.page(page)["status"] == "archived"
    assert wiki.update(page, 2).status_code == 400
    path = f"/wiki/api/v2/pages/{page}"
    assert wiki.http.get(path, params={"status": "current"}).status_code == 404
    assert wiki.http.delete(path).status_code == 204
    assert wiki.page(page)["status"] == "trashed"


def test_a_draft_is_its_authors_alone_until_it_is_published(wiki: Any) -> None:
    page = wiki.made("", "<p>idea</p>", status="draft")
    editor = wiki.connect("editor@example.com", wiki.sim.env["CONFLUENCE_EDITOR_TOKEN"])
    path = f"/wiki/api/v2/pages/{page}"
    assert wiki.http.get(path).json()["status"] == "draft"
    assert editor.get(path).status_code == 404
    assert wiki.http.delete(path).status_code == 404
    published = wiki.update(page, 1, title="Idea").json()
    assert (published["status"], published["version"]["number"]) == ("current", 1)
    assert editor.get(path).status_code == 200


def test_a_discarded_draft_is_gone_for_ever(wiki: Any) -> None:
    page = wiki.made("Idea", status="draft")
    path = f"/wiki/api/v2/pages/{page}"
    assert wiki.http.delete(path, params={"draft": "true"}).status_code == 204
    assert wiki.http.get(path).status_code == 404
    wiki.made("Idea")


def test_an_open_draft_does_not_change_the_page_and_publishing_overrides_it(wiki: Any) -> None:
    page = wiki.made("Refunds", "<p>public</p>")
    wiki.sim.act({"do": "edit", "id": page, "body": "<p>secret idea</p>", "draft": True})
    assert "public" in wiki.body(page)
    draft = wiki.page(page, **{"get-draft": "true"})
    assert draft["status"] == "draft"
    assert "secret idea" in draft["body"]["storage"]["value"]
    assert wiki.update(page, 2).status_code == 200
    assert wiki.sim.item(page)["draft"] is None


def test_an_update_to_draft_wants_version_1(wiki: Any) -> None:
    page = wiki.made("Refunds", "<p>public</p>")
    assert wiki.update(page, 2, status="draft").status_code == 400
    assert wiki.update(page, 1, status="draft").status_code == 200
    assert "new" in wiki.sim.item(page)["draft"]
    assert "public" in wiki.body(page)


def test_history_is_kept_with_its_bodies(wiki: Any) -> None:
    page = wiki.made("Refunds", "<p>first</p>")
    wiki.update(page, 2, title="Returns", version={"number": 2, "message": "by hand"})
    path = f"/wiki/api/v2/pages/{page}/versions"
    newest, oldest = wiki.listed(path, **{"body-format": "storage"})
    assert (newest["number"], newest["message"], newest["page"]["title"]) == (
        2,
        "by hand",
        "Returns",
    )
    assert (oldest["number"], oldest["page"]["title"]) == (1, "Refunds")
    assert "first" in oldest["page"]["body"]["storage"]["value"]
    past = wiki.page(page, version=1)
    assert (past["title"], past["status"], past["version"]["number"]) == (
        "Refunds",
        "historical",
        1,
    )
    assert "first" in past["body"]["storage"]["value"]
    one = wiki.http.get(f"{path}/1").json()
    assert (one["number"], one["nextVersion"]) == (1, 2)
    assert wiki.http.get(f"{path}/3").status_code == 404
    answer = wiki.http.get(f"/wiki/api/v2/pages/{page}", params={"version": 3})
    assert answer.status_code == 404


def test_a_private_page_is_seen_by_its_author_alone(wiki: Any) -> None:
    payload = {"spaceId": wiki.space, "title": "Mine"}
    made = wiki.http.post("/wiki/api/v2/pages?private=true", json=payload).json()
    editor = wiki.connect("editor@example.com", wiki.sim.env["CONFLUENCE_EDITOR_TOKEN"])
    assert wiki.http.get(f"/wiki/api/v2/pages/{made['id']}").status_code == 200
    assert editor.get(f"/wiki/api/v2/pages/{made['id']}").status_code == 404


def test_a_page_cannot_be_put_elsewhere_than_its_space_allows(wiki: Any) -> None:
    page, child = wiki.made("Parent"), None
    child = wiki.made("Child", parentId=page)
    wiki.sim.act({"do": "create", "title": "Far", "space": "OTHER"})
    far = next(item["id"] for item in wiki.sim.items() if item["title"] == "Far")
    assert wiki.create("X", parentId=far).status_code == 404
    assert wiki.create("X", parentId="1").status_code == 404
    assert wiki.create("X", spaceId="1").status_code == 404
    assert wiki.update(page, 2, parentId=child).status_code == 400
    assert wiki.update(page, 2, parentId=page).status_code == 400
    assert wiki.update(page, 2, spaceId="1").status_code == 400
    assert wiki.update(page, 2, id=child).status_code == 400


def test_removed_v1_paths_answer_410_in_the_v1_form(wiki: Any) -> None:
    page = wiki.made("Refunds")
    answer = wiki.http.get(f"/wiki/rest/api/content/{page}")
    assert answer.status_code == 410
    body = answer.json()
    assert body["statusCode"] == 410
    assert body["message"].startswith("com.atlassian.confluence.api.service.exceptions.")
