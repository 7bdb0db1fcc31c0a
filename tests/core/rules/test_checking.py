"""What is wrong with an expression is told before it runs, with the character at fault."""

from __future__ import annotations

import pytest

from syncline.config_items import FieldSpec, FieldType, Kind
from syncline.expressions import ExpressionError
from syncline.rules.checking import Held, checked

GROUP = Kind(
    name="group",
    summary="",
    fields={
        "in_service": FieldSpec(type=FieldType.INT),
        "load": FieldSpec(type=FieldType.DOUBLE),
        "open": FieldSpec(type=FieldType.BOOL),
        "media.call.limit": FieldSpec(type=FieldType.INT),
        "media.chat.limit": FieldSpec(type=FieldType.INT),
        "tags": FieldSpec(type=FieldType.MAP),
    },
)
LABELS = Kind(
    name="labels",
    summary="",
    fields={"total": FieldSpec(type=FieldType.INT)},
    others=FieldSpec(type=FieldType.INT),
)
ROW = Kind(name="row", summary="", fields={}, others=FieldSpec(type=FieldType.ANY))
NAMES: dict[str, Held] = {
    "asg": GROUP,
    "labels": LABELS,
    "row": ROW,
    "n": FieldType.INT,
    "d": FieldType.DOUBLE,
    "s": FieldType.STRING,
    "b": FieldType.BOOL,
    "l": FieldType.LIST,
}


@pytest.mark.parametrize(
    ("text", "wanted", "message", "at"),
    [
        ("asg.in_servic * 100", "int", "did you mean 'in_service'?", 5),
        ("asg.in_service * 1.5", "int", "an int * a double has no meaning; write double(", 16),
        ("asg.in_service + 'a'", "int", "an int + a string has no meaning", 16),
        ("asg", "int", "'asg' is an object: say which field, such as asg.in_service", 1),
        ("asg.media", "int", "'media' is no field by itself; there are media.call.limit, media", 5),
        ("asg.media.cal.limit", "int", "there is no field 'media.cal' in a group", 11),
        ("asg[n]", "int", "say which field of 'asg'", 4),
        ("asg.in_service.x", "int", "an int has no field 'x'", 16),
        ("agg.in_service", "int", "there is no name 'agg'; did you mean 'asg'?", 1),
        ("n > 1", "int", "it gives a bool, and the field holds an int", 1),
        ("n", "string", "it gives an int, and the field holds a string", 1),
        ("n ? 1 : 2", "int", "what stands before '?' is true or false, not an int", 1),
        ("b ? 1 : 'x'", "int", "not an int and a string", 9),
        ("b ? 1 : 2.5", "int", "write double(…) around the whole number", 9),
        ("b && n", "bool", "each side of '&&' is true or false, not an int", 6),
        ("!n", "bool", "'!' does not go with an int", 1),
        ("-s", "int", "'-' does not go with a string", 1),
        ("s == n", "bool", "a string == an int has no meaning", 3),
        ("n < s", "bool", "an int < a string has no meaning", 3),
        ("n in s", "bool", "behind 'in' stands a list or a map, not a string", 3),
        ("mx(n, 2)", "int", "there is no function 'mx'; did you mean 'max'?", 1),
        ("n.sise()", "int", "there is no method 'sise'", 3),
        ("size(n)", "int", "size does not take int", 1),
        ("max(n, s)", "int", "max takes whole numbers and doubles, not a string", 8),
        ("max()", "int", "max takes at least one number", 1),
        ("min(n, 3u)", "int", "not a uint", 8),
        ("3u + n", "int", "write int(…) around the uint", 4),
        ("has(n)", "bool", "invalid argument to has()", 5),
        ("has(asg.nope)", "bool", "there is no field 'nope' in a group", 9),
        ("l.map(x, y)", "list", "there is no name 'y'; names: asg", 10),
        ("l.exists(1, true)", "bool", "argument must be a simple name", 10),
        ("l.filter(x, 1)", "list", "the condition of filter is true or false, not an int", 13),
        ("l.map(x)", "list", "map takes a name and an expression", 3),
        ("s.map(x, x)", "list", "map goes over a list or a map, not a string", 3),
        ("l['a']", "int", "the index of a list is an int, not a string", 3),
        ("s[0]", "int", "a string has no items", 2),
        ("{1: 2}", "map", "keys of a map are texts, not an int", 2),
        ("[1, 'a']", "list", "items of a list are of one type, not an int and a string", 5),
        ("row.limit", "int", "known only to the object; name the field itself as an input", 5),
        ("null", "dyn", "it gives null", 1),
        ("n +", "int", "it ends too early", 4),
        ("(n", "int", "missing ')'", 3),
        ("", "int", "the expression is empty", None),
        ("n" + " + n" * 25, "int", "more than 24 additions", 99),
    ],
)
def test_a_fault_stands_at_its_character(
    text: str, wanted: str, message: str, at: int | None
) -> None:
    with pytest.raises(ExpressionError) as error:
        checked(text, NAMES, FieldType(wanted))
    assert message in str(error.value)
    assert error.value.position == at


@pytest.mark.parametrize(
    ("text", "wanted", "reads"),
    [
        ("asg.in_service * 100", "int", {"asg": ["in_service"]}),
        ("asg.media.call.limit + asg.media['chat'].limit", "int",
         {"asg": ["media.call.limit", "media.chat.limit"]}),
        ("asg.load * 2.0", "int", {"asg": ["load"]}),
        ("n", "double", {}),
        ("asg.tags.owner == 'us' ? 1 : 2", "int", {"asg": ["tags"]}),
        ("labels.support.maximum", "int", {"labels": ["support.maximum"]}),
        ("labels['VIP callers'].maximum + labels.total", "int",
         {"labels": ["VIP callers.maximum", "total"]}),
        ("has(asg.open) && asg.open ? 50 : 5", "int", {"asg": ["open"]}),
        ("l.exists(asg, asg > 2)", "bool", {}),
        ("n < d && n == d", "bool", {}),
        ("min(4000, max(5, n * 10))", "int", {}),
        ("max(n, d)", "double", {}),
        ("'a' in {'a': 1}", "bool", {}),
        ("timestamp(s).getHours('Europe/Berlin')", "int", {}),
        ("duration(s).getSeconds()", "int", {}),
        ("b ? l : []", "list", {}),
        ("b ? n : b ? 2 : 3", "int", {}),
        ("s.size() + size(s)", "int", {}),
        ("dyn(s) + 1", "int", {}),
    ],
)  # fmt: skip
def test_an_expression_that_is_right_tells_what_it_reads(
    text: str, wanted: str, reads: dict[str, list[str]]
) -> None:
    found = checked(text, NAMES, FieldType(wanted))
    assert {name: sorted(paths) for name, paths in found.fields.items()} == reads


@pytest.mark.parametrize(
    "text",
    [
        "-" * 900 + "1",
        "!" * 900 + "true",
        "true?1:" * 140 + "2",
        "l" + "[0]" * 300,
        "1" + "*1" * 490,
        "n" + ".size()" * 120,
        "[" * 30 + "-" * 99 + "1" + "]" * 30,
    ],
)
def test_what_is_nested_without_end_is_refused_and_not_a_crash(text: str) -> None:
    with pytest.raises(ExpressionError):
        checked(text, NAMES, FieldType.INT)
