"""The page tree: folders, ancestors, descendants, moves, and what happens to children."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def tree(wiki: Any) -> dict[str, str]:
    """Titles to ids of: A, with the folder F in it, with B and C in that, and D under B."""
    made: dict[str, str] = {"home": wiki.sim.items()[0]["id"]}
    for title, parent, kind in (
        ("A", "home", "page"),
        ("F", "A", "folder"),
        ("B", "F", "page"),
        ("C", "F", "page"),
        ("D", "B", "page"),
    ):
        act = {"do": "create", "title": title, "parent": made[parent], "type": kind}
        made[title] = wiki.sim.act(act)["id"]
    return made


def _names(tree: dict[str, str], rows: list[dict[str, Any]]) -> list[str]:
    titles = {page: title for title, page in tree.items()}
    return [titles[row["id"]] for row in rows]


def _below(wiki: Any, tree: dict[str, str], page: str, **query: Any) -> list[str]:
    path = f"/wiki/api/v2/pages/{tree[page]}/descendants"
    return _names(tree, wiki.listed(path, **query))


def _children(wiki: Any, tree: dict[str, str], page: str) -> list[str]:
    path = f"/wiki/api/v2/pages/{tree[page]}/direct-children"
    return _names(tree, wiki.listed(path))


def test_a_page_in_a_folder_says_so(wiki: Any, tree: dict[str, str]) -> None:
    page = wiki.page(tree["B"])
    assert (page["parentId"], page["parentType"]) == (tree["F"], "folder")


def test_ancestors_come_root_first_with_their_types(wiki: Any, tree: dict[str, str]) -> None:
    rows = wiki.listed(f"/wiki/api/v2/pages/{tree['D']}/ancestors")
    assert _names(tree, rows) == ["home", "A", "F", "B"]
    assert [row["type"] for row in rows] == ["page", "page", "folder", "page"]


def test_ancestors_beyond_the_limit_are_asked_of_the_first_one(
    wiki: Any, tree: dict[str, str]
) -> None:
    near = wiki.listed(f"/wiki/api/v2/pages/{tree['D']}/ancestors", limit=2)
    assert _names(tree, near) == ["F", "B"]
    far = wiki.listed(f"/wiki/api/v2/folders/{near[0]['id']}/ancestors")
    assert _names(tree, far) == ["home", "A"]


def test_children_of_all_types_or_pages_only(wiki: Any, tree: dict[str, str]) -> None:
    assert _children(wiki, tree, "A") == ["F"]
    assert wiki.listed(f"/wiki/api/v2/pages/{tree['A']}/children") == []
    rows = wiki.listed(f"/wiki/api/v2/folders/{tree['F']}/direct-children", limit=1)
    assert _names(tree, rows) == ["B", "C"]
    rows = wiki.listed(f"/wiki/api/v2/folders/{tree['F']}/direct-children", sort="-title")
    assert _names(tree, rows) == ["C", "B"]


def test_descendants_go_as_deep_as_is_asked(wiki: Any, tree: dict[str, str]) -> None:
    assert _below(wiki, tree, "A", depth=1) == ["F"]
    assert _below(wiki, tree, "A") == ["F", "B", "C"]
    assert _below(wiki, tree, "A", depth=10, limit=2) == ["F", "B", "D", "C"]
    refused = wiki.http.get(f"/wiki/api/v2/pages/{tree['A']}/descendants?depth=11")
    assert refused.status_code == 400
    rows = wiki.listed(f"/wiki/api/v2/folders/{tree['F']}/descendants")
    assert [(row["type"], row["depth"]) for row in rows] == [("page", 1), ("page", 2), ("page", 1)]


def test_pages_and_folders_each_have_their_own_paths(wiki: Any, tree: dict[str, str]) -> None:
    folder = wiki.http.get(f"/wiki/api/v2/folders/{tree['F']}").json()
    assert (folder["type"], folder["title"], folder["parentId"]) == ("folder", "F", tree["A"])
    assert wiki.http.get(f"/wiki/api/v2/pages/{tree['F']}").status_code == 404
    assert wiki.http.get(f"/wiki/api/v2/folders/{tree['A']}").status_code == 404
    assert "F" not in wiki.titles()


def test_ids_are_told_their_types(wiki: Any, tree: dict[str, str]) -> None:
    item = wiki.sim.act({"do": "attach", "id": tree["A"], "filename": "a.txt", "content": ""})
    attachment = item["attachments"][0]["id"]
    ids = [tree["A"], int(tree["F"]), attachment, "999"]
    answer = wiki.http.post("/wiki/api/v2/content/convert-ids-to-types", json={"contentIds": ids})
    assert answer.json()["results"] == {
        tree["A"]: "page",
        tree["F"]: "folder",
        attachment: "attachment",
    }


@pytest.mark.parametrize(
    ("position", "order"), [("before", ["C", "B"]), ("after", ["B", "C"]), ("append", None)]
)
def test_a_move_changes_the_place_and_not_the_version(
    wiki: Any, tree: dict[str, str], position: str, order: list[str] | None
) -> None:
    path = f"/wiki/rest/api/content/{tree['C']}/move/{position}/{tree['B']}"
    assert wiki.http.put(path).json() == {"pageId": tree["C"]}
    moved = wiki.page(tree["C"])
    assert moved["version"]["number"] == 1
    if order is None:
        assert moved["parentId"] == tree["B"]
        assert _children(wiki, tree, "B") == ["D", "C"]
    else:
        rows = wiki.listed(f"/wiki/api/v2/folders/{tree['F']}/direct-children")
        assert _names(tree, rows) == order
        assert rows[0]["childPosition"] < rows[1]["childPosition"]


def test_an_update_moves_too_and_raises_the_version(wiki: Any, tree: dict[str, str]) -> None:
    moved = wiki.update(tree["D"], 2, parentId=tree["A"]).json()
    assert (moved["parentId"], moved["version"]["number"]) == (tree["A"], 2)
    assert _children(wiki, tree, "A") == ["F", "D"]
    assert _children(wiki, tree, "B") == []


def test_nothing_moves_below_itself(wiki: Any, tree: dict[str, str]) -> None:
    for target in ("A", "D"):
        path = f"/wiki/rest/api/content/{tree['A']}/move/append/{tree[target]}"
        assert wiki.http.put(path).status_code == 400
    path = f"/wiki/rest/api/content/{tree['A']}/move/sideways/{tree['home']}"
    assert wiki.http.put(path).status_code == 400


@pytest.mark.parametrize("do", ["delete", "archive"])
def test_children_of_a_removed_page_move_up_in_its_place(
    wiki: Any, tree: dict[str, str], do: str
) -> None:
    wiki.sim.act({"do": do, "id": tree["A"]})
    assert _children(wiki, tree, "home") == ["F"]
    assert wiki.page(tree["D"])["status"] == "current"
    assert wiki.page(tree["B"])["version"]["number"] == 1


def test_a_person_can_delete_a_whole_tree(wiki: Any, tree: dict[str, str]) -> None:
    wiki.sim.act({"do": "delete", "id": tree["A"], "children": True})
    assert {item["title"] for item in wiki.sim.items() if item["state"] == "trashed"} == {
        "A",
        "B",
        "C",
        "D",
        "F",
    }
    wiki.sim.act({"do": "restore", "id": tree["A"]})
    wiki.sim.act({"do": "restore", "id": tree["F"]})
    assert wiki.sim.act({"do": "restore", "id": tree["B"]})["parent"] == tree["F"]
    assert wiki.sim.act({"do": "restore", "id": tree["D"]})["version"] == 1


def test_a_restored_page_without_its_parent_comes_to_the_top(
    wiki: Any, tree: dict[str, str]
) -> None:
    wiki.sim.act({"do": "delete", "id": tree["B"], "children": True})
    assert wiki.sim.act({"do": "restore", "id": tree["D"]})["parent"] is None


def test_archiving_is_a_long_task_that_takes_number_ids(wiki: Any, tree: dict[str, str]) -> None:
    path = "/wiki/rest/api/content/archive"
    text = wiki.http.post(path, json={"pages": [{"id": tree["D"]}]})
    assert (text.status_code, text.json()["statusCode"]) == (400, 400)
    wiki.sim.act({"do": "settings", "archive_delay": "2min"})
    answer = wiki.http.post(path, json={"pages": [{"id": int(tree["D"])}]})
    assert answer.status_code == 202
    task = f"/wiki/rest/api/longtask/{answer.json()['id']}"
    assert wiki.http.get(task).json()["finished"] is False
    assert wiki.page(tree["D"])["status"] == "current"
    wiki.sim.clock(advance="2min")
    done = wiki.http.get(task).json()
    assert (done["finished"], done["successful"], done["percentageComplete"]) == (True, True, 100)
    assert wiki.page(tree["D"])["status"] == "archived"
    assert wiki.page(tree["D"])["version"]["number"] == 1
    assert wiki.http.get("/wiki/rest/api/longtask/1").status_code == 404
