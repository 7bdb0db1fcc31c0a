"""Answers beside the ones that were recorded from a live site."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def recorded(shared: Path) -> Any:
    """A recorded answer by its file name."""

    def read(name: str) -> Any:
        return json.loads((shared / "corpus" / "confluence" / "api" / name).read_text("utf-8"))

    return read


def _shape(value: object) -> object:
    """Keys and kinds of values, without the values."""
    match value:
        case dict():
            return {key: _shape(one) for key, one in value.items()}
        case list():
            return [_shape(value[0])] if value else []
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case None:
            return None
        case _:
            return "text"


def _missing(recorded: object, ours: object, path: str = "") -> list[str]:
    """What the recorded answer has and ours lacks or has of another kind."""
    if recorded is None or ours is None:
        return []
    if isinstance(recorded, dict) and isinstance(ours, dict):
        found = [f"{path}.{key}" for key in recorded if key not in ours]
        for key in set(recorded) & set(ours):
            found += _missing(recorded[key], ours[key], f"{path}.{key}")
        return found
    if isinstance(recorded, list) and isinstance(ours, list):
        return _missing(recorded[0], ours[0], path + "[]") if recorded and ours else []
    return [] if recorded == ours else [f"{path}: {recorded} is {ours}"]


def test_a_page_of_v2_has_everything_that_a_live_one_has(wiki: Any, recorded: Any) -> None:
    page = wiki.made("User Agent")
    ours = wiki.page(page, **{"body-format": "atlas_doc_format"})
    live = recorded("page-v2.json")
    assert _missing(_shape(live), _shape(ours)) == []
    assert set(ours) - set(live) == set()


def test_tiny_links_and_slugs_are_made_as_the_live_site_makes_them(recorded: Any) -> None:
    from syncline_simulators.confluence.api.links import tiny

    for name in ("page-v2.json", "page-v1.json"):
        live = recorded(name)
        assert tiny(live["id"]) == live["_links"]["tinyui"]
    for ancestor in recorded("page-v1.json")["ancestors"]:
        assert tiny(ancestor["id"]) == ancestor["_links"]["tinyui"]


def test_titles_without_latin_letters_have_no_slug(wiki: Any, recorded: Any) -> None:
    title = recorded("page-v1.json")["ancestors"][2]["title"]
    page = wiki.made(title)
    assert wiki.page(page)["_links"]["webui"] == f"/spaces/KB/pages/{page}"
    other = wiki.made("User Agent")
    assert wiki.page(other)["_links"]["webui"].endswith("/User+Agent")


def test_a_content_of_v1_has_everything_that_a_live_one_has(wiki: Any, recorded: Any) -> None:
    wiki.made("User Agent")
    wiki.sim.clock(advance="1m")
    query = {"cql": 'title = "User Agent"', "expand": "body.storage,body.view,ancestors"}
    [ours] = wiki.http.get("/wiki/rest/api/content/search", params=query).json()["results"]
    live = recorded("page-v1.json")
    del live["_links"]["context"], live["_links"]["collection"], live["_links"]["base"]
    lacking = _missing(_shape(live), _shape(ours))
    assert [one for one in lacking if ".body." not in one and "body" not in one] == []
    assert ours["body"]["storage"]["representation"] == "storage"


def test_attachments_of_v1_have_everything_that_live_ones_have(wiki: Any, recorded: Any) -> None:
    page = wiki.made("User Agent")
    wiki.sim.act({"do": "attach", "id": page, "filename": "a.png", "content": "YQ=="})
    ours = wiki.http.get(f"/wiki/rest/api/content/{page}/child/attachment").json()
    live = recorded("attachments-v1.json")
    lacking = _missing(_shape(live), _shape(ours))
    assert lacking == ["._expandable"] or lacking == [".results[]._expandable.version"]


def test_an_empty_list_of_children_is_as_recorded(wiki: Any, recorded: Any) -> None:
    page = wiki.made("User Agent")
    ours = wiki.http.get(f"/wiki/api/v2/pages/{page}/children").json()
    assert _shape(ours) == _shape(recorded("children-v2.json"))
