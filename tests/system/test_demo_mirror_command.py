"""`syncline demo mirror`, as a new user sees it."""

from __future__ import annotations

import subprocess
import sys

import pytest


def demo(*arguments: str) -> str:
    """Return what it tells; it must end with its proof."""
    done = subprocess.run(
        [sys.executable, "-m", "syncline", "demo", "mirror", *arguments],
        capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "Every promise was kept." in done.stdout
    return done.stdout


@pytest.mark.long(60)
def test_the_demo_of_the_mirror_proves_itself_without_java() -> None:
    told = demo("--mock", "--seconds", "6", "--rate", "60")
    for happening in ("kill -9 of listener a", "Kafka is back", "the vendor cuts all"):
        assert happening in told, told
    assert "     0  missing" in told


@pytest.mark.soak
@pytest.mark.xdist_group("kafka")
def test_the_demo_of_the_mirror_proves_itself_over_kafka() -> None:
    told = demo()
    assert "kill -9 of merge one" in told
    assert "     0  out of order" in told
