"""What the Genesys store sends, and above all what it does not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from syncline.errors import AlreadyExists, Forbidden, OpenDraft, Rejected, VersionMismatch
from syncline.model import Document, Record, Ref, Status
from syncline.ports import BulkItem, Write
from syncline.testing import Attempt, Crash
from syncline_genesys.store import GenesysStore
from syncline_genesys.testing import para, said
from syncline_simulators.running import Running

Json = dict[str, Any]
ORIGIN = Ref("wiki", "98312")


def article(body: str = "<p>9 to 5</p>", **fields: Any) -> Document:
    return Document(title="Opening hours", body=body, **fields)


def mutations(simulator: Running) -> list[str]:
    """The calls since the last `clear_calls` that change something, without the base's address."""
    return [
        f"{call['method']} {call['path'].split('/knowledgebases/')[-1].split('/', 1)[-1]}"
        for call in simulator.calls()
        if call["method"] not in ("GET", "HEAD") and "/oauth/" not in call["path"]
    ]


def count(simulator: Running) -> int:
    """How many requests arrived, tokens aside."""
    return sum("/oauth/" not in call["path"] for call in simulator.calls())


async def created(store: GenesysStore, value: Document | None = None) -> Record:
    return await store.create(value or article(), write=Attempt(ORIGIN).write)


async def updated(
    store: GenesysStore, record: Record, value: Document, write: Write | None = None
) -> Record:
    lent = write or Attempt(ORIGIN).write
    return await store.update(record.ref, value, expected=record.version, write=lent)


def written(simulator: Running, *blocks: Json, **fields: Any) -> Ref:
    """An article that a person wrote."""
    body = json.dumps({"blocks": list(blocks)})
    item = simulator.act({"do": "create", "title": "Opening hours", "body": body, **fields})
    return Ref("kb", item["id"])


class Interruption:
    """Lends a write that lets something happen before one of its steps."""

    def __init__(self, step: str, act: Callable[[], object]) -> None:
        self._step, self._act = step, act
        attempt = Attempt(ORIGIN)
        self.write = attrs.evolve(attempt.write, note=self._note)

    def _note(self, step: str, detail: str) -> None:
        if step == self._step:
            self._act()


async def test_a_create_takes_five_calls(store: GenesysStore, simulator: Running) -> None:
    await created(store)
    simulator.clear_calls()
    await store.create(article(), write=Attempt(Ref("wiki", "2")).write)
    assert count(simulator) == 5
    assert [call.split("/")[-1] for call in mutations(simulator)] == [
        "POST documents",
        "variations",
        "versions",
    ]


async def test_an_update_of_the_body_leaves_the_metadata_alone(
    store: GenesysStore, simulator: Running
) -> None:
    record = await created(store)
    simulator.clear_calls()
    await updated(store, record, article("<p>10 to 6</p>"))
    assert [call.split("/")[0] for call in mutations(simulator)] == [
        "PATCH documents",
        "POST documents",
    ]
    assert "variations" in mutations(simulator)[0]


async def test_an_update_of_the_title_leaves_the_body_alone(
    store: GenesysStore, simulator: Running
) -> None:
    record = await created(store)
    simulator.clear_calls()
    await updated(store, record, attrs.evolve(article(), title="Closing hours"))
    assert not any("variations" in call for call in mutations(simulator))
    assert len(mutations(simulator)) == 2


async def test_an_update_that_changes_nothing_writes_nothing(
    store: GenesysStore, simulator: Running
) -> None:
    value = article(labels=frozenset({"Hours"}), category=("Shops",), alternatives=("when",))
    record = await created(store, value)
    simulator.clear_calls()
    assert await updated(store, record, value) == record
    assert mutations(simulator) == []


async def test_only_what_was_edited_changes_in_the_blocks(
    store: GenesysStore, simulator: Running
) -> None:
    first = para(said("red"), textColor="#ff0000", align="Center")
    second = para(said("old words"), backgroundColor="#00ff00")
    third = para(said("far right"), align="Right", indentation=2.0)
    ref = written(simulator, first, second, third)
    record = await store.fetch(ref)
    assert record.value is not None
    body = record.value.body.replace("old words", "new words")
    before = simulator.item(ref.id)["body"]["blocks"]
    await updated(store, record, attrs.evolve(record.value, body=body))
    after = simulator.item(ref.id)["body"]["blocks"]
    assert (after[0], after[2]) == (before[0], before[2])
    assert after[1]["paragraph"]["properties"] == before[1]["paragraph"]["properties"]
    assert after[1]["paragraph"]["blocks"][0]["text"]["text"] == "new words"


class TestWithVariations:
    @pytest.fixture
    def content(self) -> Json:
        context = {"context": {"id": _id(1)}, "values": [{"id": _id(2)}]}
        body = {"blocks": [para(said("for agents"))]}
        other = {"name": "Agents", "priority": 2, "contexts": [context], "body": body}
        ours = {
            "name": "Main",
            "priority": 1,
            "contexts": [],
            "body": {"blocks": [para(said("x"))]},
        }
        content = {"title": "Opening hours", "visible": False, "variations": [other, ours]}
        return {"importAction": {"documents": [{"published": content}]}}

    async def test_variations_for_contexts_are_left_alone(
        self, store: GenesysStore, simulator: Running
    ) -> None:
        (item,) = simulator.items()
        record = await store.fetch(Ref("kb", item["id"]))
        assert record.value is not None
        assert record.value.body == "<p>x</p>"
        await updated(store, record, attrs.evolve(record.value, body="<p>y</p>"))
        after = {one["name"]: one for one in simulator.item(item["id"])["variations"]}
        before = {one["name"]: one for one in item["variations"]}
        assert after["Agents"] == before["Agents"]
        assert after["Main"]["id"] == before["Main"]["id"]

    async def test_a_hidden_article_stays_hidden(
        self, store: GenesysStore, simulator: Running
    ) -> None:
        (item,) = simulator.items()
        record = await store.fetch(Ref("kb", item["id"]))
        assert record.status is Status.LIVE
        await updated(store, record, article("<p>y</p>"))
        assert simulator.item(item["id"])["visible"] is False

    async def test_a_bulk_job_is_not_for_it(self, store: GenesysStore, simulator: Running) -> None:
        (item,) = simulator.items()
        record = await store.fetch(Ref("kb", item["id"]))
        bulk = BulkItem(
            value=article(),
            write=Attempt(ORIGIN).write,
            ref=record.ref,
            expected=record.version,
        )
        assert [result async for result in store.write_many([bulk])] == [None]


def _id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


async def test_a_draft_of_a_person_is_held(store: GenesysStore, simulator: Running) -> None:
    record = await created(store)
    simulator.act({"do": "edit", "id": record.ref.id, "title": "Draft", "publish": False})
    with pytest.raises(OpenDraft, match="publish or discard it"):
        await updated(store, record, article("<p>ours</p>"))
    assert simulator.item(record.ref.id)["draftContent"]["title"] == "Draft"


async def test_a_draft_that_only_recolours_is_a_persons_too(
    store: GenesysStore, simulator: Running
) -> None:
    record = await created(store)
    red = json.dumps({"blocks": [para(said("9 to 5"), textColor="#ff0000")]})
    simulator.act({"do": "edit", "id": record.ref.id, "body": red, "publish": False})
    assert (await store.fetch(record.ref)).draft
    with pytest.raises(OpenDraft):
        await updated(store, record, article("<p>ours</p>"))


async def test_by_policy_a_draft_is_published_and_then_merged(
    connect: Callable[..., GenesysStore], simulator: Running
) -> None:
    store = connect(open_drafts="publish")
    record = await created(store)
    simulator.act({"do": "edit", "id": record.ref.id, "body": "<p>theirs</p>", "publish": False})
    with pytest.raises(VersionMismatch):
        await updated(store, record, article("<p>ours</p>"))
    now = await store.fetch(record.ref)
    assert now.value is not None
    assert "theirs" in now.value.body


@pytest.mark.parametrize("step", ["body", "publish"])
async def test_what_a_person_publishes_during_our_write_is_not_lost(
    store: GenesysStore, simulator: Running, step: str
) -> None:
    record = await created(store)
    person = {"do": "edit", "id": record.ref.id, "title": "Faster", "body": "<p>theirs</p>"}
    interruption = Interruption(step, lambda: simulator.act(person))
    with pytest.raises(VersionMismatch):
        await updated(store, record, article("<p>ours</p>"), interruption.write)
    now = await store.fetch(record.ref)
    assert now.value is not None
    assert now.value.title == "Faster"
    assert "theirs" in now.value.body
    assert now.version != record.version


async def test_a_draft_that_a_person_goes_on_with_is_not_published(
    store: GenesysStore, simulator: Running
) -> None:
    record = await created(store)
    attempt = Attempt(ORIGIN, dies_at=1)
    with pytest.raises(Crash):
        await updated(store, record, article("<p>ours</p>"), attempt.write)
    theirs = {"do": "edit", "id": record.ref.id, "body": "<p>theirs</p>", "publish": False}
    simulator.act(theirs)
    with pytest.raises(OpenDraft):
        await updated(store, record, article("<p>ours</p>"), Attempt(ORIGIN, after=attempt).write)


async def test_our_own_half_written_draft_is_published_by_the_next_attempt(
    store: GenesysStore, simulator: Running
) -> None:
    record = await created(store)
    attempt = Attempt(ORIGIN, dies_at=1)
    with pytest.raises(Crash):
        await updated(store, record, article("<p>ours</p>"), attempt.write)
    assert simulator.item(record.ref.id)["draft"]
    other = article("<p>decided again</p>")
    after = await updated(store, record, other, Attempt(ORIGIN, after=attempt).write)
    assert after.value is not None
    assert after.value.body == "<p>decided again</p>"


LOST = [
    ("POST", "/documents$"),
    ("POST", "/variations$"),
    ("POST", "/versions$"),
    ("PATCH", "/documents/[^/]+$"),
    ("PATCH", "/variations/[^/]+$"),
]


@pytest.mark.parametrize(("method", "path"), LOST)
async def test_a_lost_answer_leaves_one_complete_article(
    store: GenesysStore, simulator: Running, method: str, path: str
) -> None:
    fault = {"kind": "reset", "when": "after", "times": 1}
    record = await created(store) if method == "PATCH" else None
    simulator.faults([{**fault, "match": {"method": method, "path": path}}])
    value = attrs.evolve(article("<p>10 to 6</p>"), title="Closing hours")
    if record is not None:
        after = await updated(store, record, value)
    else:
        after = await created(store, value)
    (item,) = simulator.items()
    assert (item["title"], item["draft"]) == ("Closing hours", False)
    assert await store.fetch(after.ref) == after


@pytest.mark.parametrize("answer", ["first", "second"])
@pytest.mark.parametrize("path", ["/documents$", "/variations$", "/versions$", "/labels$"])
async def test_a_request_that_is_delivered_twice_leaves_one_article(
    store: GenesysStore, simulator: Running, path: str, answer: str
) -> None:
    match = {"method": "POST", "path": path}
    simulator.faults([{"kind": "duplicate", "answer": answer, "match": match}])
    value = attrs.evolve(article(), labels=frozenset({"public"}))
    record = await created(store, value)
    (item,) = simulator.items()
    assert (item["id"], item["draft"]) == (record.ref.id, False)
    assert "variations" not in item, "a second variation is shown to agents"
    assert record.value is not None
    assert (record.value.body, record.value.labels) == (value.body, value.labels)


async def test_a_create_that_is_refused_leaves_no_empty_draft(
    store: GenesysStore, simulator: Running
) -> None:
    fault = {"kind": "status", "status": 400, "times": 1}
    simulator.faults([{**fault, "match": {"method": "POST", "path": "/variations$"}}])
    with pytest.raises(Rejected):
        await created(store)
    assert simulator.items() == []


async def test_two_articles_with_one_mark_are_a_persons_to_settle(
    store: GenesysStore, simulator: Running
) -> None:
    for title in ("One", "Two"):
        action = {"do": "create", "title": title, "externalId": "syncline:wiki:98312"}
        simulator.act({**action, "body": "<p>x</p>"})
    with pytest.raises(AlreadyExists, match="delete all but one"):
        await created(store)


async def test_an_unmarked_draft_of_ours_is_found_and_finished(
    store: GenesysStore, simulator: Running
) -> None:
    attempt = Attempt(ORIGIN, dies_at=1, mark=False)
    with pytest.raises(Crash):
        await store.create(article(), write=attempt.write)
    (draft,) = simulator.items()
    assert await store.find(ORIGIN, article()) == [Ref("kb", draft["id"])]
    again = Attempt(ORIGIN, after=attempt, mark=False)
    record = await store.create(article(), write=again.write)
    (item,) = simulator.items()
    assert (record.ref.id, item["state"], item["externalId"]) == (draft["id"], "Published", None)


async def test_an_unmarked_article_of_a_person_is_not_taken_for_ours(
    store: GenesysStore, simulator: Running
) -> None:
    written(simulator, para(said("something else")))
    simulator.act({"do": "create", "title": "Other", "body": "<p>9 to 5</p>"})
    assert await store.find(ORIGIN, article()) == []


class TestReadOnly:
    @pytest.fixture
    def content(self) -> Json:
        variation = {"contexts": [], "body": {"blocks": [para(said("managed"))]}}
        published = {"title": "Managed", "variations": [variation]}
        return {
            "importAction": {
                "documents": [{"externalId": "m", "readonly": True, "published": published}]
            }
        }

    async def test_an_article_of_a_managed_source_is_never_written(
        self, store: GenesysStore, simulator: Running
    ) -> None:
        (item,) = simulator.items()
        record = await store.fetch(Ref("kb", item["id"]))
        assert not record.writable
        simulator.clear_calls()
        with pytest.raises(Forbidden, match="read-only"):
            await updated(store, record, article())
        with pytest.raises(Forbidden, match="read-only"):
            await store.delete(record.ref, expected=record.version)
        assert mutations(simulator) == []


class TestFull:
    @pytest.fixture
    def content(self) -> Json:
        key = "knowledge.documents.per.knowledgebase.max"
        return {"organization": {"limits": {"knowledge": {key: 2}}}}

    async def test_a_full_knowledge_base_is_told_before_anything_is_written(
        self, store: GenesysStore, simulator: Running
    ) -> None:
        for number in range(2):
            await store.create(article(), write=Attempt(Ref("wiki", str(number))).write)
        simulator.clear_calls()
        with pytest.raises(Rejected, match="2 articles at most"):
            await created(store)
        assert mutations(simulator) == []


async def test_a_title_that_is_too_long_is_told_before_anything_is_written(
    store: GenesysStore, simulator: Running
) -> None:
    with pytest.raises(Rejected, match="501 words"):
        await created(store, attrs.evolve(article(), title="word " * 501))
    assert mutations(simulator) == []


class TestLagging:
    @pytest.fixture
    def content(self) -> Json:
        return {"organization": {"settleSeconds": 2}}

    async def test_a_new_article_that_cannot_be_read_at_once_is_waited_for(
        self, store: GenesysStore
    ) -> None:
        record = await created(store)
        assert record.value is not None
        assert record.value.body == "<p>9 to 5</p>"


async def test_categories_and_labels_are_made_on_demand_and_once(
    store: GenesysStore, simulator: Running
) -> None:
    values = [
        attrs.evolve(article(), category=("Shops", "Hours"), labels=frozenset({"Public", name}))
        for name in ("public", "PUBLIC")
    ]
    writes = [Attempt(Ref("wiki", str(n))).write for n in range(2)]
    simulator.clear_calls()
    records = await asyncio.gather(
        *(store.create(v, write=w) for v, w in zip(values, writes, strict=True))
    )
    made = [call for call in mutations(simulator) if call in ("POST categories", "POST labels")]
    assert sorted(made) == ["POST categories", "POST categories", "POST labels"]
    assert {record.value.category for record in records if record.value} == {("Shops", "Hours")}


async def test_one_category_name_under_two_parents_reads_back_as_it_was_mapped(
    store: GenesysStore, simulator: Running
) -> None:
    for number, parent in enumerate(("Shops", "Offices", "Depots")):
        value = attrs.evolve(article(), category=(parent, "Hours"))
        record = await store.create(value, write=Attempt(Ref("wiki", str(number))).write)
        assert record.value is not None
        assert record.value.category == (parent, "Hours")
    names = {item["category"] for item in simulator.items()}
    assert names == {"Hours", "Hours (Offices)", "Hours (Depots)"}


async def test_a_category_can_be_taken_away(store: GenesysStore, simulator: Running) -> None:
    record = await created(store, attrs.evolve(article(), category=("Shops",)))
    after = await updated(store, record, attrs.evolve(article(), category=()))
    assert after.value is not None
    assert after.value.category == ()
    assert simulator.item(record.ref.id)["category"] is None


async def test_a_label_that_somebody_deleted_is_made_again(
    store: GenesysStore, simulator: Running
) -> None:
    value = attrs.evolve(article(), labels=frozenset({"public"}))
    await created(store, value)
    base = simulator.connection["knowledge_base"]
    path = f"/api/v2/knowledge/knowledgebases/{base}/labels"
    for label in await store._api.labels(base):
        await store._api._client.request("DELETE", f"{path}/{label['id']}")
    write = Attempt(Ref("wiki", "2")).write
    with pytest.raises(Rejected):
        await store.create(value, write=write)
    record = await store.create(value, write=write)
    assert record.value is not None
    assert record.value.labels == frozenset({"public"})


async def test_a_mark_is_never_a_url_and_holds_no_comma(
    store: GenesysStore, simulator: Running
) -> None:
    origin = Ref("wiki", "a,b/c d")
    value = attrs.evolve(article(), url="https://wiki.example.com/a,b")
    record = await store.create(value, write=Attempt(origin).write)
    item = simulator.item(record.ref.id)
    assert item["externalId"] == "syncline:wiki:a%2Cb%2Fc%20d"
    assert item["externalUrl"] == "https://wiki.example.com/a,b"
    assert record.origin == origin
    assert await store.find(origin, None) == [record.ref]


async def test_the_id_that_another_program_gave_an_article_is_left_to_it(
    store: GenesysStore, simulator: Running
) -> None:
    ref = written(simulator, para(said("x")), externalId="importer-1")
    record = await store.fetch(ref)
    assert record.origin is None
    await updated(store, record, article("<p>y</p>"))
    assert simulator.item(ref.id)["externalId"] == "importer-1"


async def test_links_between_articles_become_grns_and_back(
    store: GenesysStore, simulator: Running
) -> None:
    target = await created(store)
    links = {
        f"syncline:doc/kb:{target.ref.id}": f"syncline:doc/kb:{target.ref.id}",
        "syncline:doc/wiki:77": None,
        "http://example.com/plain": "https://example.com/plain",
        "tel:+49": None,
        "mailto:a@example.com": "mailto:a@example.com",
    }
    body = "".join(f'<p><a href="{href}">link</a></p>' for href in links)
    write = Attempt(Ref("wiki", "2")).write
    record = await store.create(article(body), write=write)
    base = simulator.connection["knowledge_base"]
    sent = json.dumps(simulator.item(record.ref.id)["body"])
    assert f"grn:knowledge:::document/{base}/{target.ref.id}" in sent
    assert record.value is not None
    assert record.value.body == "".join(
        f'<p><a href="{kept}">link</a></p>' if kept else "<p>link</p>" for kept in links.values()
    )
    simulator.clear_calls()
    await updated(store, record, article(body), write)
    assert mutations(simulator) == []


async def test_secrets_are_in_no_representation(
    connect: Callable[..., GenesysStore], simulator: Running
) -> None:
    (secret,) = simulator.env.values()
    store = connect()
    assert secret not in repr(store)
    assert secret not in repr(vars(store))
