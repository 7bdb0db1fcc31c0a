"""Rows of data tables, which Architect flows read: columns as the table's schema types them.

Source: Genesys Platform API, /api/v2/flows/datatables/{id}/rows: no version, PUT replaces the whole
row, 404 where there is none, POST answers 409 `flows.datatables.not.unique` for a taken key, and
`showbrief` is true unless it is told otherwise.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence, Set

from attrs import define, field, frozen

from syncline.config_items import ConfigRecord, FieldSpec, FieldType
from syncline.config_store import FieldWrite
from syncline.errors import NotFound, Rejected, StoreError, VersionMismatch
from syncline.model import JSON, Ref, Version

from ..blocks.decode import part, text
from ..blocks.words import Json
from ..client import entities
from .calls import PAGE, TABLES, Calls, segment
from .directory import Directory, is_id
from .fields import digest, misvalue, news
from .named import FEW
from .part import Sight, absent, foreign, name_of, nothing, stale
from .readback import read_back

KEY = "key"
WHOLE, SCHEMA = {"showbrief": "false"}, {"expand": "schema"}
ABSENT = Version("absent")
"""The version of a row that there is not: a write makes it."""
_TYPES: Mapping[str, FieldType] = {
    "integer": FieldType.INT,
    "number": FieldType.DOUBLE,
    "boolean": FieldType.BOOL,
    "string": FieldType.STRING,
}


@frozen
class Table:
    """A data table, with what its columns hold."""

    id: str
    name: str
    columns: Mapping[str, FieldSpec]
    foreign: str = ""
    """Why its rows are left alone; empty where they are not."""

    def misfit(self, path: str, value: JSON) -> str:
        """Return why a column cannot hold a value; empty when it can."""
        spec = self.columns.get(path)
        if spec is None:
            known = ", ".join(sorted(self.columns)) or "none"
            return f"the data table {self.name!r} has no field {path!r}; it has: {known}"
        if path == KEY:
            return "the key of a row is read-only"
        return misvalue(spec, path, value)


def table(entity: Json) -> Table:
    """Return the table of an answer that was asked for with its schema."""
    properties = part(part(entity, "schema"), "properties")
    columns = {
        name: FieldSpec(type=_TYPES.get(str(one.get("type")), FieldType.ANY), writable=name != KEY)
        for name, one in properties.items()
        if isinstance(one, dict)
    }
    return Table(text(entity, "id"), text(entity, "name"), columns, foreign(entity))


@define
class Rows:
    """The kind `data-table-row`, called `<table name or id>/<key>`."""

    _calls: Calls
    _directory: Directory
    _tables: dict[str, Table] = field(factory=dict)
    """By name or id, as they were read last: for objections, which ask nobody."""

    async def records(self, refs: Sequence[Ref]) -> AsyncIterator[Sight]:
        by_table: dict[str, list[Ref]] = {}
        for ref in refs:
            try:
                by_table.setdefault(_place(ref)[0], []).append(ref)
            except Rejected as error:
                yield ref, error
        for name, some in by_table.items():
            for sight in await self._of_table(name, some):
                yield sight

    async def _of_table(self, name: str, refs: Sequence[Ref]) -> list[Sight]:
        try:
            found = await self._table(refs[0], name)
            rows = await self._rows(found, refs)
        except NotFound:
            why = f"there is no data table {name!r}"
            return [absent(ref, why, gone=False) for ref in refs]
        except StoreError as error:
            return [(ref, error) for ref in refs]
        return [self._sight(ref, found, rows.get(_place(ref)[1])) for ref in refs]

    def _sight(self, ref: Ref, found: Table, row: Json | StoreError | None) -> Sight:
        return (ref, row) if isinstance(row, StoreError) else self._record(ref, found, row)

    def objection(self, record: ConfigRecord, changes: Mapping[str, JSON]) -> str:
        found = self._tables.get(_place(record.ref)[0])
        if found is None:
            return ""
        return next((why for p, v in changes.items() if (why := found.misfit(p, v))), "")

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        name, key = _place(ref)
        found = await self._table(ref, name)
        for path, value in changes.items():
            if why := found.misfit(path, value):
                raise Rejected(f"{ref}: {why}", ref=ref)
        fresh = await self._row(found, ref)
        if isinstance(fresh, StoreError):
            raise fresh
        if _version(fresh) != expected:
            raise stale(ref)
        new = news(fresh or {}, changes)
        if not new:
            return self._record(ref, found, fresh)
        written = await self._upsert(ref, found, {**(fresh or {}), KEY: key, **new}, fresh)
        path = _row_path(found, key)
        after = await read_back(self._calls, path, ref, written, params=WHOLE)
        return self._record(ref, found, after)

    async def _upsert(self, ref: Ref, found: Table, row: Json, fresh: Json | None) -> Json:
        """Replace a row that there was, and make one that there was not.

        What went, or came, since it was read is somebody else's doing: it is read again first.
        """
        path = f"{TABLES}/{segment(found.id)}/rows"
        try:
            if fresh is None:
                return await self._calls.post(path, row, ref=ref)
            return await self._calls.put(_row_path(found, str(row[KEY])), row, ref=ref)
        except (VersionMismatch, NotFound) as error:
            raise stale(ref) from error

    async def _table(self, ref: Ref, name: str) -> Table:
        """Return a table with its schema as it is now.

        Raises:
            NotFound, Rejected: there is none, or several, of this name.
        """
        known = self._directory.id_of("data-table", name)
        entity = None
        if known:
            entity = await self._by_id(ref, known)
        if entity is None or name not in (entity.get("id"), entity.get("name")):
            entity = await self._by_name(ref, name)
        self._directory.learn("data-table", entity, name)
        self._tables[name] = table(entity)
        return self._tables[name]

    async def _by_id(self, ref: Ref, id: str) -> Json | None:
        try:
            return await self._calls.one(f"{TABLES}/{segment(id)}", SCHEMA, ref=ref)
        except NotFound:
            return None

    async def _by_name(self, ref: Ref, name: str) -> Json:
        found = [] if is_id(name) else await self._calls.named(TABLES, name, SCHEMA)
        if len(found) > 1:
            raise Rejected(f"{ref}: {len(found)} data tables are called {name!r}", ref=ref)
        if not found:
            raise nothing(ref, f"there is no data table {name!r}")
        return found[0]

    async def _rows(self, found: Table, refs: Sequence[Ref]) -> Mapping[str, Json | StoreError]:
        """Return the rows that there are, by key: by pages where that takes fewer calls.

        A row that no page has is asked for by its key before it counts as missing.
        """
        rows = await self._paged(found, {_place(ref)[1] for ref in refs})
        rest = [ref for ref in refs if _place(ref)[1] not in rows]
        for ref, row in zip(
            rest, await asyncio.gather(*(self._row(found, ref) for ref in rest)), strict=True
        ):
            if row is not None:
                rows[_place(ref)[1]] = row
        return rows

    async def _paged(self, found: Table, keys: Set[str]) -> dict[str, Json | StoreError]:
        """Return rows with these keys from the table's pages; none where single reads are fewer."""
        if len(keys) <= FEW:
            return {}
        path = f"{TABLES}/{segment(found.id)}/rows"
        paging = {"pageSize": str(PAGE), "pageNumber": "1"}
        page = await self._calls.one(path, {**WHOLE, **paging})
        pages = page.get("pageCount")
        if pages == 1:
            listed = entities(page, path)
        elif isinstance(pages, int) and pages < len(keys):
            listed = [row async for row in self._calls.all(path, WHOLE)]
        else:
            listed = []
        return {str(row[KEY]): row for row in listed if row.get(KEY) in keys}

    async def _row(self, found: Table, ref: Ref) -> Json | StoreError | None:
        try:
            return await self._calls.one(_row_path(found, _place(ref)[1]), WHOLE, ref=ref)
        except NotFound:
            return None
        except StoreError as error:
            return error

    def _record(self, ref: Ref, found: Table, row: Json | None) -> ConfigRecord:
        title = f"{found.name}: {_place(ref)[1]}"
        if row is None:
            reason = "the row is not there yet; the first write makes it"
            return ConfigRecord(
                ref=ref, version=ABSENT, title=title, reason=reason, foreign=found.foreign
            )
        return ConfigRecord(
            ref=ref, version=_version(row), values=row, title=title, foreign=found.foreign
        )


def _version(row: Json | None) -> Version:
    return ABSENT if row is None else Version(digest(row))


def _place(ref: Ref) -> tuple[str, str]:
    """Return the table and the key; a table's name holds no slash, a key may.

    Raises:
        Rejected: there is no key.
    """
    name, slash, key = name_of(ref).partition("/")
    if not slash or not key:
        raise Rejected(f"{ref}: a row is called '<table>/<key>'", ref=ref)
    return name, key


def _row_path(found: Table, key: str) -> str:
    return f"{TABLES}/{segment(found.id)}/rows/{segment(key)}"


__all__ = ["Rows", "Table", "table"]
