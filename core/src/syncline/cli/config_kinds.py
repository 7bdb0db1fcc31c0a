"""The configuration objects that a connector knows: what rules can read and write of them."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from ..config_items import FieldSpec, FieldType, Kind
from ..connector import Connector

_TYPES = {
    FieldType.INT: "whole number",
    FieldType.DOUBLE: "number",
    FieldType.BOOL: "true or false",
    FieldType.STRING: "text",
    FieldType.LIST: "list",
    FieldType.MAP: "map",
    FieldType.ANY: "as the object has it",
}
OTHERS = "any other"
"""Stands for the fields that a kind does not know by name."""


@frozen(kw_only=True)
class FieldRow:
    """One field of a kind of objects, for people."""

    name: str
    type: str
    """With its range, where there is one."""
    writable: bool
    help: str


def kinds_of(connector: Connector) -> list[Kind]:
    """Return the kinds of configuration objects that a connector knows, by name."""
    kinds = connector.kinds() if connector.kinds is not None else {}
    return [kinds[name] for name in sorted(kinds)]


def rows_of_kind(kind: Kind) -> Iterator[FieldRow]:
    """Yield the fields of a kind, in the order in which it declares them."""
    yield from (_row(name, spec) for name, spec in kind.fields.items())
    if kind.others is not None:
        yield _row(OTHERS, kind.others)


def _row(name: str, spec: FieldSpec) -> FieldRow:
    return FieldRow(
        name=name, type=f"{_TYPES[spec.type]}{_range(spec)}", writable=spec.writable, help=spec.help
    )


def _range(spec: FieldSpec) -> str:
    match spec.minimum, spec.maximum:
        case None, None:
            return ""
        case low, None:
            return f", {low:,.10g} at least"
        case None, high:
            return f", {high:,.10g} at most"
        case low, high:
            return f", {low:,.10g} to {high:,.10g}"


def naming(kind: Kind) -> str:
    """Return what stands behind the slash of an address: `<name>`, `<table/key>`."""
    return kind.naming if {"<", "'", " "} & {*kind.naming} else f"<{kind.naming}>"


def kind_lines(connector: Connector) -> Iterator[str]:
    """Yield the kinds of a connector and their fields, for people."""
    for kind in kinds_of(connector):
        yield from ("", f"{kind.name}/{naming(kind)}: {kind.summary}")
        for row in rows_of_kind(kind):
            yield f"    {row.name}: {row.type}{'' if row.writable else ', read-only'}"
            if row.help:
                yield f"        {row.help}"
    yield from _refused_lines(connector)


def _refused_lines(connector: Connector) -> Iterator[str]:
    refused = refused_of(connector)
    if refused:
        yield from ("", "Not driven:")
    for name, why in refused.items():
        yield from (f"    {name}", f"        {why}")


def refused_of(connector: Connector) -> dict[str, str]:
    """Return what rules cannot name although people look for it, by name, with the reason."""
    return dict(sorted(connector.refused().items())) if connector.refused is not None else {}


__all__ = [
    "OTHERS",
    "FieldRow",
    "kind_lines",
    "kinds_of",
    "naming",
    "refused_of",
    "rows_of_kind",
]
