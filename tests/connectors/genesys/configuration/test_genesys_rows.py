"""Rows of data tables: the other columns, rows that come and go, and pages of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, TypeAlias

import pytest

from syncline.config_items import ConfigRecord
from syncline.errors import Rejected, VersionMismatch
from syncline.model import JSON, Status
from syncline_genesys.config.store import GenesysConfigStore
from syncline_simulators.running import Running

Do: TypeAlias = Callable[..., Any]
NOW = datetime(2026, 3, 2, tzinfo=timezone.utc)
COLUMNS = {"maximum": "integer", "share": "number", "open": "boolean", "text": "string"}


async def test_the_other_columns_of_a_row_stay(config: Any, do: Do) -> None:
    do("create", "data-table", name="Limits", columns=COLUMNS)
    do("edit", "data-table-row", table="Limits", key="ivr/1", set={"maximum": 5, "text": "theirs"})
    record = await config.look("data-table-row/Limits/ivr/1")
    after, _ = await config.write(record, maximum=50)
    assert after.values == {"key": "ivr/1", "maximum": 50, "text": "theirs"}
    do("edit", "data-table-row", table="Limits", key="ivr/1", set={"text": "new"})
    with pytest.raises(VersionMismatch):
        await config.write(after, maximum=60)


async def test_a_row_that_is_missing_is_made_by_the_first_write(config: Any, do: Do) -> None:
    do("create", "data-table", name="Limits", columns=COLUMNS)
    record = await config.look("data-table-row/Limits/ivr")
    assert (record.status, record.values) == (Status.LIVE, {})
    after, _ = await config.write(record, maximum=5)
    assert after.values == {"key": "ivr", "maximum": 5}
    with pytest.raises(VersionMismatch):
        await config.write(record, maximum=6)


async def test_a_row_that_came_or_went_meanwhile_is_read_again(
    config: Any, simulator: Running, do: Do
) -> None:
    do("create", "data-table", name="Limits", columns=COLUMNS)
    record = await config.look("data-table-row/Limits/ivr")
    post = {"method": "POST", "path": "rows"}
    taken = {"code": "flows.datatables.not.unique", "status": 409, "message": "The key is taken."}
    simulator.faults([{"kind": "status", "status": 409, "body": taken, "match": post}])
    with pytest.raises(VersionMismatch):
        await config.write(record, maximum=5)
    after, _ = await config.write(record, maximum=5)
    put = {"method": "PUT", "path": "rows"}
    gone = {"code": "not.found", "status": 404, "message": "The row was not found."}
    simulator.faults([{"kind": "status", "status": 404, "body": gone, "match": put}])
    with pytest.raises(VersionMismatch):
        await config.write(after, maximum=6)


async def test_columns_are_what_the_schema_of_the_table_says(
    config: Any, cx: GenesysConfigStore, do: Do
) -> None:
    do("create", "data-table", name="Limits", columns=COLUMNS)
    record = await config.look("data-table-row/Limits/ivr")
    wrong: dict[str, JSON] = {"maximum": "5", "open": 1, "most": 5, "key": "web", "text": 1}
    for path, value in wrong.items():
        assert cx.objection(record, {path: value}, NOW) is not None, path
        with pytest.raises(Rejected):
            await config.write(record, **{path: value})
    assert cx.objection(record, {"maximum": 5, "share": 0.5, "open": True}, NOW) is None


async def test_many_rows_of_a_table_are_read_by_pages(
    config: Any, simulator: Running, do: Do
) -> None:
    do("create", "data-table", name="Limits", columns=COLUMNS)
    for n in range(150):
        do("edit", "data-table-row", table="Limits", key=f"{n}", set={"maximum": n})
    simulator.clear_calls()
    found = await config.sights(*(f"data-table-row/Limits/{n}" for n in range(151)))
    last, missing = found["data-table-row/Limits/149"], found["data-table-row/Limits/150"]
    assert isinstance(last, ConfigRecord)
    assert isinstance(missing, ConfigRecord)
    assert (last.values["maximum"], missing.values) == (149, {})
    assert len(config.sent("GET")) <= 5


async def test_a_page_that_was_cut_short_makes_no_row_missing(
    config: Any, simulator: Running, do: Do
) -> None:
    do("create", "data-table", name="Limits", columns=COLUMNS)
    for n in range(8):
        do("edit", "data-table-row", table="Limits", key=f"{n}", set={"maximum": n})
    simulator.faults([{"kind": "short-listing", "share": 0.5, "match": {"path": "rows$"}}])
    found = await config.sights(*(f"data-table-row/Limits/{n}" for n in range(8)))
    rows = [one.values for one in found.values() if isinstance(one, ConfigRecord)]
    assert sorted(str(row["maximum"]) for row in rows) == [str(n) for n in range(8)]


async def test_a_table_that_there_is_not_is_told_of_each_row(config: Any) -> None:
    found = await config.look("data-table-row/Limits/ivr")
    assert found.status is not Status.LIVE
    assert found.reason == "there is no data table 'Limits'"
