"""A contact centre and an account of AWS, simulated, and several real processes between them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from attrs import frozen

from syncline_demo.capacity.comparing import Holdings, holdings
from syncline_demo.systems import System, started
from syncline_demo.tables import connections

WORKER = Path(__file__).with_name("config_worker.py")
TEAMS = range(6)
DEBOUNCE = timedelta(seconds=2)
Per: TypeAlias = Callable[[int], int]
"""A number for each team."""
NOTES = re.compile(
    r"dateModified|modifiedBy|LastModified|RevisionId|Instances|Activities"
    r"|^cloud:autoscaling-group/\w+ DesiredCapacity$|^cx:queue/\w+ observations"
)
"""What a vendor writes down with each change, and what the tests themselves change."""
RULES = """
[[jobs.capacity.rules]]
from = {{ asg = "cloud:autoscaling-group/g{n}" }}
to = "cx:queue/Team{n}#mediaSettings.call.alertingTimeoutSeconds"
expression = "asg.in_service + 10"
[[jobs.capacity.rules]]
from = {{ asg = "cloud:autoscaling-group/g{n}" }}
to = "cx:queue/Team{n}#mediaSettings.chat.alertingTimeoutSeconds"
expression = "asg.in_service + 20"
[[jobs.capacity.rules]]
from = {{ q = "cx:queue-observation/Team{n}" }}
to = "cloud:lambda-function/f{n}#reserved_concurrency"
expression = "q.oInteracting + 1"
"""


@frozen(kw_only=True)
class Both:
    """Both systems, and a configuration between them."""

    centre: System
    cloud: System
    file: Path
    since: tuple[int, int]
    """How many calls there were before, at either system."""

    def set(self, machines: Per, load: Per) -> None:
        """Let each team have so many machines, and so many conversations."""
        for n in TEAMS:
            self.machines(n, machines(n))
            self.busy(n, load(n))

    def machines(self, team: int, count: int) -> None:
        self.cloud.act(do="edit", id=f"autoscaling-group/g{team}", desired=count)

    def busy(self, team: int, count: int) -> None:
        act: dict[str, Any] = {"kind": "queue-observation", "mediaType": "voice"}
        self.centre.act(do="edit", name=f"Team{team}", set={"oInteracting": count}, **act)

    def holdings(self) -> Holdings:
        """Return every value of every object on both."""
        return holdings(self.centre, self.cloud)

    def different(self, before: Holdings) -> dict[str, Any]:
        """Return what is not as it was, by object and path, but for the vendors' own notes.

        What the rules own is always told.
        """
        now = self.holdings()
        owned = expected(lambda n: 0, lambda n: 0).keys()
        return {
            path: now.get(path)
            for path in before.keys() | now.keys()
            if path in owned or (before.get(path) != now.get(path) and not NOTES.search(path))
        }

    def calls(self) -> list[dict[str, Any]]:
        """Return the calls of this test."""
        centre, cloud = self.since
        return [*self.centre.calls()[centre:], *self.cloud.calls()[cloud:]]

    def history(self) -> list[dict[str, Any]]:
        """Return what the job remembers of itself."""
        told = ended(self.syncline("history", "capacity", "--json", "--limit", "1000"))
        entries: list[dict[str, Any]] = json.loads(told)
        return entries

    def wait(self, until: Callable[[], bool], processes: Sequence[subprocess.Popen[str]]) -> None:
        """Wait for something to happen while these processes work."""
        give_up = time.monotonic() + 120
        while not until():
            assert all(process.poll() is None for process in processes), ended(processes[0])
            assert time.monotonic() < give_up, self.calls()[-20:]
            time.sleep(0.5)  # each look asks both systems for all their calls

    def writes(self) -> dict[str, list[datetime]]:
        """Return when each object was written, by what the systems say."""
        found = defaultdict(list)
        for call in self.calls():
            name = re.search(r"/queues/([^/]+)$|PutFunctionConcurrency/(\w+)$", call["path"])
            if name and (call["method"] == "PUT" or name[2]):
                found[name[1] or name[2]].append(datetime.fromisoformat(call["at"]))
        return dict(found)

    def syncline(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "syncline", *arguments, "--config", str(self.file)]
        return self._begun(command)

    def worker(self, share: int, of: int, go: Path) -> subprocess.Popen[str]:
        said = [str(self.file), str(share), str(of), str(go)]
        return self._begun([sys.executable, str(WORKER), *said])

    def _begun(self, command: list[str]) -> subprocess.Popen[str]:
        env = {**os.environ, **self.centre.env, **self.cloud.env}
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=env)


def ended(process: subprocess.Popen[str], status: int = 0) -> str:
    """Return what a process printed; it must end as told."""
    told, errors = process.communicate(timeout=240)
    assert process.returncode == status, told + errors
    return told


@pytest.fixture(scope="module")
def systems() -> Iterator[tuple[System, System]]:
    """Six teams with machines and functions, none as the rules say."""
    with ExitStack() as stack:
        centre = stack.enter_context(started("genesys", ["--rate-limit", "6000/min"]))
        cloud = stack.enter_context(started("aws", []))
        cloud.act(do="settings", launch_lasts="0s", terminate_lasts="0s")
        for n in TEAMS:
            centre.act(do="create", kind="queue", name=f"Team{n}", description=f"Team {n}")
            group: dict[str, Any] = {"desired": 1, "min": 1, "max": 30}
            cloud.act(do="create", kind="autoscaling-group", name=f"g{n}", **group)
            cloud.act(do="create", kind="lambda-function", name=f"f{n}", tags={"team": "voice"})
        yield centre, cloud


@pytest.fixture
def both(systems: tuple[System, System], tmp_path: Path) -> Both:
    """The systems, and a job that has never run."""
    centre, cloud = systems
    file = written(tmp_path, centre, cloud)
    since = len(centre.calls()), len(cloud.calls())
    return Both(centre=centre, cloud=cloud, file=file, since=since)


def written(folder: Path, centre: System, cloud: System) -> Path:
    """Write the configuration of three rules for each team, over two objects."""
    tables = {
        "cx": {**centre.connection, "requests_per_minute": 5900},
        "cloud": cloud.connection,
    }
    head = f"""state = "state.db"
{connections(tables)}
[jobs.capacity]
kind = "config"
debounce = "{DEBOUNCE.seconds}s"
"""
    file = folder / "syncline.toml"
    file.write_text(head + "".join(RULES.format(n=n) for n in TEAMS), encoding="utf-8")
    return file


def expected(machines: Per, load: Per) -> dict[str, Any]:
    """Return what the rules make of it, worked out once more by simple means."""
    made: dict[str, Any] = {}
    for n in TEAMS:
        at = f"cx:queue/Team{n} mediaSettings"
        made[f"{at}.call.alertingTimeoutSeconds"] = machines(n) + 10
        made[f"{at}.chat.alertingTimeoutSeconds"] = machines(n) + 20
        made[f"cloud:lambda-function/f{n} reserved"] = load(n) + 1
    return made


@pytest.mark.xdist_group("config-storm")
@pytest.mark.long(60)
def test_four_processes_in_a_storm_of_news_write_each_object_once_a_window(both: Both) -> None:
    before = both.holdings()
    both.set(machines=lambda n: n % 5 + 2, load=lambda n: n % 7)
    go = both.file.with_name("go")
    processes = [both.worker(share, 4, go) for share in range(4)]
    both.wait(lambda: len(both.writes()) == len(TEAMS) * 2, processes)
    # Everything changes while they work: what was written is old, and only news says so.
    both.set(machines=lambda n: n % 6 + 7, load=lambda n: n % 7 + 5)
    go.touch()
    assert [ended(process) for process in processes] == [""] * 4
    assert both.different(before) == expected(lambda n: n % 6 + 7, lambda n: n % 7 + 5)
    for moments in both.writes().values():
        assert len(moments) >= 2
        assert all(later - earlier >= DEBOUNCE for earlier, later in pairwise(moments))


@pytest.mark.parametrize(
    ("point", "number"),
    [
        ({"method": "PUT", "path": "queues", "when": "before"}, 2),
        ({"method": "PUT", "path": "queues", "when": "after"}, 3),
    ],
    ids=["while it writes", "before it records"],
)
@pytest.mark.xdist_group("config-storm")
@pytest.mark.long(60)
def test_a_sync_that_is_killed_is_made_up_for_by_the_next(
    both: Both, point: dict[str, str], number: int
) -> None:
    before = both.holdings()

    def machines(team: int) -> int:
        return 13 + 3 * number + team % 3

    both.set(machines=machines, load=lambda n: 20 + number)
    match = {key: point[key] for key in ("method", "path")}
    both.centre.fault(kind="latency", seconds=2, when=point["when"], match=match)
    process = both.syncline("sync", "capacity")
    both.wait(lambda: any(call["fault"] == "latency" for call in both.calls()), [process])
    process.kill()
    ended(process, -signal.SIGKILL)
    ended(both.syncline("sync", "capacity"))
    assert both.different(before) == expected(machines, lambda n: 20 + number)
    counts = sorted(map(len, both.writes().values()))
    # A write that was on its way to the system may be made once more: it says the same.
    assert counts[:-1] == [1] * (2 * len(TEAMS) - 1)
    assert counts[-1] <= (2 if point["when"] == "before" else 1)
    events = Counter(entry["event"] for entry in both.history())
    # It may also arrive after the next pass has looked, and be found where it should be.
    assert set(events) <= ({"updated", "adopted"} if point["when"] == "before" else {"updated"})
    assert events.total() == 3 * len(TEAMS)
    ended(both.syncline("sync", "capacity"))
    assert sum(map(len, both.writes().values())) == sum(counts)
