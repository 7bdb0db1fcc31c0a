"""What a configuration job costs where there is nothing to do, and what AWS rations."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from syncline.config import read
from syncline.engine.configuration import ConfigSession
from syncline.engine.opening.jobs import open_job
from syncline.engine.runs.report import Report
from syncline_demo.capacity.clock import MovedClock
from syncline_demo.systems import System, started
from syncline_demo.tables import connections

pytestmark = pytest.mark.long(20)
MUTATING = ("Put", "Update", "Set", "Create", "Delete")


@contextmanager
def account(folder: Path, groups: int) -> Iterator[System]:
    """Start an account with so many groups, each as its rule says."""
    many = [
        {"kind": "autoscaling-group", "name": f"g{n}", "desired": 0, "min": 0, "max": 5}
        for n in range(groups)
    ]
    file = folder / "groups.json"
    parameter = {"kind": "ssm-parameter", "name": "/capacity", "value": "5"}
    file.write_text(json.dumps([*many, parameter]), encoding="utf-8")
    with started("aws", ["--load", str(file)]) as cloud:
        yield cloud


def configured(
    folder: Path, systems: dict[str, System], job: str, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Write a configuration of these systems."""
    for system in systems.values():
        for name, value in system.env.items():
            monkeypatch.setenv(name, value)
    text = connections({name: system.connection for name, system in systems.items()})
    path = folder / "syncline.toml"
    path.write_text(f'state = "state.db"\n{text}\n{job}', encoding="utf-8")
    return path


@pytest.mark.parametrize("groups", [200, pytest.param(1000, marks=pytest.mark.soak)])
def test_groups_that_are_as_they_should_be_are_read_by_the_hundred_and_not_written(
    groups: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = "".join(
        f"""[[jobs.capacity.rules]]
from = {{ p = "cloud:ssm-parameter//capacity#value" }}
to = "cloud:autoscaling-group/g{n}#max"
expression = "int(p)"
"""
        for n in range(groups)
    )
    job = f'[jobs.capacity]\nkind = "config"\n{rules}'

    with account(tmp_path, groups) as cloud:
        path = configured(tmp_path, {"cloud": cloud}, job, monkeypatch)
        adopting, took, calls = asyncio.run(twice(path, cloud))
    assert {item.event for item in adopting.items} == {"adopted"}
    assert took.pop("DescribeAutoScalingGroups") == groups / 100
    assert sum(took.values()) <= 4, took
    assert calls.pop("DescribeAutoScalingGroups") == groups / 100
    assert not [name for name in calls if name.startswith(MUTATING)], calls
    assert sum(calls.values()) <= 4, calls


async def twice(path: Path, cloud: System) -> tuple[Report, Counter[str], Counter[str]]:
    """Make two full passes; return what the first one did, and the calls of each."""
    async with open_job(read(path), "capacity") as session:
        first = await session.sync()
        before = len(cloud.calls())
        second = await session.sync()
    assert not second.items
    calls = [call["path"].split("/")[2] for call in cloud.calls()]
    return first, Counter(calls[:before]), Counter(calls[before:])


def test_the_twenty_eighth_decrease_of_a_day_waits_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack:
        cloud = stack.enter_context(started("aws", []))
        cloud.act(do="settings", update_lasts="0s")
        cloud.act(do="create", kind="dynamodb-table", name="contacts", read=100, write=5)
        cloud.act(do="create", kind="ssm-parameter", name="/reads", value="100")
        job = """[jobs.capacity]
kind = "config"
[[jobs.capacity.rules]]
from = { p = "cloud:ssm-parameter//reads#value" }
to = "cloud:dynamodb-table/contacts#read_capacity"
expression = "int(p)"
"""
        path = configured(tmp_path, {"cloud": cloud}, job, monkeypatch)
        asyncio.run(lowered_all_day(path, cloud))


async def lowered_all_day(path: Path, cloud: System) -> None:
    clock = MovedClock()

    def later(span: timedelta) -> None:
        clock.advance(span.total_seconds())
        cloud.later(span.total_seconds())

    midnight = (clock.now() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    later(midnight - clock.now() + timedelta(seconds=5))
    async with open_job(read(path), "capacity", clock=clock) as session:
        assert isinstance(session, ConfigSession)
        await session.sync()
        for count in range(1, 28):
            cloud.act(do="edit", id="ssm-parameter//reads", value=str(100 - count))
            # Four at once, and then one in each hour: 27 end before 23:30.
            later(timedelta(minutes=1 if count <= 4 else 61))
            report = await session.sync()
            assert report.written == 1, f"decrease {count} was not made"
        cloud.act(do="edit", id="ssm-parameter//reads", value="10")
        later(timedelta(minutes=20))
        report = await session.sync()
        assert report.written == 0
        held = session.history(limit=1)[0]
        tomorrow = midnight + timedelta(days=1)
        assert held.event == "held"
        assert "27 times today" in held.detail
        assert f"tried again at {tomorrow:%Y-%m-%d} 00:00:0" in held.detail
        refused = [call for call in cloud.calls() if call["status"] == 400]
        assert not refused, "AWS was asked for what it does not allow"
        later(tomorrow - clock.now() + timedelta(seconds=5))
        assert (await session.sync()).written == 1
