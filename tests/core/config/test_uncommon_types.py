"""Settings of types that the file's own reader does not know."""

from __future__ import annotations

from typing import Annotated, Any

import attrs
import pytest

from syncline.config.faults import Faults
from syncline.config.structure import structured, typable


@attrs.frozen(kw_only=True)
class Uncommon:
    """What a third party's connector may ask for."""

    range: tuple[int, str]
    ranges: tuple[tuple[int, str], ...] = ()
    anything: Any = None
    noted: Annotated[str, "a note"] = ""


def test_uncommon_types_are_read() -> None:
    typable(Uncommon)
    table = {"range": [1, "a"], "ranges": [[2, "b"]], "anything": {"x": 1}, "noted": "n"}
    assert structured(table, Uncommon) == Uncommon(
        range=(1, "a"), ranges=((2, "b"),), anything={"x": 1}, noted="n"
    )


def test_what_is_inside_them_is_read_as_strictly_as_everywhere() -> None:
    with pytest.raises(Faults, match="'1' is not a whole number"):
        structured({"range": ["1", "a"]}, Uncommon)
    with pytest.raises(Faults, match="5 is not a text"):
        structured({"range": [1, "a"], "noted": 5}, Uncommon)


def test_a_type_that_nobody_reads_is_told_before_a_file_is_read() -> None:
    @attrs.frozen(kw_only=True)
    class Unreadable:
        either: complex = 0

    with pytest.raises(TypeError, match="upgrade the connector"):
        typable(Unreadable)
