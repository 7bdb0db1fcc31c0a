"""`syncline connectors`: what is installed, working or broken, and what each can be told."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from attrs import frozen

from .. import plugins
from ..connector import Connector, WebhookForm
from ..plugins import Installed
from .config_kinds import kind_lines, kinds_of, refused_of, rows_of_kind
from .exit_codes import DONE
from .output import columns, emit, say


@frozen(kw_only=True)
class SettingRow:
    """One setting of a connector, for people."""

    name: str
    type: str
    required: bool
    default: str
    help: str


def connectors(args: argparse.Namespace) -> int:
    """List the connectors, or describe one."""
    if args.what == "describe":
        return _describe(plugins.load(args.name), args)
    installed = plugins.listed()
    if args.json:
        emit([as_json(plugin) for plugin in installed])
    else:
        say(listing(installed))
    return DONE


def as_json(plugin: Installed) -> dict[str, Any]:
    """Return one plugin as `connectors --json` prints it."""
    connector = plugin.connector
    return {
        "name": plugin.name,
        "distribution": plugin.origin,
        "version": plugin.version,
        "module": plugin.module,
        "works": connector is not None,
        "summary": connector.summary if connector else None,
        "ports": connector.ports if connector else [],
        "problem": plugin.problem,
    }


def listing(installed: Sequence[Installed]) -> Iterator[str]:
    """Yield the list for people; broken ones with their reason."""
    if not installed:
        yield "no connector is installed; install one, such as syncline-files"
        return
    rows = [
        [p.name, f"{p.origin} {p.version}", ", ".join(p.connector.ports), p.connector.summary]
        for p in installed
        if p.connector is not None
    ]
    yield from columns([["name", "from", "offers", "what"], *rows])
    for plugin in installed:
        if plugin.problem is not None:
            yield f"broken: {plugin.problem}"


def _describe(connector: Connector, args: argparse.Namespace) -> int:
    rows = list(settings_of(connector))
    if args.json:
        emit(
            {
                "name": connector.name,
                "summary": connector.summary,
                "settings": rows,
                "kinds": {kind.name: list(rows_of_kind(kind)) for kind in kinds_of(connector)},
                "refused": refused_of(connector),
                "webhooks": {name: rows_of(form.settings) for name, form in forms_of(connector)},
            }
        )
    else:
        say(description(connector, rows))
    return DONE


def settings_of(connector: Connector) -> Iterator[SettingRow]:
    """Yield the settings of a connector, in the order in which it declares them."""
    yield from rows_of(connector.settings)


def forms_of(connector: Connector) -> Iterator[tuple[str, WebhookForm]]:
    """Yield the forms of webhook that a connection with this connector can have."""
    from ..config.connections import forms

    yield from forms(connector).items()


def rows_of(settings: type[Any]) -> Iterator[SettingRow]:
    """Yield the settings of a class, in the order in which it declares them."""
    from ..config.schema import of_type

    made = of_type(settings)
    for name, schema in made["properties"].items():
        yield SettingRow(
            name=name,
            type=type_name(schema),
            required=name in made["required"],
            default=_literal(schema["default"]) if "default" in schema else "",
            help=schema.get("description", ""),
        )


def type_name(schema: dict[str, Any]) -> str:
    """Return how people call the type of a setting."""
    match schema:
        case {"enum": choices}:
            return " or ".join(f'"{choice}"' for choice in choices)
        case {"title": str(title)}:
            return title
        case {"oneOf": [*forms]} | {"anyOf": [*forms]}:
            return " or ".join(dict.fromkeys(type_name(form) for form in forms))
        case {"type": "array", "items": items}:
            return f"list of {type_name(items)}"
        case {"type": str(name)}:
            return _NAMES.get(name, name)
        case _:
            return "anything"


_NAMES = {
    "string": "text",
    "object": "table",
    "boolean": "true or false",
    "integer": "whole number",
}


def _literal(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def description(connector: Connector, rows: Sequence[SettingRow]) -> Iterator[str]:
    """Yield the description of a connector for people."""
    yield f"{connector.name}: {connector.summary}"
    yield f"offers: {', '.join(connector.ports)}"
    yield ""
    yield "[connections.<name>]"
    yield f'connector = "{connector.name}"'
    yield from _lines(rows)
    for name, form in forms_of(connector):
        yield from ("", "[connections.<name>.webhook]", f'form = "{name}"')
        yield from _lines(rows_of(form.settings))
    yield from kind_lines(connector)


def _lines(rows: Iterable[SettingRow]) -> Iterator[str]:
    for row in rows:
        default = "required" if row.required else f"default {row.default}" if row.default else ""
        yield f"{row.name}: {row.type}{f' ({default})' if default else ''}"
        yield f"    {row.help}"


__all__ = [
    "SettingRow",
    "as_json",
    "connectors",
    "description",
    "forms_of",
    "listing",
    "rows_of",
    "settings_of",
    "type_name",
]
