"""`make demo`, as a new user sees it."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.xdist_group("demo")
def test_the_demo_ends_in_agreement() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "syncline", "demo"],
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    told = done.stdout
    assert done.returncode == 0, told + done.stderr
    for event in ("created", "updated", "merged", "conflict", "resolved", "removed", "withdrawn"):
        assert f"  {event}" in told, f"nothing was {event}:\n{told}"
    assert "0 writes" in told
    assert "agree, word by word" in told
    assert "Traceback" not in done.stderr
