"""Plans of configuration jobs, and undoing and explaining what they did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from syncline.errors import Refused, Stale
from syncline.model import Ref
from syncline.rules import Rule, Wins

RuleOf = Callable[..., Rule]
Make = Callable[..., Any]


async def test_apply_does_what_the_plan_says_and_nothing_that_moved_since(
    make_bench: Make, rule_of: RuleOf, two_way: RuleOf, group: Ref
) -> None:
    bench = make_bench(rule_of(), two_way(on_conflict=Wins.FROM))
    session = bench.session()
    bench.cloud.edit(group, "desired", 9)
    plan = await session.plan()
    bench.scale(8)
    report = await session.apply(plan)
    assert report.counts["stale"] == 1
    assert bench.calls() == 5
    assert bench.cx.writes[0].changes == {"chat.maximum": 90}


async def test_a_plan_of_other_rules_is_stale(bench: Any, rule_of: RuleOf) -> None:
    plan = await bench.session().plan()
    with pytest.raises(Stale, match="rules have changed"):
        await bench.session("one", rule_of(maximum=3)).apply(plan)


async def test_an_undo_puts_back_what_nobody_has_touched_and_the_rule_waits(
    bench: Any, team: Ref
) -> None:
    session = bench.session()
    run = (await session.sync()).run
    bench.later(minutes=1)
    await session.undo(run)
    assert bench.calls() == 5
    assert (await session.sync()).written == 0
    assert bench.events() == ["updated", "undone"]
    assert session.status().held == 1
    bench.later(minutes=1)
    session.release(team)
    await session.sync()
    assert bench.calls() == 10


async def test_an_undo_leaves_what_somebody_has_changed_since(bench: Any, team: Ref) -> None:
    session = bench.session()
    run = (await session.sync()).run
    bench.cx.edit(team, "call.maximum", 11)
    report = await session.undo(run)
    assert bench.calls() == 11
    assert [item.detail for item in report.kept] == ["somebody has changed it since"]


async def test_nothing_can_be_approved(bench: Any) -> None:
    with pytest.raises(Refused, match="nothing to approve"):
        bench.session().approve("token")


async def test_explain_tells_what_a_field_holds_and_why(bench: Any, team: Ref) -> None:
    session = await bench.started()
    lines = await session.explain(team)
    assert lines[0] == "limits ivr: call.maximum [cx:limits/ivr#call.maximum] holds 10."
    assert any("updated" in line for line in lines)
    assert "managed by nothing" in (await session.explain(Ref("cx", "limits/other")))[0]
