"""The JSON Schema of the file, from the classes that read it: editors complete and check by it."""

from __future__ import annotations

import enum
import types
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta
from functools import singledispatch
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import attrs

from ..connector import Connector, LocalPath, WebhookForm
from ..secret import Secret
from .connections import forms
from .jobs import KINDS, settings_of
from .jobs.rules import Address, AddressTable, Quantity
from .mappings import Condition, FilterSettings, FilterTable, Template
from .scalars import DURATION, Cron, TitlePath, written
from .service import Service
from .states import DEFAULT_STATE
from .structure import key_of

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_PATH: Schema = {
    "title": "path of titles",
    "oneOf": [
        {"type": "string", "minLength": 1, "description": "Titles with slashes between them."},
        {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
    ],
}
_SECRET: Schema = {
    "title": "secret",
    "type": "object",
    "description": 'Where the secret is kept: { env = "NAME" } or { file = "path" }.',
    "properties": {
        "env": {"type": "string", "minLength": 1, "description": "An environment variable."},
        "file": {"type": "string", "minLength": 1, "description": "A file; its last newline goes."},
    },
    "additionalProperties": {"type": "string", "minLength": 1},
    "minProperties": 1,
    "maxProperties": 1,
}
_CEL: Schema = {
    "title": "CEL",
    "type": "string",
    "description": "A CEL expression over the document.",
}

_STATE: Schema = {
    "description": "What remembers what was synchronised: a SQLite file, or a connection.",
    "default": DEFAULT_STATE,
    "oneOf": [
        {"type": "string", "minLength": 1, "description": "The SQLite file."},
        {
            "type": "object",
            "description": "The connection that keeps it, and what its connector wants to know.",
            "properties": {"connection": {"type": "string", "minLength": 1}},
            "required": ["connection"],
            "additionalProperties": {"type": "string", "minLength": 1},
        },
    ],
}
_ADDRESS: Schema = {
    "title": "address",
    "type": "string",
    "pattern": r"^[^:]+:[^/]+/.+$",
    "description": "An object, '<connection>:<kind>/<name>', or with '#<field>' a field of it.",
}

_LEAVES: Mapping[Any, Schema] = {
    str: _TEXT,
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    timedelta: {"title": "duration", "type": "string", "pattern": DURATION},
    # TOML has dates and times of its own; an editor's JSON view shows them as text.
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    Path: {"title": "file or folder", "type": "string", "minLength": 1},
    LocalPath: {"title": "file or folder", "type": "string", "minLength": 1},
    Secret: _SECRET,
    Cron: {"title": "schedule", "type": "string", "pattern": r"^\s*\S+(\s+\S+){4}\s*$"},
    Condition: _CEL,
    Template: _CEL,
    TitlePath: _PATH,
    Quantity: {"type": "number"},
}


def schema(connectors: Iterable[Connector]) -> Schema:
    """Return the JSON Schema (draft 2020-12) of a file that may use these connectors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Syncline configuration",
        "type": "object",
        "properties": {
            "state": _STATE,
            "connections": _table(
                {"oneOf": [_connection(connector) for connector in connectors]},
                "The places that jobs keep in agreement, by name.",
            ),
            "jobs": _table(
                {"oneOf": [_job(kind, settings_of(kind)) for kind in KINDS]},
                "What is kept in agreement with what, by name.",
            ),
            "service": {
                **of_type(Service),
                "description": "What `syncline run` offers over HTTP.",
            },
        },
        "required": ["connections", "jobs"],
        "additionalProperties": False,
    }


def _table(values: Schema, description: str) -> Schema:
    return {
        "type": "object",
        "description": description,
        "additionalProperties": values,
        "minProperties": 1,
    }


def _connection(connector: Connector) -> Schema:
    made = _class(connector.settings)
    made["title"] = connector.name
    made["description"] = connector.summary
    choice = {"const": connector.name, "description": "The connector."}
    webhook = {
        "description": "How its system announces changes over HTTP.",
        "oneOf": [_form(name, form) for name, form in forms(connector).items()],
    }
    made["properties"] = {"connector": choice, **made["properties"], "webhook": webhook}
    made["required"] = ["connector", *made["required"]]
    return made


def _form(name: str, form: WebhookForm) -> Schema:
    made = _class(form.settings)
    made["title"] = f"webhook: {name}"
    made["description"] = form.summary
    choice = {"const": name, "description": "The form of the webhook."}
    made["properties"] = {"form": choice, **made["properties"]}
    made["required"] = ["form", *made["required"]]
    return made


def _job(kind: str, cls: type[Any]) -> Schema:
    made = _class(cls)
    made["title"] = kind
    made["properties"]["kind"] = {"const": kind, "description": "What the job does."}
    made["required"] = ["kind", *made["required"]]
    return made


def of_type(type_: Any) -> Schema:
    """Return the schema of one type of a settings class."""
    if type_ in _LEAVES:
        return dict(_LEAVES[type_])
    if type_ is FilterSettings:
        return {"title": "table, or CEL", "oneOf": [_class(FilterTable), dict(_CEL)]}
    if type_ is Address:
        return {"title": "address, or table", "oneOf": [dict(_ADDRESS), _class(AddressTable)]}
    if isinstance(type_, type) and issubclass(type_, enum.Enum):
        return {"enum": [member.value for member in type_]}
    if isinstance(type_, type) and attrs.has(type_):
        return _class(type_)
    return _generic(get_origin(type_), get_args(type_))


def _generic(origin: Any, arguments: tuple[Any, ...]) -> Schema:
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, types.UnionType):
        parts = [of_type(part) for part in arguments if part is not type(None)]
        return parts[0] if len(parts) == 1 else {"anyOf": parts}
    if not isinstance(origin, type):
        return {}
    if issubclass(origin, Mapping):
        return {
            "type": "object",
            **_keys(arguments[0]),
            "additionalProperties": of_type(arguments[1]),
        }
    if issubclass(origin, AbstractSet):
        return {"type": "array", "items": of_type(arguments[0])}
    if issubclass(origin, Sequence):
        return {"type": "array", "items": of_type(arguments[0])}
    return {}


def _keys(type_: Any) -> Schema:
    return {"propertyNames": of_type(type_)} if type_ is not str else {}


def _class(cls: type[Any]) -> Schema:
    fields = [field for field in attrs.fields(attrs.resolve_types(cls)) if field.init]
    return {
        "type": "object",
        "properties": {key_of(field): _field(field) for field in fields},
        "required": [key_of(field) for field in fields if field.default is attrs.NOTHING],
        "additionalProperties": False,
    }


def _field(field: attrs.Attribute[Any]) -> Schema:
    made = of_type(field.type)
    if help_ := field.metadata.get("help"):
        made["description"] = help_
    default = plain(field.default)
    if default is not None:
        made["default"] = default
    return made


@singledispatch
def plain(value: object) -> Any:
    """Return a default as JSON would say it; None where there is nothing to say."""
    return None


@plain.register
def _(value: bool | int | float | str) -> Any:
    return value


@plain.register
def _(value: timedelta) -> str:
    return written(value)


@plain.register
def _(value: enum.Enum) -> Any:
    return value.value


@plain.register(frozenset)
@plain.register(tuple)
@plain.register(list)
def _(value: Iterable[object]) -> list[Any]:
    return sorted(map(plain, value)) if isinstance(value, frozenset) else [*map(plain, value)]


@plain.register
def _(value: Path) -> str:
    return str(value)


__all__ = ["Schema", "of_type", "plain", "schema"]
