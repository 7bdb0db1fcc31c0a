"""Who and what conversations are about: users and queues in divisions, and groups of users."""

from __future__ import annotations

from typing import Any

import pytest

DIVISIONS = "/api/v2/authorization/divisions"


@pytest.fixture
def cloud(opened: Any) -> Any:
    """An organisation with users and queues."""
    return opened(own={"users": 30, "queues": 3})


def test_users_and_queues_can_be_put_into_divisions(cloud: Any) -> None:
    cloud.sim.act({"do": "place", "kind": "user", "name": "Agent 00001", "division": "Sales"})
    cloud.sim.act({"do": "place", "kind": "queue", "name": "Queue 0001", "division": "Sales"})
    home, sales = cloud.get(DIVISIONS)["entities"]
    assert (home["name"], home["homeDivision"], sales["name"]) == ("Home", True, "Sales")
    assert cloud.get(f"{DIVISIONS}/home") == home
    assert cloud.get(f"{DIVISIONS}?name=Sal*")["entities"] == [sales]
    users = cloud.get("/api/v2/users?pageSize=100")["entities"]
    names = [one["name"] for one in users if one["division"]["id"] == sales["id"]]
    assert names == ["Agent 00001"]
    (queue,) = cloud.get(f"/api/v2/routing/queues?divisionId={sales['id']}")["entities"]
    assert queue["name"] == "Queue 0001"
    cloud.sim.act({"do": "place", "kind": "user", "name": "Agent 00001", "division": "Home"})
    users = cloud.get("/api/v2/users?pageSize=100")["entities"]
    assert {one["division"]["name"] for one in users} == {"Home"}


def test_a_group_has_its_members(cloud: Any) -> None:
    members = [f"Agent {n:05d}" for n in range(1, 28)]
    cloud.sim.act({"do": "create", "kind": "group", "name": "Tier 1", "members": members})
    (group,) = cloud.get("/api/v2/groups")["entities"]
    assert (group["name"], group["memberCount"]) == ("Tier 1", 27)
    assert cloud.get(f"/api/v2/groups/{group['id']}") == group
    pages = [
        cloud.get(f"/api/v2/groups/{group['id']}/members?pageNumber={number}") for number in (1, 2)
    ]
    names = [one["name"] for page in pages for one in page["entities"]]
    assert names == members
    cloud.call("GET", "/api/v2/groups/nothing/members", status=404)


def test_every_user_is_listed_once(cloud: Any) -> None:
    pages = [cloud.get(f"/api/v2/users?pageSize=7&pageNumber={n}") for n in range(1, 7)]
    assert pages[0]["pageCount"] == 5
    names = [one["name"] for page in pages for one in page["entities"]]
    assert names == sorted(names)
    assert len(set(names)) == len(names) == 30
