"""Whatever people do, every way to look at the wiki tells the same."""

from __future__ import annotations

import contextlib
from typing import Any

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from syncline_simulators.running import AdminError, running

TITLES = st.sampled_from(["a", "A", "b", "c", "d", "e", "f", "g", "h", "é", "E\u0301"])
BODIES = st.sampled_from(
    [
        "",
        "<p>x</p>",
        '<ac:link><ri:page ri:content-title="a" /></ac:link>',
        '<p>x</p><ac:structured-macro ac:name="toc" />',
    ]
)
LABELS = st.lists(st.sampled_from(["k", "l"]), unique=True)
PICK = st.integers(0, 9)
"""Which of the oldest items: few, so that the same one is met again and has children."""


class People(RuleBasedStateMachine):
    """People who work in one space, in any order, on anything."""

    @initialize()
    def begin(self) -> None:
        self.stack = contextlib.ExitStack()
        self.sim = self.stack.enter_context(running("confluence"))
        auth = ("sync@example.com", self.sim.env["CONFLUENCE_TOKEN"])
        client = httpx.Client(base_url=self.sim.url, auth=auth, trust_env=False)
        self.http = self.stack.enter_context(client)
        self.space = self._get("/wiki/api/v2/spaces")["results"][0]["id"]
        above = self.sim.items()[0]["id"]
        for title in ("1", "2", "3", "4"):
            made = self.sim.act({"do": "create", "title": title, "parent": above})["id"]
            self.sim.act({"do": "create", "title": f"{title}/", "parent": above, "type": "folder"})
            above = made
        self.items = {item["id"]: item for item in self.sim.items()}

    def teardown(self) -> None:
        self.stack.close()

    def _get(self, path: str, **query: Any) -> Any:
        answer = self.http.get(path, params=query or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _do(self, do: str, pick: int | None = None, **fields: Any) -> None:
        """Try it; the product may refuse, and then nothing has changed."""
        before = self.items
        action = {"do": do, **fields}
        if pick is not None:
            action["id"] = sorted(before)[pick % len(before)]
        refused = self._refused(action)
        self.items = {item["id"]: item for item in self.sim.items()}
        assert refused in (None, 409)
        assert refused is None or self.items == before

    def _refused(self, action: dict[str, Any]) -> int | None:
        try:
            self.sim.act(action)
        except AdminError as refusal:
            return refusal.status
        return None

    @rule(title=TITLES, body=BODIES, pick=PICK, kind=st.sampled_from(["page", "folder"]))
    def create(self, title: str, body: str, pick: int, kind: str) -> None:
        parent = sorted(self.items)[pick % len(self.items)]
        body = body if kind == "page" else ""
        self._do("create", title=title, body=body, parent=parent, type=kind)

    @rule(pick=PICK, title=TITLES, body=BODIES)
    def edit(self, pick: int, title: str, body: str) -> None:
        self._do("edit", pick, title=title, body=body)

    @rule(pick=PICK, title=TITLES)
    def rename(self, pick: int, title: str) -> None:
        self._do("rename", pick, title=title)

    @rule(pick=PICK, to=PICK)
    def move(self, pick: int, to: int) -> None:
        self._do("move", pick, parent=sorted(self.items)[to % len(self.items)])

    @rule(pick=PICK, do=st.sampled_from(["archive", "restore", "purge", "restrict", "unrestrict"]))
    def turn(self, pick: int, do: str) -> None:
        self._do(do, pick)

    @rule(pick=PICK, children=st.booleans())
    def delete(self, pick: int, children: bool) -> None:
        self._do("delete", pick, children=children)

    @rule(pick=PICK, labels=LABELS)
    def label(self, pick: int, labels: list[str]) -> None:
        self._do("label", pick, labels=labels)

    def _pages(self, *states: str) -> list[dict[str, Any]]:
        return [i for i in self.items.values() if i["type"] == "page" and i["state"] in states]

    @invariant()
    def listings_tell_what_the_items_are(self) -> None:
        for state in ("current", "archived", "trashed"):
            expected = {item["id"]: item for item in self._pages(state)}
            for sort in ("-title", "modified-date"):
                rows = self._listed(status=state, sort=sort)
                assert sorted(row["id"] for row in rows) == sorted(expected), (state, sort)
            for row in rows:
                item = expected[row["id"]]
                assert (row["title"], row["parentId"]) == (item["title"], item["parent"])
                assert row["version"]["number"] == item["version"]
            numbers = [int(row["id"]) for row in self._listed(status=state, sort="-id")]
            assert numbers == sorted(numbers, reverse=True)

    def _listed(self, **query: Any) -> list[dict[str, Any]]:
        path, rows = f"/wiki/api/v2/spaces/{self.space}/pages", []
        answer = self._get(path, limit=4, **query)
        while True:
            rows += answer["results"]
            if "next" not in answer["_links"]:
                return rows
            answer = self._get(answer["_links"]["next"])

    @invariant()
    def no_title_is_held_twice(self) -> None:
        held = [item["title"].casefold() for item in self._pages("current", "archived", "draft")]
        assert len(held) == len(set(held))

    @precondition(lambda self: any(item["state"] == "current" for item in self.items.values()))
    @invariant()
    def the_tree_is_whole(self) -> None:
        current = {i["id"]: i for i in self.items.values() if i["state"] == "current"}
        assert all(one["parent"] is None or one["parent"] in current for one in current.values())
        tops = [one for one in current.values() if one["parent"] is None]
        seen: dict[str, str] = {}
        for top in tops:
            kind = "folders" if top["type"] == "folder" else "pages"
            path = f"/wiki/api/v2/{kind}/{top['id']}/descendants"
            rows = self._get(path, depth=10, limit=250)["results"]
            seen |= {row["id"]: row["parentId"] for row in rows}
        near = {i: one["parent"] for i, one in current.items() if len(self._chain(one)) <= 10}
        assert seen == {i: parent for i, parent in near.items() if parent is not None}
        deepest = max(current.values(), key=lambda one: len(self._chain(one)))
        kind = "folders" if deepest["type"] == "folder" else "pages"
        above = self._get(f"/wiki/api/v2/{kind}/{deepest['id']}/ancestors")["results"]
        assert [row["id"] for row in above] == self._chain(deepest)

    def _chain(self, item: dict[str, Any]) -> list[str]:
        chain: list[str] = []
        while item["parent"] in self.items:
            chain.insert(0, item["parent"])
            item = self.items[item["parent"]]
        return chain

    @invariant()
    def restrictions_come_from_the_item_or_from_above(self) -> None:
        for item in self.items.values():
            gates = [self.items[one]["readers"] for one in self._chain(item)]
            assert item["restricted"] == any([item["readers"], *gates])

    @precondition(lambda self: any(item["labels"] for item in self.items.values()))
    @invariant()
    def labels_lead_to_their_pages(self) -> None:
        for label in self._get("/wiki/api/v2/labels")["results"]:
            rows = self._get(f"/wiki/api/v2/labels/{label['id']}/pages", limit=250)["results"]
            expected = {i["id"] for i in self._pages("current") if label["name"] in i["labels"]}
            assert {row["id"] for row in rows} == expected


TestPeople = People.TestCase
TestPeople.settings = settings(
    max_examples=12,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
