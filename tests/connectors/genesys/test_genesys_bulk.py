"""Many articles in one synchronise job."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from syncline.errors import Rejected, VersionMismatch
from syncline.model import Document, Record, Ref
from syncline.ports import BulkItem, Write
from syncline.testing import Attempt, Crash
from syncline_genesys.store import GenesysStore
from syncline_simulators.running import Running

Json = dict[str, Any]
Connect = Callable[..., GenesysStore]


def value(number: int, body: str = "<p>9 to 5</p>", **fields: Any) -> Document:
    return Document(title=f"Article {number}", body=body, **fields)


def origin(number: int) -> Ref:
    return Ref("wiki", str(number))


def item(number: int, body: str = "<p>9 to 5</p>", **fields: Any) -> BulkItem:
    return BulkItem(value=value(number, body, **fields), write=Attempt(origin(number)).write)


async def many(store: GenesysStore, items: list[BulkItem]) -> list[Record | Exception | None]:
    return [result async for result in store.write_many(items)]


def paths(simulator: Running, method: str) -> list[str]:
    return [
        call["path"].rsplit("/", 1)[-1]
        for call in simulator.calls()
        if call["method"] == method and "/oauth/" not in call["path"]
    ]


async def test_sixty_articles_are_one_job(store: GenesysStore, simulator: Running) -> None:
    items = [item(n, category=("Shops",), labels=frozenset({"public"})) for n in range(60)]
    results = await many(store, items)
    assert all(isinstance(result, Record) for result in results)
    assert len(simulator.items()) == 60
    posts = paths(simulator, "POST")
    assert sorted(posts) == ["categories", "documentuploads", "jobs", "labels"]
    reads = paths(simulator, "GET")
    assert len([path for path in reads if len(path) == 36]) >= 60, "each is verified by a read"
    assert len(reads) < 90
    for sent, result in zip(items, results, strict=True):
        assert isinstance(result, Record)
        assert result.value is not None
        assert result.value.canonical() == {**sent.value.canonical(), "alternatives": []}
        assert result.origin == sent.write.origin
        assert await store.fetch(result.ref) == result


async def test_one_bad_article_harms_no_other(store: GenesysStore, simulator: Running) -> None:
    items = [item(1), item(2, alternatives=("word " * 501,)), item(3)]
    first, second, third = await many(store, items)
    assert isinstance(first, Record)
    assert isinstance(third, Record)
    assert isinstance(second, Rejected)
    assert "501 words" in str(second)


async def test_what_the_job_refuses_is_told_of_that_article(
    store: GenesysStore, simulator: Running
) -> None:
    # A label that disappears between our look and the job makes the vendor refuse one entity.
    sent = [item(1), item(2, labels=frozenset({"gone"})), item(3)]
    attempt = Attempt(origin(2))

    def note(step: str, detail: str) -> None:
        if step == "upload":
            _drop_labels(simulator)

    write = attrs.evolve(attempt.write, note=note)
    sent[1] = attrs.evolve(sent[1], write=write)
    first, second, third = await many(store, sent)
    assert isinstance(first, Record)
    assert isinstance(third, Record)
    assert isinstance(second, Rejected)
    assert "wiki:2" in str(second)


def _drop_labels(simulator: Running) -> None:
    (secret,) = simulator.env.values()
    pair = f"{simulator.connection['client_id']}:{secret}".encode()
    basic = base64.b64encode(pair).decode()
    token = json.loads(
        _call(
            f"{simulator.url}/oauth/token",
            "POST",
            {
                "Authorization": f"Basic {basic}",
                "Content-Type": "application/x-www-form-urlencoded",
            },
            b"grant_type=client_credentials",
        )
    )["access_token"]
    base = simulator.connection["knowledge_base"]
    url = f"{simulator.url}/api/v2/knowledge/knowledgebases/{base}/labels"
    headers = {"Authorization": f"Bearer {token}"}
    for label in json.loads(_call(url, "GET", headers, None))["entities"]:
        _call(f"{url}/{label['id']}", "DELETE", headers, None)


def _call(url: str, method: str, headers: dict[str, str], body: bytes | None) -> bytes:
    request = urllib.request.Request(url, data=body, method=method, headers=headers)  # noqa: S310
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as response:
        content: bytes = response.read()
    return content


async def test_updates_go_with_it_and_keep_what_was_not_edited(
    store: GenesysStore, simulator: Running
) -> None:
    blocks = [_paragraph("red", textColor="#ff0000"), _paragraph("old")]
    person = {"do": "create", "title": "Article 1", "body": json.dumps({"blocks": blocks})}
    made = simulator.act(
        {
            **person,
            "externalId": "syncline:wiki:1",
            "visible": False,
            "labels": ["public"],
            "category": "Shops",
        }
    )
    record = await store.fetch(Ref("kb", made["id"]))
    assert record.value is not None
    edited = attrs.evolve(record.value, body=record.value.body.replace("old", "new"))
    update = BulkItem(
        value=edited, write=Attempt(origin(1)).write, ref=record.ref, expected=record.version
    )
    first, second = await many(store, [update, item(2)])
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    after = simulator.item(made["id"])
    assert after["body"]["blocks"][0] == made["body"]["blocks"][0]
    assert after["body"]["blocks"][1]["paragraph"]["blocks"][0]["text"]["text"] == "new"
    assert (after["visible"], after["labels"], after["category"]) == (False, ["public"], "Shops")
    assert first.value is not None
    assert first.value.canonical() == edited.canonical()


def _paragraph(said: str, **properties: Any) -> Json:
    content = [{"type": "Text", "text": {"text": said}}]
    properties = {"fontType": "Paragraph", **properties}
    return {"type": "Paragraph", "paragraph": {"blocks": content, "properties": properties}}


async def test_an_open_draft_and_an_original_are_left_to_single_writes(
    store: GenesysStore, simulator: Running
) -> None:
    record = await store.create(value(1), write=Attempt(origin(1)).write)
    simulator.act({"do": "edit", "id": record.ref.id, "title": "Draft", "publish": False})
    drafted = BulkItem(
        value=value(1, "<p>x</p>"),
        write=Attempt(origin(1)).write,
        ref=record.ref,
        expected=record.version,
    )
    original = BulkItem(value=value(2), write=Attempt(origin(2), mark=False).write)
    assert await many(store, [drafted, original]) == [None, None]


async def test_a_stale_update_is_refused_by_itself(store: GenesysStore, simulator: Running) -> None:
    record = await store.create(value(1), write=Attempt(origin(1)).write)
    simulator.act({"do": "edit", "id": record.ref.id, "body": "<p>a person was faster</p>"})
    stale = BulkItem(
        value=value(1, "<p>x</p>"),
        write=Attempt(origin(1)).write,
        ref=record.ref,
        expected=record.version,
    )
    first, second = await many(store, [stale, item(2)])
    assert isinstance(first, VersionMismatch)
    assert isinstance(second, Record)


@pytest.mark.parametrize("step", ["upload", "job"])
async def test_a_job_that_was_running_when_the_process_died_makes_no_twins(
    store: GenesysStore, simulator: Running, connect: Connect, step: str
) -> None:
    attempts = [Attempt(origin(n)) for n in range(3)]

    def dying(write: Write) -> Write:
        def note(done: str, detail: str) -> None:
            write.note(done, detail)
            if done == step and write is attempts[-1].write:
                raise Crash(step)

        return attrs.evolve(write, note=note)

    items = [
        BulkItem(value=value(n), write=dying(attempt.write)) for n, attempt in enumerate(attempts)
    ]
    with pytest.raises(Crash):
        await many(store, items)
    again = connect()
    for number, attempt in enumerate(attempts):
        after = Attempt(origin(number), after=attempt)
        record = await again.create(value(number), write=after.write)
        assert record.value is not None
        assert record.value.body == "<p>9 to 5</p>"
    assert len(simulator.items()) == 3


async def test_a_repeated_bulk_write_makes_no_twins(
    store: GenesysStore, simulator: Running
) -> None:
    await many(store, [item(n) for n in range(3)])
    assert await many(store, [item(n) for n in range(3)]) == [None, None, None]
    assert len(simulator.items()) == 3


async def test_a_file_that_is_refused_as_a_whole_is_written_singly(
    store: GenesysStore, simulator: Running
) -> None:
    fault = {"kind": "status", "status": 400, "times": 1}
    simulator.faults([{**fault, "match": {"method": "POST", "path": "/synchronize/jobs$"}}])
    assert await many(store, [item(n) for n in range(3)]) == [None, None, None]
    assert simulator.items() == []
