"""Fixtures that every test folder shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# `make test` tries the same examples everywhere, so that a red run is red again; `make soak` looks
# for new ones. How long an example takes says more about the machine than about the code.
settings.register_profile(
    "fixed", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "soak", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("soak" if os.environ.get("SYNCLINE_SOAK") else "fixed")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of vendor facts, specifications and corpora beside the checkout."""
    path = Path(os.environ.get("SYNCLINE_SHARED", ROOT.parent / "shared"))
    if not path.is_dir():
        pytest.skip(f"{path} is absent: set SYNCLINE_SHARED to the folder of specs and corpora")
    return path
