"""Property tests try the same examples whatever was run before; `make soak` tries others."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SOAKING = bool(os.environ.get("SYNCLINE_SOAK"))
CONSTANTS = "\n".join(f"A{n} = {7_000_000 + n}\nB{n} = 'a word {n}'" for n in range(200))


def tried() -> list[tuple[int, str]]:
    """Return the examples of a property."""
    found: list[tuple[int, str]] = []

    @settings(max_examples=200)
    @given(st.integers(), st.text())
    def property_(number: int, text: str) -> None:
        found.append((number, text))

    property_()
    return found


def test_modules_that_are_imported_meanwhile_change_no_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tried()
    (tmp_path / "constants_of_nobody.py").write_text(CONSTANTS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    __import__("constants_of_nobody")
    try:
        assert (tried() == before) is not SOAKING
    finally:
        del sys.modules["constants_of_nobody"]
