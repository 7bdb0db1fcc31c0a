"""Data tables: a schema that can only grow, and rows without any version."""

from __future__ import annotations

import json
from typing import Any

from . import keeping
from .errors import Refusal, bad_request, conflict, invalid_value, not_found
from .numbered import numbered
from .oauth import Client
from .organization import Organization, Person
from .queue_shapes import DIVISION
from .serving import Call, Endpoint
from .shapes import members, needed, read_only, text
from .thing import Thing, called

ROOT = "/api/v2/flows/datatables"
KIND = "DataTable"
TYPES = ("string", "integer", "number", "boolean")
"""Of columns: String, Integer, Decimal and Boolean in the console."""
MOST_COLUMNS, MOST_ROWS, MOST_KEY = 50, 5_000, 256


def schema(value: Any, path: str) -> dict[str, Any]:
    """A table's JSON schema: `key` and columns of four types.

    Raises:
        Refusal: 400 `flows.datatables.schema.exception`.
    """
    columns = value.get("properties") if isinstance(value, dict) else None
    if not isinstance(columns, dict) or columns.get("key", {}).get("type") != "string":
        raise _schema_problem("the schema needs a property 'key' of the type string")
    if len(columns) > MOST_COLUMNS + 1:
        raise _schema_problem(f"at most {MOST_COLUMNS} fields are allowed")
    for name, one in columns.items():
        if not isinstance(one, dict) or one.get("type") not in TYPES:
            raise _schema_problem(f"the type of {name!r} is one of {', '.join(TYPES)}")
    return value if isinstance(value, dict) else {}


def _schema_problem(message: str) -> Refusal:
    return bad_request(message, code="flows.datatables.schema.exception", field_name="schema")


def _name(value: Any, path: str) -> str:
    found = str(text(most=256, blank=False)(value, path))
    if "/" in found or "\\" in found:
        raise invalid_value(path, "must hold neither / nor \\")
    return found


TABLE = members(
    name=needed(_name),
    division=DIVISION,
    description=text(),
    schema=needed(schema),
    **read_only("id", "selfUri"),
)


def table_view(org: Organization, table: Thing, call: Call) -> dict[str, Any]:
    """`DataTable`; its schema only where it is asked for."""
    shown = dict(table.value) if "schema" in call.values("expand") else _brief(table)
    division = {"id": org.division, "name": "Home"}
    return {"id": table.id, **shown, "division": division, "selfUri": f"{ROOT}/{table.id}"}


def _brief(table: Thing) -> dict[str, Any]:
    return {name: value for name, value in table.value.items() if name != "schema"}


def list_tables(org: Organization, call: Call) -> dict[str, Any]:
    """GET: by name."""
    pattern = call.query.get("name")
    found = [one for one in keeping.listed(org, org.estate.tables) if called(one, pattern)]
    return numbered(call, [table_view(org, one, call) for one in found], most=500)


def get_table(org: Organization, call: Call) -> dict[str, Any]:
    """GET: one of them."""
    return table_view(org, org.estate.tables.get(call.ids["table"]), call)


def create_table(org: Organization, call: Call) -> dict[str, Any]:
    """POST: an empty one."""
    value = {name: found for name, found in call.body.items() if name != "division"}
    table = keeping.make(org, org.estate.tables, KIND, value, call.client)
    return {**table_view(org, table, call), "schema": table.value["schema"]}


def change_table(org: Organization, call: Call) -> dict[str, Any]:
    """PUT: may add fields, and nothing else to the schema."""
    old = org.estate.tables.get(call.ids["table"])
    columns = call.body["schema"]["properties"]
    for name, one in old.value["schema"]["properties"].items():
        if columns.get(name, {}).get("type") != one["type"]:
            raise _schema_problem(f"the field {name!r} cannot be removed or changed")
    value = {name: found for name, found in call.body.items() if name != "division"}
    table = keeping.change(org, org.estate.tables, KIND, old, value, call.client)
    return table_view(org, table, call)


def delete_table(org: Organization, call: Call) -> None:
    """DELETE: with its rows only when it is forced."""
    table = org.estate.tables.get(call.ids["table"])
    if org.estate.rows.get(table.id) and not call.flag("force"):
        raise conflict("The data table has rows.")
    org.estate.rows.pop(table.id, None)
    keeping.remove(org, org.estate.tables, KIND, table.id, call.client)


# -- rows


def row_shape(value: Any, path: str) -> dict[str, Any]:
    """A flat object; what its members are is a matter of the table."""
    if not isinstance(value, dict):
        raise bad_request("a row is an object", code="flows.datatables.syntax.error")
    return value


def list_rows(org: Organization, call: Call) -> dict[str, Any]:
    """GET: keys alone unless `showbrief=false`."""
    table = org.estate.tables.get(call.ids["table"])
    rows = sorted(org.estate.rows.get(table.id, {}).values(), key=lambda row: str(row["key"]))
    if call.query.get("sortOrder", "").lower().startswith("desc"):
        rows.reverse()
    return numbered(call, [_row_view(row, call) for row in rows], most=500, identity="key")


def _row_view(row: dict[str, Any], call: Call) -> dict[str, Any]:
    return dict(row) if call.flag("showbrief") is False else {"key": row["key"]}


def get_row(org: Organization, call: Call) -> dict[str, Any]:
    """GET: the key alone unless `showbrief=false`."""
    return _row_view(_row(org, call)[1], call)


def _row(org: Organization, call: Call) -> tuple[Thing, dict[str, Any]]:
    table = org.estate.tables.get(call.ids["table"])
    found = org.estate.rows.get(table.id, {}).get(call.ids["row"])
    if found is None:
        raise not_found("row", call.ids["row"])
    return table, found


def create_row(org: Organization, call: Call) -> dict[str, Any]:
    """POST: 409 when the key is taken."""
    table = org.estate.tables.get(call.ids["table"])
    row = fitting(table, call.body)
    if row["key"] in org.estate.rows.get(table.id, {}):
        message = f"A row with the key {row['key']!r} exists."
        raise Refusal(status=409, code="flows.datatables.not.unique", message=message)
    keep_row(org, table, row, call.client)
    return dict(row)


def replace_row(org: Organization, call: Call) -> dict[str, Any]:
    """PUT: the whole row; 404 when there is none."""
    table, old = _row(org, call)
    row = fitting(table, call.body)
    if row["key"] != old["key"]:
        raise invalid_value("key", "must be the key in the path")
    keep_row(org, table, row, call.client)
    return dict(row)


def delete_row(org: Organization, call: Call) -> None:
    """DELETE: one row."""
    table, row = _row(org, call)
    drop_row(org, table, str(row["key"]), call.client)


def keep_row(org: Organization, table: Thing, row: dict[str, Any], author: Client | Person) -> None:
    """Keep a row that fits; the trail tells of it only where the organisation says so."""
    rows = org.estate.rows.setdefault(table.id, {})
    if row["key"] not in rows and len(rows) >= MOST_ROWS:
        raise bad_request(f"The table has {MOST_ROWS} rows.", code="limit.exceeded")
    rows[str(row["key"])] = row
    _audit(org, table, row, "Update", author)


def drop_row(org: Organization, table: Thing, key: str, author: Client | Person) -> None:
    """Take a row away."""
    row = org.estate.rows[table.id].pop(key)
    _audit(org, table, row, "Delete", author)


def _audit(
    org: Organization, table: Thing, row: dict[str, Any], action: str, author: Client | Person
) -> None:
    if org.estate.audited_rows:
        org.audit(author, action, "Row", f"{table.id}/{row['key']}", str(row["key"]))


def fitting(table: Thing, given: dict[str, Any]) -> dict[str, Any]:
    """A row with the defaults of the columns that it leaves out.

    Raises:
        Refusal: 400; a column that there is not, or a value of another type.
    """
    columns = table.value["schema"]["properties"]
    for name, value in given.items():
        if name not in columns:
            raise _schema_problem(f"object instance has property {name!r} that the schema has not")
        if not _of_type(value, columns[name]["type"]):
            kind, found = columns[name]["type"], json.dumps(value)
            raise _schema_problem(f"{name!r} does not match the type {kind}: {found}")
    key = given.get("key")
    if not isinstance(key, str) or not 1 <= len(key) <= MOST_KEY:
        raise _schema_problem(f"'key' is a text of 1 to {MOST_KEY} characters")
    defaults = {name: one["default"] for name, one in columns.items() if "default" in one}
    return {**defaults, **given}


def _of_type(value: Any, kind: str) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return number and float(value).is_integer()
        case "number":
            return number
        case _:
            return isinstance(value, str)


_ONE = f"{ROOT}/{{table}}"
_ROWS = f"{_ONE}/rows"
_ROW = f"{_ROWS}/{{row:path}}"

ENDPOINTS = (
    Endpoint("GET", ROOT, list_tables, ["architect:datatable:view"]),
    Endpoint("POST", ROOT, create_table, ["architect:datatable:add"], TABLE),
    Endpoint("GET", _ROWS, list_rows, ["architect:datatable:view", "architect:datatableRow:view"]),
    Endpoint("POST", _ROWS, create_row, ["architect:datatableRow:add"], row_shape),
    Endpoint("GET", _ROW, get_row, ["architect:datatable:view", "architect:datatableRow:view"]),
    Endpoint("PUT", _ROW, replace_row, ["architect:datatableRow:edit"], row_shape),
    Endpoint("DELETE", _ROW, delete_row, ["architect:datatableRow:delete"]),
    Endpoint("GET", _ONE, get_table, ["architect:datatable:view"]),
    Endpoint("PUT", _ONE, change_table, ["architect:datatable:edit"], TABLE),
    Endpoint("DELETE", _ONE, delete_table, ["architect:datatable:delete"]),
)
"""The operations on data tables and their rows."""
