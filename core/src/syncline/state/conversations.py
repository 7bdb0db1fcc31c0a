"""Conversations of one job in the state file: what was told of each, and when it is due."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from attrs import define

from ..events.conversations import Conversation, Micros, decode, encode
from .database import PAGE, Database


@define(slots=False)
class SqliteConversations(Database):
    """The `ConversationStore` in the state file. Use it from one thread."""

    job: str
    due_at: Callable[[Conversation], Micros]
    """When something is to be done about one; kept with it."""

    def get_many(self, keys: Iterable[str]) -> Mapping[str, Conversation]:
        sql = "select body from conversations where job=? and key=?"
        rows = ((key, self._one(sql, self.job, key)) for key in dict.fromkeys(keys))
        return {key: decode(row[0]) for key, row in rows if row}

    def put_many(self, changed: Mapping[str, Conversation]) -> None:
        sql = "insert or replace into conversations values (?,?,?,?,?,?)"
        with self._transaction():
            self._db.executemany(sql, map(self._row, changed, changed.values()))

    def forget(self, keys: Iterable[str]) -> None:
        sql = "delete from conversations where job=? and key=?"
        with self._transaction():
            self._db.executemany(sql, ((self.job, key) for key in keys))

    def open(self) -> Iterator[str]:
        after = (2**62, "")
        sql = (
            "select heard, key from conversations where job=? and open=1"
            " and (heard, key) < (?, ?) order by heard desc, key desc limit ?"
        )
        while rows := self._all(sql, self.job, *after, PAGE):
            yield from (key for _, key in rows)
            after = rows[-1]

    def due(self, now: Micros, limit: int) -> Mapping[str, Conversation]:
        sql = "select key, body from conversations where job=? and due<=? order by due, key limit ?"
        return {key: decode(body) for key, body in self._all(sql, self.job, now, limit)}

    def _row(self, key: str, one: Conversation) -> tuple[str, str, int, Micros, Micros, bytes]:
        return (self.job, key, int(one.open), one.heard, self.due_at(one), encode(one))


__all__ = ["SqliteConversations"]
