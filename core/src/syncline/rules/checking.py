"""What is wrong with an expression, told before it runs: names, fields and types.

An expression that passes can still have no value for some inputs (a division by zero, an overflow,
an item or field that is not there, a value of `dyn`); it never meets types that do not go together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from attrs import define, field, frozen

from ..config_items import FieldType, Kind
from ..expressions import ExpressionError
from ..expressions.calculation import Calculation
from ..expressions.syntax import (
    Binary,
    Call,
    Choice,
    Index,
    ListOf,
    Literal,
    MapOf,
    Name,
    Node,
    Select,
    Unary,
    start_of,
    tree_of,
)
from .paths import Step, chain, read_of, unknown
from .typing import (
    BOOL,
    BYTES,
    DOUBLE,
    DYN,
    FIELD_TYPES,
    FUNCTIONS,
    INT,
    METHODS,
    NULL,
    NUMBERS,
    STRING,
    UINT,
    Type,
    chosen,
    comparable,
    fits,
    joined,
    list_of,
    of_arithmetic,
    ordered,
)

Held = Kind | FieldType
"""What a name of an expression stands for: an object of a kind, or the value of a field."""


@frozen(kw_only=True)
class Checked:
    """What is known of an expression that is right."""

    type: Type = DYN
    fields: Mapping[str, Mapping[str, FieldType]] = field(factory=dict)
    """By name of an object: the fields of it that are read, by dotted path."""


def checked(text: str, names: Mapping[str, Held], wanted: FieldType) -> Checked:
    """Return what an expression reads, proven to fit a field of the type `wanted`.

    Raises:
        ExpressionError: it is no expression, a name or field does not exist, types do not go
            together, or the value does not fit; with the character at fault.
    """
    tree = _tree(text)
    walk = _Walk(names=names)
    try:
        type_ = walk.type_of(tree)
    except RecursionError:
        raise ExpressionError("it is nested too deep") from None
    _must_fit(type_, wanted, tree)
    return Checked(type=type_, fields=walk.fields)


@lru_cache(maxsize=4_096)
def _tree(text: str) -> Node:
    Calculation.compile(text)  # The library's own errors are about the text as a whole: first.
    return tree_of(text)


def _must_fit(type_: Type, wanted: FieldType, tree: Node) -> None:
    number = (FieldType.INT, FieldType.DOUBLE)
    if type_ not in _UNHOLDABLE and (
        fits(type_, FIELD_TYPES[wanted]) or (wanted in number and type_ in NUMBERS)
    ):
        return
    raise ExpressionError(
        f"it gives {_a(type_)}, and the field holds {_a(FIELD_TYPES[wanted])}", start_of(tree)
    )


_UNHOLDABLE = (BYTES, NULL, Type("timestamp"), Type("duration"))


def _a(type_: Type) -> str:
    if type_ == NULL:
        return "null"
    article = "an" if type_.name[0] in "aeio" else "a"
    return f"{article} {type_}"


@define(kw_only=True)
class _Walk:
    """One walk over a tree, from the leaves up."""

    names: Mapping[str, Held]
    fields: dict[str, dict[str, FieldType]] = field(factory=dict)
    """What is read of objects."""
    _bound: list[dict[str, Type]] = field(factory=list, init=False)
    """The names that the macros around the place at hand bind, innermost last."""

    def type_of(self, node: Node) -> Type:
        """Return the type of a node."""
        match node:
            case Literal(kind=kind):
                return Type(kind)
            case Name():
                return self._name(node)
            case Select() | Index():
                return self._part(node)
            case Call():
                return self._call(node)
            case Unary():
                return self._unary(node)
            case Binary():
                return self._binary(node)
            case Choice():
                return self._choice(node)
            case ListOf(items=items):
                return list_of(self._alike(items, "items of a list"))
            case MapOf(entries=entries):
                return self._map(entries)

    # -- names and fields ---------------------------------------------------------------------

    def _name(self, node: Name) -> Type:
        for names in reversed(self._bound):
            if node.name in names:
                return names[node.name]
        held = self.names.get(node.name)
        if held is None:
            bound = [name for names in self._bound for name in names]
            raise unknown("name", node.name, [*self.names, *bound], node.at)
        if isinstance(held, FieldType):
            return FIELD_TYPES[held]
        field = f"{node.name}.{next(iter(held.fields), '<field>')}"
        message = f"{node.name!r} is an object: say which field, such as {field}"
        raise ExpressionError(message, node.at)

    def _part(self, node: Step) -> Type:
        root, steps = chain(node)
        if isinstance(root, Name) and not self._is_bound(root.name):
            held = self.names.get(root.name)
            if isinstance(held, Kind):
                return self._field(root, held, steps)
        return self._step(self.type_of(node.of), node)

    def _is_bound(self, name: str) -> bool:
        return any(name in names for names in self._bound)

    def _field(self, root: Name, kind: Kind, steps: Sequence[Step]) -> Type:
        """Return the type of what follows an object's name, and note which field it reads."""
        read = read_of(root, kind, steps)
        self.fields.setdefault(root.name, {})[read.path] = read.type
        type_ = FIELD_TYPES[read.type]
        for step in read.rest:
            type_ = self._step(type_, step)
        return type_

    def _step(self, of: Type, step: Step) -> Type:
        """Return the type of `of.name` or `of[index]`."""
        if isinstance(step, Select):
            if of.name in ("map", "dyn"):
                return of.of or DYN
            raise ExpressionError(f"{_a(of)} has no field {step.name!r}", step.at)
        index = self.type_of(step.index)
        key = {"list": INT, "map": STRING}.get(of.name, DYN)
        if of.name not in ("list", "map", "dyn"):
            raise ExpressionError(f"{_a(of)} has no items", step.at)
        if not fits(index, key):
            raise ExpressionError(
                f"the index of {_a(of)} is {_a(key)}, not {_a(index)}", start_of(step.index)
            )
        return of.of or DYN

    # -- operators ------------------------------------------------------------------------------

    def _unary(self, node: Unary) -> Type:
        of = self.type_of(node.of)
        takes = (BOOL,) if node.sign == "!" else (INT, DOUBLE)
        if not any(fits(of, type_) for type_ in takes):
            raise ExpressionError(f"{node.sign!r} does not go with {_a(of)}", node.at)
        return BOOL if node.sign == "!" else of

    def _binary(self, node: Binary) -> Type:
        left, right = self.type_of(node.left), self.type_of(node.right)
        match node.sign:
            case "&&" | "||":
                for side, type_ in ((node.left, left), (node.right, right)):
                    self._must_be_bool(type_, side, f"each side of {node.sign!r}")
                return BOOL
            case "==" | "!=":
                if not comparable(left, right):
                    raise _apart(node, left, right)
                return BOOL
            case "<" | "<=" | ">" | ">=":
                if not ordered(left, right):
                    raise _apart(node, left, right)
                return BOOL
            case "in":
                return self._within(node, left, right)
            case sign:
                found = of_arithmetic(sign, left, right)
                if found is None:
                    raise _apart(node, left, right)
                return found

    def _within(self, node: Binary, item: Type, container: Type) -> Type:
        if container.name not in ("list", "map", "dyn"):
            raise ExpressionError(
                f"behind 'in' stands a list or a map, not {_a(container)}", node.at
            )
        held = STRING if container.name == "map" else container.of or DYN
        if not comparable(item, held):
            raise _apart(node, item, container)
        return BOOL

    def _choice(self, node: Choice) -> Type:
        condition = self.type_of(node.condition)
        self._must_be_bool(condition, node.condition, "what stands before '?'")
        return self._alike((node.yes, node.no), "both values of a choice")

    def _must_be_bool(self, type_: Type, node: Node, what: str) -> None:
        if not fits(type_, BOOL):
            raise ExpressionError(f"{what} is true or false, not {_a(type_)}", start_of(node))

    def _alike(self, nodes: Sequence[Node], what: str) -> Type:
        """Return the one type of several values."""
        types = [self.type_of(node) for node in nodes]
        together = joined(types)
        if together is not None:
            return together
        other = next(at for at, type_ in enumerate(types) if joined([types[0], type_]) is None)
        message = f"{what} are of one type, not {_a(types[0])} and {_a(types[other])}"
        raise ExpressionError(message + _mend(types[0], types[other]), start_of(nodes[other]))

    def _map(self, entries: Sequence[tuple[Node, Node]]) -> Type:
        for key, _ in entries:
            if not fits(type_ := self.type_of(key), STRING):
                raise ExpressionError(f"keys of a map are texts, not {_a(type_)}", start_of(key))
        types = [self.type_of(value) for _, value in entries]
        return Type("map", joined(types) or DYN)

    # -- calls ----------------------------------------------------------------------------------

    def _call(self, node: Call) -> Type:
        if node.on is not None and node.name in MACROS:
            return self._macro(node, node.on)
        match node:
            case Call(name="has", on=None, arguments=(Select() as asked,)):
                self._part(asked)
                return BOOL
            case Call(name="has", on=None):
                raise ExpressionError("has takes one field, such as has(row.limit)", node.at)
            case Call(name="dyn", on=None, arguments=(of,)):
                self.type_of(of)
                return DYN
            case Call(name="min" | "max", on=None):
                return self._extreme(node)
        known = FUNCTIONS if node.on is None else METHODS
        if node.name not in known:
            noun = "function" if node.on is None else "method"
            names = [*known, "has", "dyn", "min", "max"] if node.on is None else [*known, *MACROS]
            raise unknown(noun, node.name, names, node.at)
        nodes = (*(() if node.on is None else (node.on,)), *node.arguments)
        given = [self.type_of(each) for each in nodes]
        found = chosen(known[node.name], given)
        if found is None:
            types = ", ".join(map(str, given)) or "nothing"
            raise ExpressionError(f"{node.name} does not take {types}", node.at)
        return found

    def _extreme(self, node: Call) -> Type:
        types = [self.type_of(each) for each in node.arguments]
        nodes: Sequence[Node] = node.arguments
        if len(types) == 1 and types[0].name == "list":
            types = [types[0].of or DYN]
        if not types:
            raise ExpressionError(f"{node.name} takes at least one number", node.at)
        for type_, each in zip(types, nodes, strict=True):
            if type_ not in (INT, DOUBLE, DYN):
                message = f"{node.name} takes whole numbers and doubles, not {_a(type_)}"
                raise ExpressionError(message, start_of(each))
        if DYN in types:
            return DYN
        # One double among them makes the result one: the evaluator does the same.
        return DOUBLE if DOUBLE in types else INT

    def _macro(self, node: Call, on: Node) -> Type:
        of = self.type_of(on)
        if of.name not in ("list", "map", "dyn"):
            raise ExpressionError(f"{node.name} goes over a list or a map, not {_a(of)}", node.at)
        match node.arguments:
            case (Name(name=name), body):
                pass
            case _:
                message = f"{node.name} takes a name and an expression: {node.name}(x, …)"
                raise ExpressionError(message, node.at)
        item = STRING if of.name == "map" else (of.of or DYN)
        self._bound.append({name: item})
        inner = self.type_of(body)
        self._bound.pop()
        if node.name == "map":
            return list_of(inner)
        self._must_be_bool(inner, body, f"the condition of {node.name}")
        return list_of(item) if node.name == "filter" else BOOL


MACROS = ("map", "filter", "all", "exists", "exists_one")


def _apart(node: Binary, left: Type, right: Type) -> ExpressionError:
    message = f"{_a(left)} {node.sign} {_a(right)} has no meaning{_mend(left, right)}"
    return ExpressionError(message, node.at)


def _mend(one: Type, other: Type) -> str:
    if {one, other} == {INT, DOUBLE}:
        return "; write double(…) around the whole number, or 2.0 for 2"
    if {one, other} == {INT, UINT}:
        return "; write int(…) around the uint"
    return ""


__all__ = ["Checked", "Held", "checked"]
