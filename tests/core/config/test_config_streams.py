"""Jobs that mirror events: what they may be told, and what is refused, all of it at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from syncline.config import Config, load
from syncline.config.schema import schema
from syncline.connector import Connector, setting
from syncline.errors import ConfigError, PluginError
from syncline.ports import Secret


@attrs.frozen(kw_only=True)
class _Settings:
    topic: str = setting("Where it goes.", default="")
    token: Secret | None = setting("What opens it.", default=None)


@attrs.frozen(kw_only=True)
class _Shared:
    listeners: Mapping[str, str] = setting("Who listens, and on what.", factory=dict)


def _odd(topic: str, queued: bool) -> str | None:
    return f"{topic!r} is odd; did you mean 'even'?" if topic.startswith("odd") else None


def _twins(settings: _Shared) -> list[str]:
    used = [*settings.listeners.values()]
    return ["listeners: two use one"] if len(used) > len(set(used)) else []


def _never(*_: Any) -> Any:
    raise AssertionError("a check opens nothing")


_CONNECTORS = {
    "teller": Connector(
        name="teller", summary="Tells.", settings=_Settings, source=_never, lookup=_never
    ),
    "taker": Connector(
        name="taker", summary="Takes.", settings=_Settings, sink=_never, raw_sink=_never,
        merge=_never, state=_never, needs={"raw_sink": ("topic",)},
    ),
    "several": Connector(
        name="several", summary="Tells.", settings=_Shared, source=_never, topic_fault=_odd,
        listener_warnings=_twins,
    ),
    "simple": Connector(name="simple", summary="Takes.", settings=_Settings, sink=_never),
}  # fmt: skip


def _load(name: str) -> Connector:
    if name not in _CONNECTORS:
        raise PluginError(f"no connector {name!r} is installed")
    return _CONNECTORS[name]


PLACES = """
[connections.cx]
connector = "teller"
[connections.other]
connector = "teller"
[connections.bus]
connector = "taker"
topic = "t"
[connections.lines]
connector = "simple"
"""
MIRROR = """
[jobs.mirror]
kind = "events"
source = "cx"
sink = "bus"
topics = ["v2.users.*.conversations"]
dedupe = "merge"
listener = "a"
privacy = { attributes = ["tier"], key = { env = "PRIVACY_KEY" } }
"""
CLEAN = """
[jobs.clean]
kind = "merge"
of = "mirror"
zombies = { connection = "other", after = { voice = "2h" }, per_minute = 30 }
"""

Read = Callable[[str], Config]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return lambda text: load(text.encode(), file="f.toml", folder=tmp_path, connectors=_load)


@pytest.fixture
def refused(read: Read) -> Callable[[str], list[str]]:
    def problems(text: str) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            read(text)
        return list(caught.value.problems)

    return problems


def test_a_mirror_and_its_merge_job_are_read(read: Read) -> None:
    config = read(PLACES + MIRROR + CLEAN)
    mirror, clean = config.events_job("mirror"), config.job("clean")
    assert mirror.topics == ("v2.users.*.conversations",)
    assert (mirror.dedupe, mirror.listener) == ("merge", "a")
    assert mirror.privacy.privacy().attributes == ("tier",)
    assert clean.kind == "merge"
    assert clean.zombies.thresholds["voice"] == timedelta(hours=2)
    assert clean.zombies.thresholds["callback"] == timedelta(days=30)
    assert config.connections_of("clean") == ("bus", "other")
    assert set(config.stream_jobs) == {"mirror", "clean"}
    assert config.warnings == ()
    assert not config.pass_jobs


def test_a_mirror_needs_nothing_but_its_two_ends_and_its_topics(read: Read) -> None:
    job = 'kind = "events"\nsource = "cx"\nsink = "lines"\ntopics = ["t"]\n'
    mirror = read(f"{PLACES}[jobs.m]\n{job}").events_job("m")
    assert (mirror.dedupe, mirror.listener) == ("state", "a")
    assert mirror.privacy.privacy().treated("hash", "+49 1") is None


def test_a_listener_may_be_named_from_outside(read: Read) -> None:
    config = read(PLACES + MIRROR + CLEAN).listening_as("b")
    assert config.events_job("mirror").listener == "b"
    with pytest.raises(ValueError, match="is not the name of a listener"):
        config.listening_as("../b")


def test_a_job_without_passes_says_what_to_use_instead(read: Read) -> None:
    config = read(PLACES + MIRROR + CLEAN)
    for name in ("mirror", "clean"):
        with pytest.raises(ConfigError, match=f"makes no passes; use `syncline run {name}`"):
            config.pass_job(name)


def test_who_leaves_repeats_to_nobody_is_warned(read: Read) -> None:
    (warning,) = read(PLACES + MIRROR).warnings
    assert "jobs.mirror: nobody merges what its listeners write" in warning


def test_two_mirrors_of_one_topic_to_one_sink_are_warned_of(read: Read) -> None:
    job = 'kind = "events"\nsource = "cx"\nsink = "{}"\ntopics = ["t", "{}"]\n'
    first, same = job.format("lines", "u"), job.format("lines", "v")
    (warning,) = read(f"{PLACES}[jobs.m]\n{first}[jobs.n]\n{same}").warnings
    assert warning.startswith("jobs.n: job 'm' mirrors 't' to 'lines' as well: each event is there")
    apart = job.format("bus", "v")
    assert read(f"{PLACES}[jobs.m]\n{first}[jobs.n]\n{apart}").warnings == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('source = "cx"', 'source = "lines"', "'simple' tells nothing live; it offers: sink"),
        ('source = "cx"', 'source = "xc"', "there is no connection 'xc'; connections: bus, cx"),
        ('sink = "bus"', 'sink = "lines"', "cannot merge what several listeners wrote"),
        ('sink = "bus"', 'sink = "cx"', "'teller' cannot merge"),
        ('topic = "t"', "", "'bus' does not say 'topic', which events need"),
        ('["v2.users.*.conversations"]', "[]", "jobs.mirror.topics: there are no topics"),
        ('["v2.users.*.conversations"]', '["t", "t"]', "topics[1]: 't' is there already"),
        ('["v2.users.*.conversations"]', '[" t"]', "topics[0]: ' t' is not a topic"),
        ('listener = "a"', 'listener = "a/b"', "'a/b' is not the name of a listener"),
        ('dedupe = "merge"', 'dedupe = "merg"', "did you mean 'merge'?"),
        (', key = { env = "PRIVACY_KEY" }', "", "privacy.attributes: these would leave as hashes"),
        ('{ env = "PRIVACY_KEY" }', '"hunter2"', "privacy.key: a secret is never written"),
        ('{ env = "PRIVACY_KEY" }', '{ safe = "k" }', "there is no secret provider 'safe'"),
        ('of = "mirror"', 'of = "miror"', "jobs.clean.of: there is no job 'miror'; did you mean"),
        ('of = "mirror"', 'of = "clean"', "job 'clean' is not of kind 'events'"),
        ('dedupe = "merge"\n', "", "leaves nothing to merge; say dedupe = \"merge\" there"),
        ('connection = "other"', 'connection = "bus"', "cannot be asked whether something has"),
        ('voice = "2h"', 'voice = "2s"', "zombies.after.voice: a conversation may be silent"),
        ("per_minute = 30", "per_minute = 0", "jobs.clean.zombies.per_minute: "),
        ('kind = "events"', 'kind = "event"', "'event' is not a kind of job; did you mean 'event"),
    ],
)  # fmt: skip
def test_a_wrong_word_is_told_with_what_is_right(
    refused: Callable[[str], list[str]], old: str, new: str, said: str
) -> None:
    text = PLACES + MIRROR + CLEAN
    assert old in text
    found = refused(text.replace(old, new, 1))
    assert any(said in line for line in found), found
    assert not any("hunter2" in line for line in found)


SEVERAL = """
[connections.cx]
connector = "several"
listeners = { north = "one", south = "two" }
[connections.lines]
connector = "simple"
[jobs.m]
kind = "events"
source = "cx"
sink = "lines"
dedupe = "consumer"
topics = ["even", "odder"]
listener = "nort"
"""


def test_topics_and_listeners_that_the_source_does_not_know_are_told_where_they_stand(
    refused: Callable[[str], list[str]],
) -> None:
    assert refused(SEVERAL) == [
        "f.toml:12:19: jobs.m.topics[1]: 'odder' is odd; did you mean 'even'?",
        "f.toml:13:12: jobs.m.listener: the connection 'cx' has no listener 'nort';"
        " did you mean 'north'?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('listener = "north"', "", "jobs.m: it does not say as which listener it runs; say"),
        ('"two"', '"one"', "connections.cx.listeners: two use one"),
        ('listeners = { north = "one", south = "two" }', "", "is for several listeners, and all"),
    ],
)
def test_what_is_unwise_about_listeners_is_warned_of(
    read: Read, old: str, new: str, said: str
) -> None:
    text = SEVERAL.replace(', "odder"', "").replace('"nort"', '"north"')
    assert read(text).warnings == ()
    assert old in text
    (warning,) = read(text.replace(old, new)).warnings
    assert said in warning


def test_all_faults_are_told_at_once(refused: Callable[[str], list[str]]) -> None:
    text = (PLACES + MIRROR + CLEAN).replace('source = "cx"', 'source = "lines"')
    text = text.replace('listener = "a"', 'listener = "?"').replace("per_minute = 30", "x = 1")
    text = text.replace('of = "mirror"', 'of = "nobody"')
    found = refused(text)
    assert len(found) == 4, found
    assert [line.split(":")[3] for line in found] == [
        " jobs.mirror.source", " jobs.mirror.listener", " jobs.clean.of", " jobs.clean.zombies.x",
    ]  # fmt: skip


def test_two_jobs_cannot_merge_one_mirror(refused: Callable[[str], list[str]]) -> None:
    twin = '[jobs.again]\nkind = "merge"\nof = "mirror"\n'
    assert any("job 'clean' merges 'mirror' already" in line for line in refused(
        PLACES + MIRROR + CLEAN + twin
    ))  # fmt: skip


def test_a_state_elsewhere_needs_a_folder_for_what_waits(
    read: Read, refused: Callable[[str], list[str]]
) -> None:
    state = 'state = { connection = "bus" }\n'
    (line,) = refused(state + PLACES + MIRROR + CLEAN)
    assert "say spool.folder, a folder that outlives a restart" in line
    spool = '[jobs.mirror.spool]\nfolder = "spool"\nmegabytes = 64\n'
    assert read(state + PLACES + MIRROR + spool + CLEAN).events_job("mirror").spool.size == 2**26


def test_the_schema_knows_these_jobs() -> None:
    made = schema(_CONNECTORS.values())
    titles = [job["title"] for job in made["properties"]["jobs"]["additionalProperties"]["oneOf"]]
    assert titles == ["documents", "config", "events", "merge"]
