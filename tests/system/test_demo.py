"""`make demo`, as a new user sees it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest


def demo(*arguments: str) -> str:
    """Return what the demonstration tells; it must end well."""
    done = subprocess.run(
        [sys.executable, "-m", "syncline", "demo", *arguments],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.long(40)
def test_the_demo_ends_in_agreement() -> None:
    told = demo()
    for event in ("created", "updated", "merged", "conflict", "resolved", "removed", "withdrawn"):
        assert f"  {event}" in told, f"nothing was {event}:\n{told}"
    assert "0 writes" in told
    assert "agree, word by word" in told


@pytest.mark.long(80)
def test_the_demo_of_configuration_ends_with_every_field_as_its_rule_says() -> None:
    told = demo("config")
    for event in ("adopted", "updated", "held", "refused", "repaired", "conflict", "resolved"):
        assert f"  {event}" in told, f"nothing was {event}:\n{told}"
    assert "drift" in told
    assert "cools down" in told
    pauses = [int(span) for span in re.findall(r"nothing is sent to cx for (\d+) s", told)]
    assert len(pauses) > 2, told
    assert pauses[-1] >= 4 * pauses[0], "a storm of refusals is met by longer and longer pauses"
    for status in (409, 412):
        assert f"sent 2 times, answered {status}, 200" in told, told
    assert "lets it be lowered four times" in told
    assert "0 writes" in told
    assert "Every field is what its rule says, and nothing else on" in told
