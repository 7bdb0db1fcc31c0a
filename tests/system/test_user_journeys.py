"""What an integration engineer and a knowledge manager do, by the command line alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from syncline.cli import main

JOB = """\
[jobs.knowledge]
kind = "documents"
left = "wiki"
right = "kb"
exclude = { paths = ["Drawer"] }
max_deletes = { percent = 0, count = 2 }
[jobs.knowledge.mapping]
rules = [
    { label = "billing", category = "Billing" },
    { ancestor = "FAQ", category = "Questions", one_way = true },
    { label = "agent-assist", to_label = "agent" },
]
"""


@attrs.frozen
class Desk:
    """Both systems, a folder with a configuration, and `syncline` typed in it."""

    folder: Path
    wiki: Any
    kb: Any
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str, code: int = 0) -> str:
        """Type a command, expect its exit status, and return all that it printed."""
        self.capsys.readouterr()
        done = main(words)
        said = self.capsys.readouterr()
        assert done == code, (words, said)
        return said.out + said.err

    def json(self, *words: str, code: int = 0) -> Any:
        return json.loads(self(*words, "--json", code=code))

    def page(self, title: str, body: str = "<p>text</p>", **more: Any) -> str:
        body_of = {} if more.get("type") == "folder" else {"body": body}
        made = self.wiki.act({"do": "create", "title": title, **body_of, **more})
        return str(made["id"])

    def article(self, title: str) -> Any:
        (found,) = (a for a in self.kb.items() if a["title"] == title)
        return found

    def titles(self) -> set[str]:
        return {a["title"] for a in self.kb.items() if a["state"] == "Published"}


def _toml(table: dict[str, Any]) -> str:
    def shown(value: Any) -> str:
        if isinstance(value, dict):
            return "{ " + ", ".join(f"{k} = {shown(v)}" for k, v in value.items()) + " }"
        return json.dumps(value)

    return "\n".join(f"{key} = {shown(value)}" for key, value in table.items())


@pytest.fixture
def desk(
    tmp_path: Path,
    systems: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Desk]:
    with systems() as (wiki, kb):
        for name, value in {**wiki.env, **kb.env}.items():
            monkeypatch.setenv(name, value)
        left = {**wiki.connection, "requests_per_second": 2000}
        right = {**kb.connection, "requests_per_minute": 120_000}
        parts = ['state = "state.db"', "[connections.wiki]", _toml(left)]
        parts += ["[connections.kb]", _toml(right), JOB]
        (tmp_path / "syncline.toml").write_text("\n".join(parts))
        (tmp_path / "syncline.toml").chmod(0o600)
        monkeypatch.chdir(tmp_path)
        yield Desk(tmp_path, wiki, kb, capsys)


def test_an_engineer_looks_first_applies_and_maps_both_ways(desk: Desk) -> None:
    faq, other = desk.page("FAQ"), desk.page("Other")
    drawer = desk.page("Drawer", type="folder")
    desk.page("Invoices", labels=["billing", "agent-assist"])
    hours = desk.page("Hours", parent=faq)
    desk.page("Recipe", parent=drawer)
    assert "kb: answers" in desk("check", "--online")
    assert "none of 5 articles loses anything" in desk("losses")

    planned = desk("plan", "--out", "plan.json")
    assert "Recipe" not in planned
    assert "category: Billing" in planned
    assert desk.titles() == set()
    assert "5 created" in desk("apply", "plan.json")
    assert desk.article("Hours")["parent"] == "Questions"
    invoices = desk.article("Invoices")
    assert (invoices["parent"], invoices["labels"]) == ("Billing", ["agent"])
    assert "0 writes" in desk("sync")

    # A move makes no version, and yet its category follows; into the drawer, and its copy goes.
    desk.wiki.act({"do": "move", "id": hours, "parent": other})
    desk("sync")
    assert desk.article("Hours")["parent"] is None
    desk.wiki.act({"do": "move", "id": hours, "parent": drawer})
    assert "path 'Drawer'" in desk("sync")
    assert "Hours" not in desk.titles()
    assert "path 'Drawer'" in desk("explain", f"wiki:{hours}")

    made = {"do": "create", "title": "Kites", "body": "<p>a</p>", "parent": "Billing"}
    desk.kb.act({**made, "labels": ["agent"]})
    desk("sync")
    (kites,) = (p for p in desk.wiki.items() if p["title"] == "Kites")
    assert set(kites["labels"]) == {"billing", "agent-assist", "syncline-review"}
    assert "0 writes" in desk("sync")


def test_a_manager_settles_a_conflict_and_a_page_is_withdrawn(desk: Desk) -> None:
    area = desk.page("Area")
    page = desk.page("Returns", "<p>Within 14 days.</p><p>By post.</p>", parent=area)
    pay = desk.page("Pay scale of 2027")
    desk.wiki.act({"do": "restrict", "id": pay})
    desk("sync")
    copy = desk.article("Returns")["id"]
    desk.wiki.act(
        {"do": "edit", "id": page, "body": "<p>Within 30 days.</p><p>By post.</p>"},
    )
    desk.kb.act({"do": "edit", "id": copy, "replace": {"old": "14", "new": "21"}})
    assert "1 conflict" in desk("sync", code=3)
    (conflict,) = desk.json("conflicts", code=3)
    id = conflict["record"]["id"]
    shown = desk("conflicts", "show", id)
    assert "[-14-]{+30+}" in shown
    assert "[-14-]{+21+}" in shown
    desk("conflicts", "resolve", id, "--take", "right")
    assert "settled already" in desk("conflicts", "resolve", id, "--take", "left", code=1)
    assert "Within 21 days." in desk.wiki.item(page)["body"]

    desk.kb.act({"do": "edit", "id": copy, "replace": {"old": "post", "new": "mail"}})
    desk.wiki.act({"do": "restrict", "id": area})
    assert "2 withdrawn" in desk("sync")
    assert desk.titles().isdisjoint({"Returns", "Area", "Pay scale of 2027"})
    for ref in (f"wiki:{page}", f"kb:{copy}"):
        assert "restricted" in desk("explain", ref)
    assert "1 losing edit kept for review" in desk("status")
    told = desk("explain", f"wiki:{pay}") + desk("history") + desk("status") + desk("plan")
    stored = b"".join(f.read_bytes() for f in desk.folder.glob("state.db*"))
    assert "Pay scale" not in told
    assert b"Pay scale" not in stored

    desk.wiki.act({"do": "unrestrict", "id": area})
    desk("sync")
    assert {"Returns", "Area"} <= desk.titles()
    assert "0 writes" in desk("sync")


def test_many_deletions_wait_and_what_was_done_is_undone_and_forgotten(desk: Desk) -> None:
    pages = [desk.page(f"Page {n}", f"<p>unheard of {n}</p>") for n in range(5)]
    desk("sync")
    for page in pages[:3]:
        desk.wiki.act({"do": "delete", "id": page})
    refused = desk.json("sync", code=4)
    assert refused["refused"]["titles"] == ["Page 0", "Page 1", "Page 2"]
    assert "3 removals refused" in desk("status")
    desk("approve", "knowledge", "mistyped")
    assert "another list of removals" in desk("sync", code=4)
    desk("approve", "knowledge", refused["refused"]["token"])
    removed = desk.json("sync")
    assert removed["counts"]["removed"] == 3
    assert "Page 0" not in desk.titles()

    assert "3 undone" in desk("undo", removed["run"])
    assert {"Page 0", "Page 1", "Page 2"} <= desk.titles()
    assert "0 writes" in desk("sync")

    desk.wiki.act({"do": "edit", "id": pages[3], "body": "<p>other words</p>"})
    desk("sync")
    before = desk("history", "--ref", f"wiki:{pages[3]}")
    assert before.count("\n") == 2
    desk("purge", f"wiki:{pages[3]}")
    assert "nothing was done" in desk("history", "--ref", f"wiki:{pages[3]}")
    assert "0 writes" in desk("sync")
