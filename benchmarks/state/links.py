"""P7: saving and looking up links, against bare sqlite3 with the same table and safety."""

from __future__ import annotations

import itertools
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from syncline.model import Digest, Ref, Version
from syncline.state import SqliteState
from syncline.state.records import Half, Link, SaveLink
from syncline.state.rows import LINK_COLUMNS, link_row
from syncline.state.schema import MIGRATIONS

from ..measuring import Options, Outcome, Pairs, Result, cpu, pairs

_BATCH = 100
_MARKS = ",".join("?" * (LINK_COLUMNS.count(",") + 1))
_INSERT = f"insert or replace into links({LINK_COLUMNS}) values ({_MARKS})"  # noqa: S608 -- constants
_SELECT = f"select {LINK_COLUMNS} from links where job=? and left_id=?"  # noqa: S608 -- constants


def link(number: int, version: int = 1) -> Link:
    """Return one pair, as large as real ones are."""
    halves = [
        Half(
            ref=Ref(name, f"{number:08}"),
            version=Version(str(version)),
            digest=Digest(f"sha256:{number:064x}"),
            value=f"{number:064x}",
            stamp=f"{version}|{number:016x}|live",
        )
        for name in ("wiki", "kb")
    ]
    title = f"Article {number}"
    return Link(pair=f"{number:032x}", job="j", left=halves[0], right=halves[1], title=title)


class Bare:
    """The floor: the same tables, indexes, rows and durability, by hand."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript("pragma journal_mode=wal; pragma synchronous=full;")
        self._db.executescript("".join(MIGRATIONS.values()))

    def save(self, rows: list[tuple[object, ...]]) -> None:
        self._db.execute("begin immediate")
        self._db.executemany(_INSERT, rows)
        self._db.execute("commit")

    def find(self, ref: str) -> object:
        return self._db.execute(_SELECT, ("j", ref)).fetchone()


def run(options: Options) -> Iterator[Result]:
    """Judge batches of saved links, and look-ups."""
    count = 4_000 if options.quick else 20_000
    with tempfile.TemporaryDirectory() as folder:
        bare, ours = Bare(Path(folder) / "bare.db"), SqliteState.open(Path(folder) / "ours.db")
        saved = _saving(bare, ours, count, options.rounds)
        found = _finding(bare, ours, count, options.rounds)
        ours.close()
    yield _outcome(f"saving a link, {_BATCH} a commit: CPU / bare sqlite3", saved, 1.5)
    yield _outcome("looking a link up by its ref: CPU / bare sqlite3", found, 2.0)


def _outcome(what: str, found: Pairs, limit: float) -> Outcome:
    return Outcome(
        goal="P7",
        what=what,
        samples=found.ratios,
        control=found.control,
        limit=limit,
        beside=found.medians(1e6, "us", "sqlite3"),
    )


def _each(save: Callable[[Any], None], batches: Sequence[object]) -> None:
    for batch in batches:
        save(batch)


def _saving(bare: Bare, ours: SqliteState, count: int, rounds: int) -> Pairs:
    version = itertools.count(1)

    def batches() -> list[list[Link]]:
        now = next(version)
        links = [link(number, now) for number in range(count)]
        return [links[n : n + _BATCH] for n in range(0, count, _BATCH)]

    def by_hand() -> float:
        rows = [[link_row(one) for one in batch] for batch in batches()]
        return cpu(lambda: _each(bare.save, rows)) / count

    def by_state() -> float:
        effects = [[SaveLink(one) for one in batch] for batch in batches()]
        return cpu(lambda: _each(partial(ours.commit, fence=None), effects)) / count

    by_hand()
    by_state()
    return pairs(by_hand, by_state, rounds)


def _finding(bare: Bare, ours: SqliteState, count: int, rounds: int) -> Pairs:
    refs = [Ref("wiki", f"{(number * 7919) % count:08}") for number in range(count)]
    texts = [str(ref) for ref in refs]

    def by_hand() -> float:
        return cpu(lambda: [bare.find(text) for text in texts]) / count

    def by_state() -> float:
        return cpu(lambda: [ours.link("j", ref) for ref in refs]) / count

    return pairs(by_hand, by_state, rounds)
