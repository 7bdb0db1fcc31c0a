"""What a person does in the product, through the admin API."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from syncline_simulators.running import AdminError


def _impossible(wiki: Any, **action: Any) -> str:
    """The reason with which the product refuses this."""
    with pytest.raises(AdminError) as caught:
        wiki.sim.act(action)
    assert caught.value.status == 409
    return str(caught.value)


def test_an_edit_is_a_version_by_the_person(wiki: Any) -> None:
    page = wiki.made("Refunds")
    edited = wiki.sim.act(
        {"do": "edit", "id": page, "title": "Returns", "body": "<p>new</p>", "labels": ["KB"]}
    )
    assert (edited["version"], edited["title"], edited["labels"]) == (2, "Returns", ["kb"])
    assert edited["author"] != wiki.page(page)["authorId"]
    again = wiki.sim.act({"do": "edit", "id": page, "title": "Returns"})
    assert again["version"] == 2


def test_an_edit_can_name_the_words_that_change(wiki: Any) -> None:
    page = wiki.made("Refunds", "<p>In seven days, or in seven weeks.</p>")
    change = {"old": "seven", "new": "ten"}
    edited = wiki.sim.act({"do": "edit", "id": page, "replace": change})
    assert "In ten days, or in seven weeks." in edited["body"]
    with pytest.raises(AdminError, match="does not hold 'eight'"):
        wiki.sim.act({"do": "edit", "id": page, "replace": {"old": "eight", "new": "nine"}})


def test_a_person_without_sight_of_a_page_is_no_obstacle_to_the_test(wiki: Any) -> None:
    page = wiki.made("Refunds")
    wiki.sim.act({"do": "restrict", "id": page, "to": ["legal"]})
    assert wiki.sim.act({"do": "edit", "id": page, "body": "<p>x</p>"})["version"] == 2


def test_an_act_can_be_anothers(wiki: Any) -> None:
    one = wiki.sim.act({"do": "create", "title": "A", "by": "agent@example.com"})
    two = wiki.sim.act({"do": "create", "title": "B"})
    assert one["author"] != two["author"]


def test_labels_become_the_given_ones(wiki: Any) -> None:
    page = wiki.made("Refunds")
    wiki.sim.act({"do": "label", "id": page, "labels": ["a", "b"]})
    assert wiki.sim.act({"do": "label", "id": page, "labels": ["b", "C"]})["labels"] == ["b", "c"]
    assert wiki.sim.act({"do": "label", "id": page, "labels": []})["labels"] == []


def test_a_restriction_names_people_and_groups_and_leaves_the_connector_in_by_default(
    wiki: Any,
) -> None:
    page = wiki.made("Refunds")
    assert wiki.sim.act({"do": "restrict", "id": page})["readers"] == ["editors"]
    assert wiki.http.get(f"/wiki/api/v2/pages/{page}").status_code == 200
    named = wiki.sim.act({"do": "restrict", "id": page, "to": ["lawyer@example.com", "legal"]})
    assert (named["readers"], named["restricted"]) == (["lawyer@example.com", "legal"], True)
    assert wiki.http.get(f"/wiki/api/v2/pages/{page}").status_code == 404


def test_what_the_product_cannot_do_is_409_with_a_reason(wiki: Any) -> None:
    page, child = wiki.made("Refunds"), None
    child = wiki.made("Child", parentId=page)
    home = wiki.page(page)["parentId"]
    assert "TITLE" in _impossible(wiki, do="create", title="refunds")
    assert "TITLE" in _impossible(wiki, do="rename", id=child, title="Refunds")
    assert "below itself" in _impossible(wiki, do="move", id=page, parent=child)
    assert "homepage" in _impossible(wiki, do="delete", id=home)
    assert "parsing xhtml" in _impossible(wiki, do="edit", id=page, body="<p>")
    assert "neither" in _impossible(wiki, do="restore", id=page)
    assert "no user or group" in _impossible(wiki, do="restrict", id=page, to=["x"])
    assert "no draft" in _impossible(wiki, do="publish", id=page)
    assert "cannot be selected" in _impossible(wiki, do="comment", id=page, text="nowhere")
    assert "trash can be purged" in _impossible(wiki, do="purge", id=page)
    wiki.sim.act({"do": "delete", "id": page})
    assert "restore it first" in _impossible(wiki, do="edit", id=page, body="<p/>")
    assert "already" in _impossible(wiki, do="delete", id=page)
    assert "current content" in _impossible(wiki, do="move", id=child, parent=page)
    wiki.made("Refunds")
    assert "TITLE" in _impossible(wiki, do="restore", id=page)
    folder = wiki.sim.act({"do": "create", "title": "F", "type": "folder"})["id"]
    assert "folder" in _impossible(wiki, do="archive", id=folder)
    assert "folder" in _impossible(wiki, do="edit", id=folder, body="<p/>")


def test_a_page_goes_through_its_whole_life(wiki: Any) -> None:
    page = wiki.sim.act({"do": "create", "title": "Life", "body": "<p>a</p>", "draft": True})["id"]
    assert wiki.sim.item(page)["state"] == "draft"
    states = [
        wiki.sim.act({"do": do, "id": page})["state"]
        for do in ("publish", "archive", "restore", "delete", "restore", "delete", "purge")
    ]
    assert states == [
        "current",
        "archived",
        "current",
        "trashed",
        "current",
        "trashed",
        "purged",
    ]
    with pytest.raises(AdminError):
        wiki.sim.item(page)


def test_an_archived_page_can_go_to_the_trash(wiki: Any) -> None:
    page = wiki.made("Refunds")
    wiki.sim.act({"do": "archive", "id": page})
    assert wiki.sim.act({"do": "delete", "id": page})["state"] == "trashed"
    wiki.made("Refunds")


def test_a_draft_beside_the_page_can_be_published(wiki: Any) -> None:
    page = wiki.made("Refunds")
    wiki.sim.act({"do": "edit", "id": page, "body": "<p>idea</p>", "draft": True})
    published = wiki.sim.act({"do": "publish", "id": page})
    assert (published["version"], published["draft"]) == (2, None)
    assert "idea" in published["body"]


def test_files_come_and_go(wiki: Any) -> None:
    page = wiki.made("Refunds")
    data = b"\x89PNG..."
    act = {"do": "attach", "id": page, "filename": "a.png"}
    item = wiki.sim.act({**act, "content": base64.b64encode(data).decode()})
    [file] = item["attachments"]
    assert (file["title"], file["media_type"], file["version"]) == ("a.png", "image/png", 1)
    assert file["sha256"] == hashlib.sha256(data).hexdigest()
    assert wiki.sim.act({**act, "content": ""})["attachments"][0]["version"] == 2
    gone = wiki.sim.act({"do": "detach", "id": page, "filename": "a.png"})
    assert gone["attachments"][0]["state"] == "trashed"
    with pytest.raises(AdminError, match="base64"):
        wiki.sim.act({**act, "content": "?"})


def test_another_program_can_take_a_property_away(wiki: Any) -> None:
    page = wiki.made("Refunds")
    path = f"/wiki/api/v2/pages/{page}/properties"
    made = wiki.http.post(path, json={"key": "syncline", "value": {"a": 1}}).json()
    assert wiki.sim.item(page)["properties"] == {"syncline": {"a": 1}}
    wiki.sim.act({"do": "drop-property", "id": page, "key": "syncline"})
    assert wiki.http.get(f"{path}/{made['id']}").status_code == 404
    assert wiki.listed(path) == []


def test_settings_are_shown_and_changed(wiki: Any) -> None:
    shown = wiki.sim.act({"do": "settings"})
    assert shown == {
        "local_ids": True,
        "rename_links": True,
        "folder_restrictions": True,
        "search_lag": 20.0,
        "archive_delay": 1.0,
    }
    assert wiki.sim.act({"do": "settings", "search_lag": "5s"})["search_lag"] == 5.0
    with pytest.raises(AdminError, match="not a duration"):
        wiki.sim.act({"do": "settings", "search_lag": "soon"})
