"""Rules that work in both directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from syncline.decision import Reason
from syncline.model import Ref
from syncline.rules import Rule, Wins

RuleOf = Callable[..., Rule]
Make = Callable[..., Any]


async def test_a_two_way_rule_carries_either_end_to_the_other(
    make_bench: Make, two_way: RuleOf, team: Ref, group: Ref
) -> None:
    bench = make_bench(two_way())
    session = await bench.started()
    assert bench.events() == ["adopted"]
    bench.cx.edit(team, "chat.maximum", 70)
    await session.sync()
    assert bench.cloud.value(group, "desired") == 7
    bench.later(minutes=1)
    bench.cloud.edit(group, "desired", 3)
    await session.sync()
    assert bench.cx.value(team, "chat.maximum") == 30
    assert (await session.sync()).written == 0


async def test_both_ends_changed_is_a_conflict_and_either_can_be_taken(
    make_bench: Make, two_way: RuleOf, group: Ref
) -> None:
    bench = make_bench(two_way())
    session = await bench.started()
    bench.edit_both(desired=5, maximum=70)
    await session.sync()
    (conflict,) = session.conflicts()
    assert conflict.record.reason is Reason.BOTH_EDITED
    assert (conflict.said, conflict.held) == (50, 70)
    await session.resolve(conflict.record.id, "to")
    assert bench.cloud.value(group, "desired") == 7
    assert (await session.sync()).written == 0


@pytest.mark.parametrize(("wins", "both"), [(Wins.FROM, 50), (Wins.TO, 70)])
async def test_a_two_way_rule_can_say_who_wins(
    make_bench: Make, two_way: RuleOf, team: Ref, group: Ref, wins: Wins, both: int
) -> None:
    bench = make_bench(two_way(on_conflict=wins))
    session = await bench.started()
    bench.edit_both(desired=5, maximum=70)
    await session.sync()
    assert bench.cx.value(team, "chat.maximum") == both
    assert bench.cloud.value(group, "desired") == both // 10


async def test_a_value_without_a_way_back_is_told(
    make_bench: Make, two_way: RuleOf, team: Ref, group: Ref
) -> None:
    bench = make_bench(two_way(inverse="to * 0.1"))
    session = await bench.started()
    bench.cx.edit(team, "chat.maximum", 75)
    report = await session.sync()
    assert report.failed == 1
    assert bench.cloud.value(group, "desired") == 2
