"""What somebody else changed: drift, and conflicts about a field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from syncline.decision import Reason
from syncline.errors import Refused, Stale
from syncline.model import Ref
from syncline.rules import Drift, Rule
from syncline.state.records import LinkState

RuleOf = Callable[..., Rule]
Make = Callable[..., Any]


async def test_drift_is_repaired_and_the_plan_says_who_changed_it(bench: Any, team: Ref) -> None:
    await bench.session().sync()
    bench.later(minutes=1)
    bench.cx.edit(team, "call.maximum", 77, by="mallory")
    (item,) = (await bench.session().plan()).items
    assert item.line.startswith("drift, changed by mallory at ")
    assert item.reason == Reason.DRIFTED.value
    await bench.session().sync()
    assert bench.calls() == 10
    assert bench.events() == ["updated", "repaired"]


async def test_drift_that_is_adopted_stays_until_the_rule_says_another_value(
    make_bench: Make, rule_of: RuleOf, team: Ref
) -> None:
    bench = make_bench(rule_of(drift=Drift.ADOPT))
    bench.cx.edit(team, "call.maximum", 10)
    await bench.session().sync()
    bench.cx.edit(team, "call.maximum", 77)
    await bench.session().sync()
    assert bench.calls() == 77
    assert bench.events() == ["adopted", "adopted"]
    bench.scale(3)
    await bench.session().sync()
    assert bench.calls() == 30


async def test_drift_that_is_reported_is_a_conflict_that_a_person_settles(
    make_bench: Make, rule_of: RuleOf, team: Ref
) -> None:
    bench = make_bench(rule_of(drift=Drift.REPORT))
    bench.cx.edit(team, "call.maximum", 10)
    session = await bench.started()
    bench.cx.edit(team, "call.maximum", 77)
    await session.sync()
    await session.sync()
    assert bench.calls() == 77
    (conflict,) = session.conflicts()
    assert (conflict.base, conflict.said, conflict.held) == (10, 10, 77)
    bench.later(minutes=1)
    await session.resolve(conflict.record.id, "from")
    assert bench.calls() == 10
    assert not session.conflicts()
    assert session.status().conflicts == 0


async def test_a_conflict_that_is_settled_for_the_field_stays_settled(
    make_bench: Make, rule_of: RuleOf
) -> None:
    bench = make_bench(rule_of(drift=Drift.REPORT))
    session = await bench.started()
    (conflict,) = session.conflicts()
    await session.resolve(conflict.record.id, "right")
    assert (await session.sync()).written == 0
    assert bench.calls() == 5
    assert not session.conflicts()


async def test_a_settled_conflict_can_have_another_value(make_bench: Make, rule_of: RuleOf) -> None:
    bench = make_bench(rule_of(drift=Drift.REPORT, maximum=100))
    session = await bench.started()
    (conflict,) = session.conflicts()
    with pytest.raises(Refused, match="above the maximum"):
        await session.resolve(conflict.record.id, "edit", edited=900)
    await session.resolve(conflict.record.id, "edit", edited=42)
    assert bench.calls() == 42
    assert (await session.sync()).written == 0


async def test_a_choice_about_what_has_moved_since_is_stale(
    make_bench: Make, rule_of: RuleOf, team: Ref
) -> None:
    bench = make_bench(rule_of(drift=Drift.REPORT))
    session = await bench.started()
    (conflict,) = session.conflicts()
    bench.cx.edit(team, "call.maximum", 6)
    with pytest.raises(Stale, match="has moved"):
        await session.resolve(conflict.record.id, "from")
    assert bench.calls() == 6


async def test_a_conflict_ends_by_itself_when_both_agree_again(
    make_bench: Make, rule_of: RuleOf, team: Ref
) -> None:
    bench = make_bench(rule_of(drift=Drift.REPORT))
    session = await bench.started()
    bench.cx.edit(team, "call.maximum", 10)
    await session.sync()
    assert not session.conflicts()
    (link,) = bench.state.links("capacity")
    assert link.state is LinkState.SYNCED


async def test_somebody_who_changes_a_field_again_and_again_is_not_fought_for_ever(
    bench: Any, team: Ref
) -> None:
    session = await bench.started()
    for number in range(20):
        bench.later(seconds=10)
        bench.cx.edit(team, "call.maximum", 100 + number)
        await session.sync()
    assert bench.events().count("repaired") == 12
    (conflict,) = session.conflicts()
    assert conflict.record.reason is Reason.PING_PONG
    bench.later(hours=3)
    await session.sync()
    assert bench.calls() == 119
