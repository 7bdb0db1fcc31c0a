"""What is told of fields is in the words of rules, and counted where somebody should look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from syncline.cli.exit_codes import DONE, FAILED
from syncline.cli.reports import code, lines
from syncline.cli.status import history_lines, status_lines
from syncline.engine.status.explanation import where_and_why
from syncline.errors import OutcomeUnknown, Rejected
from syncline.rules import Rule
from syncline.testing.accidents import Effect


async def test_a_value_that_cannot_be_written_is_counted_when_it_is_told(
    make_bench: Callable[..., Any], rule_of: Callable[..., Rule]
) -> None:
    bench = make_bench(rule_of(maximum=5))
    session = bench.session()
    first, second = await session.sync(), await session.sync()
    assert first.counts["blocked"] == second.counts["blocked"] == 1
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


async def test_the_report_of_a_field_says_what_it_held_and_holds(bench: Any) -> None:
    report = await bench.session().sync()
    told, _ = lines(report, sides=False)
    assert told == (
        "updated  limits ivr: call.maximum: 5 -> 10 (rule machines, because asg.in_service = 1)"
    )


async def test_a_unit_is_told_wherever_a_value_is_changed(
    make_bench: Callable[..., Any], rule_of: Callable[..., Rule]
) -> None:
    bench = make_bench(rule_of(unit="calls"))
    session = bench.session()
    (planned,) = (await session.plan()).items
    assert "5 -> 10 calls (" in planned.line
    assert planned.diff == "5 -> 10 calls"
    told, _ = lines(await session.sync(), sides=False)
    assert "5 -> 10 calls (" in told
    refused = make_bench(rule_of(unit="calls", maximum=5)).session()
    told, _ = lines(await refused.sync(), sides=False)
    assert "5 -> 10 calls: " in told


async def test_the_report_of_a_refused_value_says_what_it_would_change(
    make_bench: Callable[..., Any], rule_of: Callable[..., Rule]
) -> None:
    report = await make_bench(rule_of(maximum=5)).session().sync()
    told, summed = lines(report, sides=False)
    assert told.startswith("refused  limits ivr: call.maximum: 5 -> 10: 10 is above the maximum 5")
    assert summed.endswith("0 writes, 1 not possible as things are (`syncline plan` says why)")


async def test_a_field_that_cannot_be_as_its_rule_says_is_no_success(
    make_bench: Callable[..., Any], rule_of: Callable[..., Rule]
) -> None:
    session = make_bench(rule_of(maximum=5)).session()
    assert code(await session.sync(), 0) == FAILED
    assert code(await session.sync(), 0) == FAILED, "it is told once, and still is none"


async def test_a_field_that_only_waits_is_no_failure(
    make_bench: Callable[..., Any], rule_of: Callable[..., Rule]
) -> None:
    bench = make_bench(rule_of(cooldown=timedelta(minutes=5)))
    session = await bench.started()
    bench.scale(3)
    bench.later(minutes=1)
    assert code(await session.sync(), 0) == DONE


async def test_a_field_in_quarantine_is_no_success_unless_a_person_left_it_there(
    bench: Any,
) -> None:
    session = bench.session()
    bench.cx.fail("update", Rejected("no"), times=1)
    await session.sync()
    waits = await session.sync()
    assert (session.status().failing, session.status().quarantined) == (1, 1)
    assert code(waits, 0, failing=session.status().failing) == FAILED
    (failed,) = session.quarantine()
    session.skip(failed.ref)
    left = await session.sync()
    assert (session.status().failing, session.status().quarantined) == (0, 1)
    assert code(left, 0, failing=session.status().failing) == DONE


async def test_a_write_that_is_found_after_a_lost_answer_says_what_it_changed(bench: Any) -> None:
    bench.cx.fail("update", OutcomeUnknown("the answer was lost"), effect=Effect.APPLIED)
    session = bench.session()
    report = await session.sync()
    said = "call.maximum: 5 -> 10 (rule machines, found after a lost answer)"
    assert next(lines(report, sides=False)) == f"updated  limits ivr: {said}"
    assert f"limits ivr: {said}".endswith(session.history()[0].detail)
