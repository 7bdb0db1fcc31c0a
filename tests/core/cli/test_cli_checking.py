"""`init`, `check`, `schema`, `connectors`: what is said before anything is opened."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from syncline.cli.connectors import type_name

Run = Callable[..., Any]


def test_a_right_file_is_summed_up(project: Path, cli: Run) -> None:
    done = cli("check")
    assert done.code == 0
    assert done.out == (
        "syncline.toml: 2 connections, 1 job: no faults\n"
        "  articles  here (files)  <->  there (files)"
        "  full passes at '0 2 * * *', polls every 5m\n"
    )
    found = cli("check", "--json").json
    assert found["ok"] is True
    assert found["connections"] == {"here": "files", "there": "files"}
    assert found["state"] == str(project / "state.db")


def test_faults_are_printed_one_a_line_and_as_json(project: Path, cli: Run) -> None:
    path = project / "syncline.toml"
    path.write_text(path.read_text().replace('"left"', "1").replace('"here"', '"hree"'))
    done = cli("check")
    assert done.code == 2
    assert done.err.splitlines() == [
        "syncline.toml:4:8: connections.here.path: 1 is not a path",
        "syncline.toml:10:8: jobs.articles.left: there is no connection 'hree'; "
        "did you mean 'here'?",
    ]
    found = cli("check", "--json")
    assert found.code == 2
    assert found.json == {"ok": False, "problems": done.err.splitlines()}


LOCKED = """
import attrs
from syncline.connector import Connector, setting
from syncline.ports import Secret

@attrs.frozen(kw_only=True)
class Settings:
    token: Secret = setting("What opens it.")

connector = Connector(
    name="locked", summary="Needs a secret.", settings=Settings, documents=lambda s, c: None
)
"""
SECRETS = """
[connections.kb]
connector = "locked"
token = {{ {provider} = "{name}" }}
[connections.f]
connector = "files"
path = "f"
[jobs.j]
kind = "documents"
left = "f"
right = "kb"
"""


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a connector that needs a secret."""
    info = tmp_path / "site" / "acme_locked-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme_locked\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[syncline]\nlocked = acme_locked_module\n")
    (tmp_path / "site" / "acme_locked_module.py").write_text(LOCKED)
    monkeypatch.syspath_prepend(tmp_path / "site")


@pytest.mark.parametrize(
    ("provider", "name", "said"),
    [
        ("env", "SYNCLINE_TEST_SET", "resolves"),
        ("env", "SYNCLINE_TEST_UNSET", "does not resolve: the environment variable"),
        ("file", "secret", "resolves: others can read"),
        ("file", "nothing", "does not resolve: the secret file"),
    ],
)
@pytest.mark.usefixtures("locked")
def test_check_says_which_secrets_resolve_and_shows_none(
    project: Path,
    cli: Run,
    monkeypatch: pytest.MonkeyPatch,
    provider: str,
    name: str,
    said: str,
) -> None:
    monkeypatch.setenv("SYNCLINE_TEST_SET", "canary-9d1f")
    (project / "secret").write_text("canary-9d1f\n")
    (project / "secret").chmod(0o644)
    (project / "syncline.toml").write_text(SECRETS.format(provider=provider, name=name))
    done = cli("check")
    assert done.code == 0, done.err
    assert f'connections.kb.token  {{ {provider} = "{name}" }}  {said}' in done.out
    as_json = cli("check", "--json")
    assert as_json.json["secrets"][0]["resolves"] is said.startswith("resolves")
    assert "canary" not in done.out + done.err + as_json.out + as_json.err


def test_check_online_opens_every_connection_and_says_what_is_wrong(
    project: Path, cli: Run
) -> None:
    assert cli("check", "--online").out.endswith("here: answers\nthere: answers\n")
    (project / "right").rmdir()
    done = cli("check", "--online")
    assert done.code == 1
    assert "here: answers" in done.out
    assert str(project / "right") in done.out
    assert cli("check", "--online", "--json").json["ok"] is False


def test_a_check_writes_nothing(project: Path, cli: Run) -> None:
    before = sorted(project.rglob("*"))
    for arguments in (("check", "--online"), ("status",), ("history",), ("conflicts",)):
        cli(*arguments)
    assert sorted(project.rglob("*")) == before


def test_a_file_that_others_may_write_is_warned_about(project: Path, cli: Run) -> None:
    (project / "syncline.toml").chmod(0o666)
    assert "other users may write to it" in cli("check").err


def test_the_schema_that_is_printed_fits_the_file(project: Path, cli: Run) -> None:
    made = cli("schema").json
    jsonschema.Draft202012Validator.check_schema(made)
    names = [c["title"] for c in made["properties"]["connections"]["additionalProperties"]["oneOf"]]
    assert "files" in names


def test_connectors_are_listed_with_their_origin(cli: Run) -> None:
    done = cli("connectors")
    assert done.code == 0
    (line,) = [line for line in done.out.splitlines() if line.startswith("files ")]
    assert "syncline-files 0.1.0" in line
    (found,) = [c for c in cli("connectors", "--json").json if c["name"] == "files"]
    assert found["works"] is True
    assert found["ports"] == ["documents"]


def test_a_connector_is_described_setting_by_setting(cli: Run) -> None:
    done = cli("connectors", "describe", "files")
    assert 'format: "markdown" or "html" (default "markdown")' in done.out
    assert "path: file or folder (required)" in done.out
    rows = cli("connectors", "describe", "files", "--json").json["settings"]
    assert [row["name"] for row in rows][:2] == ["path", "format"]
    assert cli("connectors", "describe", "fils").code == 2


def test_types_have_names_for_people() -> None:
    assert type_name({"type": "array", "items": {"type": "string"}}) == "list of text"
    assert type_name({"oneOf": [{"type": "string"}, {"type": "array", "items": {}}]}) == (
        "text or list of anything"
    )


@pytest.mark.parametrize("kind", ["knowledge", "files"])
def test_init_writes_a_file_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Run, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli("init", kind).code == 0
    path = tmp_path / "syncline.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert cli("init", kind).err == "syncline.toml is there already; --force replaces it\n"
    path.write_text("x")
    assert cli("init", kind, "--force").code == 0
    assert path.read_text() != "x"


def test_init_in_a_folder_that_cannot_be_written_says_so(tmp_path: Path, cli: Run) -> None:
    done = cli("init", "--config", str(tmp_path / "none" / "s.toml"))
    assert done.code == 2
    assert "cannot be written: No such file or directory" in done.err


def test_files_of_init_need_only_their_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Run
) -> None:
    monkeypatch.chdir(tmp_path)
    cli("init", "files")
    for folder in ("articles", "published"):
        (tmp_path / folder).mkdir()
    (tmp_path / "articles" / "a.md").write_text("---\ntitle: A\n---\n\nb\n")
    assert cli("check").code == 0
    assert cli("sync").code == 0
    assert len(list((tmp_path / "published").glob("*.html"))) == 1
    assert json.loads(cli("status", "--json").out)[0]["pairs"] == 1
