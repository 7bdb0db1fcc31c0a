"""Connections of simulators as text of a configuration file."""

from __future__ import annotations

from collections.abc import Mapping


def connections(tables: Mapping[str, Mapping[str, object]]) -> str:
    """Return the tables `[connections.<name>]`."""
    return "\n".join(_table(name, settings) for name, settings in tables.items())


def _table(name: str, settings: Mapping[str, object]) -> str:
    lines = [f"[connections.{name}]", *(f"{k} = {_value(v)}" for k, v in settings.items())]
    return "\n".join([*lines, ""])


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else f'"{value}"'
