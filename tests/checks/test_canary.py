"""The search for secrets finds what it is to find, and the product gives it nothing to find."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from syncline_checks.canary import ECHO, WRONG, searched
from syncline_checks.spellings import found_when_planted, hits
from syncline_checks.strings import canary


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
    findings = searched(kind, 1, commands=[("sync", "-vv")])
    assert findings.hits == ()
    assert findings.size > 1000
