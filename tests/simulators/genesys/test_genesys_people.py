"""What people can do in the console of the Genesys Cloud simulator, and what they cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from syncline_simulators.genesys.paste import pasted
from syncline_simulators.running import AdminError


def plain(item: Any) -> str:
    found = []
    for block in item["body"]["blocks"]:
        runs = block["paragraph"]["blocks"]
        found.append("".join(run["text"]["text"] for run in runs))
    return "\n".join(found)


def test_a_person_writes_an_article_that_is_live_at_once(cloud: Any) -> None:
    item = cloud.sim.act(
        {
            "do": "create",
            "title": "Refunds",
            "body": "First.\n\nSecond.",
            "parent": "Billing",
            "labels": ["public", "new"],
        }
    )
    assert (item["state"], item["version"], item["draft"]) == ("Published", 1, False)
    assert (plain(item), item["parent"]) == ("First.\nSecond.", "Billing")
    assert item["labels"] == ["new", "public"]
    assert item["restricted"] is False
    assert cloud.sim.items() == [item]
    assert cloud.sim.item(item["id"]) == item
    found = cloud.get(f"/documents/{item['id']}?expand=category,labels,variations")
    assert (found["title"], found["category"]["name"]) == ("Refunds", "Billing")
    assert found["variations"][0]["body"] == item["body"]
    assert found["modifiedBy"]["id"] == found["createdBy"]["id"]


def test_a_person_leaves_a_draft_open(cloud: Any) -> None:
    document = cloud.article("One", "old")
    item = cloud.sim.act({"do": "edit", "id": document, "body": "new", "publish": False})
    assert (item["version"], item["draft"], plain(item)) == (1, True, "old")
    assert plain(item["draftContent"]) == "new"
    assert cloud.get(f"/documents/{document}")["lastPublishedVersionNumber"] == 1
    published = cloud.sim.act({"do": "publish", "id": document})
    assert (published["version"], plain(published)) == (2, "new")


def test_a_person_changes_words_inside_a_text(cloud: Any) -> None:
    document = cloud.article("One", "In 14 days.")
    change = {"old": "14", "new": "30"}
    item = cloud.sim.act({"do": "edit", "id": document, "replace": change})
    assert plain(item) == "In 30 days."
    with pytest.raises(AdminError) as refused:
        cloud.sim.act({"do": "edit", "id": document, "replace": change})
    assert refused.value.status == 400


def test_other_deeds_of_people(cloud: Any) -> None:
    item = cloud.sim.act({"do": "create", "title": "One", "body": "text"})
    one = item["id"]
    assert cloud.sim.act({"do": "rename", "id": one, "title": "Two"})["title"] == "Two"
    assert cloud.sim.act({"do": "label", "id": one, "labels": ["x"]})["labels"] == ["x"]
    assert cloud.sim.act({"do": "hide", "id": one})["visible"] is False
    assert cloud.sim.act({"do": "unhide", "id": one})["visible"] is True
    assert cloud.sim.act({"do": "edit", "id": one, "parent": "Billing"})["parent"] == "Billing"
    assert cloud.sim.act({"do": "edit", "id": one, "parent": None})["parent"] is None
    reverted = cloud.sim.act({"do": "revert", "id": one, "version": 1})
    assert (reverted["title"], reverted["version"]) == ("One", 8)
    assert cloud.sim.act({"do": "delete", "id": one})["state"] == "Deleted"
    assert cloud.sim.items() == []


@pytest.mark.parametrize("deed", ["restore", "move", "archive", "restrict", "unrestrict"])
def test_what_the_product_cannot_do_is_refused_with_the_reason(cloud: Any, deed: str) -> None:
    document = cloud.article()
    with pytest.raises(AdminError, match="article") as refused:
        cloud.sim.act({"do": deed, "id": document})
    assert refused.value.status == 409


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ({"do": "dance"}, 400),
        ({"do": ["edit"]}, 400),
        ({"do": "create", "title": "word " * 501}, 409),
        ({"do": "edit", "id": "nonsense"}, 400),
        ({"do": "edit"}, 400),
        ({"do": "create", "title": ""}, 400),
        ({"do": "create", "title": 7}, 400),
        ({"do": "create", "body": 7}, 400),
        ({"do": "create", "body": "{"}, 400),
        ({"do": "create", "labels": "x"}, 400),
        ({"do": "create", "knowledgeBase": "x"}, 400),
        (
            {
                "do": "create",
                "title": "A",
                "parent": "Billing",
                "labels": ["new"],
                "body": {"blocks": [{"type": "Quote"}]},
            },
            409,
        ),
        ({"do": "create", "title": "A", "body": "<a href='http://x.y'>x</a>"}, 409),
    ],
)
def test_malformed_actions_change_nothing(cloud: Any, action: Any, status: int) -> None:
    with pytest.raises(AdminError) as refused:
        cloud.sim.act(action)
    assert refused.value.status == status
    assert cloud.sim.items() == []
    for kind in ("categories", "labels"):
        assert list(cloud.all(f"/{kind}")) == []


def test_nobody_writes_what_belongs_to_a_managed_source(opened: Any, tmp_path: Path) -> None:
    cloud = opened(load=content(tmp_path, readonly=True))
    item = cloud.sim.items()[0]
    assert item["readonly"] is True
    with pytest.raises(AdminError) as refused:
        cloud.sim.act({"do": "edit", "id": item["id"], "title": "Mine"})
    assert refused.value.status == 409
    where = f"/documents/{item['id']}"
    assert cloud.get(where)["readonly"] is True
    cloud.call("PATCH", where, json={"title": "Mine"}, status=400)
    cloud.call("DELETE", where, status=400)
    cloud.call("POST", f"{where}/versions", json={}, status=400)
    assert [one["title"] for one in cloud.all("/documents")] == ["Refunds"]


def content(path: Path, **members: Any) -> Path:
    run = {"type": "Text", "text": {"text": "In 14 days."}}
    body = {"blocks": [{"type": "Paragraph", "paragraph": {"blocks": [run]}}]}
    document = {
        "externalId": "wiki:1",
        "published": {"title": "Refunds", "variations": [{"body": body}]},
        **members,
    }
    good = {"importAction": {"knowledgeBase": {"name": "Help"}, "documents": [document]}}
    (path / "good.json").write_text(json.dumps(good))
    return path


def test_a_folder_of_bases_is_loaded_and_what_is_wrong_is_named(
    opened: Any, tmp_path: Path
) -> None:
    folder = content(tmp_path)
    bad = {"importAction": {"documents": [{"externalId": "wiki:2", "published": {"title": ""}}]}}
    (folder / "bad.json").write_text(json.dumps(bad))
    cloud = opened(load=folder)
    assert [one["file"] for one in cloud.sim.refused] == ["bad.json"]
    assert "wiki:2" in cloud.sim.refused[0]["reason"]
    (item,) = cloud.sim.items()
    assert (item["title"], plain(item)) == ("Refunds", "In 14 days.")
    bases = {one["name"]: one for one in cloud.all("/api/v2/knowledge/knowledgebases")}
    assert item["knowledgeBase"] == bases["Help"]["id"]


def test_the_first_base_that_is_loaded_is_the_one_to_connect_to(
    opened: Any, tmp_path: Path
) -> None:
    cloud = opened(load=content(tmp_path))
    assert cloud.get("")["name"] == "Help"
    assert [one["title"] for one in cloud.all("/documents")] == ["Refunds"]


def test_a_file_that_is_no_json_stops_the_start(opened: Any, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("{")
    with pytest.raises(ValueError, match="not JSON"):
        opened(load=file)
    file.unlink()
    with pytest.raises(ValueError, match="there are no"):
        opened(load=tmp_path)


def test_pasted_html_becomes_blocks() -> None:
    found = pasted(
        "<h2>Big</h2>loose <b>bold <i>both</i></b><p>a<br>b</p>"
        "<ul><li>one<ul><li>deep</li></ul></li></ul><pre>x\n  y</pre>"
        "<table><tr><th>H</th><td><p>c</p></td></tr></table>"
        "<script>alert(1)</script><p><a href='https://x.y/'>link</a></p>"
    )
    assert [block["type"] for block in found] == [
        "Paragraph",
        "Paragraph",
        "Paragraph",
        "UnorderedList",
        "Paragraph",
        "Table",
        "Paragraph",
    ]
    loose = found[1]["paragraph"]["blocks"]
    assert [(r["text"]["text"], r["text"].get("marks")) for r in loose] == [
        ("loose ", None),
        ("bold ", ["Bold"]),
        ("both", ["Bold", "Italic"]),
    ]
    assert [run["text"]["text"] for run in found[2]["paragraph"]["blocks"]] == ["a", "\n", "b"]
    assert found[4]["paragraph"]["blocks"][0]["text"]["text"] == "x\n  y"
    cells = found[5]["table"]["rows"][0]["cells"]
    assert [cell["properties"]["cellType"] for cell in cells] == ["HeaderCell", "Cell"]
    assert found[6]["paragraph"]["blocks"][0]["text"]["hyperlink"] == "https://x.y/"
    assert "alert" not in json.dumps(found)


def test_an_administrator_changes_what_a_client_may_do(cloud: Any) -> None:
    client = cloud.sim.connection["client_id"]
    path = "/api/v2/routing/queues"
    assert cloud.http.get(path).status_code == 200
    cloud.sim.act({"do": "permit", "client": client, "permissions": []})
    assert cloud.http.get(path).status_code == 403
    cloud.sim.act({"do": "permit", "client": client, "permissions": None})
    assert cloud.http.get(path).status_code == 200


@pytest.mark.parametrize("action", [{"client": "nobody"}, {"permissions": "all"}])
def test_a_change_of_what_nobody_may_do_is_refused(cloud: Any, action: dict[str, Any]) -> None:
    client = cloud.sim.connection["client_id"]
    with pytest.raises(AdminError, match=r"there is no OAuth client|is a list of names"):
        cloud.sim.act({"do": "permit", "client": client, **action})
