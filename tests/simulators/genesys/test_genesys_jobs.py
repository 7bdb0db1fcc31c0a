"""Export, synchronisation and import jobs of the Genesys Cloud simulator."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

SYNC = "/synchronize/jobs"
EXPORT = "/export/jobs"
IMPORT = "/import/jobs"


def entry(external: str, title: str = "A", *blocks: Any, **members: Any) -> dict[str, Any]:
    """A document of a synchronisation file with one published variation."""
    run = {"type": "Text", "text": {"text": title}}
    body = {"blocks": list(blocks) or [{"type": "Paragraph", "paragraph": {"blocks": [run]}}]}
    published = {"title": title, "variations": [{"name": "main", "priority": 1, "body": body}]}
    given = members.pop("published", {})
    return {"externalId": external, "published": published | given, "draft": None, **members}


def file(
    documents: Sequence[Any] = (), delete: Sequence[str] = (), **action: Any
) -> dict[str, Any]:
    return {
        "version": 3,
        "importAction": {"documents": list(documents), **action},
        "deleteAction": {"documents": list(delete)},
    }


def synchronised(cloud: Any, content: Any) -> dict[str, Any]:
    """The ended job for this file, with its links."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    job = cloud.job(SYNC, {"uploadKey": cloud.uploaded(raw)})
    found: dict[str, Any] = cloud.get(f"{SYNC}/{job['id']}?expand=urls")
    return found


def exported(cloud: Any, **asked: Any) -> Any:
    wanted = {"versionFilter": "Latest", **asked}
    body = {"exportFilter": wanted, "fileType": "json", "jsonFileVersion": 3}
    job = cloud.job(EXPORT, body)
    assert job["status"] == "Completed"
    return httpx.get(job["downloadURL"]).json()


def titles(cloud: Any) -> list[str]:
    return [one["title"] for one in cloud.all("/documents")]


def test_a_file_creates_documents_with_categories_and_labels_by_name(cloud: Any) -> None:
    parent = {"name": "Orders", "externalId": "c1"}
    child = {"name": "Returns", "parentCategory": {"name": "Orders"}}
    labels = [{"name": "public", "color": "#ff0000"}]
    content = {"category": {"name": "returns"}, "labels": [{"name": "public"}]}
    document = entry("wiki:1", "Refunds", published=content, externalVersionId="7")
    job = synchronised(cloud, file([document], categories=[parent, child], labels=labels))
    assert job["status"] == "Completed"
    assert job["report"]["statistics"] == {
        "countCategoryImportSuccess": 2,
        "countLabelImportSuccess": 1,
        "countDocumentImportActivityCreate": 1,
        "countDocumentStatePublished": 1,
        "countDocumentImportSuccess": 1,
    }
    found = cloud.get("/documents?externalIds=wiki:1&expand=category,labels")["entities"][0]
    assert found["category"]["parentCategory"]["name"] == "Orders"
    assert [one["name"] for one in found["labels"]] == ["public"]


def test_a_document_is_found_again_by_its_external_id_and_keeps_its_variation(cloud: Any) -> None:
    document = cloud.article("Old", externalId="wiki:1")
    before = cloud.get(f"/documents/{document}/variations")["entities"][0]
    job = synchronised(cloud, file([entry("wiki:1", "New")]))
    assert job["report"]["statistics"]["countDocumentImportActivityUpdate"] == 1
    after = cloud.get(f"/documents/{document}?expand=variations")
    assert (after["title"], after["lastPublishedVersionNumber"]) == ("New", 2)
    assert [one["id"] for one in after["variations"]] == [before["id"]]


def test_statuses_follow_each_other_as_time_passes(cloud: Any) -> None:
    key = cloud.uploaded(json.dumps(file([entry("wiki:1")])).encode())
    validation = ["ValidationInProgress", "ValidationCompleted"]
    order = ["Created", *validation, "Started", "InProgress", "Completed"]
    between: set[str] = set()
    # Time passes by itself, too: on a busy machine a job may be over before it is looked at.
    for _ in range(20):
        job = cloud.post(SYNC, {"uploadKey": key})
        seen = [job["status"]]
        assert "report" not in job
        while seen[-1] != "Completed":
            cloud.sim.clock(advance="10ms")
            status = cloud.get(f"{SYNC}/{job['id']}")["status"]
            seen += [status] if status != seen[-1] else []
        assert [one for one in order if one in seen] == seen
        between |= {*seen} - {"Created", "Completed"}
        if between:
            break
    assert between


def test_wrong_entities_fail_alone_and_are_handed_back(cloud: Any) -> None:
    bad_link = {"type": "Text", "text": {"text": "x", "hyperlink": "http://insecure.example"}}
    wrong = [
        entry("wiki:2", "Link", {"type": "Paragraph", "paragraph": {"blocks": [bad_link]}}),
        entry("wiki:3", published={"category": {"name": "Nowhere"}}),
        entry("wiki:4", published={"variations": []}),
        entry("wiki:5", published={"title": " "}),
        entry("wiki:6", rawHtml="<p>"),
        {"externalId": "wiki:7", "published": None, "draft": None},
    ]
    job = synchronised(cloud, file([entry("wiki:1", "Good"), *wrong]))
    assert job["status"] == "PartialCompleted"
    assert job["report"]["statistics"]["countDocumentImportFailure"] == 6
    assert [error["entityId"] for error in job["report"]["errors"]] == [
        f"wiki:{n}" for n in range(2, 8)
    ]
    places = [error["details"][0]["fieldName"] for error in job["report"]["errors"]]
    assert places == [f"importAction.documents[{n}]" for n in range(1, 7)]
    failed = httpx.get(job["failedEntitiesURL"]).json()
    assert failed == {"version": 3, "importAction": {"documents": wrong}}
    assert titles(cloud) == ["Good"]


def test_a_job_of_which_nothing_succeeds_has_failed(cloud: Any) -> None:
    job = synchronised(cloud, file([entry("wiki:1", published={"variations": []})]))
    assert job["status"] == "Failed"


@pytest.mark.parametrize(
    "content",
    [
        b"not json",
        b"[" * 3000,
        {"version": 2, "importAction": {}},
        {"version": 3},
        {"version": 3, "importAction": {}, "documents": []},
        {"version": 3, "importAction": {"knowledgeBase": {"id": "another"}}},
    ],
)
def test_a_file_of_another_form_fails_in_validation(cloud: Any, content: Any) -> None:
    job = synchronised(cloud, content)
    assert job["status"] == "ValidationFailed"
    assert job["report"]["errors"][0]["status"] == 400


def test_a_job_without_an_uploaded_file_fails_in_validation(cloud: Any) -> None:
    job = cloud.job(SYNC, {"uploadKey": "nonsense"})
    assert job["status"] == "ValidationFailed"


def test_documents_are_deleted_by_id_and_unknown_ids_are_reported(cloud: Any) -> None:
    document = cloud.article()
    missing = "00000000-0000-4000-8000-000000000000"
    job = synchronised(cloud, file(delete=[document, missing]))
    assert job["status"] == "PartialCompleted"
    statistics = job["report"]["statistics"]
    assert statistics == {"countDocumentDeleteSuccess": 1, "countDocumentDeleteFailure": 1}
    assert job["report"]["errors"][0]["entityId"] == missing
    assert titles(cloud) == []


def test_links_by_external_id_find_documents_of_the_same_file(cloud: Any) -> None:
    def link(target: str, **more: Any) -> dict[str, Any]:
        run = {"type": "Text", "text": {"text": "see", "externalDocumentId": target, **more}}
        return {"type": "Paragraph", "paragraph": {"blocks": [run]}}

    other = link("wiki:9", externalDocumentIdAlternatives=["wiki:8", "wiki:2"])
    one = entry("wiki:1", "One", link("wiki:2"), link("wiki:404"), other)
    job = synchronised(cloud, file([one, entry("wiki:2", "Two")]))
    assert job["status"] == "Completed"
    target = cloud.get("/documents?externalIds=wiki:2")["entities"][0]["id"]
    source = cloud.get("/documents?externalIds=wiki:1")["entities"][0]["id"]
    body = cloud.get(f"/documents/{source}/variations")["entities"][0]["body"]
    runs = [block["paragraph"]["blocks"][0]["text"] for block in body["blocks"]]
    base = cloud.sim.connection["knowledge_base"]
    grn = f"grn:knowledge:::document/{base}/{target}"
    assert [run.get("hyperlink") for run in runs] == [grn, None, grn]


def test_two_documents_with_the_external_id_make_the_entity_fail(cloud: Any) -> None:
    cloud.article("One", externalId="wiki:1")
    cloud.article("Two", externalId="wiki:1")
    job = synchronised(cloud, file([entry("wiki:1", "New")]))
    assert (job["status"], job["report"]["errors"][0]["status"]) == ("Failed", 409)


def test_a_draft_in_the_file_stays_a_draft(cloud: Any) -> None:
    draft = entry("wiki:1", "Draft")["published"]
    job = synchronised(cloud, file([{"externalId": "wiki:1", "published": None, "draft": draft}]))
    assert job["report"]["statistics"]["countDocumentStateDraft"] == 1
    assert titles(cloud) == []
    assert [one["title"] for one in cloud.all("/documents?includeDrafts=true")] == ["Draft"]


def test_a_job_can_be_aborted_before_it_has_ended(cloud: Any) -> None:
    key = cloud.uploaded(json.dumps(file([entry("wiki:1")])).encode())
    job = cloud.post(SYNC, {"uploadKey": key})
    path = f"{SYNC}/{job['id']}"
    assert cloud.patch(path, {"status": "AbortRequested"})["status"] == "AbortRequested"
    cloud.sim.clock(advance="1s")
    assert cloud.get(path)["status"] == "Aborted"
    assert titles(cloud) == []
    cloud.call("PATCH", path, json={"status": "AbortRequested"}, status=400)
    cloud.call("PATCH", path, json={"status": "Completed"}, status=400)
    cloud.call("DELETE", path, status=204)
    cloud.call("GET", path, status=404)


def test_an_export_holds_published_content_and_open_drafts(cloud: Any) -> None:
    category = cloud.post("/categories", {"name": "Billing", "externalId": "c1"})["id"]
    document = cloud.article("One", "text", externalId="wiki:1", categoryId=category)
    cloud.patch(f"/documents/{document}", {"title": "One, edited"})
    found = exported(cloud)["importAction"]
    assert found["knowledgeBase"]["id"] == cloud.sim.connection["knowledge_base"]
    one = found["documents"][0]
    assert (one["id"], one["externalId"]) == (document, "wiki:1")
    assert (one["published"]["title"], one["draft"]["title"]) == ("One", "One, edited")
    assert one["published"]["category"]["name"] == "Billing"
    stored = cloud.get(f"/documents/{document}/variations")["entities"][0]["body"]
    assert one["published"]["variations"][0]["body"] == stored


def test_an_export_can_be_narrowed(cloud: Any) -> None:
    one = cloud.article("One")
    start = cloud.sim.clock(advance="1h")
    cloud.article("Two")
    by_id = exported(cloud, documentsFilter={"entities": [{"id": one}]}, exclude=["Variations"])
    assert [d["published"]["title"] for d in by_id["importAction"]["documents"]] == ["One"]
    assert "variations" not in by_id["importAction"]["documents"][0]["published"]
    late = exported(cloud, documentsFilter={"interval": f"{start}/2999-01-01T00:00:00Z"})
    assert [d["published"]["title"] for d in late["importAction"]["documents"]] == ["Two"]


@pytest.mark.parametrize(
    "asked",
    [
        {"exclude": []},
        {"versionFilter": "Newest"},
        {"documentsFilter": {"interval": "2026-01-01/2026-02-01", "entities": []}},
        {"documentsFilter": {"interval": "never"}},
    ],
)
def test_an_export_with_a_wrong_filter_is_refused(cloud: Any, asked: Any) -> None:
    body = {"exportFilter": {"versionFilter": "Latest", **asked}, "fileType": "Json"}
    cloud.call("POST", EXPORT, json=body, status=400)


def test_an_export_can_be_synchronised_into_another_base(cloud: Any) -> None:
    cloud.article("One", "text", externalId="wiki:1")
    content = exported(cloud)
    other = cloud.post(
        "/api/v2/knowledge/knowledgebases", {"name": "Other", "coreLanguage": "de-DE"}
    )["id"]
    content["importAction"]["knowledgeBase"]["id"] = other
    for one in content["importAction"]["documents"]:
        del one["id"]
    path = f"/api/v2/knowledge/knowledgebases/{other}"
    key = cloud.uploaded(json.dumps(content).encode())
    job = cloud.job(path + SYNC, {"uploadKey": key})
    assert job["status"] == "Completed", job
    assert [one["title"] for one in cloud.all(f"{path}/documents")] == ["One"]


def test_a_download_needs_its_signature_and_expires(cloud: Any) -> None:
    job = cloud.job(EXPORT, {"exportFilter": {"versionFilter": "Latest"}, "fileType": "Json"})
    link = job["downloadURL"]
    assert httpx.get(link).status_code == 200
    assert httpx.get(link.partition("?")[0]).status_code == 403
    assert httpx.get(link[:-1] + ("0" if link[-1] != "0" else "1")).status_code == 403
    with_token = httpx.get(link, headers={"Authorization": cloud.http.headers["Authorization"]})
    assert with_token.status_code == 400
    cloud.sim.clock(advance="11min")
    expired = httpx.get(link)
    assert (expired.status_code, expired.headers["Content-Type"]) == (403, "application/xml")


def test_an_upload_must_carry_exactly_the_headers_that_were_agreed(cloud: Any) -> None:
    asked = {"fileName": "a.json", "contentType": "application/json"}
    place = cloud.post("/api/v2/knowledge/documentuploads", asked)
    assert place["headers"]["Content-Type"] == "application/json"
    assert httpx.put(place["url"], content=b"{}").status_code == 403
    wrong = {**place["headers"], "Content-Type": "text/plain"}
    assert httpx.put(place["url"], content=b"{}", headers=wrong).status_code == 403
    assert httpx.put(place["url"], content=b"{}", headers=place["headers"]).status_code == 200
    signed = {**place["headers"], "Content-MD5": "x"}
    assert httpx.put(place["url"], content=b"{}", headers=signed).status_code == 200
    cloud.sim.clock(advance="11min")
    assert httpx.put(place["url"], content=b"{}", headers=place["headers"]).status_code == 403


def test_an_upload_with_a_digest_must_match_it(cloud: Any) -> None:
    asked = {"fileName": "a.json", "contentMd5": "mZFLkyvTelC5g8XnyQrpOw=="}
    place = cloud.post("/api/v2/knowledge/documentuploads", asked)
    assert httpx.put(place["url"], content=b"{}", headers=place["headers"]).status_code == 200
    again = cloud.post("/api/v2/knowledge/documentuploads", asked)
    assert httpx.put(again["url"], content=b"[]", headers=again["headers"]).status_code == 400


@pytest.mark.parametrize("name", ["a b.json", ".hidden", "a/", "a<b", "a#b", "a|b", ""])
def test_file_names_that_the_store_does_not_take_are_refused(cloud: Any, name: str) -> None:
    path = "/api/v2/knowledge/documentuploads"
    cloud.call("POST", path, json={"fileName": name}, status=400)


def test_an_import_waits_to_be_confirmed(cloud: Any) -> None:
    key = cloud.uploaded(json.dumps(file([entry("wiki:1", "One")])).encode())
    job = cloud.post(IMPORT, {"uploadKey": key, "fileType": "Json"})
    path = f"{IMPORT}/{job['id']}"
    cloud.sim.clock(advance="5s")
    waiting = cloud.get(path)
    assert waiting["status"] == "ValidationCompleted"
    assert waiting["report"]["statistics"] == {"countDocumentValidationSuccess": 1}
    assert titles(cloud) == []
    cloud.patch(path, {"status": "Started"})
    cloud.sim.clock(advance="5s")
    assert cloud.get(path)["status"] == "Completed"
    found = cloud.get("/documents")["entities"][0]
    assert (found["title"], "dateImported" in found) == ("One", True)
    cloud.call("PATCH", path, json={"status": "Started"}, status=400)


def test_an_import_can_change_what_all_documents_have_in_common(cloud: Any) -> None:
    cloud.article("Kept", externalId="wiki:1")
    label = cloud.post("/labels", {"name": "imported", "color": "#0000ff"})["id"]
    key = cloud.uploaded(json.dumps(file([entry("wiki:1", "New")])).encode())
    settings = {"importAsNew": True, "visible": False, "labelIds": [label]}
    body = {"uploadKey": key, "fileType": "Json", "settings": settings}
    job = cloud.job(IMPORT, {**body, "skipConfirmationStep": True})
    assert job["status"] == "Completed", job
    found = list(cloud.all("/documents?expand=labels"))
    assert [one["title"] for one in found] == ["Kept", "New"]
    assert found[1]["visible"] is False
    assert [one["name"] for one in found[1]["labels"]] == ["imported"]


def test_the_history_of_jobs_can_be_filtered(cloud: Any) -> None:
    synchronised(cloud, file([entry("wiki:1")]))
    synchronised(cloud, b"nonsense")
    exported(cloud)
    assert [one["type"] for one in cloud.all("/operations")] == ["Export", "Sync", "Sync"]
    assert len(list(cloud.all("/operations?pageSize=1&type=Sync"))) == 2
    failed = list(cloud.all("/operations?status=ValidationFailed"))
    assert [one["type"] for one in failed] == ["Sync"]
