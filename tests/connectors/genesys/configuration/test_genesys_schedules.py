"""Schedules: their versions, and names that several have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from syncline.errors import Rejected, VersionMismatch
from syncline_simulators.running import Running

Do: TypeAlias = Callable[..., Any]
HOURS = {"start": "2026-03-02T09:00:00.000", "end": "2026-03-02T17:00:00.000"}


@pytest.mark.parametrize("status", [409, 400])
async def test_a_stale_schedule_is_found_out_by_the_vendor_too(
    config: Any, simulator: Running, do: Do, status: int
) -> None:
    do("create", "schedule", name="Hours", **HOURS)
    simulator.act({"do": "settings", "staleVersion": status})
    record = await config.look("schedule/Hours")
    after, _ = await config.write(record, end="2026-03-02T18:00:00.000")
    assert (after.version, after.values["end"]) == ("2", "2026-03-02T18:00:00.000")
    with pytest.raises(VersionMismatch):
        await config.write(record, end="2026-03-02T19:00:00.000")
    # Somebody writes in the moment between our look and our write.
    put = {"method": "PUT", "path": "schedules"}
    body = {
        409: {"code": "general.conflict", "status": 409, "message": "The version does not match"},
        400: {
            "code": "bad.request",
            "status": 400,
            "message": "The version [2] does not match the current version [3].",
        },
    }[status]
    simulator.faults([{"kind": "status", "status": status, "body": body, "match": put}])
    with pytest.raises(VersionMismatch):
        await config.write(after, end="2026-03-02T19:00:00.000")


async def test_names_that_several_schedules_have_are_refused(config: Any, do: Do) -> None:
    first = do("create", "schedule", name="Hours", **HOURS)["id"]
    second = do("create", "schedule", name="Hours", **HOURS)["id"]
    found = (await config.sights("schedule/Hours"))["schedule/Hours"]
    assert isinstance(found, Rejected)
    assert first in str(found)
    assert second in str(found)
    assert (await config.look(f"schedule/{second}")).values["id"] == second
    many = await config.sights("schedule/Hours", *(f"schedule/{n}" for n in "abcd"))
    assert isinstance(many["schedule/Hours"], Rejected)
