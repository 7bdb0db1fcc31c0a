"""Where a job stands, after many small runs as much as after a few."""

from __future__ import annotations

from typing import Any


async def test_the_last_full_pass_is_known_after_any_number_of_polls(pair: Any) -> None:
    pair.left.write("Hours", "<p>one</p>")
    await pair.sync()
    (full,) = pair.session.runs()
    for _ in range(25):
        pair.clock.advance(1)
        await pair.session.poll()
    status = pair.session.status()
    assert status.last_full == full
    assert status.last_run != full
