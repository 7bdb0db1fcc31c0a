"""Hints, what they are spread to, how long they are gathered, and what stands in their way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from syncline.config_items import FieldType, item_ref
from syncline.errors import OutcomeUnknown, Refused, Unavailable
from syncline.model import Change, Ref, Side
from syncline.ports import Capability
from syncline.rules import Input, Rule, Target
from syncline.testing.accidents import Effect
from syncline.testing.boundary import Boundary, guarded, survives

RuleOf = Callable[..., Rule]
Make = Callable[..., Any]
WINDOW = timedelta(seconds=2)


async def test_hints_are_gathered_for_a_moment_and_make_one_look(
    make_bench: Make, rule_of: RuleOf, group: Ref, team: Ref
) -> None:
    bench = make_bench(rule_of(debounce=WINDOW))
    session = await bench.started()
    bench.later(seconds=10)
    for machines in (3, 4, 5):
        bench.scale(machines)
        bench.hear(session, group, group, team)
        await session.work()
        bench.later(seconds=0.5)
    assert bench.calls() == 10
    assert session.due_in() == timedelta(seconds=0.5)
    bench.later(seconds=0.5)
    bench.cx.calls.clear()
    await session.work()
    assert bench.calls() == 50
    assert bench.cx.calls["update"] == 1
    assert session.due_in() is None


async def test_an_object_is_written_once_in_each_window_whoever_asks(
    make_bench: Make, rule_of: RuleOf
) -> None:
    bench = make_bench(rule_of(debounce=WINDOW))
    one, two = bench.session("one"), bench.session("two")
    await one.sync()
    bench.scale(6)
    report = await two.sync()
    assert (report.written, report.counts["gathered"]) == (0, 1)
    bench.later(seconds=2)
    await one.work()
    assert bench.calls() == 60


async def test_a_hint_that_comes_late_moves_nothing_backwards(bench: Any, group: Ref) -> None:
    session = bench.session()
    bench.scale(9)
    await session.sync()
    bench.scale(2)
    await session.sync()
    for _ in range(5):  # news of the nine machines, again and again
        bench.hear(session, group)
        await session.work()
    assert bench.calls() == 20
    assert len(bench.cx.writes) == 2


async def test_a_hint_about_nothing_managed_is_forgotten(bench: Any) -> None:
    session = await bench.started()
    bench.cx.calls.clear()
    session.hint([Change(ref=Ref("cx", "limits/other"))], side=Side.LEFT)
    await session.work()
    assert bench.state.backlog("capacity").count == 0
    assert not bench.cx.calls


async def test_a_rule_that_reads_what_another_rule_writes_follows_it(
    make_bench: Make, rule_of: RuleOf, team: Ref
) -> None:
    second = Rule(
        name="noted",
        inputs=(
            Input(
                name="calls", ref=team, path="call.maximum", type=FieldType.INT,
                fields={"call.maximum": FieldType.INT},
            ),
        ),
        target=Target(
            ref=item_ref("cloud", "parameter", "aaa"), path="value", type=FieldType.STRING
        ),
        expression="string(calls)",
    )  # fmt: skip
    bench = make_bench(rule_of(), second)
    ref = bench.cloud.put("parameter", "aaa", {"value": ""})
    await bench.session().sync()
    assert bench.cloud.value(ref, "value") == "10"


async def test_inputs_that_no_feed_tells_of_are_read_at_each_poll(
    make_bench: Make, rule_of: RuleOf
) -> None:
    bench = make_bench(rule_of(), capabilities=Capability.WRITE | Capability.CONDITIONAL_WRITE)
    session = await bench.started()
    assert session.polls
    bench.scale(4)
    await session.poll()
    assert bench.calls() == 40


async def test_a_feed_tells_what_to_look_at(bench: Any) -> None:
    session = await bench.started()
    await session.poll()
    bench.scale(4)
    await session.poll()
    assert bench.calls() == 40
    await session.poll()  # what was written itself comes back, and is looked at
    bench.cloud.calls.clear()
    await session.poll()
    assert not bench.cloud.calls["fetch"]


async def test_a_feed_that_began_anew_makes_a_full_pass_due(bench: Any) -> None:
    session = bench.session()
    assert session.full_pass_due
    await session.poll()
    await session.sync()
    await session.poll()
    assert not session.full_pass_due
    bench.cloud.forget_feed()
    bench.scale(2)
    bench.cloud.forget_feed()
    await session.poll()
    assert session.full_pass_due
    await session.sync()
    assert not session.full_pass_due


async def test_other_rules_make_a_full_pass_due(bench: Any, rule_of: RuleOf) -> None:
    await bench.session().sync()
    assert bench.session("one", rule_of(maximum=50)).full_pass_due


async def test_an_object_that_another_process_is_at_is_left_to_it(bench: Any, team: Ref) -> None:
    lease = bench.state.acquire(f"item/{team}", holder="somebody else", ttl=30)
    session = bench.session()
    report = await session.sync()
    assert (report.written, report.counts["busy"]) == (0, 2)
    bench.state.release(lease)
    await session.work()
    assert bench.calls() == 10


async def test_processes_of_one_name_are_told_apart(bench: Any) -> None:
    one, two = bench.session("host-1"), bench.session("host-1")
    seen: list[int] = []

    async def meanwhile(op: str, ref: Ref | None) -> None:
        if op == "update" and not seen:
            seen.append(1)
            bench.hear(two)
            report = await two.work()
            assert report.counts["busy"]

    bench.cx.meanwhile = meanwhile
    await one.sync()
    assert seen
    assert len(bench.cx.writes) == 1


async def test_two_full_passes_are_not_made_at_once(bench: Any) -> None:
    lease = bench.state.acquire("job/capacity", holder="somebody else", ttl=30)
    with pytest.raises(Refused, match="another process"):
        await bench.session().sync()
    bench.hear(bench.session())
    await bench.session().work()  # hints do not wait for it
    assert bench.calls() == 10
    bench.state.release(lease)


async def test_an_edit_between_reading_and_writing_is_read_and_kept(bench: Any, team: Ref) -> None:
    session = bench.session()
    left = [1]

    def edit(moment: str, ref: Ref | None) -> None:
        if moment == "update.before" and left:
            left.pop()
            bench.cx.edit(team, "note", "in between")

    bench.cx.watch = edit
    await session.sync()
    assert bench.calls() == 10
    assert bench.cx.value(team, "note") == "in between"
    assert not bench.state.quarantine("capacity")


async def test_an_object_that_never_rests_is_set_aside(bench: Any, team: Ref) -> None:
    session = bench.session()
    numbers = iter(range(1000))

    def edit(moment: str, ref: Ref | None) -> None:
        if moment == "update.before":
            bench.cx.edit(team, "note", f"n{next(numbers)}")

    bench.cx.watch = edit
    report = await session.sync()
    assert report.failed == 1
    assert not bench.state.intents("capacity")
    bench.cx.watch = lambda moment, ref: None
    bench.later(minutes=2)
    await session.sync()
    assert bench.calls() == 10


@pytest.mark.parametrize("effect", [Effect.NONE, Effect.APPLIED])
async def test_a_lost_answer_is_made_up_for_by_looking(bench: Any, effect: Effect) -> None:
    session = bench.session()
    bench.cx.fail("update", OutcomeUnknown("the answer was lost"), effect=effect)
    report = await session.sync()
    # The mark that it left is worked at once: by then it is known what became of the write.
    assert bench.calls() == 10
    assert len(bench.cx.writes) == 1
    assert not bench.state.intents("capacity")
    assert report.counts["unsure"] == 1


async def test_a_failed_read_changes_nothing_and_is_tried_again(bench: Any) -> None:
    session = await bench.started()
    bench.scale(5)
    bench.cloud.fail("fetch", Unavailable("no answer"), times=3)
    report = await session.sync()
    assert (report.written, report.failed) == (0, 1)
    assert bench.calls() == 10
    bench.later(minutes=2)
    await session.sync()
    assert bench.calls() == 50


async def test_a_thousand_groups_are_read_with_ten_calls(make_bench: Make, rule_of: RuleOf) -> None:
    rules = [
        rule_of(
            f"r{number}",
            inputs=(
                Input(
                    name="asg",
                    ref=item_ref("cloud", "group", f"g{number:04}"),
                    fields={"in_service": FieldType.INT},
                ),
            ),
            target=Target(
                ref=item_ref("cx", "limits", f"g{number:04}"),
                path="call.maximum",
                type=FieldType.INT,
            ),
        )
        for number in range(1000)
    ]
    bench = make_bench(*rules)
    for number in range(1000):
        bench.cloud.put("group", f"g{number:04}", {"in_service": 1})
        bench.cx.put("limits", f"g{number:04}", {"call.maximum": 10})
    await bench.session().plan()
    assert bench.cloud.calls == {"fetch": 10}
    assert bench.cx.calls == {"fetch": 10}


# -- crashes: at every boundary of a pass


async def crashed(make: Make, rule: Rule, dies_at: int) -> tuple[Any, bool]:
    bench = make(rule)
    boundary = Boundary(dies_at)

    def cross(moment: str, ref: Ref | None) -> None:
        boundary.cross(f"{moment} {ref}")

    session = bench.session("one")
    doomed = type(session)(
        job=session.job, stores=session.stores, book=session.book, clock=bench.clock,
        state=guarded(bench.state, boundary), holder="doomed",
    )  # fmt: skip
    bench.cx.watch = bench.cloud.watch = cross
    alive = await survives(doomed.sync())
    bench.cx.watch = bench.cloud.watch = lambda moment, ref: None
    heir = type(session)(
        job=session.job, stores=session.stores, book=session.book, clock=bench.clock,
        state=bench.state, holder="heir", is_dead=lambda holder: holder == "doomed",
    )  # fmt: skip
    await heir.sync()
    return bench, alive


async def test_a_process_may_die_at_any_moment(make_bench: Make, rule_of: RuleOf) -> None:
    alive, dies_at = False, 0
    while not alive:
        dies_at += 1
        bench, alive = await crashed(make_bench, rule_of(), dies_at)
        assert bench.calls() == 10
        assert len(bench.cx.writes) == 1
        assert bench.events() == ["updated"]
        assert not bench.state.intents("capacity")
        assert dies_at < 100
    assert dies_at > 15
