"""CEL expressions in the configuration: filters and templates over one document.

The language is the Common Expression Language as its specification defines it, with the standard
functions and macros and nothing else: no access to Python, to files or to the clock. Regular
expressions run in linear time (Rust's `regex`). What an expression may cost is bounded before it
runs: length, nesting, and how far macros and additions can multiply their inputs.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.machinery import PathFinder
from types import MappingProxyType
from typing import NamedTuple, Protocol, TypeAlias, cast

from attrs import field, frozen

Value: TypeAlias = "str | bool | int | float | list[str]"

MAX_LENGTH = 1_000
"""Characters of one expression."""
MAX_DEPTH = 32
"""Brackets open at one place."""
MAX_MACROS = 4
"""Macros (`map`, `filter`, `all`, `exists`, `exists_one`) in one expression."""
MAX_NESTED = 2
"""Macros inside each other."""
MAX_ADDITIONS = 24
"""`+` operators: with the macros they bound how far a text can grow."""
MAX_INPUT = 20_000
"""Characters of all inputs together."""
MAX_OUTPUT = 4_000
"""Characters that a template may give."""


class ExpressionError(ValueError):
    """The expression cannot be compiled, or not evaluated for these inputs.

    `position` is the 1-based character at fault, None where the evaluator does not tell.
    """

    def __init__(self, message: str, position: int | None = None) -> None:
        self.position = position
        super().__init__(message if position is None else f"{message} (at character {position})")


class _Program(Protocol):
    def execute(self, context: Mapping[str, object]) -> object: ...

    def references(self) -> Mapping[str, list[str]]: ...


@cache
def _compiler() -> Callable[[str], _Program]:
    # The package's __init__ imports its own command line, and with it rich: 200 ms that a
    # configuration check must not pay. The extension module alone is all that is needed.
    package = importlib.util.find_spec("cel")
    locations = package.submodule_search_locations if package else None
    spec = PathFinder.find_spec("cel.cel", locations)
    if spec is None or spec.loader is None:  # another packaging of the same library
        from cel import compile as whole

        return cast("Callable[[str], _Program]", whole)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast("Callable[[str], _Program]", module.compile)


_LEXEME = r"""
      (?P<space>\s+|//[^\n]*)
    | (?P<string>[rRbB]{0,2}(?:\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}(?:[^\\]|\\.)*?'{3}
        |\"(?:[^\\\"\n]|\\.)*\"|'(?:[^\\'\n]|\\.)*'))
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<number>[0-9](?:[0-9A-Za-z_.]|(?<=[eE])[+-])*)
    | (?P<other>.)
    """
_MACROS = frozenset({"map", "filter", "all", "exists", "exists_one"})
_WORDS = frozenset({"true", "false", "null", "in"})
_TYPES = frozenset({"bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp"})
_FUNCTIONS = _TYPES | {"size", "type", "uint", "has", "max", "min"}
_METHODS = _MACROS | {
    *("size", "contains", "startsWith", "endsWith", "matches"),
    *("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"),
    *("getHours", "getMinutes", "getSeconds", "getMilliseconds"),
}


class _Token(NamedTuple):
    kind: str
    text: str
    at: int
    """1-based character."""


def _tokens(text: str) -> list[_Token]:
    return [
        _Token(match.lastgroup or "other", match.group(), match.start() + 1)
        for match in re.finditer(_LEXEME, text, re.VERBOSE | re.DOTALL)
        if match.lastgroup != "space"
    ]


def _check_text(text: str) -> None:
    if not text.strip():
        raise ExpressionError("the expression is empty")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the expression has {len(text)} characters, more than {MAX_LENGTH}")
    for index, char in enumerate(text, 1):
        if "\ud800" <= char <= "\udfff" or char == "\0":
            raise ExpressionError(f"{char!r} is not a character of an expression", index)


def _check_shape(tokens: list[_Token]) -> None:
    """Refuse what could cost too much; linear in the tokens."""
    open_brackets: list[bool] = []
    macros = additions = 0
    for index, token in enumerate(tokens):
        if token.text in ("(", "[", "{") and token.kind == "other":
            is_macro = token.text == "(" and _calls_macro(tokens, index)
            open_brackets.append(is_macro)
            macros += is_macro
        elif token.text in (")", "]", "}") and token.kind == "other" and open_brackets:
            open_brackets.pop()
        additions += token.kind == "other" and token.text == "+"
        for count, limit, noun in (
            (len(open_brackets), MAX_DEPTH, "nested brackets"),
            (macros, MAX_MACROS, "macros such as map and exists"),
            (sum(open_brackets), MAX_NESTED, "macros inside each other"),
            (additions, MAX_ADDITIONS, "additions"),
        ):
            if count > limit:
                raise ExpressionError(f"more than {limit} {noun}", token.at)


def _calls_macro(tokens: list[_Token], bracket: int) -> bool:
    return bracket >= 2 and tokens[bracket - 1].text in _MACROS and tokens[bracket - 2].text == "."


def _check_names(tokens: list[_Token], inputs: Mapping[str, object]) -> None:
    """Refuse names that nothing defines, with the nearest one that exists."""
    bound = set(_bound_by_macros(tokens))
    for index, token in enumerate(tokens):
        if token.kind != "name" or token.text in _WORDS:
            continue
        before = tokens[index - 1].text if index else ""
        call = index + 1 < len(tokens) and tokens[index + 1].text == "("
        if token.text.startswith("_"):
            raise ExpressionError(f"{token.text!r}: names must not begin with '_'", token.at)
        if before == ".":
            if not call:
                raise ExpressionError(f"a text has no field {token.text!r}", token.at)
            _must_be_known(token, _METHODS, "method")
        elif call:
            _must_be_known(token, _FUNCTIONS, "function")
        else:
            _must_be_known(token, {*inputs, *bound, *_TYPES}, "name")


def _bound_by_macros(tokens: list[_Token]) -> Iterator[str]:
    for index, token in enumerate(tokens):
        if token.text == "(" and _calls_macro(tokens, index) and index + 1 < len(tokens):
            yield tokens[index + 1].text


def _must_be_known(token: _Token, known: frozenset[str] | set[str], noun: str) -> None:
    if token.text in known:
        return
    from difflib import get_close_matches

    near = get_close_matches(token.text, sorted(known), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(known))}"
    raise ExpressionError(f"there is no {noun} {token.text!r}{hint}", token.at)


_WORDING = (
    ("mismatched input", "unexpected"),
    ("extraneous input", "unexpected"),
    ("token recognition error at:", "cannot read"),
    ("'<EOF>'", "the end"),
    ("<EOF>", "the end"),
)
_SYNTAX = r"ERROR: <input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)"


def _syntax_error(text: str, message: str) -> ExpressionError:
    found = re.search(_SYNTAX, message)
    if found is None:
        return ExpressionError("it is not a CEL expression")
    line, column, what = int(found[1]), int(found[2]), found[3]
    start = sum(len(part) + 1 for part in text.split("\n")[: line - 1])
    # ANTLR lists every token that could follow: too much for a person.
    what = re.sub(r" expecting \{.*", "", what)
    for theirs, ours in _WORDING:
        what = what.replace(theirs, ours)
    return ExpressionError(what, start + column)


def _called(function: Callable[[], object]) -> object:
    """Return what `function` gives; everything that the evaluator can raise becomes one error."""
    try:
        return function()
    except Exception as error:
        raise ExpressionError(_first_sentence(error)) from error
    except BaseException as error:
        # A panic of the Rust library: derived from BaseException, and still only a bad expression.
        if type(error).__name__ != "PanicException":
            raise
        raise ExpressionError("the evaluator gave up on this expression") from error


def _first_sentence(error: Exception) -> str:
    text = str(error).strip().split("\n", 1)[0]
    return text.split(". ", 1)[0].rstrip(".") or type(error).__name__


@frozen(kw_only=True)
class Expression:
    """One compiled expression over named inputs. Pure: equal inputs, equal results.

    Two expressions are equal when their texts and inputs are.
    """

    text: str
    inputs: Mapping[str, Value]
    """The names it may use, each with an example value: that is its type."""
    _program: _Program = field(eq=False, repr=False)

    @classmethod
    def compile(cls, text: str, inputs: Mapping[str, Value] = MappingProxyType({})) -> Expression:
        """Return the expression, proven to run on the example `inputs`.

        Raises:
            ExpressionError: a syntax error, an unknown name, or types that do not fit, with the
                character at fault where it can be told.
        """
        _check_text(text)
        tokens = _tokens(text)
        _check_shape(tokens)
        program = cls._parse(text)
        _check_names(tokens, inputs)
        expression = cls(text=text, inputs=MappingProxyType(dict(inputs)), program=program)
        expression._probe()
        return expression

    def _probe(self) -> None:
        """Run once on the examples, to find types that do not fit."""
        try:
            self.evaluate(**self.inputs)
        except ExpressionError as error:
            # An index or key that the example lacks may well exist in a document.
            if not isinstance(error.__cause__, LookupError | ArithmeticError):
                raise

    @staticmethod
    def _parse(text: str) -> _Program:
        try:
            return cast("_Program", _called(lambda: _compiler()(text)))
        except ExpressionError as error:
            raise _syntax_error(text, str(error.__cause__)) from None

    @property
    def names(self) -> frozenset[str]:
        """The inputs that the expression uses."""
        return frozenset(self._program.references()["variables"]) & self.inputs.keys()

    def evaluate(self, **inputs: Value) -> object:
        """Return the value of the expression for `inputs`.

        Raises:
            ExpressionError: it cannot be evaluated for these inputs, or they are too large.
        """
        values = {name: inputs[name] for name in self.inputs}
        if (size := sum(_size(value) for value in values.values())) > MAX_INPUT:
            raise ExpressionError(f"the inputs have {size} characters, more than {MAX_INPUT}")
        return _called(lambda: self._program.execute(values))

    def test(self, **inputs: Value) -> bool:
        """Return the value of a filter.

        Raises:
            ExpressionError: as `evaluate`, and when the value is not true or false.
        """
        value = self.evaluate(**inputs)
        if not isinstance(value, bool):
            raise ExpressionError(f"it gives {_kind(value)}, not true or false")
        return value

    def text_of(self, **inputs: Value) -> str:
        """Return the value of a template.

        Raises:
            ExpressionError: as `evaluate`, and when the value is not a text or is too long.
        """
        value = self.evaluate(**inputs)
        if not isinstance(value, str):
            raise ExpressionError(f"it gives {_kind(value)}, not a text")
        if len(value) > MAX_OUTPUT:
            raise ExpressionError(f"it gives {len(value)} characters, more than {MAX_OUTPUT}")
        return value


def _size(value: Value) -> int:
    if isinstance(value, list):
        return sum(len(part) + 1 for part in value)
    return len(value) if isinstance(value, str) else 1


def _kind(value: object) -> str:
    names = {str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value)) or ("a list" if isinstance(value, list) else "something else")


__all__ = ["Expression", "ExpressionError", "Value"]
