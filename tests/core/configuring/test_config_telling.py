"""What is told of fields is in the words of rules, and counted where somebody should look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from syncline.cli.watching import history_lines, status_lines
from syncline.engine.explaining import where_and_why
from syncline.rules import Rule


async def test_a_value_that_cannot_be_written_is_counted_when_it_is_told(
    make_bench: Callable[..., Any], rule_of: Callable[..., Rule]
) -> None:
    bench = make_bench(rule_of(maximum=5))
    session = bench.session()
    first, second = await session.sync(), await session.sync()
    assert first.counts["held_back"] == second.counts["held_back"] == 1
    assert (first.counts["unwritable"], second.counts["unwritable"]) == (1, 0)


async def test_a_wait_is_not_counted_as_something_to_look_at(
    make_bench: Callable[..., Any], rule_of: Callable[..., Rule]
) -> None:
    bench = make_bench(rule_of(cooldown=timedelta(minutes=5)))
    session = await bench.started()
    bench.scale(3)
    bench.later(minutes=1)
    report = await session.sync()
    assert report.counts["held_back"] == 1
    assert report.counts["unwritable"] == 0


async def test_the_history_of_a_field_names_no_side_and_no_words_of_articles(bench: Any) -> None:
    session = await bench.started()
    (entry,) = session.history()
    assert where_and_why(entry) == ("", [entry.detail])
    (line,) = history_lines([entry])
    assert "updated" in line
    assert "right" not in line
    assert line.endswith("call.maximum: 5 -> 10 (rule machines, because asg.in_service = 1)")
    assert next(status_lines(session.status(), of="field")).startswith("capacity: 1 field;")
