"""What is paired with what, and the values that both sides last held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..config_items import ConfigItem
from ..model import Document, Ref
from .database import PAGE, Database
from .records import Link
from .rows import LINK_COLUMNS, link_of
from .values import unpack, unpack_item

# The indexes begin with the job: one leap to the next job, and two look-ups in it, for each.
_ELSEWHERE = """
with recursive jobs(name) as (
    select min(job) from links
    union all select (select min(job) from links where job>jobs.name) from jobs
    where jobs.name is not null
)
select name from jobs where name is not null and name<>? and (
    exists (select 1 from links where job=jobs.name and left_id=?)
    or exists (select 1 from links where job=jobs.name and right_id=?)) limit 1
"""


class Pairs(Database):
    """Links, values by their digest, references, and what is left of pairs that ended."""

    def link(self, job: str, ref: Ref) -> Link | None:
        for column in ("left_id", "right_id"):
            sql = f"select {LINK_COLUMNS} from links where job=? and {column}=?"  # noqa: S608
            if row := self._one(sql, job, str(ref)):
                return link_of(row)
        return None

    def pair(self, pair: str) -> Link | None:
        row = self._one(f"select {LINK_COLUMNS} from links where pair=?", pair)  # noqa: S608
        return link_of(row) if row else None

    def links(self, job: str) -> Iterator[Link]:
        after = ""
        sql = f"select {LINK_COLUMNS} from links where job=? and pair>? order by pair limit ?"  # noqa: S608
        while rows := self._all(sql, job, after, PAGE):
            yield from map(link_of, rows)
            after = rows[-1][0]

    def linked_elsewhere(self, job: str, ref: Ref) -> str | None:
        row = self._one(_ELSEWHERE, job, str(ref), str(ref))
        return row[0] if row else None

    def value(self, key: str) -> Document | None:
        row = self._one("select body from vals where key=?", key) if key else None
        return unpack(row[0]) if row else None

    def item(self, key: str) -> ConfigItem | None:
        row = self._one("select body from vals where key=?", key) if key else None
        return unpack_item(row[0]) if row else None

    def referrers(self, job: str, target: Ref) -> Sequence[Ref]:
        rows = self._all("select ref from refs where job=? and target=?", job, str(target))
        return [Ref.parse(row[0]) for row in rows]

    def tombstone(self, job: str, ref: Ref) -> str | None:
        row = self._one("select reason from tombstones where job=? and ref=?", job, str(ref))
        return row[0] if row else None

    def count_links(self, job: str) -> dict[str, int]:
        rows = self._all("select state, count(*) from links where job=? group by state", job)
        return dict(rows)
