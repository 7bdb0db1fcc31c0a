"""What a person chooses about a field, or undoes, where something stands in its way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from syncline.errors import Refused
from syncline.model import Ref
from syncline.rules import Drift, Rule

RuleOf = Callable[..., Rule]
Make = Callable[..., Any]


async def test_another_value_for_a_two_way_rule_is_given_to_both_ends(
    make_bench: Make, two_way: RuleOf, team: Ref, group: Ref
) -> None:
    bench = make_bench(two_way(cooldown=timedelta(hours=1)))
    session = await bench.started()
    bench.edit_both(desired=3, maximum=70)
    await session.sync()
    (conflict,) = session.conflicts()
    await session.resolve(conflict.record.id, "edit", edited=50)
    assert bench.cx.value(team, "chat.maximum") == 50
    assert bench.cloud.value(group, "desired") == 5
    assert not session.conflicts()
    assert (await session.sync()).written == 0


async def test_another_value_that_one_end_refuses_is_carried_to_it_later(
    make_bench: Make, two_way: RuleOf, team: Ref, group: Ref
) -> None:
    bench = make_bench(two_way())
    session = await bench.started()
    bench.edit_both(desired=3, maximum=70)
    await session.sync()
    (conflict,) = session.conflicts()
    until = bench.clock.now() + timedelta(hours=1)
    bench.cloud.hold(group, until, "a change is under way")
    with pytest.raises(Refused, match="not before"):
        await session.resolve(conflict.record.id, "edit", edited=50)
    bench.later(hours=1)
    await session.sync()
    assert bench.cx.value(team, "chat.maximum") == 50
    assert bench.cloud.value(group, "desired") == 5


async def test_another_value_that_the_other_end_cannot_have_is_given_to_neither(
    make_bench: Make, two_way: RuleOf, team: Ref
) -> None:
    bench = make_bench(two_way())
    session = await bench.started()
    bench.edit_both(desired=3, maximum=70)
    await session.sync()
    (conflict,) = session.conflicts()
    with pytest.raises(Refused, match="would make it 50 again"):
        await session.resolve(conflict.record.id, "edit", edited=55)
    assert bench.cx.value(team, "chat.maximum") == 70
    assert len(session.conflicts()) == 1


async def test_a_choice_that_the_vendor_would_refuse_leaves_the_conflict(
    make_bench: Make, rule_of: RuleOf
) -> None:
    bench = make_bench(rule_of(drift=Drift.REPORT))
    session = await bench.started()
    (conflict,) = session.conflicts()
    with pytest.raises(Refused, match="type int"):
        await session.resolve(conflict.record.id, "edit", edited="many")
    assert [each.record.id for each in session.conflicts()] == [conflict.record.id]
    assert "resolved" not in bench.events()
    assert bench.calls() == 5


async def test_what_the_vendor_would_refuse_is_explained(
    make_bench: Make, rule_of: RuleOf, team: Ref
) -> None:
    bench = make_bench(rule_of())
    session = bench.session()
    bench.cx.hold(team, bench.clock.now() + timedelta(hours=1), "27 decreases are spent")
    assert "27 decreases are spent" in " ".join(await session.explain(team))


async def test_no_choice_touches_an_object_of_somebody_else(
    make_bench: Make, rule_of: RuleOf, team: Ref
) -> None:
    bench = make_bench(rule_of(drift=Drift.REPORT))
    session = await bench.started()
    (conflict,) = session.conflicts()
    bench.cx.claim(team, "its tag says billing")
    with pytest.raises(Refused, match="somebody else's: its tag says billing"):
        await session.resolve(conflict.record.id, "from")
    assert bench.calls() == 5


async def test_no_undo_touches_an_object_of_somebody_else(bench: Any, team: Ref) -> None:
    session = await bench.started()
    run = bench.state.history("capacity")[0].run
    bench.cx.claim(team, "its tag says billing")
    report = await session.undo(run)
    assert [kept.detail for kept in report.kept] == [
        "cx:limits/ivr is somebody else's: its tag says billing"
    ]
    assert bench.calls() == 10
