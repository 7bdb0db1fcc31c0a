"""`[[jobs.<name>.rules]]`: one managed field each, as the file writes it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import NewType

from attrs import frozen

from ...config_items import FieldType, kind_and_name
from ...connector import setting
from ...model import Ref
from ...reprs import Shown
from ...rules.numbers import Number, exact, in_text
from ...rules.rule import Drift, object_and_path
from ..faults import Fault, Faults
from ..scalars import shown
from ..structure import register, structured

Quantity = NewType("Quantity", int)
"""A whole number or a decimal one, as written."""

LONGEST_NAME = 200


def quantity(value: object) -> Number:
    """Return the number that `value` writes.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{shown(value)} is not a number")
    return value


@frozen(kw_only=True, repr=False)
class Address(Shown):
    """An object, or one field of it; in the file, a table or a text `cx:queue/Support#name`."""

    item: Ref
    field: str | None = None
    type: FieldType | None = None

    def __str__(self) -> str:
        return str(self.item) if self.field is None else f"{self.item}#{self.field}"


@frozen(kw_only=True, repr=False)
class AddressTable(Shown):
    """The table form of an address."""

    item: str = setting("The object, as '<connection>:<kind>/<name>'.")
    field: str | None = setting(
        "The field of it, as a dotted path or a JSON pointer.", default=None
    )
    type: FieldType | None = setting(
        "What the field holds, where only the object itself knows.", default=None
    )


def address(value: object) -> Address:
    """Return the address that a text or a table writes.

    Raises:
        ValueError: it writes none.
    """
    if isinstance(value, str):
        return _from_text(value)
    table: AddressTable = structured(value, AddressTable)
    try:
        item = _item(table.item)
    except ValueError as error:
        raise Faults([Fault(path=("item",), message=str(error))]) from None
    if table.field is None:
        if table.type is not None:
            raise Faults([Fault(path=("type",), message="an object has no type; name a field")])
        return Address(item=item)
    try:
        field = _field(table.field)
    except ValueError as error:
        raise Faults([Fault(path=("field",), message=str(error))]) from None
    return Address(item=item, field=field, type=table.type)


def _from_text(text: str) -> Address:
    if "#" not in text:
        return Address(item=_item(text))
    try:
        ref, path = object_and_path(Ref.parse(text))
    except ValueError:
        raise ValueError(_no_address(text)) from None
    try:
        field = _field(path)
    except ValueError as error:
        raise ValueError(f"{text!r}: after '#' stands a field: {error}") from None
    return Address(item=_item(str(ref)), field=field)


def _item(text: str) -> Ref:
    try:
        ref = Ref.parse(text)
        kind_and_name(ref)
    except ValueError:
        raise ValueError(_no_address(text)) from None
    return ref


def _no_address(text: str) -> str:
    return (
        f"{shown(text)} is not an object or field such as 'cx:queue/Support' or"
        " 'cx:queue/Support#name'"
    )


def _field(text: str) -> str:
    """Return the dotted path that a path or a JSON pointer (RFC 6901) writes.

    Raises:
        ValueError: it writes none.
    """
    parts = _pointed(text) if text.startswith("/") else text.split(".")
    if not all(parts) or text != text.strip() or not text.isprintable():
        raise ValueError(
            f"{text!r} is not a field such as 'call.maximumCapacity' or '/call/maximumCapacity'"
        )
    return ".".join(parts)


def _pointed(text: str) -> list[str]:
    if re.search(r"~(?![01])", text):
        raise ValueError(f"{text!r}: '~' stands in a JSON pointer only as '~0' or '~1'")
    if "." in text:
        # Fields are told apart by dots everywhere else: in plans, histories and expressions.
        raise ValueError(f"{text!r}: names with a dot cannot be reached; take an id if it has one")
    return [part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/")]


_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TAKEN = frozenset(
    {
        *(
            "as",
            "break",
            "const",
            "continue",
            "else",
            "false",
            "for",
            "function",
            "if",
            "import",
            "in",
        ),
        *("let", "loop", "namespace", "null", "package", "return", "true", "var", "void", "while"),
        *(
            "bool",
            "bytes",
            "double",
            "duration",
            "dyn",
            "has",
            "int",
            "max",
            "min",
            "size",
            "string",
        ),
        *("timestamp", "type", "uint", "to"),
    }
)
"""Words of the expression language, and `to`, which an inverse calls the target's value."""


@frozen(kw_only=True, repr=False)
class RuleSettings(Shown):
    """One managed field: where its value comes from, and how it moves."""

    name: str = setting("Of the rule; made from `to` where it is left out.", default="")
    from_: Mapping[str, Address] = setting(
        "The names of the expression, each with its object or field."
    )
    to: Address = setting("The managed field, as '<connection>:<kind>/<name>#<field>'.")
    expression: str | None = setting(
        "CEL that gives the value; the only input itself where it is left out.", default=None
    )
    inverse: str | None = setting(
        "CEL over `to` that gives the input: the rule is two-way then.", default=None
    )
    minimum: Quantity | None = setting("The smallest value that is applied.", default=None)
    maximum: Quantity | None = setting("The largest value that is applied.", default=None)
    clamp: bool = setting(
        "Values out of range become the bound, instead of being refused.", default=False
    )
    step: Quantity | None = setting("Values are rounded to multiples of this.", default=None)
    hysteresis: Quantity = setting(
        "A value nearer than this to the applied one is not applied.", default=Quantity(0)
    )
    cooldown: timedelta | None = setting("As of the job, for this rule.", default=None)
    debounce: timedelta | None = setting("As of the job, for this rule.", default=None)
    unit: str = setting("What the value counts, for people.", default="")
    drift: Drift | None = setting("As of the job, for this rule.", default=None)

    @property
    def title(self) -> str:
        """The name of the rule, written or made."""
        return self.name or str(self.to)

    @property
    def refs(self) -> tuple[Ref, ...]:
        """The objects that it names."""
        return (*(each.item for each in self.from_.values()), self.to.item)

    def form_faults(self) -> Iterator[Fault]:
        """Yield why nothing can be said of the rule's fields and types."""
        yield from self._naming()
        yield from self._shape()

    def _naming(self) -> Iterator[Fault]:
        if len(self.name) > LONGEST_NAME or not self.name.isprintable():
            message = f"a name is one line of {LONGEST_NAME} characters at most"
            yield Fault(path=("name",), message=message)
        for name in self.from_:
            if not _NAME.fullmatch(name):
                message = f"{name!r} cannot stand in an expression; take letters, digits and '_'"
                yield Fault(path=("from", name), message=message, at_key=True)
            elif name in _TAKEN:
                message = f"{name!r} means something else in expressions; take another name"
                yield Fault(path=("from", name), message=message, at_key=True)

    def _shape(self) -> Iterator[Fault]:
        if not self.from_:
            yield Fault(path=("from",), message="a rule has inputs; write { name = 'address' }")
        if self.to.field is None:
            message = f"say which field of {self.to.item}: '{self.to.item}#<field>'"
            yield Fault(path=("to",), message=message)
        only = next(iter(self.from_.values())) if len(self.from_) == 1 else None
        alone = only is not None and only.field is not None
        if self.expression is None and not alone:
            message = "say the expression: only a single input that is a field goes without"
            yield Fault(path=(), message=message, at_key=True)
        if self.inverse is not None and not alone:
            message = "a two-way rule has exactly one input, and that is a field"
            yield Fault(path=("inverse",), message=message)

    def bounds_faults(self) -> Iterator[Fault]:
        """Yield what is wrong with the rule's numbers, whatever the target holds."""
        low, high, step = self.minimum, self.maximum, self.step
        if step is not None and step <= 0:
            yield Fault(path=("step",), message=f"{in_text(step)} is not above zero")
        if self.hysteresis < 0:
            message = f"{in_text(self.hysteresis)} is below zero"
            yield Fault(path=("hysteresis",), message=message)
        if low is None or high is None:
            return
        if low > high:
            message = f"{in_text(low)} is above the maximum {in_text(high)}"
            yield Fault(path=("minimum",), message=message)
        elif step is not None and step > 0 and not _has_multiple(low, high, step):
            between = f"between {in_text(low)} and {in_text(high)}"
            message = f"no multiple of {in_text(step)} lies {between}"
            yield Fault(path=("step",), message=message)
        elif self.hysteresis > high - low > 0:
            message = "the dead band is wider than the range: the field would never change"
            yield Fault(path=("hysteresis",), message=message)


def _has_multiple(low: Number, high: Number, step: Number) -> bool:
    return math.ceil(exact(low) / exact(step)) * exact(step) <= exact(high)


register(Address, address)
register(Quantity, quantity)


__all__ = ["Address", "AddressTable", "Quantity", "RuleSettings", "address", "quantity"]
