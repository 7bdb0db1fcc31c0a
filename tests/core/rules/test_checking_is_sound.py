"""What the check of an expression promises holds when it runs; what runs is not refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.config_items import FieldSpec, FieldType, Kind
from syncline.expressions import Calculation, ExpressionError
from syncline.expressions.syntax import tree_of
from syncline.model import JSON
from syncline.rules.checking import Held, checked

SWITCH = Kind(
    name="switch",
    summary="",
    fields={
        "on": FieldSpec(type=FieldType.BOOL),
        "level": FieldSpec(type=FieldType.INT),
        "part.name": FieldSpec(type=FieldType.STRING),
        "part.ratio": FieldSpec(type=FieldType.DOUBLE),
    },
)
NAMES: dict[str, Held] = {
    "i": FieldType.INT,
    "d": FieldType.DOUBLE,
    "b": FieldType.BOOL,
    "s": FieldType.STRING,
    "o": SWITCH,
}
LOOSE: dict[str, Held] = {**NAMES, "l": FieldType.LIST, "m": FieldType.MAP}

MODERATE = settings(max_examples=120, deadline=None)

numbers = st.integers(-3, 1_000)
VALUES = st.fixed_dictionaries(
    {
        "i": numbers,
        "d": numbers.map(lambda n: n / 4),
        "b": st.booleans(),
        "s": st.sampled_from(["", "a", "12", "1.5", "true", "2026-01-01T10:30:00Z", "90s"]),
        "o": st.fixed_dictionaries(
            {
                "on": st.booleans(),
                "level": numbers,
                "part": st.fixed_dictionaries(
                    {"name": st.sampled_from(["x", "7"]), "ratio": numbers.map(float)}
                ),
            }
        ),
        "l": st.lists(st.integers(0, 9) | st.just("a"), max_size=3),
        "m": st.dictionaries(st.sampled_from(["k", "j"]), st.integers(0, 9), max_size=2),
    }
)


def _grown(leaves: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions of any form over some leaves, whether their types go together or not."""
    signs = st.sampled_from(
        ["+", "-", "*", "/", "%", "<", "<=", ">=", "==", "!=", "&&", "||", "in"]
    )
    functions = st.sampled_from(["size", "int", "double", "string", "bool", "uint", "duration"])
    methods = st.sampled_from(["contains", "startsWith", "matches", "getHours", "size"])
    macros = st.sampled_from(["map", "filter", "all", "exists", "exists_one"])

    def more(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        pair = st.tuples(inner, inner)
        return st.one_of(
            st.tuples(inner, signs, inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
            st.tuples(st.sampled_from("-!"), inner).map(lambda t: f"{t[0]}({t[1]})"),
            st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} ? {t[1]} : {t[2]})"),
            st.tuples(functions, inner).map(lambda t: f"{t[0]}({t[1]})"),
            st.tuples(st.sampled_from(["min", "max"]), pair).map(
                lambda t: f"{t[0]}({', '.join(t[1])})"
            ),
            st.tuples(inner, methods, inner).map(lambda t: f"({t[0]}).{t[1]}({t[2]})"),
            st.tuples(inner, inner).map(lambda t: f"[{t[0]}, {t[1]}]"),
            st.tuples(inner, inner).map(lambda t: f"({t[0]})[{t[1]}]"),
            st.tuples(inner, macros, inner).map(lambda t: f"[{t[0]}].{t[1]}(x, {t[2]})"),
            inner.map(lambda t: f'{{"k": {t}}}.k'),
        )

    return st.recursive(leaves, more, max_leaves=6)


TYPED = st.sampled_from(
    [
        *("i", "d", "b", "s", "o.on", "o.level", "o.part.name", "o.part.ratio", "x"),
        *("has(o.part.name)", "0", "7", "2.5", "'a'", "true", "3u", "null", 'b"a"'),
    ]
)
EXPRESSIONS = _grown(TYPED)
LOOSE_EXPRESSIONS = _grown(TYPED | st.sampled_from(["l", "m", "l[0]", "m.k", "dyn(i)"]))

_RUN_TIME = (ArithmeticError, LookupError)
_CONVERSION = ("duration", "timestamp", "int(", "uint(", "double(", "bool(", "string(", "matches")


def _accepted(text: str, names: dict[str, Held]) -> str | None:
    """Return the type that the check promises; None for what it refuses."""
    try:
        return checked(text, names, FieldType.ANY).type.name
    except ExpressionError:
        return None


def _run(text: str, values: dict[str, JSON], allow_types: bool) -> object:
    """Return the value, or ... where it has none for a reason that no check can know."""
    try:
        return Calculation.compile(text).value(values)
    except ExpressionError as error:
        cause = error.__cause__
        if isinstance(cause, _RUN_TIME) or "divides by zero" in str(error):
            return ...
        if "there is no field" in str(error):
            return ...
        message = str(cause or error)
        converted = any(name in text for name in _CONVERSION) and not isinstance(cause, TypeError)
        if converted or "verflow" in message or allow_types:
            return ...
        raise AssertionError(f"{text} with {values}: {error!r} from {cause!r}") from error


PYTHON: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "uint": (int,),
    "double": (float,),
    "bool": (bool,),
    "string": (str,),
    "list": (list,),
    "map": (dict,),
}


@MODERATE
@given(text=EXPRESSIONS, values=VALUES)
def test_an_expression_that_passes_never_meets_types_that_do_not_fit(
    text: str, values: dict[str, JSON]
) -> None:
    type_ = _accepted(text, NAMES)
    if type_ is None:
        return
    value = _run(text, values, allow_types=False)
    if value is not ... and type_ in PYTHON:
        assert isinstance(value, PYTHON[type_]), (text, type_, value)
        assert isinstance(value, bool) == (type_ == "bool")


@MODERATE
@given(text=LOOSE_EXPRESSIONS, values=VALUES)
def test_where_types_are_known_only_later_the_promised_type_holds_all_the_same(
    text: str, values: dict[str, JSON]
) -> None:
    type_ = _accepted(text, LOOSE)
    if type_ is None:
        return
    value = _run(text, values, allow_types=True)
    if value is not ... and type_ in PYTHON:
        assert isinstance(value, PYTHON[type_]), (text, type_, value)


# -- expressions whose types go together by construction -------------------------------------------


def _typed() -> dict[str, st.SearchStrategy[str]]:
    """By type: expressions that have it."""
    of: dict[str, Any] = {}
    of["int"] = st.deferred(
        lambda: st.one_of(
            st.sampled_from(["i", "o.level", "0", "7", "size(s)", "s.size()", "size([1, 2])"]),
            st.tuples(of["int"], st.sampled_from("+-*/%"), of["int"]).map(_joined),
            of["int"].map(lambda t: f"-({t})"),
            of["double"].map(lambda t: f"int({t})"),
            st.tuples(of["int"], of["int"]).map(lambda t: f"min({t[0]}, max({t[1]}, 3))"),
            st.tuples(of["bool"], of["int"], of["int"]).map(_choice),
        )
    )
    of["double"] = st.deferred(
        lambda: st.one_of(
            st.sampled_from(["d", "o.part.ratio", "2.5", "1e3", "double(s)"]),
            st.tuples(of["double"], st.sampled_from("+-*/"), of["double"]).map(_joined),
            of["int"].map(lambda t: f"double({t})"),
            st.tuples(of["double"], of["int"]).map(lambda t: f"max({t[0]}, {t[1]})"),
            st.tuples(of["bool"], of["double"], of["double"]).map(_choice),
        )
    )
    of["string"] = st.deferred(
        lambda: st.one_of(
            st.sampled_from(["s", "o.part.name", "'a'", '"b\\n"', "r'\\d'"]),
            st.tuples(of["string"], of["string"]).map(lambda t: f"({t[0]} + {t[1]})"),
            of["int"].map(lambda t: f"string({t})"),
        )
    )
    of["bool"] = st.deferred(
        lambda: st.one_of(
            st.sampled_from(["b", "o.on", "true", "has(o.on)", "s.matches('a+')"]),
            st.tuples(of["int"], st.sampled_from(["<", ">=", "==", "!="]), of["double"]).map(
                _joined
            ),
            st.tuples(of["string"], st.sampled_from(["<", "=="]), of["string"]).map(_joined),
            st.tuples(of["bool"], st.sampled_from(["&&", "||"]), of["bool"]).map(_joined),
            st.tuples(of["int"], of["int"]).map(lambda t: f"({t[0]} in [{t[1]}, 1])"),
            of["int"].map(lambda t: f"[{t}, 2].exists(x, x > 1)"),
            of["bool"].map(lambda t: f"!({t})"),
        )
    )
    return of


def _joined(parts: tuple[str, str, str]) -> str:
    return f"({' '.join(parts)})"


def _choice(parts: tuple[str, str, str]) -> str:
    return f"({parts[0]} ? {parts[1]} : {parts[2]})"


@pytest.mark.parametrize("type_", ["int", "double", "string", "bool"])
def test_an_expression_whose_types_go_together_passes(type_: str) -> None:
    @settings(max_examples=25, deadline=None)
    @given(text=_typed()[type_])
    def passes(text: str) -> None:
        try:
            Calculation.compile(text)
        except ExpressionError:
            return  # longer or deeper than expressions may be
        assert checked(text, NAMES, FieldType(type_)).type.name == type_

    passes()


@MODERATE
@given(text=LOOSE_EXPRESSIONS)
def test_the_check_reads_every_expression_that_the_library_reads(text: str) -> None:
    try:
        Calculation.compile(text)
    except ExpressionError:
        return
    tree_of(text)
