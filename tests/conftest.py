"""Fixtures that every test folder shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of vendor facts, specifications and corpora beside the checkout."""
    path = Path(os.environ.get("SYNCLINE_SHARED", ROOT.parent / "shared"))
    if not path.is_dir():
        pytest.skip(f"{path} is absent: set SYNCLINE_SHARED to the folder of specs and corpora")
    return path
