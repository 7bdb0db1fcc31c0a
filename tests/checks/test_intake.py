"""A bounded run of `syncline-check intake`, and proof that it would notice a loss."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path

from syncline_checks.intake import measured
from syncline_checks.senders import percentile
from syncline_checks.victim import Victim


async def test_what_was_accepted_survives_kill_9(tmp_path: Path) -> None:
    sent, lost = await measured(tmp_path, rate=100, seconds=4, kills=1, slow=20)
    accepted = [one for one in sent if one.status == 202]
    assert lost == set()
    assert len(accepted) > 100
    assert {one.status for one in sent} <= {202, 0}


def test_a_delivery_that_is_not_in_the_state_counts_as_lost(tmp_path: Path) -> None:
    victim = Victim(tmp_path)

    async def live_and_die() -> None:
        await victim.start()
        victim.kill()

    asyncio.run(live_and_die())
    with contextlib.closing(sqlite3.connect(tmp_path / "syncline-state.db")) as db:
        db.execute("insert into deliveries values ('wiki', 'noted', '2026-01-01')")
        db.execute("insert into deliveries values ('wiki', 'kept', '2026-01-01')")
        db.execute("insert into witness values ('wiki:kept')")
        db.execute("insert into witness values ('wiki:marked')")
        db.commit()
    assert [victim.holds(one) for one in ("kept", "noted", "marked", "never")] == [
        True,
        False,
        False,
        False,
    ]


def test_a_percentile_is_the_value_that_so_many_do_not_exceed() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.99, 1.0)] == [51.0, 100.0, 100.0]
    assert percentile([], 0.99) == 0.0
