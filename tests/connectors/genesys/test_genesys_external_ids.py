"""External ids of copies that a template of the connection's settings gives."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.config import load
from syncline.errors import ConfigError
from syncline.model import Document, Record, Ref
from syncline.ports import BulkItem
from syncline.testing import Attempt, Crash
from syncline_genesys.origins import LONGEST, Marks
from syncline_genesys.store import GenesysStore
from syncline_simulators.running import Running

Connect = Callable[..., GenesysStore]
KB = {"wiki": "'KB-' + id"}
ORIGIN = Ref("wiki", "98312")
ARTICLE = Document(title="Hours", body="<p>9 to 5</p>", category=(), labels=frozenset())


def external_ids(simulator: Running) -> list[str]:
    return [item["externalId"] for item in simulator.items()]


async def test_a_copy_has_the_id_that_the_template_gives(
    connect: Connect, simulator: Running
) -> None:
    store = connect(external_ids=KB)
    record = await store.create(ARTICLE, write=Attempt(ORIGIN).write)
    assert external_ids(simulator) == ["KB-98312"]
    assert record.origin == (await store.fetch(record.ref)).origin == ORIGIN
    assert await store.find(ORIGIN, None) == [record.ref]


async def test_a_create_that_was_interrupted_is_found_by_the_templates_id(
    connect: Connect, simulator: Running
) -> None:
    store = connect(external_ids=KB)
    attempt = Attempt(ORIGIN, dies_at=1)
    with pytest.raises(Crash):
        await store.create(ARTICLE, write=attempt.write)
    assert external_ids(simulator) == ["KB-98312"]
    record = await store.create(ARTICLE, write=Attempt(ORIGIN, after=attempt).write)
    assert [item["id"] for item in simulator.items()] == [record.ref.id]


async def test_many_articles_at_once_have_the_templates_ids(
    connect: Connect, simulator: Running
) -> None:
    store = connect(external_ids=KB)
    items = [
        BulkItem(
            value=attrs.evolve(ARTICLE, title=f"Article {n}"),
            write=Attempt(Ref("wiki", str(n))).write,
        )
        for n in range(60)
    ]
    results = [one async for one in store.write_many(items)]
    assert sorted(external_ids(simulator)) == sorted(f"KB-{n}" for n in range(60))
    origins = [one.origin for one in results if isinstance(one, Record)]
    assert origins == [one.write.origin for one in items]


async def test_copies_from_before_the_template_are_found_and_change_with_their_next_edit(
    connect: Connect, simulator: Running
) -> None:
    made = await connect().create(ARTICLE, write=Attempt(ORIGIN).write)
    store = connect(external_ids=KB)
    assert (await store.fetch(made.ref)).origin == ORIGIN
    assert await store.find(ORIGIN, None) == [made.ref]
    edited = attrs.evolve(ARTICLE, body="<p>9 to 6</p>")
    await store.update(made.ref, edited, expected=made.version, write=Attempt(ORIGIN).write)
    assert external_ids(simulator) == ["KB-98312"]
    assert (await store.fetch(made.ref)).origin == ORIGIN


async def test_originals_of_other_connections_and_ids_of_other_programs_stay_as_they_are(
    connect: Connect, simulator: Running
) -> None:
    store = connect(external_ids=KB)
    await store.create(ARTICLE, write=Attempt(Ref("files", "hours.md")).write)
    foreign = simulator.act({"do": "create", "title": "Old", "externalId": "importer-1"})
    record = await store.fetch(Ref("kb", foreign["id"]))
    assert record.origin is None
    edited = attrs.evolve(ARTICLE, title="Old", body="<p>new</p>")
    await store.update(record.ref, edited, expected=record.version, write=Attempt(ORIGIN).write)
    assert sorted(external_ids(simulator)) == ["importer-1", "syncline:files:hours.md"]


@pytest.mark.parametrize(
    ("templates", "said"),
    [
        ({"wiki": "'KB-'"}, "cannot be read back"),
        ({"wiki": "'KB-' + id + id"}, "cannot be read back"),
        ({"wiki": "'KB-' + id.size().string()"}, "the template of wiki"),
        ({"wiki": "id.startsWith('9') ? 'A-' + id : 'B-' + id"}, "cannot be read back"),
        ({"wiki": "id"}, "begin with a text"),
        ({"wiki": "id + '-KB'"}, "begin with a text"),
        ({"wiki": "'sync' + id"}, "what other marks begin with"),
        ({"wiki": "'syncline:wiki:' + id"}, "what other marks begin with"),
        ({"wiki": "'a,b' + id"}, "commas"),
        ({"wiki": "' KB-' + id"}, "space"),
        ({"wiki": "'KB-' + title"}, "title"),
        ({"wiki": "'KB-' +"}, "the template of wiki"),
        ({"wiki": "'KB-' + id", "files": "'KB-F' + id"}, "both could give the same"),
    ],
)
def test_a_template_without_a_way_back_is_refused_with_its_reason(
    connect: Connect, templates: dict[str, str], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        connect(external_ids=templates)


def test_a_check_tells_the_faults_of_all_templates_at_their_line() -> None:
    text = """\
[connections.kb]
connector = "genesys"
region = "eu-central-1"
client_id = "x"
client_secret = { env = "SECRET" }
knowledge_base = "Support"
external_ids = { wiki = "id", files = "'F-' + titel" }
"""
    with pytest.raises(ConfigError, match=r":7:\d+: connections.kb.external_ids: the") as error:
        load(text.encode())
    assert "the template of wiki: it has to begin" in str(error.value)
    assert "the template of files: " in str(error.value)


def test_a_template_for_a_connection_that_there_is_not_is_refused_at_its_line() -> None:
    text = """\
[connections.wiki]
connector = "files"
path = "."
[connections.kb]
connector = "genesys"
region = "eu-central-1"
client_id = "x"
client_secret = { env = "SECRET" }
knowledge_base = "Support"
external_ids = { wikki = "'KB-' + id" }
"""
    said = r":10:\d+: connections.kb.external_ids.wikki: there is no connection 'wikki'; did"
    with pytest.raises(ConfigError, match=said):
        load(text.encode())


TEXTS = st.text(max_size=300)


@given(TEXTS.filter(bool), TEXTS.filter(bool))
@settings(max_examples=100, deadline=None)
def test_every_id_is_read_back_or_hashed(one: str, other: str) -> None:
    marks = Marks.compile({"wiki": "'KB-' + id + '/x'", "files": "'F:' + id"})
    for origin in (Ref("wiki", one), Ref("files", one), Ref("else", one)):
        mark = marks.mark(origin)
        assert len(mark) <= LONGEST
        assert "," not in mark
        assert marks.ours(mark)
        assert marks.origin(mark) == (None if mark.startswith("syncline::") else origin)
        assert (marks.mark(Ref(origin.connection, other)) == mark) == (one == other)


@given(st.text(alphabet="KB-%0F:/x1 ", max_size=12))
@settings(max_examples=200, deadline=None)
def test_what_no_template_gives_names_no_original(external_id: str) -> None:
    marks = Marks.compile({"wiki": "'KB-' + id + '/x'"})
    origin = marks.origin(external_id)
    assert origin is None or marks.mark(origin) == external_id
