"""Newcomers that hints touch while the first full pass is under way: nobody forgets them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from syncline.clock import SystemClock
from syncline.engine import Session
from syncline.mapping import Mapping
from syncline.model import Change, Ref, Side
from syncline.state import SqliteState
from syncline.testing import BulkMemoryStore, MemoryStore


@pytest.mark.parametrize("kind", [MemoryStore, BulkMemoryStore])
async def test_what_a_pass_leaves_to_hints_that_leave_it_to_the_pass_is_copied_all_the_same(
    kind: type[MemoryStore], tmp_path: Path
) -> None:
    clock = SystemClock()
    wiki, kb = MemoryStore("wiki", clock), kind("kb", clock)
    session = Session(
        job="job", left=wiki, right=kb, left_name="wiki", right_name="kb",
        state=SqliteState.memory(), clock=clock, mapping=Mapping(),
    )  # fmt: skip
    pages = [wiki.write(f"Page {number}", "<p>x</p>") for number in range(12)]
    changes = [Change(ref=ref) for ref in pages]
    session.hint(changes, side=Side.LEFT)
    await session.work()  # before the listing: it is left to the first pass
    beside: list[asyncio.Task[object]] = []

    async def meanwhile(op: str, ref: Ref | None) -> None:
        if op == "fetch" and len(beside) < 3:
            session.hint(changes, side=Side.LEFT)
            beside.append(asyncio.create_task(session.work()))
            await asyncio.sleep(0)

    wiki.meanwhile = meanwhile
    await session.sync()
    await asyncio.gather(*beside)
    await session.work()
    assert len(kb.live()) == len(pages)
