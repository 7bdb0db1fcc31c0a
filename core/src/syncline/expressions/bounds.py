"""What an expression may look like: the names it may use, and bounds on what it may cost."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

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


class ExpressionError(ValueError):
    """The expression cannot be compiled, or not evaluated for these inputs.

    `position` is the 1-based character at fault, None where the evaluator does not tell.
    """

    def __init__(self, message: str, position: int | None = None) -> None:
        self.sentence = message
        """The message without the position."""
        self.position = position
        super().__init__(message if position is None else f"{message} (at character {position})")


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


class Token(NamedTuple):
    """One word or sign of an expression."""

    kind: str
    text: str
    at: int
    """1-based character."""


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a text, without spaces and comments."""
    return [
        Token(match.lastgroup or "other", match.group(), match.start() + 1)
        for match in re.finditer(_LEXEME, text, re.VERBOSE | re.DOTALL)
        if match.lastgroup != "space"
    ]


def check_text(text: str) -> None:
    """Refuse a text that no expression can be.

    Raises:
        ExpressionError: it is empty, too long, or has characters of no text.
    """
    if not text.strip():
        raise ExpressionError("the expression is empty")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the expression has {len(text)} characters, more than {MAX_LENGTH}")
    for index, char in enumerate(text, 1):
        if "\ud800" <= char <= "\udfff" or char == "\0":
            raise ExpressionError(f"{char!r} is not a character of an expression", index)


def check_shape(tokens: list[Token]) -> None:
    """Refuse what could cost too much; linear in the tokens.

    Raises:
        ExpressionError: with the bound that it breaks.
    """
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


def _calls_macro(tokens: list[Token], bracket: int) -> bool:
    return bracket >= 2 and tokens[bracket - 1].text in _MACROS and tokens[bracket - 2].text == "."


def check_names(tokens: list[Token], inputs: Iterable[str]) -> None:
    """Refuse names that nothing defines.

    Raises:
        ExpressionError: with the nearest name that exists.
    """
    names = {*inputs, *_bound_by_macros(tokens), *_TYPES}
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
            _must_be_known(token, names, "name")


def _bound_by_macros(tokens: list[Token]) -> Iterator[str]:
    for index, token in enumerate(tokens):
        if token.text == "(" and _calls_macro(tokens, index) and index + 1 < len(tokens):
            yield tokens[index + 1].text


def _must_be_known(token: Token, known: frozenset[str] | set[str], noun: str) -> None:
    if token.text in known:
        return
    from difflib import get_close_matches

    near = get_close_matches(token.text, sorted(known), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(known))}"
    raise ExpressionError(f"there is no {noun} {token.text!r}{hint}", token.at)


__all__ = ["ExpressionError", "Token", "check_names", "check_shape", "check_text", "tokens_of"]
