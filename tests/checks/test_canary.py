"""The search for secrets finds what it is to find, and the product gives it nothing to find."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from syncline_checks import visiting
from syncline_checks.canary import ECHO, WRONG, configured, searched
from syncline_checks.shell import Shell
from syncline_checks.spellings import found_when_planted, hits
from syncline_checks.strings import canary
from syncline_checks.worlds import two_systems


def test_a_planted_secret_is_found_in_every_form(tmp_path: Path) -> None:
    assert found_when_planted(tmp_path, canary()) == []


def test_a_secret_in_a_deleted_row_of_a_database_is_found(tmp_path: Path) -> None:
    secret = canary()
    db = sqlite3.connect(tmp_path / "state.db")
    db.execute("pragma secure_delete = off")
    db.execute("create table rows (text)")
    db.execute("insert into rows values (?)", (secret * 50,))
    db.commit()
    db.execute("delete from rows")
    db.commit()
    db.close()
    assert [hit.form for hit in hits(tmp_path, {"it": secret})].count("plain") == 1


@pytest.mark.parametrize("kind", ["cut-json", WRONG, ECHO])
def test_nothing_that_a_failing_command_writes_holds_a_secret(kind: str) -> None:
    findings = searched(kind, 1, commands=[("sync", "-vv")], service=False)
    assert findings.hits == ()
    assert findings.size > 1000


def test_nothing_that_the_service_writes_answers_or_sends_holds_a_secret(tmp_path: Path) -> None:
    known = visiting.secrets()
    with two_systems(seed=1) as (wiki, kb):
        for n in range(3):
            wiki.act({"do": "create", "title": f"Page {n}", "body": f"<p>text {n}</p>"})
        shell = Shell(tmp_path, wiki, kb, known)
        # The first time it copies the pages; the second time they can be looked at.
        for _ in range(2):
            assert visiting.visit(shell, known) == 0
        used = {**known, **configured(wiki), **configured(kb)}
    assert list(hits(tmp_path, used)) == []
    # A visit that saw nothing would find nothing.
    answers = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("answer-*")))
    for seen in (b"syncline_passes_total", b'"ready":true', b"Page 1", b"Log in", b"not signed"):
        assert seen in answers, seen
    traces = b"".join(path.read_bytes() for path in tmp_path.glob("traces-*"))
    for seen in (b"syncline pass", b"syncline item", b"syncline call"):
        assert seen in traces, seen
    assert b"Page 1" not in traces
    log = [json.loads(line) for line in (tmp_path / "001-run.stderr").read_text().splitlines()]
    assert {"DEBUG", "INFO"} <= {line["level"] for line in log}
    assert any("run" in line and "job" in line for line in log)
