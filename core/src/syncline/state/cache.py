"""Texts that several processes share, in the state file."""

from __future__ import annotations

from .database import Database
from .records import Fact


class TextCache(Database):
    """The `FactStore` in the file."""

    def fact(self, name: str) -> Fact | None:
        row = self._one("select text, version from facts where name=?", name)
        return Fact(text=row[0], version=row[1]) if row else None

    def put_fact(self, name: str, text: str, *, after: Fact | None) -> bool:
        with self._transaction():
            if after is None:
                sql = "insert or ignore into facts values (?,?,1)"
                return self._db.execute(sql, (name, text)).rowcount == 1
            sql = "update facts set text=?, version=version+1 where name=? and version=?"
            return self._db.execute(sql, (text, name, after.version)).rowcount == 1
