"""What every command shares: help, versions, exit statuses, errors in one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import syncline
from syncline.cli.exit_codes import CONFLICTS, DONE, FAILED, REFUSED, USAGE, worst
from syncline.cli.parser import parser_for, verb_of
from syncline.cli.verbs import VERBS

Run = Callable[..., Any]


def test_help_names_every_verb_and_the_verbs_of_plugins(cli: Run) -> None:
    done = cli("--help")
    assert done.code == 0
    for verb in VERBS:
        assert f"  {verb.name} " in done.out
    assert "simulate" in done.out
    assert "exit status" in done.out


def test_no_verb_is_wrong_usage_and_prints_the_help_on_stderr(cli: Run) -> None:
    done = cli()
    assert (done.code, done.out) == (USAGE, "")
    assert "usage: syncline" in done.err


@pytest.mark.parametrize("verb", [verb.name for verb in VERBS])
def test_every_verb_has_help(cli: Run, verb: str) -> None:
    done = cli(verb, "--help")
    assert done.code == 0
    assert done.out.startswith(f"usage: syncline {verb}")


def test_the_version_is_that_of_the_distribution(cli: Run) -> None:
    assert cli("--version").out == f"syncline {version('syncline')}\n"
    assert syncline.__version__ == version("syncline")


def test_an_unknown_verb_is_answered_with_the_nearest(cli: Run) -> None:
    done = cli("chek")
    assert done.code == USAGE
    assert done.err == "there is no verb 'chek'; did you mean 'check'?\n"
    assert "`syncline --help` lists them" in cli("xyzzy").err


def test_an_unknown_option_is_wrong_usage(cli: Run) -> None:
    assert cli("check", "--onlin").code == USAGE


@pytest.mark.parametrize(
    "order", [("--config", "x.toml", "check"), ("check", "--config", "x.toml")]
)
def test_the_configuration_may_be_named_before_or_after_the_verb(
    project: Path, cli: Run, order: tuple[str, ...]
) -> None:
    done = cli(*order)
    assert done.code == USAGE
    assert done.err.startswith("x.toml: cannot be read: no such file")


def test_json_before_the_verb_is_kept() -> None:
    assert parser_for("check").parse_args(["--json", "check"]).json
    assert parser_for("check").parse_args(["check", "--json"]).json
    assert not parser_for("check").parse_args(["check"]).json


def test_the_verb_is_found_behind_options() -> None:
    assert verb_of(["-v", "--config", "sync", "plan", "x"]) == "plan"
    assert verb_of(["--help"]) is None


def test_the_worst_exit_status_counts() -> None:
    assert worst([]) == DONE
    assert worst([DONE, CONFLICTS]) == CONFLICTS
    assert worst([CONFLICTS, FAILED]) == FAILED
    assert worst([REFUSED, FAILED]) == REFUSED


def test_errors_are_lines_and_never_a_stack(project: Path, cli: Run) -> None:
    (project / "syncline.toml").write_text("[jobs]\nx = \n")
    done = cli("sync")
    assert done.code == USAGE
    assert done.err.count("\n") == 1
    assert done.err.startswith("syncline.toml:2:5: not valid TOML")


def test_control_characters_of_a_title_do_not_reach_the_terminal(
    project: Path, cli: Run, write: Callable[[Path, str, str], Path]
) -> None:
    write(project / "left", "Evil", "text").write_text(
        '---\ntitle: "a\\u001b[2Jb\\u202e"\n---\n\ntext\n'
    )
    for arguments in (("plan",), ("plan", "--json"), ("sync",), ("history",)):
        done = cli(*arguments)
        assert done.code == 0, done
        assert "\x1b" not in done.out + done.err
        assert "\u202e" not in done.out + done.err


def test_a_reader_that_went_away_is_no_error(project: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "syncline", "schema"]
    done = subprocess.run(command, cwd=project, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert done.returncode == 141
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


WAITING = """
import asyncio, sys
from syncline.cli import exit_codes, main, sessions, status

async def wait():
    print("ready", flush=True)
    try:
        await asyncio.sleep(60)
    finally:
        print("closed", flush=True)

status.explain = lambda args: sessions.run(wait())
sys.exit(main(["explain", "here:x"]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_closes_everything_and_exits_with_130(project: Path, number: int) -> None:
    running = subprocess.Popen(
        [sys.executable, "-c", WAITING],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (130, "closed\n")
    assert err == "interrupted; the next pass goes on from here\n"


def test_every_public_name_is_there_and_loaded_late() -> None:
    for name in syncline.__all__:
        assert getattr(syncline, name) is not None
    assert set(syncline.__all__) <= set(dir(syncline))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = syncline.nothing
    program = "import sys, syncline; print([m for m in sys.modules if m.startswith('syncline.')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_the_version_stands_in_the_project_file_too() -> None:
    project = Path(__file__).parents[3] / "core" / "pyproject.toml"
    assert tomllib.loads(project.read_text())["project"]["version"] == syncline.__version__


DANCE = """
def add_arguments(parser):
    parser.add_argument("--steps", type=int, default=1)

def run(args):
    if args.steps > 3:
        from syncline.errors import Refused
        raise Refused("too many steps")
    print("danced", args.steps)
    return 7
"""


def test_a_verb_of_a_plugin_runs_with_its_own_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Run
) -> None:
    info = tmp_path / "acme_dance-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme_dance\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[syncline.commands]\ndance = acme_dance_module\n")
    (tmp_path / "acme_dance_module.py").write_text(DANCE)
    monkeypatch.syspath_prepend(tmp_path)
    assert "dance" in cli("--help").out
    done = cli("dance", "--steps", "2")
    assert (done.code, done.out) == (7, "danced 2\n")
    refused = cli("dance", "--steps", "4")
    assert (refused.code, refused.err) == (REFUSED, "too many steps\n")
    assert cli("dance", "--help").out.startswith("usage: syncline dance [-h] [--steps STEPS]")
    assert cli("dance", "--stps", "2").code == USAGE
