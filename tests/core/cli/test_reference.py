"""The reference pages and the examples say what the code does."""

from __future__ import annotations

import tomllib
from pathlib import Path

import jsonschema
import pytest

from syncline import plugins
from syncline.cli import reference
from syncline.cli.init import template
from syncline.config import read
from syncline.config.schema import schema
from syncline.decision import Deletes, OnConflict, Otherwise

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "examples").glob("*.toml"))


def test_the_reference_pages_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    code = reference.main([str(ROOT / "docs" / "reference"), "--check"])
    assert code == 0, capsys.readouterr().out


def test_stale_pages_are_named_and_written_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reference.main([str(tmp_path), "--check"]) == 1
    assert "command-line.md is not current" in capsys.readouterr().out
    assert reference.main([str(tmp_path)]) == 0
    assert reference.main([str(tmp_path), "--check"]) == 0
    whole = {"command-line", "configuration", "interaction-events"}
    names = {*whole, *(f"connector-{name}" for name in reference.OURS)}
    assert {path.stem for path in tmp_path.iterdir()} == names


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_a_configuration_without_faults(path: Path) -> None:
    config = read(path)
    assert config.jobs
    for job in config.documents_jobs.values():
        assert job.lens().version


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_fits_the_schema(path: Path) -> None:
    made = schema([plugins.load(name) for name in reference.OURS])
    jsonschema.validate(tomllib.loads(path.read_text()), made, cls=jsonschema.Draft202012Validator)


def test_the_examples_are_what_init_writes() -> None:
    names = {"knowledge", "files", "config", "mirror"}
    assert names <= {path.stem for path in EXAMPLES}
    for name in names:
        assert template(name) == (ROOT / "examples" / f"{name}.toml").read_text()


def test_in_the_knowledge_example_confluence_wins_and_nothing_is_lost() -> None:
    job = read(ROOT / "examples" / "knowledge.toml").documents_job("knowledge")
    policy = job.policy()
    assert (job.left, policy.on_conflict) == ("wiki", OnConflict.LEFT_WINS)
    assert policy.otherwise is Otherwise.QUEUE
    assert policy.deletes is Deletes.PROPAGATE
