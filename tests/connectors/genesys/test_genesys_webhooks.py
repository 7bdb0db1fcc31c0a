"""The two detours by which Genesys Cloud announces changes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.connector import Context
from syncline.errors import ConfigError, Forbidden, Rejected
from syncline.model import Change, Ref
from syncline.ports import Hints, Secret, Webhook
from syncline.testing import FakeClock, MemoryCache
from syncline.testing.deliveries import arrived, hints_of
from syncline_genesys import connector
from syncline_genesys.webhooks import events
from syncline_genesys.webhooks.settings import SecretSettings

KEY = "what-the-api-destination-sends"
ARTICLE = "6c3d0f4e-8a53-44a1-b1f5-2f4a2a1c0d11"
LOOK = (Change(ref=Ref("kb", ARTICLE)),)
FORMS = ("eventbridge", "process-automation")


def opened(form: str, secret: str = KEY, **more: Any) -> Webhook:
    context = Context(connection="kb", clock=FakeClock(), cache=MemoryCache())
    chosen = SecretSettings(secret=Secret(secret), **more)
    return connector.webhooks[form].open(chosen, context)


def audit(entity: str = "KnowledgeDocument", **entry: Any) -> dict[str, Any]:
    """Return an audit event in the envelope that EventBridge puts around it."""
    topic = f"v2.audits.entitytype.{entity}.entityid.{ARTICLE}"
    said = {
        "id": "5a6f",
        "serviceName": "Knowledge",
        "action": "Update",
        "entityType": entity,
        "entity": {"id": ARTICLE, "name": "Refunds"},
        **entry,
    }
    return {
        "version": "0",
        "id": "58fb5dac-f077-4eec-a25f-c638dbdd4368",
        "detail-type": "v2.audits.entitytype.{id}.entityid.{id}",
        "source": "aws.partner/genesys.com/cloud/o/s",
        "detail": {"topicName": topic, "version": "2", "eventBody": said, "metadata": {}},
    }


def read(form: str, body: Any) -> Hints:
    return hints_of(opened(form), arrived(body, {"X-Syncline-Secret": KEY}))


def test_an_audit_event_names_its_article() -> None:
    assert read("eventbridge", audit()) == Hints(changes=LOOK)


def test_a_variation_names_its_document_where_the_entry_does() -> None:
    body = audit("KnowledgeDocumentVariation", context={"documentId": ARTICLE})
    assert read("eventbridge", body).changes == LOOK
    assert read("eventbridge", audit("KnowledgeDocumentVariation")).changes == ()


def test_an_object_of_the_configuration_is_named_as_rules_may_name_it() -> None:
    body = audit("Queue")
    body["detail"]["eventBody"]["entity"] = {"id": "q-1", "name": "Support"}
    found = {change.ref.id for change in read("eventbridge", body).changes}
    assert found == {"queue/q-1", "queue/Support"}


def test_an_observation_is_news_of_its_queue() -> None:
    body = audit()
    body["detail"]["topicName"] = "v2.analytics.queues.q-1.observations"
    found = {change.ref.id for change in read("eventbridge", body).changes}
    assert "queue-observation/q-1" in found


@pytest.mark.parametrize("entity", ["Flow", "KnowledgeLabel", "KnowledgeBase", 7, None])
def test_other_entities_are_none_of_ours(entity: Any) -> None:
    assert read("eventbridge", audit(entity)).changes == ()


def test_other_topics_are_none_of_ours() -> None:
    body = audit()
    body["detail"]["topicName"] = "v2.detail.events.conversation.1.customer.end"
    assert read("eventbridge", body).changes == ()


def test_a_workflow_names_one_article_or_several() -> None:
    assert read("process-automation", {"documentId": ARTICLE}).changes == LOOK
    several = read("process-automation", {"documentIds": [ARTICLE, "b", ARTICLE]})
    assert [change.ref.id for change in several.changes] == [ARTICLE, "b"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Syncline-Secret": ""},
        {"X-Syncline-Secret": KEY[:-1]},
        {"X-Syncline-Secret": KEY + "\n"},
        {"X-Hub-Signature": f"sha256={KEY}"},
        {"Authorization": f"Bearer {KEY}"},
        {"Authorization": KEY},
    ],
    ids=str,
)
def test_without_the_secret_nothing_is_read(form: str, headers: dict[str, str]) -> None:
    for body in (audit(), {"documentId": ARTICLE}, b"not JSON"):
        with pytest.raises(Forbidden):
            opened(form).receive(arrived(body, headers))


@given(at=st.integers(0, len(KEY) - 1), other=st.characters())
@settings(max_examples=80, deadline=None)
def test_no_changed_character_of_the_secret_passes(at: int, other: str) -> None:
    changed = KEY[:at] + other + KEY[at + 1 :]
    if changed != KEY:
        with pytest.raises(Forbidden):
            opened("eventbridge").receive(arrived(audit(), {"X-Syncline-Secret": changed}))


def test_the_header_and_a_second_secret_can_be_chosen() -> None:
    before = "what-it-sent-until-yesterday"
    webhook = opened("eventbridge", header="X-Api-Key", previous_secret=Secret(before))
    for key in (KEY, before):
        assert webhook.receive(arrived(audit(), {"X-Api-Key": key})) == Hints(changes=LOOK)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"detail": {}}',
        b'{"detail": {"eventBody": []}}',
        b'{"documentIds": "x"}',
        b'{"documentIds": [{}]}',
        b'{"documentId": null}',
    ],
)
def test_a_genuine_body_that_makes_no_sense_is_rejected_with_a_reason(
    form: str, body: bytes
) -> None:
    with pytest.raises(Rejected) as caught:
        read(form, body)
    assert str(caught.value)


def test_an_entry_of_an_article_without_its_id_is_rejected() -> None:
    with pytest.raises(Rejected):
        list(events.audited(audit(entity_id="x") | {"detail": _without_entity()}))


def _without_entity() -> dict[str, Any]:
    detail: dict[str, Any] = audit()["detail"]
    detail["eventBody"].pop("entity")
    return detail


def test_a_secret_that_can_be_guessed_is_refused_at_the_start() -> None:
    with pytest.raises(ConfigError, match=r"connections\.kb\.webhook"):
        opened("eventbridge", secret="short")
