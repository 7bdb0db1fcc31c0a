"""What the verbs answer when something is wrong, unknown, or already done."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[[Path, str, str], Path]


@pytest.fixture
def synced(project: Path, cli: Run, write: Write) -> Path:
    """One article on both sides."""
    write(project / "left", "Refunds", "Ask for the order number.")
    assert cli("sync").code == 0
    return project


def test_what_cannot_be_read_is_told_by_a_plan_and_by_a_pass(
    project: Path, cli: Run, write: Write
) -> None:
    write(project / "left", "Refunds", "Ask for the order number.")
    (project / "left" / "bad.md").write_bytes(b"\xff\xfe no text")
    planned = cli("plan")
    assert planned.code == 1
    assert "could not be looked at: here:bad.md: " in planned.out
    assert "UTF-8" in planned.out
    assert "write right: Refunds" in planned.out
    (failed,) = cli("plan", "--json").json["failed"]
    assert failed.startswith("here:bad.md")
    done = cli("sync")
    assert done.code == 1
    assert "1 created" in done.out
    assert "UTF-8" in cli("quarantine").out
    assert "1 not tried again yet" in cli("sync").out


def test_losses_of_half_a_listing_are_not_told_as_all(
    project: Path, cli: Run, write: Write
) -> None:
    write(project / "left", "Refunds", "Ask for the order number.")
    (project / "right").rmdir()
    done = cli("losses")
    assert done.code == 1
    assert "not everything was listed" in done.err


def test_pairs_are_not_sought_in_half_a_listing(project: Path, cli: Run) -> None:
    (project / "right").rmdir()
    done = cli("pair")
    assert done.code == 1
    assert "there" in done.err
    assert "no proposals wait" not in done.out


def test_an_item_or_run_that_nothing_is_known_of_is_said_to_be_unknown(
    synced: Path, cli: Run
) -> None:
    for verb in (["quarantine", "retry"], ["quarantine", "skip"], ["purge"], ["release"]):
        done = cli(*verb, "here:nowhere.md")
        assert done.code == 1, verb
        assert "here:nowhere.md" in done.err
    assert cli("history", "--run", "nope").out == "nothing was done in run nope\n"


def test_counts_of_a_pass_are_json_within_json(synced: Path, cli: Run) -> None:
    (status,) = cli("status", "--json").json
    assert status["last_full"]["counts"]["created"] == 1


def test_an_approval_of_another_list_is_told_and_used_up(
    project: Path, cli: Run, write: Write
) -> None:
    paths = [write(project / "left", f"Page {n}", "text") for n in range(4)]
    cli("sync")
    for path in paths[:3]:
        path.unlink()
    first = cli("sync")
    assert first.code == 4
    assert [line for line in first.out.splitlines() if line.startswith("  ")] == [
        "  Page 0",
        "  Page 1",
        "  Page 2",
    ]
    assert "3 removals refused" in cli("status").out
    cli("approve", "articles", "bogus")
    second = cli("sync")
    assert second.code == 4
    assert "the approval bogus is for another list" in second.out
    assert "bogus" not in cli("status").out
    assert "looks for it once more" in cli("explain", "here:page 0.md").out


def test_a_conflict_is_settled_once(synced: Path, cli: Run) -> None:
    for folder, word in (("left", "receipt"), ("right", "invoice")):
        (path,) = (p for p in (synced / folder).iterdir() if not p.name.startswith("."))
        path.write_text(path.read_text().replace("order", word))
    assert cli("sync").code == 3
    (conflict,) = cli("conflicts", "--json").json
    id = conflict["record"]["id"]
    assert cli("conflicts", "resolve", id, "--take", "right").code == 0
    again = cli("conflicts", "resolve", id, "--take", "left")
    assert again.code == 1
    assert "was settled already (right" in again.err


def test_a_kind_that_is_misspelt_hides_no_other_fault(project: Path, cli: Run) -> None:
    path = project / "syncline.toml"
    text = path.read_text().replace('"documents"', '"document"')
    path.write_text(text + 'poll = "soon"\non_conflict = "left-win"\n')
    done = cli("check")
    assert done.code == 2
    for said in ("did you mean 'documents'?", "'soon'", "'left-wins'?"):
        assert said in done.err


def test_pairs_that_cannot_be_are_refused_all_at_once(synced: Path, cli: Run, write: Write) -> None:
    write(synced / "right", "Other", "text")
    (copy,) = (r["right"] for r in cli("history", "--json").json)
    swapped = cli("pair", "--accept", copy, "here:refunds.md")
    assert swapped.code == 2
    assert "a pair of this job is here:ID there:ID" in swapped.err
    taken = cli("pair", "--accept", "here:refunds.md", "there:other.md")
    assert taken.code == 2
    assert f"is paired with {copy} already" in taken.err
    assert cli("pair", "--from", "none.csv").err.endswith("no such file or directory\n")


def test_an_accepted_pair_that_is_not_there_is_told_by_the_pass(project: Path, cli: Run) -> None:
    assert cli("pair", "--accept", "here:a.md", "there:b.md").code == 0
    done = cli("sync")
    assert "here:a.md and there:b.md were accepted as a pair and cannot be one" in done.out


def test_a_full_disk_is_one_sentence_and_the_next_pass_goes_on(
    project: Path, write: Write, cli: Run
) -> None:
    for n in range(60):
        write(project / "left", f"Page {n}", "word " * 200 + str(n))
    for most in (50_000, 200_000):  # nothing of the state, and some of it, can be written
        code = (
            f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}));"
            "from syncline.cli import main; sys.exit(main(['sync']))"
        )
        command = [sys.executable, "-c", code]
        full = subprocess.run(command, capture_output=True, text=True, check=False)
        assert full.returncode == 1
        assert "state.db: the state" in full.stderr
        assert "written" in full.stderr
        assert full.stderr.count("\n") == 1
    assert cli("sync").code == 0
    # A create that the full disk broke off is looked for first, and made by the pass after that.
    assert cli("sync").code == 0
    assert len(list((project / "right").glob("*.md"))) == 60


def test_a_new_article_is_planned_with_its_labels(project: Path, cli: Run) -> None:
    (project / "left" / "a.md").write_text("---\ntitle: A\nlabels: [billing]\n---\n\ntext\n")
    assert "    labels: billing" in cli("plan").out


def test_a_label_that_means_something_there_is_no_loss(project: Path, cli: Run) -> None:
    path = project / "syncline.toml"
    rules = '[jobs.articles.mapping]\nrules = [\n{ label = "billing", category = "Billing" },\n'
    path.write_text(f'{path.read_text()}{rules}{{ label = "a", to_label = "b" }},\n]\n')
    text = "---\ntitle: A\nlabels: [billing, a]\n---\n\ntext\n"
    (project / "left" / "a.md").write_text(text)
    assert "labels" not in cli("losses").out
