"""Lists in messages are short enough to be read."""

from __future__ import annotations

import pytest

from syncline.config import load
from syncline.errors import ConfigError
from syncline.suggestions import first_of

FILE = b"""\
[connections.cx]
connector = "genesys"
region = "eu-central-1"
client_id = "c"
client_secret = { env = "S" }
[jobs.c]
kind = "config"
[[jobs.c.rules]]
from = { n = "cx:queue-observation/Support" }
to = "cx:queue/Support#name"
expression = "n.oInteracting"
"""


def test_a_field_that_is_read_only_is_answered_with_a_few_that_are_not() -> None:
    with pytest.raises(ConfigError) as caught:
        load(FILE)
    (problem,) = caught.value.problems
    assert "name of a queue is read-only; writable are: acwSettings.timeoutMs, " in problem
    assert problem.endswith(" more; `syncline connectors describe genesys` has all of them")
    assert len(problem) < 500


def test_a_short_list_is_told_in_full() -> None:
    assert first_of(["a", "b"], 2) == "a, b"
    assert first_of(["a", "b", "c"], 2) == "a, b, and 1 more"
