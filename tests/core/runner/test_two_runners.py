"""Two runners on one state: processes that are killed, stopped and woken between two systems."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from syncline.runner import slowest_takeover
from syncline.state import SqliteState
from syncline_checks.shell import toml
from syncline_checks.worlds import _changes
from syncline_simulators.running import Running, running

pytestmark = pytest.mark.long(20)
PROGRAM = Path(__file__).with_name("one_of_two.py")
PAGES = 12
SLOW = {
    "kind": "latency", "seconds": 3, "times": "always", "after": PAGES // 4 + 1,
    "match": {"method": "POST", "path": "/documents$"},
}  # fmt: skip
"""After some pages the others take long: however late a test looks, a pass is not over yet."""


@attrs.define
class Child:
    """A runner in a process of its own."""

    process: subprocess.Popen[bytes]
    out: Path

    def told(self, event: str) -> list[dict[str, Any]]:
        lines = self.out.read_text().splitlines(keepends=True)
        events = [json.loads(line) for line in lines if line.endswith("\n")]
        return [fields for name, fields in events if name == event]

    @property
    def role(self) -> str:
        roles = self.told("role")
        return str(roles[-1]["role"]) if roles else "standby"

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)


@attrs.define
class Place:
    """Two systems with pages in one of them, a configuration, and the runners that were started."""

    folder: Path
    wiki: Running
    kb: Running
    children: list[Child] = attrs.field(factory=list)

    def start(self, ttl: float) -> Child:
        """Start a runner."""
        number = len(self.children)
        out = self.folder / f"{number}.out"
        with out.open("wb") as stdout, (self.folder / f"{number}.err").open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, str(PROGRAM), "syncline.toml", str(ttl)],
                cwd=self.folder, env={**os.environ, **self.wiki.env, **self.kb.env},
                stdout=stdout, stderr=stderr,
            )  # fmt: skip
        self.children.append(Child(process, out))
        return self.children[-1]

    def copies(self) -> Counter[str]:
        """How often each title is in the knowledge base."""
        return Counter(str(item["title"]) for item in self.kb.items())

    @property
    def complete(self) -> bool:
        """True when every page has been copied, and published, once."""
        published = all(item["state"] == "Published" for item in self.kb.items())
        pages = Counter(str(item["title"]) for item in self.wiki.items())
        return published and self.copies() == pages

    def writes(self) -> list[dict[str, Any]]:
        """The calls that changed something since the last `forget`."""
        return [c for c in [*self.wiki.calls(), *self.kb.calls()] if _changes(c)]

    def hurry(self) -> None:
        """Let a pass come to its end."""
        self.kb.clear_faults()

    def forget(self) -> None:
        self.wiki.clear_calls()
        self.kb.clear_calls()

    def stop_between_commits(self, child: Child) -> None:
        """Stop a process with SIGSTOP, not while it holds the state's lock for a commit.

        A lock held by a stopped process is held until it goes on: no lease helps against that.
        """
        for _ in range(50):
            child.send(signal.SIGSTOP)
            time.sleep(0.05)
            with sqlite3.connect(self.folder / "state.db", timeout=0.2) as db:
                try:
                    db.execute("begin immediate")
                    db.execute("rollback")
                    return
                except sqlite3.OperationalError:
                    child.send(signal.SIGCONT)
                    time.sleep(0.03)
        raise AssertionError("the state is locked whenever one looks")


def until(true: Callable[[], object], what: str, seconds: float = 120) -> None:
    """Wait for something, on a busy machine, too."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with (
        running("confluence", rate_limit="5000/s") as wiki,
        running("genesys", rate_limit="5000/s", latency="60ms") as kb,
    ):
        for number in range(PAGES):
            wiki.act({"do": "create", "title": f"Page {number}", "body": "<p>First.</p>"})
        tables = {"wiki": wiki.connection, "kb": kb.connection}
        lines = ['state = "state.db"']
        for name, table in tables.items():
            lines += [f"[connections.{name}]", *(f"{k} = {toml(v)}" for k, v in table.items())]
        lines += ["[jobs.knowledge]", 'kind = "documents"', 'left = "wiki"', 'right = "kb"']
        lines += ['poll = "3s"', "workers = 2"]
        (tmp_path / "syncline.toml").write_text("\n".join(lines))
        kb.faults([SLOW])
        found = Place(tmp_path, wiki, kb)
        try:
            yield found
        finally:
            for child in found.children:
                child.process.kill()
                child.process.wait()


def half_done(place: Place, child: Child) -> None:
    """Wait until a runner is in the middle of its first pass, where it stays until `hurry`."""
    until(lambda: child.told("pass.started"), "the pass begins")
    until(lambda: len(place.kb.items()) >= PAGES // 4, "some pages are copied")
    assert not place.complete


def test_whatever_happens_to_a_runner_another_has_its_jobs_within_thirty_seconds() -> None:
    assert slowest_takeover() < 30


def test_a_killed_runner_is_replaced_at_once(place: Place) -> None:
    # Nobody waits for such a lease to end here: it is seen that its holder is dead.
    first = place.start(ttl=600)
    until(lambda: first.role == "active", "the first works")
    second = place.start(ttl=600)
    half_done(place, first)
    assert second.role == "standby"
    assert not second.told("pass.started")
    first.send(signal.SIGKILL)
    first.process.wait()
    place.hurry()
    until(lambda: second.role == "active", "the second takes over")
    until(lambda: place.complete, "the second goes on")
    assert second.process.poll() is None


def test_a_stopped_runner_is_replaced_and_writes_nothing_when_it_wakes(place: Place) -> None:
    first = place.start(ttl=6)
    until(lambda: first.role == "active", "the first works")
    second = place.start(ttl=6)
    half_done(place, first)
    place.stop_between_commits(first)
    place.hurry()
    until(lambda: second.role == "active", "the second takes over")
    until(lambda: place.complete, "the second goes on")
    until(lambda: second.told("pass.ended"), "its passes end")
    time.sleep(1)
    place.forget()

    first.send(signal.SIGCONT)
    until(lambda: first.role == "standby", "the first notices")
    time.sleep(1.5)
    # No fence holds what has left already, or was leaving in that moment.
    assert len(place.writes()) <= 1
    assert place.complete
    assert (first.role, second.role) == ("standby", "active")

    second.send(signal.SIGKILL)
    second.process.wait()
    until(lambda: first.role == "active", "the first is good for another turn")
    page = place.wiki.items()[0]
    place.wiki.act({"do": "edit", "id": page["id"], "body": "<p>Second.</p>"})
    until(
        lambda: any("Second." in str(item["body"]) for item in place.kb.items()), "its poll brings"
    )


def test_a_runner_that_is_told_to_end_finishes_the_items_at_hand_and_leaves_the_rest(
    place: Place,
) -> None:
    first = place.start(ttl=600)
    half_done(place, first)
    first.send(signal.SIGTERM)
    assert first.process.wait(timeout=60) == 0
    assert first.told("done")
    state = SqliteState.open(place.folder / "state.db")
    assert list(state.intents("knowledge")) == [], "nothing is half written"
    state.close()
    assert not place.complete, "the rest is left to the next run"
    assert {item["state"] for item in place.kb.items()} == {"Published"}

    place.hurry()
    second = place.start(ttl=600)
    until(lambda: second.role == "active", "the lease was given back")
    until(lambda: place.complete, "the second goes on")
    assert not second.told("job.failed")


def test_a_second_signal_ends_at_once_and_nothing_is_lost(place: Place) -> None:
    environment = {**os.environ, **place.wiki.env, **place.kb.env}
    process = subprocess.Popen(
        [sys.executable, "-m", "syncline", "run", "--pages", "", "--webhooks", ""],
        cwd=place.folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: len(place.kb.items()) >= PAGES // 4, "some pages are copied")
        place.kb.faults([{"kind": "latency", "seconds": 90, "times": "always"}])
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert process.poll() is None, "it waits for the items at hand"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 130, "nobody waits for what takes a minute and a half"
    finally:
        process.kill()
        process.wait()
    place.kb.clear_faults()
    second = place.start(ttl=15)
    until(lambda: second.role == "active", "another takes over")
    until(lambda: second.told("pass.started"), "it works")
