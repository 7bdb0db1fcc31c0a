"""The types of expressions, and which operators and functions take them.

Stated as the CEL specification states it: whole numbers and doubles do not mix in arithmetic, and
compare all the same. `min` and `max` are ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from ..config_items import FieldType


@frozen
class Type:
    """A type of the expression language; a list has one for its items."""

    name: str
    of: Type | None = None

    def __str__(self) -> str:
        return f"{self.name}({self.of})" if self.of not in (None, DYN) else self.name


DYN = Type("dyn")
"""Known only when it runs: it fits everything until then."""
INT = Type("int")
UINT = Type("uint")
DOUBLE = Type("double")
BOOL = Type("bool")
STRING = Type("string")
BYTES = Type("bytes")
NULL = Type("null")
TIMESTAMP = Type("timestamp")
DURATION = Type("duration")
LIST = Type("list", DYN)
MAP = Type("map", DYN)

FIELD_TYPES: Mapping[FieldType, Type] = {
    FieldType.INT: INT,
    FieldType.DOUBLE: DOUBLE,
    FieldType.BOOL: BOOL,
    FieldType.STRING: STRING,
    FieldType.LIST: LIST,
    FieldType.MAP: MAP,
    FieldType.ANY: DYN,
}
"""What a field is to an expression."""

NUMBERS = (INT, UINT, DOUBLE)
_ORDERED = (*NUMBERS, STRING, BOOL, BYTES, TIMESTAMP, DURATION)


def list_of(item: Type) -> Type:
    """Return the type of a list of such items."""
    return Type("list", item)


def fits(type_: Type, other: Type) -> bool:
    """Tell whether both may be the same when it runs."""
    if DYN in (type_, other):
        return True
    if type_.name != other.name:
        return False
    return type_.of is None or other.of is None or fits(type_.of, other.of)


def comparable(left: Type, right: Type) -> bool:
    """Tell whether two values can be equal: of one type, both numbers, or one of them null."""
    return fits(left, right) or NULL in (left, right) or {left, right} <= {*NUMBERS}


def joined(types: Sequence[Type]) -> Type | None:
    """Return the type that all have; `dyn` where one is known only later, None where they differ.

    Of no type at all, nothing is known.
    """
    known = [type_ for type_ in types if type_ != DYN]
    if len(known) < len(types) or not known:
        return DYN
    if all(type_ == known[0] for type_ in known):
        return known[0]
    if all(type_.name == known[0].name and type_.of for type_ in known):
        return Type(known[0].name, DYN)
    return None


def _same(types: Sequence[Type]) -> Mapping[tuple[Type, Type], Type]:
    return {(type_, type_): type_ for type_ in types}


_TIMES: Mapping[str, Mapping[tuple[Type, Type], Type]] = {
    "+": {
        (TIMESTAMP, DURATION): TIMESTAMP,
        (DURATION, TIMESTAMP): TIMESTAMP,
        (DURATION, DURATION): DURATION,
    },
    "-": {
        (TIMESTAMP, TIMESTAMP): DURATION,
        (TIMESTAMP, DURATION): TIMESTAMP,
        (DURATION, DURATION): DURATION,
    },
}

_ARITHMETIC: Mapping[str, Mapping[tuple[Type, Type], Type]] = {
    "+": {**_same((*NUMBERS, STRING, BYTES)), **_TIMES["+"]},
    "-": {**_same(NUMBERS), **_TIMES["-"]},
    "*": _same(NUMBERS),
    "/": _same(NUMBERS),
    "%": _same((INT, UINT)),
}


def of_arithmetic(sign: str, left: Type, right: Type) -> Type | None:
    """Return the type of `left sign right`; None where the two do not go together."""
    if sign == "+" and left.name == right.name == "list":
        return joined([left, right])
    table = _ARITHMETIC[sign]
    found = {
        result for (one, other), result in table.items() if fits(left, one) and fits(right, other)
    }
    if sign == "+" and DYN in (left, right) and {left.name, right.name} <= {"dyn", "list"}:
        return DYN
    if not found:
        return None
    return found.pop() if len(found) == 1 else DYN


def ordered(left: Type, right: Type) -> bool:
    """Tell whether `left < right` makes sense."""
    if {left, right} <= {*NUMBERS}:
        return True
    return any(fits(left, type_) and fits(right, type_) for type_ in _ORDERED)


@frozen
class Overload:
    """What a function takes and gives."""

    takes: tuple[Type, ...]
    gives: Type


def _each(takes: Sequence[Type], gives: Type) -> Iterator[Overload]:
    yield from (Overload((type_,), gives) for type_ in takes)


_CONTAINERS = (STRING, BYTES, LIST, MAP)

FUNCTIONS: Mapping[str, tuple[Overload, ...]] = {
    "size": (*_each(_CONTAINERS, INT),),
    "int": (*_each((INT, UINT, DOUBLE, STRING, TIMESTAMP), INT),),
    "uint": (*_each((INT, UINT, DOUBLE, STRING), UINT),),
    "double": (*_each((INT, UINT, DOUBLE, STRING), DOUBLE),),
    "string": (*_each((INT, UINT, DOUBLE, STRING, BOOL, BYTES, TIMESTAMP, DURATION), STRING),),
    "bytes": (*_each((STRING, BYTES), BYTES),),
    "bool": (*_each((BOOL, STRING), BOOL),),
    "timestamp": (*_each((STRING, TIMESTAMP), TIMESTAMP),),
    "duration": (*_each((STRING, DURATION), DURATION),),
}
"""Functions by name; `has`, `dyn`, `min` and `max` have rules of their own."""

_DATES = ("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear")
_CLOCKS = ("getHours", "getMinutes", "getSeconds", "getMilliseconds")
_OF_TIME = (Overload((TIMESTAMP,), INT), Overload((TIMESTAMP, STRING), INT))

METHODS: Mapping[str, tuple[Overload, ...]] = {
    "size": (*_each(_CONTAINERS, INT),),
    **dict.fromkeys(
        ("contains", "startsWith", "endsWith", "matches"), (Overload((STRING, STRING), BOOL),)
    ),
    **dict.fromkeys(_DATES, _OF_TIME),
    **dict.fromkeys(_CLOCKS, (*_OF_TIME, Overload((DURATION,), INT))),
}
"""Methods by name; what they are called on comes first. Macros have rules of their own."""


def chosen(overloads: Sequence[Overload], given: Sequence[Type]) -> Type | None:
    """Return what a call with these types gives; None where no overload takes them."""
    found = {
        overload.gives
        for overload in overloads
        if len(overload.takes) == len(given) and all(map(fits, given, overload.takes))
    }
    if not found:
        return None
    return found.pop() if len(found) == 1 else DYN


__all__ = [
    "BOOL",
    "BYTES",
    "DOUBLE",
    "DURATION",
    "DYN",
    "FIELD_TYPES",
    "FUNCTIONS",
    "INT",
    "LIST",
    "MAP",
    "METHODS",
    "NULL",
    "NUMBERS",
    "STRING",
    "TIMESTAMP",
    "UINT",
    "Overload",
    "Type",
    "chosen",
    "comparable",
    "fits",
    "joined",
    "list_of",
    "of_arithmetic",
    "ordered",
]
