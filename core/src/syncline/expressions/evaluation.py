"""Compiled expressions: parsed once by the CEL library, evaluated over one document's inputs."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib.machinery import PathFinder
from types import MappingProxyType
from typing import Protocol, TypeAlias, cast

from attrs import field, frozen

from .bounds import ExpressionError, check_names, check_shape, check_text, tokens_of

Value: TypeAlias = "str | bool | int | float | list[str]"

MAX_INPUT = 20_000
"""Characters of all inputs together."""
MAX_OUTPUT = 4_000
"""Characters that a template may give."""


class Program(Protocol):
    """What the CEL library makes of a text."""

    def execute(self, context: Mapping[str, object]) -> object: ...

    def references(self) -> Mapping[str, list[str]]: ...


@cache
def _compiler() -> Callable[[str], Program]:
    if (loaded := sys.modules.get("cel.cel")) is not None:
        # By whoever embeds us: its library can be initialised only once in a process.
        return cast("Callable[[str], Program]", loaded.compile)
    # The package's __init__ imports its own command line, and with it rich: 200 ms that a
    # configuration check must not pay. The extension module alone is all that is needed.
    package = importlib.util.find_spec("cel")
    locations = package.submodule_search_locations if package else None
    spec = PathFinder.find_spec("cel.cel", locations)
    if spec is None or spec.loader is None:  # another packaging of the same library
        from cel import compile as whole

        return cast("Callable[[str], Program]", whole)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules["cel.cel"] = module  # a later `import cel` takes it from here
    return cast("Callable[[str], Program]", module.compile)


_WORDING = (
    ("mismatched input '<EOF>'", "it ends too early"),
    ("extraneous input '<EOF>'", "it ends too early"),
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


def called(function: Callable[[], object]) -> object:
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


def parsed(text: str) -> Program:
    """Return the program that a text is.

    Raises:
        ExpressionError: it has none; with the character at fault where the parser tells it.
    """
    compile_ = _compiler()
    try:
        return cast("Program", called(lambda: compile_(text)))
    except ExpressionError as error:
        raise _syntax_error(text, str(error.__cause__)) from None


@frozen(kw_only=True)
class Expression:
    """One compiled expression over named inputs. Pure: equal inputs, equal results.

    Two expressions are equal when their texts and inputs are.
    """

    text: str
    inputs: Mapping[str, Value]
    """The names it may use, each with an example value: that is its type."""
    _program: Program = field(eq=False, repr=False, alias="program")

    @classmethod
    def compile(cls, text: str, inputs: Mapping[str, Value] = MappingProxyType({})) -> Expression:
        """Return the expression, proven to run on the example `inputs`.

        Raises:
            ExpressionError: a syntax error, an unknown name, or types that do not fit, with the
                character at fault where it can be told.
        """
        check_text(text)
        tokens = tokens_of(text)
        check_shape(tokens)
        program = parsed(text)
        check_names(tokens, inputs)
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
        return called(lambda: self._program.execute(values))

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


__all__ = ["MAX_INPUT", "Expression", "Program", "Value", "called", "parsed"]
