"""Forgetting: what is purged on request, and what is swept when nothing refers to it."""

from __future__ import annotations

from datetime import datetime

from ..model import Ref
from .pairs import Pairs
from .records import LinkState

_TOLD_BY = {state.value: state.told_by for state in LinkState if state.told_by}
_EVENTS = ", ".join(f"'{event}'" for event in _TOLD_BY.values())
_CASES = " ".join(f"when '{state}' then '{event}'" for state, event in _TOLD_BY.items())
_TELLING = (
    "select h.id from history h indexed by history_event cross join links on links.pair=h.pair"  # noqa: S608
    f" where h.job=:job and h.event in ({_EVENTS}) and h.at<:before"
    f" and h.event=case links.state {_CASES} end"
    " and not exists (select 1 from history later indexed by history_pair"
    " where later.pair=h.pair and later.at>=h.at and later.job=h.job and later.event=h.event"
    " and (later.at, later.id)>(h.at, h.id))"
)
"""The old lines that say since when, and why, pairs are withdrawn or held: the latest of each."""


class Retention(Pairs):
    """Keeps the file from growing with what nobody needs any more."""

    def purge(self, job: str, ref: Ref) -> None:
        """Forget the bodies, the history and the settled conflicts of one item."""
        link = self.link(job, ref)
        pair = link.pair if link else ""
        with self._transaction():
            run = self._db.execute
            run(
                "delete from history where job=? and (pair=? or left_id=? or right_id=?)",
                (job, pair, str(ref), str(ref)),
            )
            run("delete from conflicts where job=? and pair=?", (job, pair))
            for table in ("quarantine", "skipped", "tombstones"):
                run(f"delete from {table} where job=? and ref=?", (job, str(ref)))  # noqa: S608
            self._drop_unused_values()

    def sweep(self, job: str, *, before: datetime, quiet: datetime | None = None) -> int:
        """Drop history older than `before`, and values that nothing refers to any more.

        What says why a pair is withdrawn or held stays for as long as it is, without the texts.
        """
        with self._transaction():
            self._drop_history(job, before)
            # The latest full pass stays, however old: it says whether another is due.
            self._db.execute(
                "delete from runs where job=:job and started_at<case kind when 'hints' then :quiet"
                " else :before end and not exists (select 1 from history where run=runs.id)"
                " and started_at<(select max(started_at) from runs where job=:job and kind='full')",
                {
                    "job": job,
                    "before": before.isoformat(),
                    "quiet": (quiet or before).isoformat(),
                },
            )
            return self._drop_unused_values()

    def _drop_history(self, job: str, before: datetime) -> None:
        given = {"job": job, "before": before.isoformat()}
        self._db.execute(
            f"delete from history where job=:job and at<:before and id not in ({_TELLING})",  # noqa: S608
            given,
        )
        # What is old and still there says why a pair is as it is; the texts are forgotten.
        self._db.execute(
            "update history set before='', after='' where job=:job and at<:before"  # noqa: S608
            f" and event in ({_EVENTS}) and (before<>'' or after<>'')",
            given,
        )

    def _drop_unused_values(self) -> int:
        return self._db.execute(
            "delete from vals where key not in ("
            " select left_value from links union select right_value from links"
            " union select before from history union select after from history"
            " union select json_extract(body, '$.base') from conflicts"
            " union select json_extract(body, '$.left_value') from conflicts"
            " union select json_extract(body, '$.right_value') from conflicts"
            " union select json_extract(body, '$.proposed') from conflicts"
            " union select json_extract(w.value, '$[3]') from intents,"
            "  json_each(intents.body, '$.writes') as w"
            " union select json_extract(intents.body, '$.link[7]') from intents"
            " union select json_extract(intents.body, '$.link[12]') from intents)"
        ).rowcount
