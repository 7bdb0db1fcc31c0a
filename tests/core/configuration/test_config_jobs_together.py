"""Two jobs of one process with fields of one object, at a vendor that takes it whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from syncline.config_items import FieldType
from syncline.engine.configuration import ConfigSession, Rulebook
from syncline.model import Ref
from syncline.ports import Capability
from syncline.rules import Rule, Target

RuleOf = Callable[..., Rule]
Make = Callable[..., Any]


def sessions(bench: Any, *rules: Rule) -> list[ConfigSession]:
    """Return a session of a job of its own for each rule, as one runner opens them."""
    return [
        ConfigSession(
            job=rule.name,
            stores={"cx": bench.cx, "cloud": bench.cloud},
            book=Rulebook.of(rule.name, [rule]),
            state=bench.state,
            clock=bench.clock,
            limits=bench.limits,
            holder="runner-1",
        )
        for rule in rules
    ]


async def test_two_jobs_of_one_process_never_write_over_each_other(
    make_bench: Make, rule_of: RuleOf, team: Ref
) -> None:
    calls = rule_of("calls")
    chats = rule_of("chats", target=Target(ref=team, path="chat.maximum", type=FieldType.INT))
    bench = make_bench(calls, capabilities=Capability.WRITE, replaces=True)

    at_once: list[str] = []
    seen: list[int] = []

    async def slow(op: str, ref: Ref | None) -> None:
        await asyncio.sleep(0.01 if op == "update" else 0)

    def watch(moment: str, ref: Ref | None) -> None:
        # A write begins with a read of its own, and a request on its way cannot be called back.
        if moment == "reread.before":
            at_once.append(moment)
            seen.append(len(at_once))
        elif moment == "update.after":
            at_once.clear()

    bench.cx.meanwhile, bench.cx.watch = slow, watch
    jobs = sessions(bench, calls, chats)
    bench.scale(7)
    await asyncio.gather(*(job.sync() for job in jobs))
    for job in jobs:  # what one of them had to leave to the other
        await job.work()
    assert seen == [1, 1]
    assert all(not write.foreign_changes for write in bench.cx.writes)
    assert bench.cx.value(team, "call.maximum") == 70
    assert bench.cx.value(team, "chat.maximum") == 70
    assert len(bench.cx.writes) == 2
