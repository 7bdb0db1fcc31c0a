"""One process of several that work a configuration job; its vendor is a file that all share.

`one_of_four.py FOLDER storm SHARE OF`   hint and work until nothing waits
`one_of_four.py FOLDER sync [POINT]`     make a full pass, and die by SIGKILL at a point
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from syncline.clock import SystemClock
from syncline.config_items import ConfigRecord, FieldType, Kind, Objection, item_ref
from syncline.config_store import FieldWrite
from syncline.engine import ConfigSession
from syncline.engine.configuration import Rulebook
from syncline.engine.runs.holder import is_dead, this_process
from syncline.errors import VersionMismatch
from syncline.model import JSON, Change, ChangePage, Costs, Cursor, Ref, Side, Version
from syncline.ports import Capability
from syncline.rules import Input, Rule, Target
from syncline.state import SqliteState
from syncline.state.port import StateStore
from syncline.state.records import CloseIntent, Effect, Lease, OpenIntent
from syncline.testing.config_vendor import KINDS, exchanged

OBJECTS, EVENTS = 20, 1000
DEBOUNCE = timedelta(seconds=1)

Point = str
"""Where a process dies: `read`, `announced`, `written` or `recorded`."""


def die() -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


class FileVendor:
    """Objects in a SQLite file: versions, and a log of every write with the whole object."""

    capabilities = Capability.WRITE | Capability.CONDITIONAL_WRITE
    kinds: Mapping[str, Kind] = KINDS
    costs = Costs()

    def __init__(self, path: Path, name: str, dies: Point = "") -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
        self._db.execute("create table if not exists things (ref text primary key, v int, body)")
        self._db.execute("create table if not exists log (at, ref, before, after, changes)")
        self._name, self._dies = name, dies

    def _get(self, ref: Ref) -> tuple[int, dict[str, JSON]]:
        row = self._db.execute("select v, body from things where ref=?", (str(ref),)).fetchone()
        return row[0], json.loads(row[1])

    async def fetch_many(
        self, refs: Sequence[Ref]
    ) -> AsyncIterator[ConfigRecord | tuple[Ref, Exception]]:
        await asyncio.sleep(0)
        for ref in refs:
            version, values = self._get(ref)
            yield ConfigRecord(ref=ref, version=Version(str(version)), values=values)
        if self._dies == "read":
            die()

    def objection(
        self, record: ConfigRecord, changes: Mapping[str, JSON], now: datetime
    ) -> Objection | None:
        return None

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], *, expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        version, before = self._get(ref)
        await asyncio.sleep(random.random() / 100)
        after: Mapping[str, JSON] = before
        for path, value in changes.items():
            after = exchanged(after, path, value)
        if str(version) != expected or not self._swap(ref, version, after):
            raise VersionMismatch(f"{ref}: it is not version {expected} any more", ref=ref)
        texts = [json.dumps(each) for each in (before, after, changes)]
        at = SystemClock().now().isoformat()
        self._db.execute("insert into log values (?,?,?,?,?)", (at, str(ref), *texts))
        if self._dies == "written":
            die()
        return ConfigRecord(ref=ref, version=Version(str(version + 1)), values=after)

    def _swap(self, ref: Ref, version: int, after: Mapping[str, JSON]) -> bool:
        sql = "update things set v=v+1, body=? where ref=? and v=?"
        return bool(self._db.execute(sql, (json.dumps(after), str(ref), version)).rowcount)

    async def changes(self, cursor: Cursor | None) -> AsyncIterator[ChangePage]:
        return
        yield ChangePage(changes=(), cursor=None)

    async def aclose(self) -> None:
        self._db.close()


class Dying:
    """A state whose process dies right after it has remembered something."""

    def __init__(self, inner: StateStore, dies: Point) -> None:
        self._inner, self._dies = inner, dies

    def commit(self, effects: Iterable[Effect], fence: Lease | None) -> None:
        effects = list(effects)
        self._inner.commit(effects, fence)
        wanted = {"announced": OpenIntent, "recorded": CloseIntent}.get(self._dies)
        if wanted is not None and any(isinstance(effect, wanted) for effect in effects):
            die()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def group(number: int) -> Ref:
    return item_ref("cloud", "group", f"g{number}")


def limits(number: int) -> Ref:
    return item_ref("cx", "limits", f"g{number}")


def rules() -> list[Rule]:
    return [
        Rule(
            name=f"r{number}",
            inputs=(Input(name="asg", ref=group(number), fields={"in_service": FieldType.INT}),),
            target=Target(ref=limits(number), path="call.maximum", type=FieldType.INT),
            expression="asg.in_service * 10",
            debounce=DEBOUNCE,
        )
        for number in range(OBJECTS)
    ]


def session(folder: Path, dies: Point = "") -> ConfigSession:
    """Return the job as this process sees it."""
    vendors = {
        name: FileVendor(folder / f"{name}.db", name, dies if name == "cx" else "")
        for name in ("cx", "cloud")
    }
    state: Any = Dying(SqliteState.open(folder / "state.db"), dies)
    return ConfigSession(
        job="capacity",
        stores=vendors,
        book=Rulebook.of("capacity", rules()),
        state=state,
        clock=SystemClock(),
        holder=this_process(),
        is_dead=is_dead,
    )


async def storm(folder: Path, share: int, of: int) -> None:
    """Hear a share of the events, in an order of its own, and work them beside the others."""
    opened = session(folder)
    chance = random.Random(share)
    events = [number % OBJECTS for number in range(EVENTS) if number % of == share]
    chance.shuffle(events)
    for number in events:
        for _ in range(chance.choice((1, 1, 2))):
            change = Change(ref=group(number))
            opened.hint([change], side=Side.LEFT)
        if chance.random() < 0.1:
            await opened.work()
    async with asyncio.timeout(60):
        while opened.state.backlog("capacity").count:
            await opened.work()
            await asyncio.sleep(0.05)


async def main(folder: Path, verb: str, *rest: str) -> None:
    if verb == "storm":
        await storm(folder, int(rest[0]), int(rest[1]))
    else:
        await session(folder, *rest).sync()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
