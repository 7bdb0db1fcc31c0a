"""Restrictions: what is shown is the content's own, what counts is the whole chain."""

from __future__ import annotations

from typing import Any

import pytest


def _own(wiki: Any, page: str) -> list[str]:
    """The names that the page itself is restricted to, for reading."""
    path = f"/wiki/rest/api/content/{page}/restriction/byOperation/read"
    expand = {"expand": "restrictions.user,restrictions.group"}
    lists = wiki.http.get(path, params=expand).json()["restrictions"]
    people = [one["email"] for one in lists["user"]["results"]]
    return people + [one["name"] for one in lists["group"]["results"]]


def _agent(wiki: Any) -> Any:
    return wiki.connect("agent@example.com", wiki.sim.env["CONFLUENCE_AGENT_TOKEN"])


def _group(wiki: Any, name: str) -> str:
    """The id of a group, found as a connector finds it: on a restriction."""
    page = wiki.sim.items()[0]["id"]
    wiki.sim.act({"do": "restrict", "id": page, "to": [name, "editors"]})
    path = f"/wiki/rest/api/content/{page}/restriction/byOperation/read"
    groups = wiki.http.get(path).json()["restrictions"]["group"]["results"]
    wiki.sim.act({"do": "unrestrict", "id": page})
    return str(next(one["id"] for one in groups if one["name"] == name))


def _may(wiki: Any, page: str, kind: str, identifier: str, operation: str = "read") -> Any:
    body = {"subject": {"type": kind, "identifier": identifier}, "operation": operation}
    return wiki.http.post(f"/wiki/rest/api/content/{page}/permission/check", json=body)


def test_an_open_page_has_both_entries_with_empty_lists(wiki: Any) -> None:
    page = wiki.made("Refunds")
    path = f"/wiki/rest/api/content/{page}/restriction"
    both = wiki.http.get(f"{path}/byOperation").json()
    assert set(both) >= {"read", "update"}
    for one in [*wiki.http.get(path).json()["results"], both["read"], both["update"]]:
        assert one["restrictions"]["user"]["results"] == []
        assert one["restrictions"]["group"]["results"] == []


def test_a_restriction_of_a_parent_is_not_shown_on_its_children_but_counts(wiki: Any) -> None:
    parent = wiki.made("Parent")
    child = wiki.made("Child", parentId=parent)
    wiki.sim.act({"do": "restrict", "id": parent})
    agent = _agent(wiki)
    assert _own(wiki, parent) == ["editors"]
    assert _own(wiki, child) == []
    assert wiki.sim.item(child)["restricted"] is True
    assert wiki.http.get(f"/wiki/api/v2/pages/{child}").status_code == 200
    for page in (parent, child):
        assert agent.get(f"/wiki/api/v2/pages/{page}").status_code == 404
    titles = [row["title"] for row in agent.get("/wiki/api/v2/pages").json()["results"]]
    assert titles == ["Knowledge Base"]


def test_a_folder_restricts_what_is_in_it(wiki: Any) -> None:
    folder = wiki.sim.act({"do": "create", "title": "F", "type": "folder"})["id"]
    page = wiki.made("Inside", parentId=folder)
    wiki.sim.act({"do": "restrict", "id": folder, "to": ["legal"]})
    assert wiki.http.get(f"/wiki/api/v2/pages/{page}").status_code == 404
    assert wiki.http.get(f"/wiki/api/v2/folders/{folder}").status_code == 404
    assert "Inside" not in wiki.titles()


def test_a_site_may_not_know_the_restrictions_of_folders(wiki: Any) -> None:
    folder = wiki.sim.act({"do": "create", "title": "F", "type": "folder"})["id"]
    wiki.sim.act({"do": "restrict", "id": folder})
    assert _own(wiki, folder) == ["editors"]
    wiki.sim.act({"do": "settings", "folder_restrictions": False})
    path = f"/wiki/rest/api/content/{folder}/restriction"
    for answer in (wiki.http.get(path), wiki.http.get(f"{path}/byOperation/read")):
        assert answer.status_code == 404


def test_a_reader_has_to_pass_every_level(wiki: Any) -> None:
    parent = wiki.made("Parent")
    child = wiki.made("Child", parentId=parent)
    wiki.sim.act({"do": "restrict", "id": parent, "to": ["agents", "editors"]})
    wiki.sim.act({"do": "restrict", "id": child, "to": ["legal", "editors"]})
    agent = _agent(wiki)
    assert agent.get(f"/wiki/api/v2/pages/{parent}").status_code == 200
    assert agent.get(f"/wiki/api/v2/pages/{child}").status_code == 404


def test_moving_under_a_restricted_parent_restricts(wiki: Any) -> None:
    parent, page = wiki.made("Parent"), wiki.made("Page")
    wiki.sim.act({"do": "restrict", "id": parent, "to": ["legal"]})
    before = wiki.sim.item(page)["version"]
    moved = wiki.sim.act({"do": "move", "id": page, "parent": parent})
    assert (moved["restricted"], moved["version"]) == (True, before)
    assert wiki.http.get(f"/wiki/api/v2/pages/{page}").status_code == 404


def test_edit_restrictions_stop_edits_and_are_not_inherited(wiki: Any) -> None:
    parent = wiki.made("Parent")
    child = wiki.made("Child", parentId=parent)
    wiki.sim.act({"do": "restrict", "id": parent, "to": ["legal"], "operation": "update"})
    assert wiki.update(parent, 2).status_code == 404
    assert wiki.http.delete(f"/wiki/api/v2/pages/{parent}").status_code == 404
    assert wiki.update(child, 2).status_code == 200
    assert wiki.http.get(f"/wiki/api/v2/pages/{parent}").status_code == 200


def test_restrictions_change_neither_version_nor_modification_date(wiki: Any) -> None:
    page = wiki.made("Refunds")
    before = wiki.page(page)["version"]
    wiki.sim.act({"do": "restrict", "id": page})
    wiki.sim.act({"do": "unrestrict", "id": page})
    assert wiki.page(page)["version"] == before
    assert wiki.sim.item(page)["restricted"] is False


def test_restrictions_are_written_added_to_and_cleared(wiki: Any) -> None:
    page = wiki.made("Refunds")
    path = f"/wiki/rest/api/content/{page}/restriction"
    me = wiki.http.get("/wiki/rest/api/user/current").json()["accountId"]
    people = {"user": [{"type": "known", "accountId": me}], "group": []}
    groups = {"group": [{"type": "group", "name": "agents"}]}
    for method, restrictions, names in (
        ("PUT", people, ["sync@example.com"]),
        ("POST", groups, ["sync@example.com", "agents"]),
        ("PUT", {**people, **groups}, ["sync@example.com", "agents"]),
    ):
        payload = [{"operation": "read", "restrictions": restrictions}]
        assert wiki.http.request(method, path, json=payload).status_code == 200
        assert _own(wiki, page) == names
    agents = wiki.http.get(f"{path}/byOperation/read").json()["restrictions"]["group"]["results"]
    listed = f"{path}/byOperation/read/byGroupId/{agents[0]['id']}"
    assert wiki.http.get(listed).status_code == 200
    user = f"{path}/byOperation/read/user"
    assert wiki.http.get(user, params={"accountId": me}).status_code == 200
    assert wiki.http.delete(path).status_code == 200
    assert _own(wiki, page) == []
    assert wiki.http.get(listed).status_code == 404
    assert wiki.http.get(user, params={"accountId": me}).status_code == 404


@pytest.mark.parametrize(
    "payload",
    [
        [{"operation": "dance", "restrictions": {}}],
        [{"operation": "read", "restrictions": {"user": [{"name": "x"}]}}],
        [{"operation": "read", "restrictions": {"group": [{"name": "nobody"}]}}],
        [{"operation": "read", "restrictions": {}, "x": 1}],
        "read",
    ],
)
def test_malformed_restrictions_are_400(wiki: Any, payload: Any) -> None:
    page = wiki.made("Refunds")
    answer = wiki.http.put(f"/wiki/rest/api/content/{page}/restriction", json=payload)
    assert answer.status_code == 400


def test_long_lists_of_members_are_cut_at_the_limit(wiki: Any) -> None:
    page = wiki.made("Refunds")
    wiki.sim.act({"do": "restrict", "id": page, "to": ["editors", "agents", "legal"]})
    path = f"/wiki/rest/api/content/{page}/restriction/byOperation/read"
    cut = wiki.http.get(path, params={"start": 1, "limit": 1}).json()["restrictions"]["group"]
    assert ([one["name"] for one in cut["results"]], cut["size"]) == (["agents"], 1)


def test_the_permission_check_counts_what_is_inherited(wiki: Any) -> None:
    agents, everybody = _group(wiki, "agents"), _group(wiki, "confluence-users")
    parent = wiki.made("Parent")
    child = wiki.made("Child", parentId=parent)
    assert _may(wiki, child, "group", everybody).json()["hasPermission"] is True
    assert _may(wiki, child, "group", agents).json()["hasPermission"] is False
    wiki.sim.act({"do": "restrict", "id": parent})
    answer = _may(wiki, child, "group", everybody).json()
    assert answer["hasPermission"] is False
    assert answer["errors"][0]["translation"]
    me = wiki.http.get("/wiki/rest/api/user/current").json()["accountId"]
    assert _may(wiki, child, "user", me).json()["hasPermission"] is True
    assert _may(wiki, child, "user", me, "update").json()["hasPermission"] is True
    agent = _agent(wiki).get("/wiki/rest/api/user/current").json()["accountId"]
    assert _may(wiki, child, "user", agent).json()["hasPermission"] is False
    assert _may(wiki, child, "user", "nobody").status_code == 404


def test_only_an_administrator_checks_others(wiki: Any) -> None:
    page = wiki.made("Refunds")
    agent = _agent(wiki)
    me = wiki.http.get("/wiki/rest/api/user/current").json()["accountId"]
    body = {"subject": {"type": "user", "identifier": me}, "operation": "read"}
    path = f"/wiki/rest/api/content/{page}/permission/check"
    assert agent.post(path, json=body).status_code == 403
    own = agent.get("/wiki/rest/api/user/current").json()["accountId"]
    body["subject"] = {"type": "user", "identifier": own}
    assert agent.post(path, json=body).json()["hasPermission"] is True


def test_a_space_that_few_may_read_hides_all_its_pages(wiki: Any) -> None:
    """Space permission counts as well: no restriction on a page does not make it public."""
    wiki.sim.act({"do": "space", "key": "LEGAL", "title": "Legal", "to": ["legal"]})
    page = wiki.sim.act({"do": "create", "title": "Contracts", "space": "LEGAL"})
    assert page["restricted"] is False
    assert wiki.http.get(f"/wiki/api/v2/pages/{page['id']}").status_code == 404
    assert [row["key"] for row in wiki.listed("/wiki/api/v2/spaces")] == ["KB"]
    assert "Contracts" not in [row["title"] for row in wiki.listed("/wiki/api/v2/pages")]
