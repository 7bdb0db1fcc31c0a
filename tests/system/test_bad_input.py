"""Wrong settings, wrong answers, wrong files: a clear message, and nothing else is harmed."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncline.model import Side

SOAKING = bool(os.environ.get("SYNCLINE_SOAK"))


def toml(value: Any) -> str:
    """Return a value as TOML writes it."""
    match value:
        case dict():
            return "{ " + ", ".join(f"{k} = {toml(v)}" for k, v in value.items()) + " }"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case _:
            return json.dumps(value)


class Shell:
    """The command line, as an engineer uses it in a folder."""

    def __init__(self, folder: Path, wiki: Any, kb: Any, /, **wrong: dict[str, Any]) -> None:
        self.folder = folder
        self.env = {**os.environ, **wiki.env, **kb.env}
        tables = {"wiki": dict(wiki.connection), "kb": dict(kb.connection)}
        tables["wiki"]["requests_per_second"] = 500
        tables["kb"]["requests_per_minute"] = 30_000
        lines = ['state = "state.db"']
        for name, table in tables.items():
            lines.append(f"[connections.{name}]")
            lines += [f"{k} = {toml(v)}" for k, v in {**table, **wrong.get(name, {})}.items()]
        lines += ["[jobs.knowledge]", 'kind = "documents"', 'left = "wiki"', 'right = "kb"']
        (folder / "syncline.toml").write_text("\n".join(lines), encoding="utf-8")

    def __call__(self, *words: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "syncline", *words],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "syncline", *words],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@pytest.fixture(scope="module")
def both(systems: Callable[..., Any]) -> Any:
    with systems() as pair:
        pair[0].act({"do": "create", "title": "Page", "body": "<p>x</p>"})
        yield pair


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"wiki": {"space": "NOPE"}}, "NOPE"),
        ({"wiki": {"user": "nobody@example.com"}}, "credentials"),
        ({"kb": {"knowledge_base": "no-such-base"}}, "no-such-base"),
        ({"kb": {"client_id": "00000000-0000-0000-0000-000000000000"}}, "client"),
        ({"kb": {"region": "eu-nowhere-7"}}, "region"),
        ({"wiki": {"site": "http://127.0.0.1:9"}}, "127.0.0.1:9"),
    ],
    ids=[
        "unknown space",
        "wrong user",
        "unknown base",
        "wrong client",
        "wrong region",
        "no server",
    ],
)
def test_a_wrong_setting_says_what_to_mend(
    tmp_path: Path, both: Any, wrong: dict[str, Any], said: str
) -> None:
    shell = Shell(tmp_path, *both, **wrong)
    done = shell("check", "--online")
    told = done.stdout + done.stderr
    assert done.returncode in (1, 2), told
    assert said in told, told
    assert "Traceback" not in told
    for secret in both[0].env.values():
        assert secret not in told


def test_a_secret_that_is_not_set_is_named_and_never_shown(tmp_path: Path, both: Any) -> None:
    shell = Shell(tmp_path, *both)
    del shell.env["CONFLUENCE_TOKEN"]
    done = shell("sync")
    assert done.returncode == 2
    assert "CONFLUENCE_TOKEN" in done.stderr
    assert both[1].env["GENESYS_CLIENT_SECRET"] not in done.stdout + done.stderr


@pytest.mark.parametrize("what", ["corrupt", "newer"])
def test_a_state_file_that_cannot_be_used_is_left_alone(
    tmp_path: Path, both: Any, what: str
) -> None:
    shell = Shell(tmp_path, *both)
    state = tmp_path / "state.db"
    if what == "corrupt":
        state.write_bytes(b"not a database, and long enough to be read as one" * 100)
    else:
        with sqlite3.connect(state) as db:
            db.execute(
                "create table _sqlite_migrations(migration_set text, name text, applied_at text)"
            )
            db.execute(
                "insert into _sqlite_migrations values ('syncline', 'm999_future', '2030-01-01')"
            )
        db.close()
    before = state.read_bytes()
    done = shell("sync")
    assert done.returncode in (1, 2)
    assert "state.db" in done.stderr
    assert "Traceback" not in done.stderr
    assert state.read_bytes() == before


async def test_half_a_listing_and_an_empty_one_remove_nothing(world: Any) -> None:
    for n in range(8):
        world.wiki.act({"do": "create", "title": f"Page {n}", "body": f"<p>{n}</p>"})
    await world.sync()
    listing = {"method": "GET", "path": "/spaces/\\d+/pages"}
    answers: list[dict[str, Any]] = [{"results": [], "_links": {}}, {"message": "no list"}]
    for body in answers:
        world.wiki.faults([{"kind": "status", "status": 200, "body": body, "match": listing}])
        report = await world.sync()
        assert report.removed == report.withdrawn == 0
        assert Side.LEFT in report.incomplete
        world.wiki.clear_faults()
    assert len(world.articles()) >= 8


@pytest.mark.long(30)
async def test_a_page_that_is_too_large_or_cannot_be_written_stops_no_other(world: Any) -> None:
    world.wiki.act({"do": "create", "title": "Long", "body": "<p>" + "word " * 400_000 + "</p>"})
    world.wiki.act({"do": "create", "title": "Good", "body": "<p>fine</p>"})
    refuse = {"method": "POST", "path": "/documents$"}
    body = {"message": "the title is too long", "code": "bad.request", "status": 400}
    world.kb.faults([{"kind": "status", "status": 400, "body": body, "match": refuse, "times": 1}])
    report = await world.sync()
    assert report.failed >= 1
    assert all("word word" not in item.reason for item in report.items)
    world.kb.clear_faults()
    for held in world.session.quarantine():
        world.session.retry(held.ref)
    await world.sync()
    assert "Good" in world.articles()


async def test_pages_of_one_title_stay_two_articles(world: Any) -> None:
    """Titles are unique in a space but not in a knowledge base."""
    world.kb.act({"do": "create", "title": "Twice", "body": "<p>first</p>"})
    world.kb.act({"do": "create", "title": "Twice", "body": "<p>second</p>"})
    await world.sync()
    texts = sorted(p["body"] for p in world.pages().values() if "Twice" in p["title"])
    assert len(texts) == 2
    assert (await world.sync()).written == 0
    assert Counter(a["title"] for a in world.kb.items())["Twice"] == 2


async def test_a_deleted_parent_takes_nothing_with_it_that_is_still_there(world: Any) -> None:
    parent = world.wiki.act({"do": "create", "title": "Parent", "body": "<p>p</p>"})
    world.wiki.act({"do": "create", "title": "Child", "body": "<p>c</p>", "parent": parent["id"]})
    await world.sync()
    world.wiki.act({"do": "delete", "id": parent["id"]})
    await world.sync()
    assert ("Child" in world.pages()) == ("Child" in world.articles())
    assert "Parent" not in world.articles()


@pytest.mark.xdist_group("kill")
@pytest.mark.long(40)
def test_a_process_that_is_killed_at_any_moment_loses_and_doubles_nothing(
    tmp_path: Path, systems: Callable[..., Any]
) -> None:
    with systems(latency="10ms") as (wiki, kb):
        shell = Shell(tmp_path, wiki, kb)
        for n in range(12):
            wiki.act({"do": "create", "title": f"Left {n}", "body": f"<p>left {n}</p>"})
            kb.act({"do": "create", "title": f"Right {n}", "body": f"<p>right {n}</p>"})
        for attempt in range(20 if SOAKING else 4):
            process = shell.start("sync")
            time.sleep(0.9 + 0.37 * (attempt % 7))
            process.send_signal(signal.SIGKILL)
            process.wait(60)
        shell("sync")
        done = shell("sync", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        pages = Counter(p["title"] for p in wiki.items() if p["state"] == "current")
        articles = Counter(a["title"] for a in kb.items() if a["state"] == "Published")
        assert {t for t, count in (pages + articles).items() if count != 2} == set()
        assert len(pages) == 25


@pytest.mark.xdist_group("kill")
@pytest.mark.long(40)
def test_ctrl_c_ends_cleanly_and_the_next_pass_goes_on(
    tmp_path: Path, systems: Callable[..., Any]
) -> None:
    with systems(latency="20ms") as (wiki, kb):
        shell = Shell(tmp_path, wiki, kb)
        for n in range(10):
            wiki.act({"do": "create", "title": f"Left {n}", "body": f"<p>left {n}</p>"})
        process = shell.start("sync")
        give_up = time.monotonic() + 60
        while len(kb.items()) < 3:
            assert time.monotonic() < give_up, "it copies nothing"
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) in (0, 130)
        assert shell("sync").returncode == 0
        titles = Counter(a["title"] for a in kb.items() if a["state"] == "Published")
        assert {t: n for t, n in titles.items() if n > 1} == {}
        assert len(titles) == 11
