"""What the Genesys store lists and reads, in how many calls, and what it says when it cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from syncline.errors import Forbidden, NotFound, Rejected
from syncline.model import (
    Complete,
    Cursor,
    Document,
    Incomplete,
    Record,
    Ref,
    Status,
    Version,
)
from syncline.ports import Secret
from syncline.testing import Attempt
from syncline.testing.contract.questions import listing
from syncline_genesys.regions import DOMAINS, hosts
from syncline_genesys.settings import Settings
from syncline_genesys.store import GenesysStore
from syncline_simulators.running import Running

Json = dict[str, Any]
Connect = Callable[..., GenesysStore]


def person(simulator: Running, title: str = "Opening hours", **fields: Any) -> Ref:
    item = simulator.act({"do": "create", "title": title, "body": "<p>9 to 5</p>", **fields})
    return Ref("kb", item["id"])


def paths(simulator: Running) -> list[str]:
    return [
        f"{call['method']} {call['path'].rsplit('/', 1)[-1]}"
        for call in simulator.calls()
        if "/oauth/" not in call["path"]
    ]


def documents(count: int) -> Json:
    paragraph = {"blocks": [{"type": "Text", "text": {"text": "9 to 5"}}]}
    body = {"blocks": [{"type": "Paragraph", "paragraph": paragraph}]}
    return {
        "importAction": {
            "documents": [
                {
                    "externalId": f"x{n}",
                    "published": {
                        "title": f"Article {n}",
                        "variations": [{"contexts": [], "body": body}],
                    },
                }
                for n in range(count)
            ]
        }
    }


class TestMany:
    @pytest.fixture
    def content(self) -> Json:
        return documents(450)

    async def test_a_listing_takes_a_call_for_200_articles_and_one_for_the_categories(
        self, store: GenesysStore, simulator: Running
    ) -> None:
        simulator.clear_calls()
        heads, end = await listing(store)
        assert isinstance(end, Complete)
        assert len(heads) == end.count == 450
        assert paths(simulator) == ["GET categories", *["GET documents"] * 3]

    async def test_reading_many_asks_once_for_50_whether_they_have_drafts(
        self, store: GenesysStore, simulator: Running
    ) -> None:
        heads, _ = await listing(store)
        refs = sorted(heads)[:120]
        simulator.act({"do": "edit", "id": refs[7].id, "title": "Draft", "publish": False})
        simulator.clear_calls()
        records = [record async for record in store.fetch_many(refs)]
        assert {r.ref: r.draft for r in records if isinstance(r, Record)} == {
            ref: ref == refs[7] for ref in refs
        }
        calls = paths(simulator)
        assert len([call for call in calls if call == "GET documents"]) == 3
        assert len(calls) == 3 + len(refs) + 1

    async def test_a_listing_that_is_cut_short_is_never_complete(
        self, store: GenesysStore, simulator: Running
    ) -> None:
        match = {"path": "/documents$"}
        simulator.faults(
            [{"kind": "status", "status": 503, "times": 9, "after": 1, "match": match}]
        )
        heads, end = await listing(store)
        assert isinstance(end, Incomplete)
        assert len(heads) == 200
        assert "503" in end.reason


async def test_drafts_never_published_are_listed_as_drafts(
    store: GenesysStore, simulator: Running
) -> None:
    ref = person(simulator, publish=False)
    heads, _ = await listing(store)
    assert heads[ref].status is Status.DRAFT
    record = await store.fetch(ref)
    assert (record.status, record.value, record.version) == (Status.DRAFT, None, heads[ref].version)


async def test_an_edit_of_a_draft_changes_nothing_that_is_listed(
    store: GenesysStore, simulator: Running
) -> None:
    ref = person(simulator, labels=["one"], category="Shops")
    before, _ = await listing(store)
    edit = {"do": "edit", "id": ref.id, "title": "Draft", "labels": ["two"], "publish": False}
    simulator.act({**edit, "category": "Offices", "body": "<p>draft</p>"})
    simulator.clear_calls()
    after, _ = await listing(store)
    assert after == before
    assert paths(simulator) == ["GET categories", "GET documents", "GET documents"]


async def test_renamed_labels_and_categories_show_without_a_new_version(
    store: GenesysStore, simulator: Running
) -> None:
    ref = person(simulator, labels=["one"], category="Shops")
    before, _ = await listing(store)
    await _rename(store, simulator, "categories", "Shops")
    after, _ = await listing(store)
    assert after[ref].version == before[ref].version
    assert after[ref].aux != before[ref].aux
    record = await store.fetch(ref)
    assert record.value is not None
    assert record.value.category == ("Renamed",)
    assert record.aux == after[ref].aux


async def _rename(store: GenesysStore, simulator: Running, kind: str, name: str) -> None:
    base = simulator.connection["knowledge_base"]
    api = store._api
    path = f"/api/v2/knowledge/knowledgebases/{base}/{kind}"
    found = (await api._get(path))["entities"]
    (one,) = [entry for entry in found if entry["name"] == name]
    await api._send("PATCH", f"{path}/{one['id']}", {"name": "Renamed"})


async def test_a_retired_label_means_archived(connect: Connect, simulator: Running) -> None:
    store = connect(retired_labels=frozenset({"retired"}))
    ref = person(simulator, labels=["retired"])
    heads, _ = await listing(store)
    record = await store.fetch(ref)
    assert heads[ref].status is record.status is Status.ARCHIVED
    assert record.value is None


async def test_a_connection_can_be_limited_to_categories(
    connect: Connect, simulator: Running
) -> None:
    inside, outside = person(simulator, category="Shops"), person(simulator, category="Offices")
    store = connect(categories=frozenset({"Shops"}))
    heads, end = await listing(store)
    assert set(heads) == {inside}
    assert (await store.fetch(inside)).in_scope
    assert not (await store.fetch(outside)).in_scope
    everything = connect()
    _, other = await listing(everything)
    assert isinstance(end, Complete)
    assert isinstance(other, Complete)
    assert end.scope != other.scope


async def test_nothing_is_created_outside_of_the_connections_categories(
    connect: Connect, simulator: Running
) -> None:
    person(simulator, category="Shops")
    store = connect(categories=frozenset({"Shops"}))
    value = Document(title="Opening hours", body="<p>x</p>", category=("Offices",))
    with pytest.raises(Rejected, match=r"outside of the connection's categories \(Shops\)"):
        await store.create(value, write=Attempt(Ref("wiki", "1")).write)
    inside = attrs.evolve(value, category=("Shops", "Hours"))
    record = await store.create(inside, write=Attempt(Ref("wiki", "1")).write)
    assert record.in_scope
    assert record.ref in (await listing(store))[0]


async def test_a_category_that_is_not_there_is_told(connect: Connect, simulator: Running) -> None:
    person(simulator, category="Shops")
    with pytest.raises(Rejected, match="there is no category 'Shoes'; there are: Shops"):
        await listing(connect(categories=frozenset({"Shoes"})))


async def test_a_deleted_article_is_gone_for_good(store: GenesysStore, simulator: Running) -> None:
    ref = person(simulator)
    simulator.act({"do": "delete", "id": ref.id})
    record = await store.fetch(ref)
    assert record.status is Status.PURGED
    assert "no bin" in record.reason


async def test_what_cannot_be_seen_is_never_taken_for_deleted(
    store: GenesysStore, simulator: Running
) -> None:
    ref = person(simulator)
    base = simulator.connection["knowledge_base"]
    match = {"path": base}
    simulator.faults([{"kind": "status", "status": 404, "times": 9, "match": match}])
    with pytest.raises(NotFound, match="check its id and the region"):
        await store.fetch(ref)
    with pytest.raises(NotFound, match="check its id and the region"):
        await store.delete(ref, expected=Version("1"))
    simulator.clear_faults()
    assert (await store.fetch(ref)).status is Status.LIVE


async def test_an_article_that_may_not_be_read_is_unreadable(
    store: GenesysStore, simulator: Running
) -> None:
    ref = person(simulator)
    match = {"path": f"/documents/{ref.id}"}
    simulator.faults([{"kind": "status", "status": 403, "times": 9, "match": match}])
    record = await store.fetch(ref)
    assert (record.status, record.value) == (Status.UNREADABLE, None)
    assert "403" in record.reason


async def test_an_empty_listing_of_a_base_that_holds_articles_is_not_believed(
    store: GenesysStore, simulator: Running
) -> None:
    person(simulator)
    match = {"path": "/documents$"}
    body = {"entities": [], "selfUri": "/"}
    simulator.faults([{"kind": "status", "status": 200, "body": body, "match": match}])
    heads, end = await listing(store)
    assert not heads
    assert isinstance(end, Incomplete)
    assert "counts 1 articles and lists 0" in end.reason


async def test_half_a_listing_is_not_believed(store: GenesysStore, simulator: Running) -> None:
    refs = [person(simulator, f"Article {n}") for n in range(8)]
    _, end = await listing(store)
    assert isinstance(end, Complete)
    simulator.faults([{"kind": "short-listing", "share": 0.5, "match": {"path": "/documents$"}}])
    _, end = await listing(store)
    assert isinstance(end, Incomplete)
    assert "counts 8 articles and lists 4" in end.reason
    simulator.clear_faults()
    for ref in refs[:6]:
        simulator.act({"do": "delete", "id": ref.id})
    heads, end = await listing(store)
    assert isinstance(end, Complete)
    assert set(heads) == set(refs[6:])


@pytest.mark.parametrize("kind", ["empty", "html", "cut-json"])
async def test_an_answer_that_is_no_listing_is_never_an_empty_one(
    store: GenesysStore, simulator: Running, kind: str
) -> None:
    person(simulator)
    match = {"path": "/documents$"}
    options = {"status": 200} if kind in ("empty", "html") else {}
    simulator.faults([{"kind": kind, "times": 20, "match": match, **options}])
    _, end = await listing(store)
    assert isinstance(end, Incomplete)


async def test_changes_are_hints_since_the_last_poll(
    store: GenesysStore, simulator: Running
) -> None:
    pages = [page async for page in store.changes(None)]
    assert [page.changes for page in pages] == [()]
    cursor = pages[-1].cursor
    assert cursor is not None
    ref = person(simulator)
    pages = [page async for page in store.changes(cursor)]
    assert ref in {change.ref for page in pages for change in page.changes}
    assert [page.cursor is None for page in pages] == [True] * (len(pages) - 1) + [False]


async def test_a_poll_tells_of_a_document_that_went_away(
    store: GenesysStore, simulator: Running
) -> None:
    refs = [person(simulator, title=f"Article {n}") for n in range(3)]
    cursor = [page async for page in store.changes(None)][-1].cursor
    simulator.act({"do": "delete", "id": refs[1].id})
    told: list[Ref] = []
    for _ in range(2):
        async for page in store.changes(cursor):
            told += [change.ref for change in page.changes if change.ref == refs[1]]
            cursor = page.cursor or cursor
    assert told == [refs[1]], "and once"


async def test_a_list_that_is_suddenly_empty_tells_of_nothing(
    store: GenesysStore, simulator: Running
) -> None:
    ref = person(simulator)
    cursor = [page async for page in store.changes(None)][-1].cursor
    simulator.act({"do": "delete", "id": ref.id})
    pages = [page async for page in store.changes(cursor)]
    assert not [change for page in pages for change in page.changes]
    other = person(simulator, title="Another")
    pages = [page async for page in store.changes(pages[-1].cursor)]
    assert {ref, other} == {change.ref for page in pages for change in page.changes}


async def test_a_cursor_from_the_future_loses_nothing(
    store: GenesysStore, simulator: Running
) -> None:
    ref = person(simulator)
    pages = [page async for page in store.changes(Cursor("2999-01-01T00:00:00+00:00"))]
    assert ref in {change.ref for page in pages for change in page.changes}


async def test_old_versions_can_be_read(store: GenesysStore, simulator: Running) -> None:
    ref = person(simulator, category="Shops")
    first = await store.fetch(ref)
    simulator.act({"do": "edit", "id": ref.id, "body": "<p>10 to 6</p>"})
    versions = await store.versions(ref)
    assert [one.version for one in versions] == ["2", "1"]
    past = await store.fetch_version(ref, Version("1"))
    assert (past.value, past.version) == (first.value, first.version)
    with pytest.raises(NotFound, match="does not keep version 9"):
        await store.fetch_version(ref, Version("9"))


# -- wrong settings


async def test_a_knowledge_base_can_be_named(connect: Connect, simulator: Running) -> None:
    ref = person(simulator)
    name = "Knowledge base"
    store = connect()
    base = await store._api.knowledge_base(simulator.connection["knowledge_base"])
    name = base["name"]
    assert (await connect(knowledge_base=name.upper()).fetch(ref)).status is Status.LIVE


async def test_an_unknown_knowledge_base_name_lists_what_there_is(
    connect: Connect, simulator: Running
) -> None:
    base = simulator.connection["knowledge_base"]
    with pytest.raises(Rejected, match=rf"no knowledge base is called 'Wiki'.*{base}"):
        await listing(connect(knowledge_base="Wiki"))


async def test_an_unknown_knowledge_base_id_says_what_to_check(connect: Connect) -> None:
    store = connect(knowledge_base="00000000-0000-4000-8000-000000000000")
    with pytest.raises(NotFound, match="check its id and the region"):
        await listing(store)


async def test_a_wrong_secret_says_what_to_check(connect: Connect) -> None:
    store = connect(client_secret=Secret("wrong-one"))
    with pytest.raises(Forbidden, match="check the client id, its secret and the region") as caught:
        await listing(store)
    assert "wrong-one" not in str(caught.value)


async def test_an_article_that_is_read_with_a_wrong_secret_says_what_to_check(
    connect: Connect, simulator: Running
) -> None:
    base = simulator.connection["knowledge_base"]
    store = connect(client_secret=Secret("wrong-one"), knowledge_base=base)
    for _ in range(2):  # the second one is answered without asking the log-in server again
        with pytest.raises(Forbidden, match="check the client id, its secret and the region"):
            await store.fetch(Ref("kb", "00000000-0000-4000-8000-000000000000"))


class TestWithoutPermission:
    @pytest.fixture
    def content(self) -> Json:
        client = {"id": "poor", "secret": "s3cret", "permissions": ["knowledge:category:view"]}
        return {"organization": {"clients": [client]}}

    async def test_missing_permissions_say_what_to_grant(self, connect: Connect) -> None:
        store = connect(client_id="poor", client_secret=Secret("s3cret"))
        with pytest.raises(Forbidden, match="role with knowledge permissions"):
            await listing(store)


async def test_an_expired_token_is_renewed(store: GenesysStore, simulator: Running) -> None:
    ref = person(simulator)
    await store.fetch(ref)
    simulator.faults([{"kind": "expired-token", "match": {"path": "/documents/"}}])
    assert (await store.fetch(ref)).status is Status.LIVE


def test_every_region_is_known_by_name_by_domain_and_by_host() -> None:
    for region, domain in DOMAINS.items():
        for name in (region, domain, f"api.{domain}", f"https://login.{domain}/"):
            assert hosts(name).api == f"https://api.{domain}"
            assert hosts(name).login == f"https://login.{domain}"


def test_an_unknown_region_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="'eu-centrl-1' is no Genesys Cloud region; did you mean"):
        hosts("eu-centrl-1")


def test_settings_refuse_what_cannot_work() -> None:
    good: dict[str, Any] = {
        "region": "eu-west-1",
        "client_id": "x",
        "client_secret": Secret("y"),
        "knowledge_base": "Support",
    }
    assert Settings(**good).hosts.api == "https://api.mypurecloud.ie"
    proxied = Settings(**good, api_url="https://proxy.example.com/genesys/")
    assert proxied.hosts.api == "https://proxy.example.com/genesys"
    for wrong in ({"region": "moon"}, {"knowledge_base": " "}, {"requests_per_minute": 0}):
        with pytest.raises(ValueError, match=r"\w"):
            Settings(**{**good, **wrong})


def test_every_setting_has_one_short_sentence_of_help() -> None:
    for field in attrs.fields(Settings):
        help_ = field.metadata["help"]
        assert len(help_) < 80
        assert help_.endswith(".")
