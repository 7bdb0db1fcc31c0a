"""Expressions as trees: what a check of types walks over.

The CEL library decides what an expression is and what it gives, and tells nobody how it reads one.
This parser reads the same language for the check alone; a text gets here only after the library
has accepted it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from attrs import frozen

from .bounds import ExpressionError, Token, tokens_of

MAX_NESTED = 100
"""Operators and brackets inside each other."""


@frozen
class Literal:
    """A number, text, truth value or null as written."""

    kind: str
    """`int`, `uint`, `double`, `string`, `bytes`, `bool` or `null`."""
    text: str
    at: int
    """1-based character, as in every node."""


@frozen
class Name:
    """A name that stands for something."""

    name: str
    at: int


@frozen
class Select:
    """`of.name`."""

    of: Node
    name: str
    at: int
    """Where the name stands."""


@frozen
class Index:
    """`of[index]`."""

    of: Node
    index: Node
    at: int


@frozen
class Call:
    """`name(…)`, or `on.name(…)`."""

    name: str
    arguments: tuple[Node, ...]
    on: Node | None
    at: int
    """Where the name stands."""


@frozen
class Unary:
    """`-of` or `!of`."""

    sign: str
    of: Node
    at: int


@frozen
class Binary:
    """`left sign right`."""

    sign: str
    left: Node
    right: Node
    at: int
    """Where the sign stands."""


@frozen
class Choice:
    """`condition ? yes : no`."""

    condition: Node
    yes: Node
    no: Node
    at: int
    """Where the question mark stands."""


@frozen
class ListOf:
    """`[…]`."""

    items: tuple[Node, ...]
    at: int


@frozen
class MapOf:
    """`{…}`."""

    entries: tuple[tuple[Node, Node], ...]
    at: int


Node: TypeAlias = Literal | Name | Select | Index | Call | Unary | Binary | Choice | ListOf | MapOf

STRENGTH: Mapping[str, int] = {
    "||": 1,
    "&&": 2,
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!=", "in"), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%"), 5),
}
"""How strongly each sign between two values binds."""

_DOUBLE = {a + b for a, b in ("||", "&&", "<=", ">=", "==", "!=")}
_CONSTANTS = {"true": "bool", "false": "bool", "null": "null"}


def tree_of(text: str) -> Node:
    """Return the tree of an expression.

    Raises:
        ExpressionError: it is none, or is of a form that a check does not know.
    """
    parser = _Parser(_signs_joined(tokens_of(text)), len(text) + 1)
    node = parser.expression()
    if parser.token.kind != "end":
        raise parser.unexpected()
    return node


def start_of(node: Node) -> int:
    """Return where the first character of a node stands."""
    match node:
        case Select(of=of) | Index(of=of):
            return start_of(of)
        case Call(on=on, at=at):
            return at if on is None else start_of(on)
        case Binary(left=first) | Choice(condition=first):
            return start_of(first)
        case _:
            return node.at


def _signs_joined(tokens: list[Token]) -> list[Token]:
    """Join the signs of two characters, which the tokens give one by one."""
    joined: list[Token] = []
    for token in tokens:
        before = joined[-1] if joined else None
        if (
            before is not None
            and before.kind == token.kind == "other"
            and before.text + token.text in _DOUBLE
            and before.at + 1 == token.at
        ):
            joined[-1] = Token("other", before.text + token.text, before.at)
        else:
            joined.append(token)
    return joined


class _Parser:
    """Reads tokens from the left; operators by how strongly they bind."""

    def __init__(self, tokens: list[Token], end: int) -> None:
        self._tokens = iter([*tokens, Token("end", "", end)])
        self._depth = 0
        self.token = next(self._tokens)

    def unexpected(self) -> ExpressionError:
        """Return the error for the token at hand."""
        text = self.token.text
        return ExpressionError(
            f"unexpected {text!r}" if text else "it ends too early", self.token.at
        )

    def expression(self) -> Node:
        """Read a whole expression."""
        self._depth += 1
        if self._depth > MAX_NESTED:
            raise ExpressionError("it is nested too deep", self.token.at)
        node = self._choice()
        self._depth -= 1
        return node

    def _choice(self) -> Node:
        condition = self._binary(1)
        if not self._is("?"):
            return condition
        at = self._next().at
        yes = self._binary(1)
        self._expect(":")
        return Choice(condition, yes, self.expression(), at)

    def _binary(self, weakest: int) -> Node:
        left = self._unary()
        signs = 0
        while (strength := self._strength()) >= weakest:
            sign = self._next()
            signs += 1
            if signs > MAX_NESTED:
                raise ExpressionError("it is nested too deep", sign.at)
            left = Binary(sign.text, left, self._binary(strength + 1), sign.at)
        return left

    def _strength(self) -> int:
        sign = self.token.kind == "other" or self.token.text == "in"
        return STRENGTH.get(self.token.text, 0) if sign else 0

    def _unary(self) -> Node:
        signs = []
        while self._is("-") or self._is("!"):
            signs.append(self._next())
            if len(signs) > MAX_NESTED:
                raise ExpressionError("it is nested too deep", self.token.at)
        node = self._member()
        for sign in reversed(signs):
            node = Unary(sign.text, node, sign.at)
        return node

    def _member(self) -> Node:
        node = self._primary()
        links = 0
        while self._is(".") or self._is("["):
            links += 1
            if links > MAX_NESTED:
                raise ExpressionError("it is nested too deep", self.token.at)
            if self._is("["):
                at = self._next().at
                node = Index(node, self.expression(), at)
                self._expect("]")
                continue
            self._next()
            name = self._name()
            if self._is("("):
                node = Call(name.text, self._arguments(), node, name.at)
            else:
                node = Select(node, name.text, name.at)
        return node

    def _primary(self) -> Node:
        token = self.token
        match token.kind, token.text:
            case "number", text:
                self._next()
                return Literal(_number_kind(text), text, token.at)
            case "string", text:
                self._next()
                prefix = text[: text.index(text[-1])].lower()
                return Literal("bytes" if "b" in prefix else "string", text, token.at)
            case "name", text if text in _CONSTANTS:
                self._next()
                return Literal(_CONSTANTS[text], text, token.at)
            case "name", _:
                name = self._name()
                if self._is("("):
                    return Call(name.text, self._arguments(), None, name.at)
                return Name(name.text, name.at)
            case "other", "(":
                self._next()
                node = self.expression()
                self._expect(")")
                return node
            case "other", "[":
                return ListOf(self._items("[", "]"), token.at)
            case "other", "{":
                return self._map()
            case _:
                raise self.unexpected()

    def _map(self) -> Node:
        at = self._expect("{").at
        entries: list[tuple[Node, Node]] = []
        while not self._is("}"):
            key = self.expression()
            self._expect(":")
            entries.append((key, self.expression()))
            if not self._is(","):
                break
            self._next()
        self._expect("}")
        return MapOf(tuple(entries), at)

    def _arguments(self) -> tuple[Node, ...]:
        return self._items("(", ")")

    def _items(self, opening: str, closing: str) -> tuple[Node, ...]:
        self._expect(opening)
        items: list[Node] = []
        while not self._is(closing):
            items.append(self.expression())
            if not self._is(","):
                break
            self._next()
        self._expect(closing)
        return tuple(items)

    def _name(self) -> Token:
        if self.token.kind != "name" or self.token.text in _CONSTANTS or self.token.text == "in":
            raise self.unexpected()
        return self._next()

    def _is(self, sign: str) -> bool:
        return self.token.kind == "other" and self.token.text == sign

    def _expect(self, sign: str) -> Token:
        if not self._is(sign):
            raise self.unexpected()
        return self._next()

    def _next(self) -> Token:
        token, self.token = self.token, next(self._tokens, self.token)
        return token


def _number_kind(text: str) -> str:
    if text.lower().startswith("0x"):
        return "uint" if text[-1] in "uU" else "int"
    if text[-1] in "uU":
        return "uint"
    return "double" if any(mark in text for mark in ".eE") else "int"


__all__ = [
    "Binary",
    "Call",
    "Choice",
    "Index",
    "ListOf",
    "Literal",
    "MapOf",
    "Name",
    "Node",
    "Select",
    "Unary",
    "start_of",
    "tree_of",
]
