"""Every fault of a file, each with its place, what is wrong, and what would be right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncline.config import Config, load, read
from syncline.config.connections import Load
from syncline.errors import ConfigError

Faults = Callable[[str], list[str]]


def test_all_faults_come_at_once_in_the_order_of_the_file(faults: Faults) -> None:
    text = """\
state = 7
[connections.a]
connector = "shelf"
path = "left"
colour = "red"
retry = "soon"
[connections.b]
connector = "shelf"
[jobs.j]
kind = "documents"
left = "aa"
right = "b"
direction = "both"
workers = 0
max_deletes = { count = "many" }
"""
    assert faults(text) == [
        "f.toml:1:9: state: 7 is not a state such as 'sqlite:///var/lib/syncline.db'",
        "f.toml:5:1: connections.a.colour: unknown key; did you mean 'color'?",
        "f.toml:6:9: connections.a.retry: 'soon' is not a duration such as '30s', '10m', '4h' "
        "or '1d'",
        "f.toml:7:14: connections.b: the key 'path' is missing",
        "f.toml:11:8: jobs.j.left: there is no connection 'aa'; did you mean 'a'?",
        "f.toml:13:13: jobs.j.direction: 'both' is not one of the choices; "
        "choices: left-to-right, right-to-left, two-way",
        "f.toml:14:11: jobs.j.workers: 'workers' must be >= 1: 0",
        "f.toml:15:25: jobs.j.max_deletes.count: 'many' is not a whole number",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('token = "s3cr3t-value"', "connections.a.token: a secret is never written in the file"),
        ('token = { env = "A", file = "b" }', "connections.a.token: a secret is one reference"),
        ("token = { env = 7 }", "the name of the secret in 'env' must be a text"),
        ('token = { nev = "A" }', "no secret provider 'nev'; did you mean 'env'?"),
        ('token = { b = "A" }', "the connection 'b' provides no secrets"),
        ("nested = { depth = -1 }", "connections.a.nested.depth: 'depth' must be >= 0"),
        ("nested = { }", "connections.a.nested: the key 'depth' is missing"),
        ('nested = { depth = 1, token = "s3cr3t-value" }', "connections.a.nested.token: a secret"),
        ("nested = [1]", "connections.a.nested: [1] is not a table"),
        ('color = "gren"', "connections.a.color: 'gren' is not one of the choices; did you mean"),
        ('format = "htm"', "did you mean 'html'?"),
        ("tags = 'x'", "connections.a.tags: 'x' is not a list"),
        ("tags = ['x', 1]", "connections.a.tags[1]: 1 is not a text"),
        ("aliases = { 'a b' = 1 }", "connections.a.aliases.'a b': 1 is not a text"),
        ("width = true", "connections.a.width: true is not a number"),
        ("width = 'x'", "connections.a.width: 'x' is not a number"),
        ("retry = 30", "30 is not a duration"),
        ("retry = '99999999d'", "longer than ten years"),
        ("path2 = 'x'", "unknown key; keys: aliases, color"),
        ("spare = ''", "connections.a.spare: '' is not a path"),
    ],
)
def test_a_wrong_setting_of_a_connection_says_what_is_right(
    faults: Faults, base: str, whole: str, line: str, said: str
) -> None:
    text = whole.replace('path = "left"', f'path = "left"\n{line}')
    found = faults(text)
    assert len(found) == 1
    assert said in found[0]
    assert found[0].startswith("f.toml:5:")
    assert "s3cr3t" not in found[0]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('on_conflict = "merg"', "jobs.j.on_conflict: 'merg' is not one of the choices; did you"),
        ('otherwise = "que"', "did you mean 'queue'?"),
        ('deletes = "propagat"', "did you mean 'propagate'?"),
        ('fields = { titel = "left-wins" }', "jobs.j.fields.titel: 'titel' is not one of the"),
        ('fields = { title = "left" }', "jobs.j.fields.title: 'left' is not one of the choices"),
        ('schedule = "0 2 * *"', "jobs.j.schedule: '0 2 * *' is not a schedule of five fields"),
        ('schedule = "0 24 * * *"', "'24' does not fit the hour of a schedule (0 to 23)"),
        ('schedule = "*/0 * * * *"', "'*/0' does not fit the minute"),
        ('schedule = "5-1 * * * *"', "'5-1' does not fit the minute"),
        ('poll = "5 minutes"', "jobs.j.poll: '5 minutes' is not a duration"),
        ("max_deletes = { percent = 101 }", "jobs.j.max_deletes.percent: 'percent' must be <= 100"),
        ("max_deletes = { ceiling = 60 }", "jobs.j.max_deletes.ceiling: 'ceiling' must be <= 50"),
        ("max_writes_per_hour = 0", "jobs.j.max_writes_per_hour: "),
        ('include = "titel == 1"', "jobs.j.include: there is no name 'titel'; did you mean"),
        ('include = "title"', "jobs.j.include: it gives a text, not true or false"),
        ('exclude = { label = ["x"] }', "jobs.j.exclude.label: unknown key; did you mean 'labels'"),
        ('exclude = { when = "title ==" }', "jobs.j.exclude.when: it ends too early"),
        ('exclude = { paths = ["a//b"] }', "jobs.j.exclude.paths[0]: 'a//b' has an empty part"),
        ('pairs = "none.csv"', "jobs.j.pairs: there is no file 'none.csv'"),
        (
            'mapping = { rules = [{ label = "x" }] }',
            "jobs.j.mapping.rules[0]: a rule needs exactly",
        ),
        (
            'mapping = { rules = [{ label = "x", space = "y", category = "c" }] }',
            "jobs.j.mapping.rules[0]: a rule needs exactly one of label, ancestor and space",
        ),
        (
            'mapping = { rules = [{ space = "x", to_label = "c" }] }',
            "jobs.j.mapping.rules[0]: to_label renames a label",
        ),
        (
            'mapping.rules = [{ ancestor = "FAQ", category = "c" }]',
            "jobs.j.mapping.rules[0]: nothing moves a document on the left, so ancestor has no way",
        ),
        (
            'mapping.rules = [{ label = "x", category = "c" }, { label = "y", category = "c" }]',
            "jobs.j.mapping.rules[1]: it is not one-to-one: rule 1 leads to the same target",
        ),
        (
            'mapping.rules = [{ label = "syncline-review", category = "c" }]',
            "jobs.j.mapping.rules[0]: the label 'syncline-review' is Syncline's own",
        ),
        (
            "mapping.titles = { template = \"title + '!'\" }",
            "jobs.j.mapping.titles.template: the way back is not known",
        ),
        ('mapping.titles = { template = "1" }', "jobs.j.mapping.titles.template: it gives a num"),
        ('kind = "documnts"', "jobs.j.kind: 'documnts' is not a kind of job; did you mean"),
        ("kind = 3", "jobs.j.kind: 3 is not a kind of job"),
        ('right = "a"', "jobs.j.right: left and right are both 'a'; a job needs two places"),
        ('right = "v"', "the connector 'vault' holds no documents; it offers: secrets"),
        ("left = 3", "jobs.j.left: 3 is not a text"),
    ],
)
def test_a_wrong_setting_of_a_job_says_what_is_right(
    faults: Faults, base: str, lines: str, said: str
) -> None:
    key = lines.split(" ", 1)[0]
    rest = {"kind": '"documents"', "left": '"a"', "right": '"b"'}
    given = "".join(f"{name} = {value}\n" for name, value in rest.items() if name != key)
    vault = '[connections.v]\nconnector = "vault"\n'
    found = faults(f"{vault}{base}[jobs.j]\n{given}{lines}\n")
    assert len(found) == 1, found
    assert said in found[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = ", "f.toml:1:5: not valid TOML: invalid value"),
        ("[a]\nb = 1\nb = 2\n", "f.toml:3:6: not valid TOML: cannot overwrite a value"),
        ("a = 'x", "f.toml:1:7: not valid TOML: "),
        ("x = " + "[" * 3000, "nested too deep"),
        ("x = " + "[" * 100 + "]" * 100, "more than 64 arrays or tables inside each other"),
        ("x = " + "9" * 5000, "not valid TOML"),
        ("connections = 1\njobs = 1", "f.toml:1:15: connections: 1 is not a table"),
        ("", "there are no connections; write one as [connections.<name>]"),
        ("[connections.'a:b']\nconnector = 'shelf'", "must not be empty or contain ':'"),
        ("[connections]\na = 1", "connections.a: 1 is not a table"),
        ("[connections.a]\nx = 1", "connections.a: the key 'connector' is missing"),
        ("[connections.a]\nconnector = 1", "connections.a.connector: 1 is not the name of a"),
        ("[connections.a]\nconnector = 'x'", "connections.a.connector: no connector 'x'"),
        ("state = 'postgres://x'", "state in 'postgres' is not part of this installation"),
        ("state = 'sqlite:///'", "names no file"),
        ("conections = {}", "unknown key; did you mean 'connections'?"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_says_where(faults: Faults, text: str, said: str) -> None:
    assert any(said in line for line in faults(text)), faults(text)


def test_a_file_that_is_not_utf_8_says_where() -> None:
    with pytest.raises(ConfigError, match=r"f\.toml:2:6: the file is not UTF-8"):
        load(b"a = 1\nb = '\xff'\n", file="f.toml")


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file or directory; `syncline init` writes one"):
        read(tmp_path / "syncline.toml")


def test_a_file_that_others_may_write_is_used_with_a_warning(
    tmp_path: Path, whole: str, connector: Load
) -> None:
    path = tmp_path / "f.toml"
    path.write_text(whole)
    path.chmod(0o666)
    assert read(path, connectors=connector).warnings == (
        f"{path}: other users may write to it; run `chmod go-w {path}`",
    )
    path.chmod(0o600)
    assert read(path, connectors=connector).warnings == ()


def test_jobs_that_share_documents_are_refused(faults: Faults, base: str) -> None:
    third = '[connections.c]\nconnector = "shelf"\npath = "third"\n'
    two = "\n".join(
        f'[jobs.{name}]\nkind = "documents"\nleft = "a"\nright = "{right}"'
        for name, right in (("j", "b"), ("k", "c"))
    )
    (line,) = faults(base + third + two)
    assert "jobs.k.left: job 'j' takes documents of 'a' too" in line
    assert faults(base + third + two + "\nrelay = true") == []


JOINT = '[connections.c]\nconnector = "shelf"\npath = "third"\n'


@pytest.mark.parametrize(
    ("first", "second", "ok"),
    [
        ("include.containers = ['X']", "include.containers = ['Y']", True),
        ("include.containers = ['X']", "include.containers = ['Y', 'X']", False),
        ("include.containers = ['X']", "include.paths = ['Y']", False),
        ("include.paths = ['A/B']", "include.paths = ['A/C']", True),
        ("include.paths = ['A/B']", "include.paths = ['A']", False),
        ("include.paths = ['A']", "include.paths = ['A/B']", False),
        ("include.paths = ['A']", "", False),
        ("include.labels = ['A']", "include.labels = ['B']", False),
        ("direction = 'right-to-left'", "direction = 'right-to-left'", True),
        ("direction = 'right-to-left'", "direction = 'left-to-right'", False),
        ("relay = true", "", True),
    ],
)
def test_jobs_may_share_a_place_when_their_documents_are_apart(
    faults: Faults, base: str, first: str, second: str, ok: bool
) -> None:
    jobs = "\n".join(
        f'[jobs.{name}]\nkind = "documents"\nleft = "a"\nright = "{right}"\n{extra}'
        for name, right, extra in (("j", "b", first), ("k", "c", second))
    )
    assert (faults(base + JOINT + jobs) == []) is ok


def test_two_connections_to_one_place_are_one_place(faults: Faults, base: str) -> None:
    again = '[connections.c]\nconnector = "shelf"\npath = "left"\ntoken = { env = "X" }\n'
    other = '[connections.d]\nconnector = "shelf"\npath = "fourth"\n'
    jobs = (
        '[jobs.j]\nkind = "documents"\nleft = "a"\nright = "b"\n'
        '[jobs.k]\nkind = "documents"\nleft = "c"\nright = "d"\n'
    )
    assert faults(base + again + other + jobs) == []
    same = again.replace('token = { env = "X" }\n', "")
    assert (
        "jobs.k.left: job 'j' takes documents of 'c' too" in faults(base + same + other + jobs)[0]
    )


def test_a_connector_whose_settings_have_no_types_is_named(faults: Faults, whole: str) -> None:
    (line,) = faults('[connections.o]\nconnector = "odd"\nthing = 1\n' + whole)
    assert line.startswith("f.toml:2:13: connections.o.connector: ")
    assert "OddSettings cannot be read from a file: name 'NotThere' is not defined" in line


def test_a_job_between_two_names_of_one_place_is_refused(faults: Faults) -> None:
    text = "".join(f'[connections.{n}]\nconnector = "shelf"\npath = "x"\n' for n in "ab")
    (line,) = faults(text + '[jobs.j]\nkind = "documents"\nleft = "a"\nright = "b"\n')
    assert "jobs.j.right: left and right lead to the same place; a job needs two" in line


def test_a_label_that_a_connection_sets_must_be_known_to_the_job(
    faults: Faults, whole: str
) -> None:
    text = whole.replace('path = "left"', 'path = "left"\nreview_label = "neu"')
    (line,) = faults(text)
    assert "jobs.j.review_label: the connection 'a' sets 'neu'; say the same in both" in line
    assert faults(text + 'review_label = "neu"\n') == []


def test_a_secret_provider_must_not_need_a_provider(faults: Faults, whole: str) -> None:
    vaults = (
        '[connections.v]\nconnector = "vault"\ntoken = { w = "x" }\n'
        '[connections.w]\nconnector = "vault"\n'
    )
    text = whole.replace('path = "left"', 'path = "left"\ntoken = { v = "x" }') + vaults
    (line,) = faults(text)
    assert "the connection 'v' needs a provider itself; give it env or file" in line


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_a_configuration_or_refused_with_lines(raw: bytes) -> None:
    with pytest.raises(ConfigError) as caught:
        load(raw, file="f.toml")
    assert all(line.startswith("f.toml:") for line in caught.value.problems)


values = st.recursive(
    st.none().map(lambda _: "true")
    | st.integers(-5, 200).map(str)
    | st.sampled_from(('"a"', '"1d"', '"documents"', '"merge"', '"title"', "1.5", "1979-05-27")),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(
            st.sampled_from(("label", "env", "when", "rules", "x")), inner, max_size=3
        ).map(lambda table: "{ " + ", ".join(f"{k} = {v}" for k, v in table.items()) + " }")
    ),
    max_leaves=8,
)
KEYS = (
    *("kind", "left", "direction", "fields", "max_deletes", "include", "exclude", "mapping"),
    *("pairs", "relay", "review_label", "schedule", "poll", "workers"),
)


@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=6))
@settings(
    deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_values_are_accepted_or_refused_at_their_own_line(
    faults: Faults, base: str, table: dict[str, str]
) -> None:
    lines = [f"{key} = {value}" for key, value in table.items()]
    text = base + "[jobs.j]\n" + "\n".join(lines) + "\n"
    first = base.count("\n") + 1
    for line in faults(text):
        number = int(line.split(":")[1])
        assert first <= number <= first + len(lines)


def test_relative_paths_begin_at_the_folder_of_the_file(
    loaded: Callable[[str], Config], whole: str, tmp_path: Path
) -> None:
    spare = whole.replace('path = "left"', 'path = "left"\nspare = "x/y"')
    config = loaded("state = 'x.db'\n" + spare)
    assert config.connections["a"].settings.spare == str(tmp_path / "x" / "y")
    assert config.state == tmp_path / "x.db"
    assert config.connections["a"].settings.path == tmp_path / "left"
    assert loaded("state = 'sqlite:///var/x.db'\n" + whole).state == Path("/var/x.db")
    assert loaded(whole).state == tmp_path / "syncline-state.db"


def test_the_folder_is_that_of_the_file_even_when_named_relatively(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: str, connector: Load
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f.toml").write_text(whole)
    assert read(Path("f.toml"), connectors=connector).state == tmp_path / "syncline-state.db"
