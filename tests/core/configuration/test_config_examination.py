"""What a pass saw of many objects is enough, unless something is written or has moved since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from syncline.config_items import FieldType, item_ref
from syncline.decision import Reason
from syncline.engine.configuration import passes
from syncline.engine.configuration.examination import Examined, rememberable
from syncline.engine.configuration.steps import fresh_link
from syncline.engine.runs.report import Report
from syncline.model import Digest, Side
from syncline.rules import Drift, Input, Rule, Target
from syncline.state.records import Intent, OpenIntent, Planned

MANY = 250
TEAM, GROUP = item_ref("cx", "limits", "ivr"), item_ref("cloud", "group", "ivr")


def rules(**more: Any) -> list[Rule]:
    return [
        Rule(
            name=f"r{number:03}",
            inputs=(Input(name="asg", ref=GROUP, fields={"in_service": FieldType.INT}),),
            target=Target(
                ref=item_ref("cx", "limits", f"t{number:03}"),
                path="call.maximum",
                type=FieldType.INT,
            ),
            expression="asg.in_service * 10",
            **more,
        )
        for number in range(MANY)
    ]


@pytest.fixture
def many(make_bench: Callable[..., Any]) -> Callable[..., Any]:
    """Return how to make a bench with many objects that hold one value."""

    def make(held: int, **more: Any) -> Any:
        bench = make_bench(*rules(**more))
        for number in range(MANY):
            bench.cx.put("limits", f"t{number:03}", {"call.maximum": held})
        return bench

    return make


@pytest.mark.parametrize(
    ("held", "more", "event"),
    [
        (10, {}, "adopted"),
        (7, {"drift": Drift.ADOPT}, "adopted"),
        (7, {"drift": Drift.REPORT}, "conflict"),
        (7, {"maximum": 5}, "refused"),
    ],
    ids=["as they should be", "taken over", "in dispute", "out of range"],
)
async def test_what_needs_no_write_is_read_together_and_only_once(
    many: Callable[..., Any], held: int, more: dict[str, Any], event: str
) -> None:
    bench = many(held, **more)
    report = await bench.session().sync()
    assert [item.event for item in report.items] == [event] * MANY
    assert (bench.cx.calls["fetch"], bench.cloud.calls["fetch"]) == (3, 1)
    assert not bench.cx.writes


async def test_what_is_written_is_read_again_by_itself(many: Callable[..., Any]) -> None:
    bench = many(7)
    report = await bench.session().sync()
    assert report.written == MANY
    assert bench.cx.calls["fetch"] == 3 + MANY


async def seen(session: Any, between: Callable[[], Any]) -> list[Sequence[Any] | None]:
    """Look at everything, let something happen, and return what may still be remembered."""
    found: list[Sequence[Any] | None] = []

    async def act(examined: Examined, report: Report) -> None:
        await between()
        found.append(rememberable(work, examined))

    async with session._run("full") as (work, report):
        await passes.look_at(work, work.book.groups, report, act)
    return found


async def nothing() -> None:
    """Let nothing happen."""


async def test_what_another_process_did_meanwhile_is_not_taken_back(
    make_bench: Callable[..., Any], rule_of: Callable[..., Rule]
) -> None:
    bench = make_bench(rule_of(drift=Drift.ADOPT))
    one, other = bench.session("one"), bench.session("other")
    (kept,) = await seen(one, nothing)
    assert kept is not None
    (kept,) = await seen(one, other.sync)
    assert kept is None


async def test_a_field_with_an_open_announcement_is_looked_at_afresh(bench: Any) -> None:
    session = bench.session()

    async def announce() -> None:
        (one,) = session.book.fields
        link = fresh_link(one)
        planned = Planned(
            side=Side.RIGHT, ref=one.right, expected=None, value="", digest=Digest("")
        )
        intent = Intent(
            id="1", job=session.job, run="r", link=link, writes=(planned,), reason=Reason.NEW,
            opened_at=bench.clock.now(),
        )  # fmt: skip
        bench.state.commit([OpenIntent(intent)], None)

    bench.cx.edit(TEAM, "call.maximum", 10)
    (kept,) = await seen(session, nothing)
    assert kept is not None
    (kept,) = await seen(session, announce)
    assert kept is None
