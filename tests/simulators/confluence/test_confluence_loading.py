"""Loading folders of storage format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ADDED = (
    "ac:macro-id",
    "ac:schema-version",
    "local-id",
    "ac:local-id",
    "ri:version-at-save",
)


def test_the_whole_corpus_loads_but_for_what_is_not_well_formed(
    start: Callable[..., Any], shared: Path
) -> None:
    folder = shared / "corpus" / "confluence"
    files = [one for one in folder.iterdir() if one.suffix in (".xhtml", ".xml")]
    with start(load=folder) as wiki:
        refused = [one["file"] for one in wiki.sim.refused]
        assert refused == [
            "cfo-malformed-unclosed-tag.xml",
            "cfo-unknown-entity.xml",
            "dtc-1355-source-code-format-transformed.xhtml",
            "h2m-raw_text.xhtml",
        ]
        assert all("Error parsing xhtml" in one["reason"] for one in wiki.sim.refused)
        loaded = {item["title"]: item for item in wiki.sim.items()}
        assert set(loaded) == {one.stem for one in files if one.name not in refused} | {
            "Knowledge Base"
        }
        assert len(wiki.titles(limit=100)) == 143
        for file in files:
            if file.name not in refused:
                sent = file.read_bytes().decode()
                assert _without_additions(loaded[file.stem]["body"]) == _without_additions(sent)


def _without_additions(body: str) -> str:
    """The body without the attributes that the server adds, and without blanks before a slash."""
    from re import sub

    names = "|".join(ADDED)
    bare = sub(rf' (?:{names})="[^"]*"', "", body)
    return sub(r"\s*/>", "/>", bare)


def test_saving_a_loaded_page_as_it_was_read_changes_nothing(
    start: Callable[..., Any], shared: Path
) -> None:
    with start(load=shared / "corpus" / "confluence") as wiki:
        for item in wiki.sim.items():
            value = {"representation": "storage", "value": item["body"]}
            assert wiki.update(item["id"], 2, body=value, title=item["title"]).status_code == 200
            assert wiki.sim.item(item["id"])["body"] == item["body"]


def test_an_index_says_where_everything_belongs(start: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"png")
    image = '<ac:image><ri:attachment ri:filename="a.png" /></ac:image>'
    (tmp_path / "refunds.xhtml").write_text(f"<p>é</p>{image}", encoding="utf-8")
    (tmp_path / "loose.xml").write_text("<p>loose</p>", encoding="utf-8")
    pages = [
        {"title": "Area", "folder": True},
        {
            "file": "refunds.xhtml",
            "title": "Refunds",
            "parent": "Area",
            "labels": ["KB"],
            "attachments": ["pictures/a.png"],
        },
        {"title": "Inline", "body": "<p>i</p>", "parent": "Refunds", "restricted": True},
        {"title": "Legal", "body": "<p>l</p>", "restricted": ["legal"]},
        {"title": "Clauses", "body": "<p>c</p>", "parent": "Legal", "labels": ["law"]},
        {"title": "Old", "body": "<p>o</p>", "archived": True},
        {"title": "Other", "body": "<p>x</p>", "space": "HR"},
    ]
    index = {"pages": pages, "note": "for people"}
    (tmp_path / "index.json").write_text(json.dumps(index), encoding="utf-8")
    with start(load=tmp_path) as wiki:
        by_title = {item["title"]: item for item in wiki.sim.items()}
        refunds = by_title["Refunds"]
        assert by_title["Area"]["type"] == "folder"
        assert (refunds["parent"], refunds["labels"]) == (by_title["Area"]["id"], ["kb"])
        assert [one["title"] for one in refunds["attachments"]] == ["a.png"]
        assert 'ri:version-at-save="1"' in refunds["body"]
        assert (refunds["version"], refunds["state"]) == (1, "current")
        assert by_title["Inline"]["readers"] == ["editors"]
        assert by_title["Legal"]["readers"] == ["legal"]
        clauses = by_title["Clauses"]
        assert (clauses["parent"], clauses["labels"]) == (by_title["Legal"]["id"], ["law"])
        assert (clauses["readers"], clauses["restricted"]) == ([], True)
        assert by_title["Old"]["state"] == "archived"
        assert by_title["Other"]["space"] == "HR"
        assert by_title["loose"]["parent"] == by_title["Knowledge Base"]["id"]
        search = {"cql": 'title = "Refunds"'}
        found = wiki.http.get("/wiki/rest/api/content/search", params=search).json()
        assert found["size"] == 1


def test_two_pages_with_one_title_are_not_both_loaded(
    start: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "a.xml").write_text("<p>1</p>", encoding="utf-8")
    (tmp_path / "A.xhtml").write_text("<p>2</p>", encoding="utf-8")
    (tmp_path / "latin.xml").write_bytes("<p>é</p>".encode("latin-1"))
    with start(load=tmp_path) as wiki:
        assert {one["file"]: one["reason"][:30] for one in wiki.sim.refused} == {
            "a.xml": "A page with this title already",
            "latin.xml": "'utf-8' codec can't decode byt",
        }
        assert sorted(wiki.titles()) == ["A", "Knowledge Base"]


def test_a_single_file_can_be_loaded(start: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "One page.xhtml"
    file.write_text("<p>1</p>", encoding="utf-8")
    with start(load=file) as wiki:
        assert "One page" in wiki.titles()


@pytest.mark.parametrize(
    ("index", "said"),
    [
        ("{", "is not JSON"),
        ('{"pages": 5}', "'pages' is a list"),
        ('[{"titel": "x"}]', "not ['titel']"),
        ("[{}]", "needs a 'file' or a 'title'"),
        ('[{"title": "x", "parent": "y"}]', "no page or folder titled 'y'"),
    ],
)
def test_an_index_that_cannot_be_used_stops_the_start(
    start: Callable[..., Any], tmp_path: Path, index: str, said: str
) -> None:
    (tmp_path / "index.json").write_text(index, encoding="utf-8")
    with pytest.raises(ValueError, match=said.replace("[", r"\[")), start(load=tmp_path):
        pass


def test_a_path_that_is_not_there_stops_the_start(
    start: Callable[..., Any], tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="neither a folder"), start(load=tmp_path / "nothing"):
        pass
