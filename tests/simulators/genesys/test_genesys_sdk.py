"""The vendor's own Python client drives the Genesys Cloud simulator."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from syncline_simulators.genesys import vendor as sdk

pytestmark = pytest.mark.xdist_group("genesys-sdk")


@pytest.fixture
def api(cloud: Any) -> Iterator[Any]:
    """The SDK's client, logged in. Nothing of it is configured but the host."""
    client = sdk.api_client.ApiClient(host=cloud.checked.url)
    connection = cloud.sim.connection
    yield client.get_client_credentials_token(
        connection["client_id"], cloud.sim.env["GENESYS_CLIENT_SECRET"]
    )
    client.get_http_client().rest_client.pool_manager.clear()


@pytest.fixture
def knowledge(api: Any) -> Any:
    return sdk.KnowledgeApi(api)


@pytest.fixture
def base(cloud: Any) -> str:
    return str(cloud.sim.connection["knowledge_base"])


def body(text: str) -> Any:
    run = sdk.DocumentText()
    run.text, run.marks = text, ["Bold"]
    content = sdk.DocumentContentBlock()
    content.type, content.text = "Text", run
    paragraph = sdk.DocumentBodyParagraph()
    paragraph.blocks = [content]
    block = sdk.DocumentBodyBlock()
    block.type, block.paragraph = "Paragraph", paragraph
    found = sdk.DocumentBody()
    found.blocks = [block]
    return found


def variation(text: str) -> Any:
    request = sdk.DocumentVariationRequest()
    request.contexts, request.priority, request.body = [], 1, body(text)
    return request


def text_of(found: Any) -> str:
    return str(found.body.blocks[0].paragraph.blocks[0].text.text)


def create(knowledge: Any, base: str, title: str, external: str, text: str) -> str:
    request = sdk.KnowledgeDocumentReq()
    request.title, request.external_id, request.visible = title, external, True
    document = knowledge.post_knowledge_knowledgebase_documents(base, request)
    knowledge.post_knowledge_knowledgebase_document_variations(base, document.id, variation(text))
    knowledge.post_knowledge_knowledgebase_document_versions(base, document.id, {})
    return str(document.id)


def test_an_article_lives_from_its_creation_to_its_deletion(knowledge: Any, base: str) -> None:
    document = create(knowledge, base, "Refunds", "confluence:1", "In 14 days.")
    found = knowledge.get_knowledge_knowledgebase_document(base, document, expand=["variations"])
    assert (found.state, found.last_published_version_number) == ("Published", 1)
    assert text_of(found.variations[0]) == "In 14 days."
    assert found.date_created.tzinfo is not None

    change = sdk.KnowledgeDocumentReq()
    change.title = "Money back"
    knowledge.patch_knowledge_knowledgebase_document(base, document, change)
    one = found.variations[0].id
    knowledge.patch_knowledge_knowledgebase_document_variation(
        one, document, base, variation("In 30 days.")
    )
    again = knowledge.get_knowledge_knowledgebase_document(base, document)
    assert again.title == "Refunds"
    publish = sdk.KnowledgeDocumentVersion()
    version = knowledge.post_knowledge_knowledgebase_document_versions(base, document, publish)
    assert (version.version_number, version.document.title) == (2, "Money back")
    read = knowledge.get_knowledge_knowledgebase_document_variation(
        one, document, base, document_state="Published"
    )
    assert (text_of(read), read.document_version.id) == ("In 30 days.", version.id)

    knowledge.delete_knowledge_knowledgebase_document(base, document)
    with pytest.raises(sdk.rest.ApiException) as refused:
        knowledge.get_knowledge_knowledgebase_document(base, document)
    assert refused.value.status == 404
    assert json.loads(refused.value.body)["code"] == "not.found"


def test_documents_are_listed_with_cursors_and_found_by_query(knowledge: Any, base: str) -> None:
    made = [create(knowledge, base, f"A{n}", f"wiki:{n}", f"text {n}") for n in range(3)]
    page = knowledge.get_knowledge_knowledgebase_documents(base, page_size="2")
    after = page.next_uri.partition("after=")[2]
    rest = knowledge.get_knowledge_knowledgebase_documents(base, page_size="2", after=after)
    assert [one.id for one in page.entities + rest.entities] == made
    assert rest.next_uri is None
    two = knowledge.get_knowledge_knowledgebase_documents(base, external_ids=["wiki:0", "wiki:2"])
    assert [one.id for one in two.entities] == [made[0], made[2]]

    query = sdk.KnowledgeDocumentQuery()
    query.filter = {
        "operator": "And",
        "clauses": [
            {
                "operator": "And",
                "predicates": [{"fields": ["title"], "values": ["A1"], "type": "Equals"}],
            }
        ],
    }
    found = knowledge.post_knowledge_knowledgebase_documents_query(
        base, body=query, expand=["documentVariations"]
    )
    assert (found.total, found.results[0].id) == (1, made[1])
    assert text_of(found.results[0].variations[0]) == "text 1"


def test_categories_and_labels_are_made_and_read(knowledge: Any, base: str) -> None:
    category = sdk.CategoryCreateRequest()
    category.name = "Billing"
    made = knowledge.post_knowledge_knowledgebase_categories(base, category)
    label = sdk.LabelCreateRequest()
    label.name, label.color = "public", "#ff0000"
    tag = knowledge.post_knowledge_knowledgebase_labels(base, label)
    request = sdk.KnowledgeDocumentReq()
    request.title, request.category_id, request.label_ids = "A", made.id, [tag.id]
    document = knowledge.post_knowledge_knowledgebase_documents(base, request)
    read = knowledge.get_knowledge_knowledgebase_document(
        base, document.id, state="Draft", expand=["category", "labels"]
    )
    assert (read.category.name, [one.name for one in read.labels]) == ("Billing", ["public"])
    listed = knowledge.get_knowledge_knowledgebase_categories(base, include_document_count=True)
    assert [(one.name, one.document_count) for one in listed.entities] == [("Billing", 1)]
    with pytest.raises(sdk.rest.ApiException) as refused:
        knowledge.post_knowledge_knowledgebase_labels(base, {"name": "PUBLIC", "color": "#00ff00"})
    assert json.loads(refused.value.body)["code"] == "duplicate.name"


def wait(read: Any) -> Any:
    """The job when it has ended; it walks through its statuses in some tenths of a second."""
    for _ in range(3000):
        job = read()
        if job.status in ("Completed", "PartialCompleted", "Failed", "ValidationFailed"):
            return job
        time.sleep(0.02)
    raise AssertionError(f"the job stays {job.status}")


def test_a_base_is_exported_and_synchronised(knowledge: Any, base: str) -> None:
    create(knowledge, base, "Refunds", "confluence:1", "In 14 days.")
    asked = sdk.KnowledgeExportJobRequest()
    asked.file_type, asked.json_file_version = "Json", 3
    asked.export_filter = sdk.KnowledgeExportJobFilter()
    asked.export_filter.version_filter = "Latest"
    job = knowledge.post_knowledge_knowledgebase_export_jobs(base, asked)
    assert job.status == "Created"
    job = wait(lambda: knowledge.get_knowledge_knowledgebase_export_job(base, job.id))
    assert (job.status, job.count_document_processed) == ("Completed", 1)
    file = httpx.get(job.download_url).json()

    entry = file["importAction"]["documents"][0]
    entry["published"]["title"] = "Money back"
    new = {**entry, "id": None, "externalId": "confluence:2"}
    file["importAction"]["documents"].append(new)
    place = knowledge.post_knowledge_documentuploads({"fileName": "sync.json"})
    sent = httpx.put(place.url, content=json.dumps(file).encode(), headers=place.headers)
    assert sent.status_code == 200
    started = knowledge.post_knowledge_knowledgebase_synchronize_jobs(
        base, {"uploadKey": place.upload_key}
    )
    done = wait(lambda: knowledge.get_knowledge_knowledgebase_synchronize_job(base, started.id))
    assert done.status == "Completed"
    assert done.report.statistics.count_document_import_success == 2
    assert done.report.statistics.count_document_import_activity_create == 1
    listed = knowledge.get_knowledge_knowledgebase_documents(base)
    assert [one.title for one in listed.entities] == ["Money back", "Money back"]
    history = knowledge.get_knowledge_knowledgebase_operations(base)
    assert [one.type for one in history.entities] == ["Sync", "Export"]


def test_bulk_answers_tell_which_entities_failed(knowledge: Any, base: str) -> None:
    document = create(knowledge, base, "A", "x:1", "text")
    missing = "00000000-0000-4000-8000-000000000000"
    answer = knowledge.post_knowledge_knowledgebase_documents_bulk_remove(
        base, {"entities": [{"id": missing}, {"id": document}]}
    )
    assert (answer.error_count, answer.error_indexes) == (1, [0])
    assert answer.results[0].error.code == "not.found"
    assert answer.results[1].entity == {"id": document}


def test_the_client_waits_as_a_refusal_for_its_rate_says(api: Any, cloud: Any) -> None:
    cloud.sim.faults([{"kind": "rate-limited", "retry_after": 1, "match": {"path": "namespaces"}}])
    start = time.monotonic()
    limits = sdk.OrganizationApi(api).get_organizations_limits_namespace("knowledge")
    assert time.monotonic() - start >= 0.9
    assert {one.namespace for one in limits.entities} == {"knowledge"}


def test_a_wrong_secret_gets_no_token(cloud: Any) -> None:
    client = sdk.api_client.ApiClient(host=cloud.checked.url)
    with pytest.raises(sdk.rest.ApiException) as refused:
        client.get_client_credentials_token(cloud.sim.connection["client_id"], "wrong")
    assert refused.value.status == 401
    client.get_http_client().rest_client.pool_manager.clear()


def test_a_token_tells_whose_it_is_until_it_is_revoked(api: Any) -> None:
    tokens = sdk.TokensApi(api)
    assert tokens.get_tokens_me().organization.name == "Simulated Organisation"
    tokens.head_tokens_me()
    tokens.delete_tokens_me()
    with pytest.raises(sdk.rest.ApiException) as refused:
        tokens.get_tokens_me()
    assert refused.value.status == 401


def test_an_unknown_value_of_an_enum_does_not_break_the_client(cloud: Any) -> None:
    document = cloud.article()
    extra = {"kind": "extra", "values": {"state": "Frozen", "aNewProperty": {"deep": [1]}}}
    cloud.sim.faults([{**extra, "match": {"path": document}}])
    client = sdk.api_client.ApiClient(host=cloud.sim.url)
    client.get_client_credentials_token(
        cloud.sim.connection["client_id"], cloud.sim.env["GENESYS_CLIENT_SECRET"]
    )
    base = cloud.sim.connection["knowledge_base"]
    found = sdk.KnowledgeApi(client).get_knowledge_knowledgebase_document(base, document)
    assert (found.title, found.state) == ("Refunds", "outdated_sdk_version")
    client.get_http_client().rest_client.pool_manager.clear()
