"""Mirrors and merge jobs on the command line: what each verb does with them, or says instead."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

TELLER = '''
"""A source that tells nothing, and a sink with a topic that may be missing."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import attrs

from syncline.connector import Connector, Finding, LocalPath, setting
from syncline.errors import Forbidden
from syncline.events.lines import Lines, LinesSettings


@attrs.frozen(kw_only=True)
class Settings:
    topic: LocalPath = setting("Stands for a topic.", default="")
    refused: bool = setting("Refuses everybody.", default=False)
    listeners: dict[str, str] = setting("Who listens.", factory=dict)


class Source:
    def __init__(self, settings, wanted):
        self.settings, self.wanted = settings, wanted

    async def batches(self) -> AsyncIterator[object]:
        for batch in ():
            yield batch

    async def describe(self) -> Sequence[str]:
        if self.settings.refused:
            raise Forbidden("acme: the client is refused (401); give it another secret")
        if "misspelt" in self.wanted.topics:
            raise Forbidden("acme: there is no topic 'misspelt'")
        return [f"{topic} for {self.wanted.listener}" for topic in self.wanted.topics]

    async def aclose(self) -> None:
        pass


async def prepare(settings, context, asked):
    path = Path(settings.topic)
    if asked.create:
        path.touch()
    if path.exists():
        return [Finding(fine=True, text="topic 't' has 12 partitions")]
    return [Finding(fine=False, text="there is no topic 't'; --create makes it")]


class Lookup:
    def __init__(self, settings):
        self.settings = settings

    async def look_up(self, keys):
        if self.settings.refused:
            raise Forbidden("acme: the janitor is refused (403); give it the right to ask")
        return {}

    async def aclose(self) -> None:
        pass


connector = Connector(
    name="teller", lookup=lambda settings, context: Lookup(settings),
    summary="Tells.", settings=Settings, prepare=prepare,
    source=lambda settings, context, wanted: Source(settings, wanted),
    sink=lambda settings, context: Lines(settings=LinesSettings(file=settings.topic + ".jsonl")),
    raw_sink=lambda settings, context: Lines(settings=LinesSettings(file=settings.topic)),
    merge=lambda settings, context, told: None,
)
'''
CONFIG = """\
[connections.cx]
connector = "teller"
listeners = { a = "1", b = "2" }
[connections.bus]
connector = "teller"
topic = "topic"
[jobs.mirror]
kind = "events"
source = "cx"
sink = "bus"
topics = ["conversations"]
dedupe = "merge"
[jobs.clean]
kind = "merge"
of = "mirror"
"""


@pytest.fixture
def teller(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a mirror, and its connector installed."""
    site = project / "site"
    info = site / "acme_teller-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme_teller\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[syncline]\nteller = acme_teller_module\n")
    (site / "acme_teller_module.py").write_text(TELLER)
    monkeypatch.syspath_prepend(site)
    monkeypatch.delenv("SYNCLINE_LISTENER", raising=False)
    (project / "syncline.toml").write_text(CONFIG)
    yield project
    sys.modules.pop("acme_teller_module", None)


def test_a_plan_of_a_mirror_says_what_would_be_subscribed_to(teller: Path, cli: Run) -> None:
    done = cli("plan", "mirror")
    assert (done.code, done.err) == (0, "")
    assert "  conversations for a\n" in done.out
    assert cli("plan", "mirror", "--json").json == {
        "job": "mirror", "subscriptions": ["conversations for a"],
    }  # fmt: skip


@pytest.mark.parametrize("verb", ["sync", "plan", "losses", "history", "approve"])
def test_a_verb_about_passes_says_what_to_use_instead(teller: Path, cli: Run, verb: str) -> None:
    words = {"history": ["clean"], "approve": ["clean", "token"]}.get(verb, ["clean"])
    done = cli(verb, *words)
    assert done.code == 2
    said = "is of kind 'merge': it has no documents" if verb == "losses" else "syncline run clean"
    assert said in done.err
    assert done.err.count("\n") == 1


def test_a_sync_of_everything_names_a_mirror_where_there_is_nothing_else(
    teller: Path, cli: Run
) -> None:
    done = cli("sync")
    assert done.code == 2
    assert "makes no passes; use `syncline run mirror`" in done.err


def test_lists_of_other_jobs_leave_mirrors_out(teller: Path, cli: Run) -> None:
    for verb in ("conflicts", "quarantine", "history"):
        assert cli(verb).code == 0


def test_the_status_of_a_mirror_that_never_ran_says_so(
    teller: Path, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNCLINE_INSTANCE", "host-7")
    assert cli("status").out.splitlines() == [
        "mirror (listener a): not worked here at present",
        "clean (instance host-7): not worked here at present",
    ]  # fmt: skip
    (status,) = cli("status", "mirror", "--json").json
    assert (status["job"], status["listener"], status["waiting_bytes"]) == ("mirror", "a", 0)
    assert not [path for path in teller.iterdir() if "syncline-state" in path.name]


def test_check_online_looks_at_the_sink_and_makes_what_is_missing(teller: Path, cli: Run) -> None:
    done = cli("check", "--online")
    assert done.code == 1
    assert "cx: answers\n" in done.out
    assert "bus: not as it should be: there is no topic 't'; --create makes it\n" in done.out
    done = cli("check", "--online", "--create")
    assert done.code == 0
    assert "bus: topic 't' has 12 partitions\n" in done.out
    found = cli("check", "--online", "--json").json
    assert found["sinks"] == {"bus": [{"fine": True, "text": "topic 't' has 12 partitions"}]}


def test_check_online_says_when_the_source_refuses(teller: Path, cli: Run) -> None:
    path = teller / "syncline.toml"
    path.write_text(CONFIG.replace('"teller"\n', '"teller"\nrefused = true\n', 1))
    done = cli("check", "--online")
    assert done.code == 1
    assert "cx: acme: the client is refused (401); give it another secret\n" in done.out


def test_check_online_tries_every_job_of_a_source(teller: Path, cli: Run) -> None:
    first = CONFIG.replace(
        "[jobs.mirror]", '[connections.more]\nconnector = "teller"\n[jobs.mirror]'
    )
    wrong = first.replace('topics = ["conversations"]', 'topics = ["misspelt"]')
    second = '[jobs.second]\nkind = "events"\nsource = "cx"\nsink = "more"\ntopics = ["calls"]\n'
    (teller / "syncline.toml").write_text(wrong + second)
    assert "cx: acme: there is no topic 'misspelt'\n" in cli("check", "--online").out


@pytest.mark.parametrize("job", ["clean", "mirror"])
def test_check_online_says_when_who_asks_after_silence_is_refused(
    teller: Path, cli: Run, job: str
) -> None:
    janitor = '[connections.janitor]\nconnector = "teller"\nrefused = true\n'
    text = CONFIG + janitor + f'[jobs.{job}.zombies]\nconnection = "janitor"\n'
    if job == "mirror":
        text = text.replace('dedupe = "merge"', 'dedupe = "state"')
        text = text.replace('[jobs.clean]\nkind = "merge"\nof = "mirror"\n', "")
    (teller / "syncline.toml").write_text(text)
    done = cli("check", "--online", "--create")
    assert done.code == 1
    assert "janitor: acme: the janitor is refused (403); give it the right to ask\n" in done.out


def test_a_plan_and_a_check_are_those_of_the_listener_that_the_environment_names(
    teller: Path, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNCLINE_LISTENER", "b")
    assert "  conversations for b\n" in cli("plan", "mirror").out
    assert "as listener b" in cli("check").out


def test_check_says_that_a_key_of_hashes_can_be_guessed(
    teller: Path, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIRROR_KEY", "hunter2")
    key = '[jobs.mirror.privacy]\nkey = { env = "MIRROR_KEY" }\n'
    (teller / "syncline.toml").write_text(CONFIG + key)
    done = cli("check")
    assert "resolves: it has fewer than 16 characters" in done.out
    assert "hunter2" not in done.out + done.err


def test_creating_needs_to_be_online(teller: Path, cli: Run) -> None:
    done = cli("check", "--create")
    assert done.code == 2
    assert "say --online, too" in done.err


def test_a_wrong_name_of_a_listener_is_refused_before_anything_runs(
    teller: Path, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = cli("run", "mirror", "--listener", "a/b")
    assert done.code == 2
    assert "--listener: 'a/b' is not the name of a listener" in done.err
    monkeypatch.setenv("SYNCLINE_LISTENER", "../x")
    assert "SYNCLINE_LISTENER: '../x' is not the name" in cli("run", "mirror").err


@pytest.mark.parametrize("arguments", [(), ("--listener", "c")])
def test_a_listener_that_the_source_does_not_know_is_refused_before_anything_runs(
    teller: Path, cli: Run, arguments: tuple[str, ...]
) -> None:
    text = CONFIG.replace('{ a = "1", b = "2" }', '{ north = "1", south = "2" }')
    (teller / "syncline.toml").write_text(text)
    done = cli("run", "mirror", *arguments)
    assert done.code == 2
    assert "jobs.mirror.listener: the connection 'cx' has no listener" in done.err
    assert "listeners: north, south" in done.err


def test_init_writes_a_mirror_that_check_accepts(tmp_path: Path, cli: Run) -> None:
    path = tmp_path / "mirror.toml"
    assert cli("--config", str(path), "init", "mirror").code == 0
    done = cli("--config", str(path), "check", "--json")
    assert (done.code, done.json["jobs"]) == (0, {"mirror": "events", "clean": "merge"})
    assert "jobs.mirror.privacy.key" in json.dumps(done.json["secrets"])
