"""Fixtures that every test folder shares."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

# `make test` tries the same examples everywhere, so that a red run is red again; `make soak` looks
# for new ones. How long an example takes says more about the machine than about the code.
settings.register_profile(
    "fixed", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "soak", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow]
)
SOAKING = bool(os.environ.get("SYNCLINE_SOAK"))
settings.load_profile("soak" if SOAKING else "fixed")
if not SOAKING:
    # Hypothesis also tries constants of whatever modules are imported by then: which ones depends
    # on the tests that a worker happened to run before.
    providers._get_local_constants = lambda: providers._local_constants

ROOT = Path(__file__).parent.parent

# Collecting makes millions of objects that stay: no use looking for cycles among them, neither
# meanwhile, which is a quarter of the time, nor whenever a test has made enough new ones.
gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest begin first: a worker that waits for one of them waits beside the others."""
    items.sort(key=_seconds, reverse=True)


def _seconds(item: pytest.Item) -> float:
    mark = item.get_closest_marker("long")
    return float(mark.args[0]) if mark else 0.0


def pytest_collection_finish() -> None:
    """Look for cycles again, but only among what tests make."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of vendor facts, specifications and corpora beside the checkout."""
    path = Path(os.environ.get("SYNCLINE_SHARED", ROOT.parent / "shared"))
    if not path.is_dir():
        pytest.skip(f"{path} is absent: set SYNCLINE_SHARED to the folder of specs and corpora")
    return path
