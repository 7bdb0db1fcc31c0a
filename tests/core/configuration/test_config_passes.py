"""Full passes of a configuration job."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from syncline.config_items import item_ref
from syncline.engine.configuration import ConfigSession, Rulebook
from syncline.errors import ConfigError, Rejected
from syncline.model import Ref
from syncline.rules import Rule, Target, Wins

RuleOf = Callable[..., Rule]
Make = Callable[..., Any]


async def test_a_field_follows_its_rule(bench: Any) -> None:
    report = await bench.session().sync()
    assert bench.calls() == 10
    assert report.written == 1
    assert bench.events() == ["updated"]
    assert "asg.in_service = 1" in bench.state.history("capacity")[0].detail


async def test_nothing_to_do_is_no_write_and_no_commit(bench: Any) -> None:
    await bench.session().sync()
    before = bench.state.history("capacity"), list(bench.state.links("capacity"))
    bench.cx.calls.clear()
    report = await bench.session().sync()
    assert report.written == 0
    assert bench.cx.calls == {"fetch": 1}
    assert (bench.state.history("capacity"), list(bench.state.links("capacity"))) == before


async def test_only_owned_fields_are_written(bench: Any) -> None:
    await bench.session().sync()
    assert not bench.cx.writes[0].foreign_changes
    assert bench.cx.value(bench.cx.writes[0].ref, "note") == "somebody's"


async def test_an_equal_field_is_adopted_without_a_write(bench: Any, team: Ref) -> None:
    bench.cx.edit(team, "call.maximum", 10)
    report = await bench.session().sync()
    assert report.written == 0
    assert bench.events() == ["adopted"]


async def test_the_plan_says_in_one_line_what_would_happen(bench: Any) -> None:
    plan = await bench.session().plan()
    assert [item.line for item in plan.items] == [
        "limits ivr: call.maximum 5 -> 10 (rule machines, because asg.in_service = 1)"
    ]
    assert bench.calls() == 5
    assert not bench.state.history("capacity")


async def test_a_value_out_of_range_is_refused_once_and_told(
    make_bench: Make, rule_of: RuleOf
) -> None:
    bench = make_bench(rule_of(maximum=100))
    session = bench.session()
    bench.scale(99)
    report = await session.sync()
    await session.sync()
    assert bench.calls() == 5
    assert bench.events() == ["refused"]
    assert report.counts["blocked"] == 1
    (item,) = (await session.plan()).items
    assert item.decision == "refused"
    assert "above the maximum" in item.line


async def test_a_cooling_field_is_held_and_written_when_it_has_cooled_down(
    make_bench: Make, rule_of: RuleOf
) -> None:
    bench = make_bench(rule_of(cooldown=timedelta(minutes=5)))
    session = await bench.started()
    bench.later(minutes=1)
    bench.scale(7)
    await session.sync()
    assert bench.calls() == 10
    assert session.due_in() == timedelta(minutes=4)
    await session.work()
    assert bench.calls() == 10
    bench.later(minutes=4)
    await session.work()
    assert bench.calls() == 70
    assert bench.events() == ["updated", "held", "updated"]
    assert session.due_in() is None


async def test_an_input_that_oscillates_changes_its_field_once_in_each_cooldown(
    make_bench: Make, rule_of: RuleOf
) -> None:
    bench = make_bench(rule_of(cooldown=timedelta(minutes=10)))
    session = bench.session()
    for number in range(60):
        bench.scale(1 + number % 2 * 8)
        await session.sync()
        bench.later(minutes=1)
    times = [write.at for write in bench.cx.writes]
    assert len(times) > 3
    gaps = [b - a for a, b in pairwise(times)]
    assert min(gaps) >= timedelta(minutes=10)


async def test_what_the_vendor_holds_back_is_tried_then_and_not_before(
    bench: Any, team: Ref
) -> None:
    session = bench.session()
    until = bench.clock.now() + timedelta(hours=1)
    bench.cx.hold(team, until, "27 decreases of this day are spent")
    await session.sync()
    assert bench.cx.calls["update"] == 0
    assert "27 decreases" in bench.state.history("capacity")[0].detail
    assert session.due_in() == timedelta(hours=1)
    bench.later(minutes=59)
    await session.work()
    assert bench.cx.calls["reread"] == 0
    bench.later(minutes=1)
    await session.work()
    assert bench.calls() == 10


async def test_what_only_the_write_finds_out_is_held_as_well(bench: Any, team: Ref) -> None:
    session = bench.session()
    until = bench.clock.now() + timedelta(hours=1)
    bench.cx.hold(team, until, "a change is under way", announced=False)
    await session.sync()
    assert bench.events() == ["held"]
    assert not bench.state.intents("capacity")
    bench.later(hours=1)
    await session.work()
    assert bench.calls() == 10


async def test_an_object_of_somebody_else_is_left_alone(bench: Any, team: Ref) -> None:
    bench.cx.claim(team, "an auto-scaling target")
    await bench.session().sync()
    assert bench.calls() == 5
    assert bench.events() == ["refused"]


async def test_a_field_of_another_job_is_left_alone(bench: Any, rule_of: RuleOf) -> None:
    other = bench.session()
    await other.sync()
    mine = _second_job(bench, rule_of(expression="asg.in_service * 3"))
    await mine.sync()
    assert bench.calls() == 10
    assert "job 'capacity'" in bench.state.history("second")[0].detail


def _second_job(bench: Any, rule: Rule) -> Any:
    return ConfigSession(
        job="second",
        stores={"cx": bench.cx, "cloud": bench.cloud},
        book=Rulebook.of("second", [rule]),
        state=bench.state,
        clock=bench.clock,
    )


async def test_two_rules_for_one_field_are_refused(bench: Any, rule_of: RuleOf) -> None:
    with pytest.raises(ConfigError, match="two rules write it"):
        bench.session("one", rule_of("a"), rule_of("b"))


async def test_a_rule_that_went_leaves_its_field_as_it_is(bench: Any, two_way: RuleOf) -> None:
    await bench.session().sync()
    await bench.session("one", two_way(on_conflict=Wins.FROM)).sync()
    assert bench.calls() == 10
    assert [link.right.ref.id for link in bench.state.links("capacity")] == [
        "limits/ivr#chat.maximum"
    ]
    assert "detached" in bench.events()


async def test_an_input_that_is_gone_frees_the_field_and_comes_back(bench: Any, group: Ref) -> None:
    session = await bench.started()
    bench.cloud.remove(group)
    await session.sync()
    assert bench.events() == ["updated", "detached"]
    assert bench.calls() == 10
    bench.cloud.put("group", "ivr", {"in_service": 4})
    await session.sync()
    assert bench.calls() == 40


async def test_an_object_that_is_not_there_is_set_aside_with_the_reason(
    make_bench: Make, team: Ref
) -> None:
    bench = make_bench()
    bench.cx.remove(team)
    session = bench.session()
    report = await session.sync()
    assert report.failed == 1
    (failed,) = session.quarantine()
    assert failed.ref.id == "limits/ivr#call.maximum"
    assert "create it" in failed.reason
    bench.cx.put("limits", "ivr", {"call.maximum": 5})
    await session.sync()
    assert bench.calls() == 10
    assert not session.quarantine()


async def test_one_field_that_fails_changes_nothing_for_another(
    make_bench: Make, rule_of: RuleOf, two_way: RuleOf, team: Ref, group: Ref
) -> None:
    bench = make_bench(
        rule_of(expression="100 / (asg.in_service - 1)"), two_way(on_conflict=Wins.FROM)
    )
    bench.cloud.edit(group, "desired", 9)
    session = bench.session()
    report = await session.sync()
    assert report.failed == 1
    assert bench.cx.value(team, "chat.maximum") == 90
    (failed,) = session.quarantine()
    assert "rule machines" in failed.reason


async def test_the_fields_of_one_object_are_written_in_one_call(
    make_bench: Make, rule_of: RuleOf, two_way: RuleOf
) -> None:
    bench = make_bench(rule_of(), two_way(on_conflict=Wins.FROM))
    bench.cloud.edit(bench.cloud.log[0], "desired", 9)
    await bench.session().sync()
    (write,) = bench.cx.writes
    assert write.changes == {"call.maximum": 10, "chat.maximum": 90}


async def test_a_fault_of_an_adapter_is_that_of_its_object_alone(
    make_bench: Make, rule_of: RuleOf
) -> None:
    other = Rule(
        name="other",
        inputs=rule_of().inputs,
        target=Target(ref=item_ref("cx", "limits", "aaa"), path="call.maximum"),
        expression="asg.in_service * 10",
    )
    bench = make_bench(rule_of(), other)
    ref = bench.cx.put("limits", "aaa", {"call.maximum": 1})
    bench.cx.fail("update", ValueError("the adapter has a fault"), ref=ref)
    report = await bench.session().sync()
    assert (bench.calls(), report.failed) == (10, 1)
    (failed,) = bench.state.quarantine("capacity")
    assert failed.ref.id == "limits/aaa#call.maximum"


async def test_a_field_that_failed_is_tried_at_its_time_and_then_forgotten(bench: Any) -> None:
    session = bench.session()
    bench.cx.fail("update", Rejected("no"), times=1)
    await session.sync()
    assert (await session.sync()).counts["waiting"] == 1
    assert bench.calls() == 5
    (failed,) = session.quarantine()
    session.skip(failed.ref)
    bench.later(hours=9)
    await session.sync()
    assert bench.calls() == 5
    session.retry(failed.ref)
    await session.sync()
    assert bench.calls() == 10
    assert not session.quarantine()
