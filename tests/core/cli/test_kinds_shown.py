"""What rules can read and write of a connector's objects is shown to people and programs."""

from __future__ import annotations

import attrs

from syncline.cli.config_kinds import FieldRow, kind_lines, rows_of_kind
from syncline.cli.connectors import description
from syncline.cli.reference import pages
from syncline.config_items import FieldSpec, FieldType, Kind
from syncline.connector import Connector
from syncline.testing.config_vendor import KINDS


@attrs.frozen(kw_only=True)
class Nothing:
    """No settings."""


BOARD = Connector(name="board", summary="A board.", settings=Nothing, kinds=lambda: KINDS)


def test_a_field_shows_its_type_range_and_whether_it_can_be_written() -> None:
    assert list(rows_of_kind(KINDS["group"])) == [
        FieldRow(name="desired", type="whole number, 0 to 1,000", writable=True, help=""),
        FieldRow(
            name="in_service", type="whole number", writable=False, help="Machines that work now."
        ),
        FieldRow(name="tags.owner", type="text", writable=True, help=""),
    ]
    half = Kind(
        name="k",
        summary="",
        fields={
            "low": FieldSpec(type=FieldType.DOUBLE, minimum=0.5),
            "high": FieldSpec(type=FieldType.INT, maximum=9),
        },
    )
    types = [row.type for row in rows_of_kind(half)]
    assert types == ["number, 0.5 at least", "whole number, 9 at most"]


def test_a_description_ends_with_the_objects_of_the_connector() -> None:
    lines = list(description(BOARD, []))
    assert "group/<name>: Machines that do the work." in lines
    assert "    in_service: whole number, read-only" in lines
    assert "row/<table/key>: A row of a table; its columns are known only there." in lines
    assert "    any other: as the object has it" in lines


def test_a_connector_without_objects_says_nothing_of_them() -> None:
    assert list(kind_lines(attrs.evolve(BOARD, kinds=None))) == []


def test_the_reference_page_has_a_table_for_each_kind() -> None:
    page = pages({"board": BOARD})["connector-board.md"]
    assert "| `desired` | whole number, 0 to 1,000 | yes |  |" in page
    assert "Written as `<connection>:row/<table/key>`." in page


def test_what_nobody_can_drive_is_shown_with_its_reason() -> None:
    why = "the vendor counts it"
    board = attrs.evolve(BOARD, refused=lambda: {"trunk": why, "group#age": why})
    lines = list(description(board, []))
    assert lines[lines.index("Not driven:") + 1 :] == [
        "    group#age",
        f"        {why}",
        "    trunk",
        f"        {why}",
    ]
    assert f"| `trunk` | {why} |" in pages({"board": board})["connector-board.md"]
